package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// replicated is the model whose cluster has several replicas, on every stand.
const (
	replicatedModel   = "kimi-k2-thinking"
	replicatedCluster = "mi355x-kimi-k2-thinking"
	replicas          = 3
)

// The secret of the listener replicated stands in this variable of Envoy's environment, as MOM_KEYS_SECRET does for the shipped ones.
const (
	secretVariable = "MOM_E2E_KEYS_SECRET"
	secretValue    = "entirely-secret-0123456789"
)

// spread gives a cluster three replicas.
func (s *stand) spread(t *testing.T, x *envoy.Example) {
	t.Helper()
	ports, err := s.backends.Replicas(replicatedCluster, replicas-1)
	if err != nil {
		t.Fatal(err)
	}
	x.Spread(replicatedCluster, ports)
}

// withSecret gives a listener a virtual machine with a secret in its environment.
func (s *stand) withSecret(t *testing.T, l *envoy.Listener) {
	t.Helper()
	if err := os.Setenv(secretVariable, secretValue); err != nil { // the same for all stands
		t.Fatal(err)
	}
	for _, name := range s.filters {
		l.VM(name, replicated)
		l.Filter(name)["config"].(map[string]any)["vm_config"].(map[string]any)["environment_variables"] = map[string]any{"host_env_keys": []any{secretVariable}}
	}
	l.Configure(s.filters[0], `{"policy":"default","hold":"`+s.mode+`","keys":{"secret_env":"`+secretVariable+`"}}`)
}

// turn is a call of a conversation with its first words and some answers behind them.
func turn(words string, answers int, headers ...[2]string) client.Message {
	var b strings.Builder
	fmt.Fprintf(&b, `{"model":%q,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":%q}`, replicatedModel, words)
	for i := range answers {
		fmt.Fprintf(&b, `,{"role":"assistant","content":"Answer %d."},{"role":"user","content":"And then?"}`, i)
	}
	m := post([]byte(b.String() + `]}`))
	m.Header = append(m.Header[:len(m.Header):len(m.Header)], headers...)
	return m
}

// conversations shows that a conversation keeps its replica, and that no replica gets much more than its share.
func conversations(t *testing.T, s *stand) {
	c := s.client(t, replicated, "HTTP/1")
	t.Run("each keeps its replica", func(t *testing.T) {
		seen := map[string]int{}
		for i := range 30 {
			words := fmt.Sprintf("Question %d.", i)
			var first string
			for answers := range 3 {
				m := turn(words, answers, [2]string{"x-mom-session", "forged"}, [2]string{"x-mom-prefix", "forged"})
				r, id := s.call(t, c, m)
				got := s.backends.Take(id)
				if r.Status != 200 || len(got) != 1 {
					t.Fatalf("status %d, %d requests: %s", r.Status, len(got), r.Body)
				}
				for _, header := range []string{"x-mom-session", "x-mom-prefix"} {
					if values := got[0].Header.Values(header); len(values) != 1 || len(values[0]) != 16 {
						t.Fatalf("the engine got %s: %q", header, values)
					}
				}
				replica := r.Header.Get(backend.ReplicaHeader)
				if first == "" {
					first = replica
					seen[first]++
				}
				if replica != first {
					t.Errorf("conversation %d began at %s and goes on at %s", i, first, replica)
				}
			}
		}
		if len(seen) != replicas {
			t.Errorf("30 conversations reached these replicas: %v", seen)
		}
	})
	t.Run("many that begin alike", func(t *testing.T) {
		s.bounded(t, func(i int) client.Message {
			if i%10 < 3 {
				return turn("hi", 0)
			}
			return turn(fmt.Sprintf("Question %d.", i), 0)
		})
	})
	t.Run("one key for all of a caller's", func(t *testing.T) {
		s.bounded(t, func(i int) client.Message {
			return turn(fmt.Sprintf("Question %d.", i), 0, [2]string{"x-claude-code-session-id", "always-the-same"})
		})
	})
}

// bounded sends 1,000 conversations, of which so many are under way together that shares can be told, and compares what each replica gets. Each one comes
// when those before it have reached their replicas: the proxy counts a request once it has a connection.
func (s *stand) bounded(t *testing.T, conversation func(i int) client.Message) {
	const all, together = 1000, 250
	total := map[string]int{}
	for wave := range all / together {
		var sent sync.WaitGroup
		var mu sync.Mutex
		answered, here := map[string]int{}, map[string]int{}
		release := make(chan struct{})
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		for i := range together {
			m, id := s.mark(conversation(wave*together + i))
			s.backends.Play(id, func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-release:
				case <-r.Context().Done():
				}
			})
			c := s.newClient(t, replicated, "HTTP/1")
			sent.Add(1)
			go func() {
				defer sent.Done()
				defer c.Close()
				r, err := c.Do(ctx, m)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || r.Status != 200 {
					t.Errorf("conversation %s: %v %v", id, r, err)
					return
				}
				answered[r.Header.Get(backend.ReplicaHeader)]++
			}()
			if _, err := s.backends.Await(ctx, id, 1); err != nil {
				t.Error(err)
				break
			}
		}
		close(release)
		sent.Wait()
		cancel()
		if t.Failed() {
			return
		}
		for replica, n := range answered {
			total[replica] += n
			here[replica] = n
		}
		if most := slices.Max(values(here)); float64(most) > 1.25*together/replicas {
			t.Errorf("of %d requests under way, one replica has %d: %v", together, most, here)
		}
	}
	most := slices.Max(values(total))
	t.Logf("the busiest of %d replicas has %.2f times its share: %v", replicas, float64(most)*replicas/all, total)
	if len(total) != replicas || float64(most) > 1.25*all/replicas {
		t.Errorf("the replicas got %v", total)
	}
}

func values(m map[string]int) (list []int) {
	for _, n := range m {
		list = append(list, n)
	}
	return list
}
