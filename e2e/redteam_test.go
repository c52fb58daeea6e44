package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/redteam"
)

// TestAttacksDoNotWorkInEnvoy runs the whole attack suite against the shipped examples with all versions: make redteam. In
// TestEnvoy, make test runs it without what is slow.
func TestAttacksDoNotWorkInEnvoy(t *testing.T) {
	if os.Getenv("MOM_REDTEAM") != "1" {
		t.Skip("MOM_REDTEAM=1 runs the whole attack suite: make redteam")
	}
	for _, installation := range installations(t) {
		for _, mode := range []string{"flag", "pair"} {
			t.Run("Envoy "+installation.Name+", "+mode+" mode", func(t *testing.T) {
				t.Parallel()
				s := startPlain(t, installation, mode)
				s.allAttacks(t, true)
				if s.envoy.Exited() {
					t.Errorf("Envoy has died:\n%s", s.envoy.Log())
				}
			})
		}
	}
}

// attacks is the suite without what is slow, as a scenario. One version of Envoy is enough: what is attacked is the plugin.
func attacks(t *testing.T, s *stand) {
	if newest(s.version) {
		s.allAttacks(t, false)
	}
}

func (s *stand) allAttacks(t *testing.T, slow bool) {
	for _, class := range redteam.Classes() {
		if class.Slow && !slow {
			continue
		}
		t.Run(class.Name, func(t *testing.T) { attackClass(t, s, class) })
	}
	t.Run("bad inputs end as SECURITY.md says", func(t *testing.T) { badInputs(t, s) })
	t.Run("transport: lengths that conflict", func(t *testing.T) { wire(t, s) })
}

// startPlain starts the shipped example, with trailers let through.
func startPlain(t *testing.T, installation envoy.Installation, mode string) *stand {
	t.Helper()
	s := newStand(t, installation, mode)
	x := example(t, mode, s.backends.Ports())
	clone(t, x, withTrailers).Set(true, "http_protocol_options", "enable_trailers")
	clone(t, x, strictly).Configure(s.filters[0], strictConfiguration(mode))
	s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2})
	return s
}

func attackClass(t *testing.T, s *stand, class redteam.Class) {
	worked := 0
	for _, a := range class.Attacks {
		listener := asShipped
		if class.Strict {
			listener = strictly
		}
		o, err := s.attack(t, listener, a.Request)
		if err == nil {
			err = a.Check(o)
		}
		switch {
		case err == nil:
		case class.Weak == 0:
			t.Errorf("%s: %.600v", a.Name, err)
		default:
			worked++
		}
	}
	if float64(worked) > class.Weak*float64(len(class.Attacks)) {
		t.Errorf("%d of %d attacks work, at most %.0f %% may", worked, len(class.Attacks), 100*class.Weak)
	}
}

// strictConfiguration is the plugin's for classes that are not about the default policy.
func strictConfiguration(mode string) string {
	return `{"policy":` + redteam.Strict + `,"hold":"` + mode + `"}`
}

// attack sends a request to a listener, after its twin.
func (s *stand) attack(t *testing.T, listener string, q redteam.Request) (*redteam.Outcome, error) {
	t.Helper()
	o := &redteam.Outcome{}
	if q.Twin != nil {
		twin, err := s.attack(t, listener, *q.Twin)
		if err != nil {
			return nil, err
		}
		o.Twin = twin.Cluster
	}
	m, id := s.mark(client.Message{Method: q.Method, Path: q.Path, Header: q.Headers, Body: q.Body, Cuts: q.Chunks, Trailer: q.Trailers})
	if m.Method == "" {
		m.Method = "POST"
	}
	if m.Path == "" {
		m.Path = "/v1/chat/completions"
	}
	protocol := "HTTP/1"
	switch {
	case len(q.Trailers) > 0:
		listener, m.Framing = withTrailers, client.Chunked
	case len(q.Body) == 0:
		m.Framing = client.None
	}
	if q.HTTP2 {
		protocol = "HTTP/2"
	}
	if q.Answer != nil {
		s.backends.Play(id, func(w http.ResponseWriter, _ *http.Request) {
			for _, h := range q.Answer {
				w.Header().Add(h[0], h[1])
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(len(m.Body)>>20)*slowly)
	defer cancel()
	r, err := s.client(t, listener, protocol).Do(ctx, m)
	if err != nil {
		return nil, err
	}
	o.Status, o.DownBody, o.Down = r.Status, r.Body, flat(r.Header)
	var e struct{ Error struct{ Code string } }
	if json.Unmarshal(r.Body, &e) == nil {
		o.Code = e.Error.Code
	}
	for _, got := range s.backends.Got(id) {
		if got.Err != nil {
			continue // cut short: no engine acts on that
		}
		if o.Cluster != "" {
			return nil, errors.New("two engines got the request")
		}
		o.Cluster, o.Up, o.UpBody = got.Cluster, flat(got.Header), got.Body
	}
	return o, nil
}

func flat(h http.Header) (list [][2]string) {
	for name, values := range h {
		for _, v := range values {
			list = append(list, [2]string{strings.ToLower(name), v})
		}
	}
	return list
}

// badInputs sends every row of SECURITY.md's table.
func badInputs(t *testing.T, s *stand) {
	data, err := os.ReadFile(filepath.Join(root(t), "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := redteam.ReadBadInputs(string(data))
	if err != nil {
		t.Fatal(err)
	}
	inputs := redteam.BadInputs()
	for _, row := range rows {
		o, err := s.attack(t, asShipped, inputs[row.Input])
		if err == nil {
			err = row.Verdict(o)
		}
		if err != nil {
			t.Errorf("%s: %v", row.Input, err)
		}
	}
}

// wire sends requests byte by byte whose end can be understood in two ways. What Envoy takes for a second request, it begins
// as soon as it has answered the first; the engines are looked at when it has logged all that it has begun.
func wire(t *testing.T, s *stand) {
	address, err := s.envoy.Listener(asShipped)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{} // by name
	var open []net.Conn
	for _, raw := range redteam.Wire() {
		t.Run(raw.Name, func(t *testing.T) {
			_, id := s.mark(client.Message{})
			c, err := net.DialTimeout("tcp", address, patience)
			if err != nil {
				t.Fatal(err)
			}
			open, ids[raw.Name] = append(open, c), id
			go io.WriteString(c, strings.ReplaceAll(raw.Bytes, "Content-Type:", backend.CaseHeader+": "+id+"\r\nContent-Type:"))
			c.SetReadDeadline(time.Now().Add(patience))
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err == nil {
				io.Copy(io.Discard, r.Body)
			} else if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("neither answered nor closed: %v", err)
			}
		})
	}
	for _, c := range open {
		c.Close()
	}
	s.idle(t)
	s.logged(t)
	for name, id := range ids {
		for _, got := range s.backends.Got(id) {
			if got.Err == nil && strings.Contains(string(got.Body), redteam.Hidden) {
				t.Errorf("%s: %s got the attack: %s", name, got.Cluster, got.Body)
			}
		}
	}
}
