package differential

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// stage is a running Envoy with the listeners of scenes.
type stage struct {
	process  *envoy.Process
	backends *backend.Set
	ports    map[string]int      // by cluster
	heard    int                 // lines of Envoy's log that are in said
	said     map[string][]string // what plugins have logged that was not read yet, by vm_id
	records  map[string]string
	logged   int // lines of the access log that are in records
	number   int // of the case at hand
}

// raise starts one Envoy for all scenes.
func raise(t *testing.T, installation envoy.Installation, scenes []*scene) *stage {
	t.Helper()
	st := &stage{said: map[string][]string{}, records: map[string]string{}}
	var err error
	if st.backends, err = backend.Start(clusters...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.backends.Stop)
	dir := t.TempDir()
	files := map[string]string{}
	var listeners []listener
	for _, s := range scenes {
		l := listener{name: s.id(), limit: s.limit, keep: s.keep}
		for _, f := range s.filters {
			f.vm = s.vmID(f)
			key := f.vm + "." + f.module
			if _, have := files[key]; !have {
				files[key] = filepath.Join(dir, key+".wasm")
				if err := os.WriteFile(files[key], s.modules[f.module], 0o644); err != nil {
					t.Fatal(err)
				}
			}
			f.module = key
			l.filters = append(l.filters, f)
		}
		listeners = append(listeners, l)
	}
	files[curtain] = filepath.Join(dir, curtain+".wasm")
	if err := os.WriteFile(files[curtain], (&program{}).in("request_headers", reply(204, "", "")).wasm(), 0o644); err != nil {
		t.Fatal(err)
	}
	listeners = append(listeners, listener{name: curtain, filters: []filter{{name: curtain, vm: curtain, module: curtain}}})
	st.ports = maps.Clone(st.backends.Ports())
	maps.Copy(st.ports, breakDown(t))
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	st.process, err = envoy.Start(ctx, envoy.Options{
		Binary: installation.Path, Config: bootstrap(listeners, files, st.ports), Dir: dir, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.process.Stop)
	st.catchUp(t)
	return st
}

// curtain is the listener, the filter and the module by which a test learns that Envoy has no more to say.
const curtain = "curtain"

// catchUp waits until all is read that Envoy has logged so far. Its only worker runs one event after the other, those of
// its start first, and so the line of this request stands behind all that it has had to say.
func (st *stage) catchUp(t *testing.T) {
	t.Helper()
	address, err := st.process.Listener(curtain)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := client.NewHTTP1(address)
	defer c.Close()
	if _, err := c.Do(ctx, client.Message{Method: "GET", Path: "/", Framing: client.None}); err != nil {
		t.Fatalf("the curtain does not fall: %v", err)
	}
	if got := st.fresh(curtain, 2); len(got) != 2 { // the callback and its reply
		t.Fatalf("the curtain says %q", got)
	}
}

// wasmLine is a line that a plugin logged: level, the names of the plugin and its VM, the message.
var wasmLine = regexp.MustCompile(`^\[[^\]]*\]\[\d+\]\[(\w+)\]\[wasm\] \[[^\]]*\] wasm log(?: (\S+))? (\S+): (.*)$`)

// listen reads what the plugins have logged since it was called last, as hostsim writes it.
func (st *stage) listen() {
	all := st.process.LogLines()
	for _, line := range all[st.heard:] {
		if m := wasmLine.FindStringSubmatch(line); m != nil {
			for vm := m[3]; ; {
				st.said[vm] = append(st.said[vm], entry(m[1], m[4]))
				dot := strings.LastIndexByte(vm, '.')
				if dot < 0 {
					break
				}
				vm = vm[:dot] // a scene reads what all of its VMs say
			}
		}
	}
	st.heard = len(all)
}

// record finds the record of a case in the access log.
func (st *stage) record(id string) (string, bool) {
	for all := st.process.AccessLog(); st.logged < len(all); st.logged++ {
		if case_, record, ok := strings.Cut(all[st.logged], " "); ok {
			st.records[case_] = record
		}
	}
	r, ok := st.records[id]
	return r, ok
}

// entry is a line of log. Envoy names the plugin in the lines of streams only, so programs name themselves.
func entry(level, message string) string {
	if level != "info" {
		level = strings.TrimSuffix(level, "ing") // Envoy calls it warning, hostsim warn
		return level + ": " + message
	}
	return message
}

// fresh waits until a VM has logged n lines that were not read yet, and gives all there are.
func (st *stage) fresh(vm string, n int) []string {
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if st.listen(); len(st.said[vm]) >= n || time.Now().After(deadline) {
			out := st.said[vm]
			delete(st.said, vm)
			return out
		}
	}
}

// id names the case at hand.
func (st *stage) id() string { return fmt.Sprint("case-", st.number) }

// ask sends a request through Envoy. lines is how many the log will have at least; none is read if that is negative.
func (st *stage) ask(t *testing.T, s *scene, r request, lines int) seen {
	t.Helper()
	id := st.id()
	address, err := st.process.Listener(s.id())
	if err != nil {
		t.Fatal(err)
	}
	c := client.NewWhole(address, r.http2) // or a tick might come between head and body
	if !r.http2 && len(r.cuts) > 0 {
		c = client.NewHTTP1(address) // whose pieces are writes; no scene with such requests has ticks
	}
	defer c.Close()
	m := r.message()
	m.Header = append(m.Header[:len(m.Header):len(m.Header)], [2]string{backend.CaseHeader, id})
	st.backends.Play(id, r.answer.play)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out seen
	if got, err := c.Do(ctx, m); err == nil {
		out.status, out.body = got.Status, string(got.Body)
		out.header, out.trailer = plainHeader(got.Header), plainHeader(got.Trailer)
	}
	if lines >= 0 {
		st.catchUp(t) // there may be more
		out.log = st.fresh(s.id(), lines)
	}
	out.upstream = "nothing"
	if got := st.backends.Got(id); len(got) > 0 && got[0].Err == nil { // cut short: no engine acts on it
		out.upstream = arrived(got[0])
	}
	return out
}

// arrived is a request as a backend got it.
func arrived(g backend.Request) string {
	h := g.Header.Clone()
	if g.ContentLength > 0 {
		h.Set("content-length", fmt.Sprint(g.ContentLength))
	}
	return fmt.Sprintf("%s: %s %s %s %q trailers %s", g.Cluster, g.Method, g.Path, strings.Join(plainHeader(h), " | "), g.Body, strings.Join(plainHeader(g.Trailer), " | "))
}

// asked lists what plugins have asked after the first n times, and how often they have by now.
func (st *stage) asked(n int) (calls string, all int) {
	got := st.backends.Got("ask")
	for _, g := range got[n:] {
		calls += "\ncall to " + arrived(g)
	}
	return calls, len(got)
}
