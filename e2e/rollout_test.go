package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/render"
)

// rollOut is a proxy with an active policy that sends all to the model early, and candidates that send all to later.
type rollOut struct {
	*stand
	t     *testing.T
	files rendering
	talks atomic.Int64
	lost  atomic.Int64
}

// set renders the configuration with a candidate, or without one, and puts the filter where Envoy takes it from.
func (r *rollOut) set(candidate, mode string) *render.Output {
	r.t.Helper()
	more := "keys: " + secretVariable + "\n"
	if candidate != "" {
		more += "plugin: {candidate: {policy: next.yaml, " + mode + ", bounds: {denied: true, failed: true, conversations: 20}}}\n"
	}
	return r.files.write(r.t, more, map[string]string{"policy.yaml": policyTo("active", early), "next.yaml": candidate})
}

// talk begins a conversation and goes on with it, and returns who has served it. All of it has to be whole.
func (r *rollOut) talk(c client.Client) (served string) {
	n := r.talks.Add(1)
	words := fmt.Sprintf("Question %d.", n)
	if n%2 == 0 {
		words += " It is harmless."
	}
	var first string
	for turn := range 2 {
		body := fmt.Sprintf(`{"model":"auto","messages":[{"role":"user","content":%q}`, words)
		if turn > 0 {
			body += `,{"role":"assistant","content":"Yes."},{"role":"user","content":"And then?"}`
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		got, err := c.Do(ctx, post([]byte(body+`]}`)))
		cancel()
		switch {
		case err != nil:
			r.lost.Add(1)
			r.t.Errorf("conversation %d: %v", n, err)
			return ""
		case got.Status == 403:
			served = "denied"
		case got.Status != 200:
			r.lost.Add(1)
			r.t.Errorf("conversation %d: %d %s", n, got.Status, got.Body)
			return ""
		default:
			served = got.Header.Get(backend.ClusterHeader)
		}
		if turn == 0 {
			first = served
		}
	}
	if first != served {
		return first + " then " + served
	}
	return served
}

// crowd has some conversations at a time, over connections that are kept, and counts who has served them.
func (r *rollOut) crowd(conversations int) map[string]int {
	served := map[string]int{}
	var mu sync.Mutex
	var all crowd.Crowd
	const clients = 4
	for range clients {
		c := r.newClient(r.t, asShipped, "HTTP/1")
		defer c.Close()
		all.Go(func() {
			for range conversations / clients {
				s := r.talk(c)
				mu.Lock()
				served[s]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return served
}

// settled waits until all connections are served as one says.
func (r *rollOut) settled(what string, is func(served map[string]int) bool) {
	r.t.Helper()
	eventually(r.t, what, func() bool { return is(r.crowd(16)) })
}

// count is a metric of candidates.
func (r *rollOut) count(name string) int64 {
	return r.stat(r.t, "wasmcustom.mom_router_candidate_"+name)
}

// review does with a candidate what a pull request's checks do: check, test, and diff over what the proxy has recorded. It returns what diff says.
func (r *rollOut) review(candidate string) string {
	r.t.Helper()
	rules, err := needs.Command("./cmd/rules")
	if err != nil {
		r.t.Fatal(err)
	}
	dir := r.t.TempDir()
	for name, text := range map[string]string{"policy.yaml": policyTo("active", early), "next.yaml": candidate, "access.log": strings.Join(r.envoy.AccessLog(), "\n") + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	var said []byte
	for _, args := range [][]string{{"check", "next.yaml"}, {"test", "next.yaml"}, {"diff", "--no-weaker-guards", "policy.yaml", "next.yaml", "access.log"}} {
		command := exec.Command(rules, args...)
		command.Dir = dir
		if said, err = command.CombinedOutput(); err != nil {
			r.t.Fatalf("rules %v: %v\n%s", args, err, said)
		}
	}
	return string(said)
}

// A pull request's candidate is reviewed; it goes from shadow to canary, is taken back when it is worse, and its mended successor is promoted: each step one value of a configuration that
// is rendered anew, under load, without a lost request.
func TestARollOutFromShadowToPromotion(t *testing.T) {
	if err := os.Setenv(secretVariable, secretValue); err != nil { // the same for all stands
		t.Fatal(err)
	}
	for _, installation := range installations(t) {
		t.Run("Envoy "+installation.Name, func(t *testing.T) {
			needs.Part(t, !newest(installation.Name))
			r := &rollOut{t: t, files: rendering{t.TempDir()}}
			r.stand = r.files.start(t, installation, "pair", r.set("", ""))
			onlyEarly := func(s map[string]int) bool { return len(s) == 1 && s[early.cluster] > 0 }
			r.settled("the active policy serves", onlyEarly)

			harmless := "tests: [{name: all goes to it, prompt: Hi., expect: {decision: default, model: " + later.key + "}}]\n"
			// It denies what has a harmless word in it.
			harsh := policyTo("harsh", later) + "signals: {keyword: {word: {in: any, words: [harmless]}}}\nguards: [{name: harsh, when: keyword.word, deny: {}}]\n" + harmless
			if said := r.review(harsh); !strings.Contains(said, "not judged: it depends on keyword.word (access.log:1") { // which no record tells
				t.Errorf("diff of the harsh policy:\n%s", said)
			}
			r.set(harsh, "mode: shadow")
			eventually(t, "the shadow reads along", func() bool {
				if s := r.crowd(16); !onlyEarly(s) {
					t.Fatalf("a shadow serves: %v", s)
				}
				return r.count("disagreements_total.decision.default.would.harsh") > 0 && r.count("disagreements_total.decision.default.would.default") > 0
			})

			r.set(harsh, "mode: canary, share: 50")
			eventually(t, "the canary is taken back", func() bool {
				for s := range r.crowd(40) {
					if s != early.cluster && s != later.cluster && s != "denied" && !strings.HasSuffix(s, "then "+early.cluster) && !strings.Contains(s, early.cluster+" then") {
						t.Errorf("a conversation was %s", s)
					}
				}
				return r.count("rollbacks_total") > 0
			})
			r.settled("no worker serves it any more", onlyEarly)
			if n := r.count("rollbacks_total"); n != 1 {
				t.Errorf("%d roll-backs", n)
			}
			if !strings.Contains(r.envoy.Log(), "is worse than the active policy and serves nobody any more: denied") {
				t.Errorf("the log does not say why:\n%s", r.envoy.Log())
			}
			r.set(harsh, "mode: canary, share: 80")
			if s := r.crowd(40); !onlyEarly(s) {
				t.Errorf("what was taken back serves again: %v", s)
			}

			mended := policyTo("mended", later) + harmless
			if said := r.review(mended); !strings.Contains(said, "default: "+early.key+" -> default: "+later.key) {
				t.Errorf("diff of the mended policy:\n%s", said)
			}
			r.set(mended, "mode: canary, share: 50")
			r.settled("the mended one serves its share", func(s map[string]int) bool { return s[early.cluster] > 0 && s[later.cluster] > 0 })
			if s := r.crowd(160); s[later.cluster] < 40 || s[early.cluster] < 40 || s[early.cluster]+s[later.cluster] != 160 {
				t.Errorf("with a share of a half: %v", s)
			}
			if n := r.count("rollbacks_total"); n != 1 {
				t.Errorf("one that is as good was taken back: %d", n)
			}

			r.set(mended, "mode: promoted")
			r.settled("it is promoted", func(s map[string]int) bool { return len(s) == 1 && s[later.cluster] > 0 })
			r.set(mended, "mode: off")
			r.settled("and taken back by hand", onlyEarly)
			if n := r.lost.Load(); n > 0 {
				t.Errorf("%d requests were lost of %d conversations", n, r.talks.Load())
			}
			arms := map[string]int{}
			_, records := r.readLog(t, 0)
			for _, record := range records {
				if record.Would != nil {
					arms[record.Policy.Arm]++
				}
			}
			if arms["active"] < 50 || arms["candidate"] < 50 {
				t.Errorf("records by arm: %v", arms)
			}
			t.Logf("%d conversations, records with another policy's decision by arm: %v", r.talks.Load(), arms)
		})
	}
}
