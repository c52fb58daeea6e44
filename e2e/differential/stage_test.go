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
	ports    map[string]int // by cluster
	read     map[string]int // lines of log that were read, by vm_id
	records  map[string]string
	logged   int // lines of the access log that are in records
}

// raise starts one Envoy for all scenes.
func raise(t *testing.T, installation envoy.Installation, scenes []*scene) *stage {
	t.Helper()
	st := &stage{read: map[string]int{}, records: map[string]string{}}
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
	st.ports = maps.Clone(st.backends.Ports())
	maps.Copy(st.ports, breakDown(t))
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	st.process, err = envoy.Start(ctx, envoy.Options{
		Binary: installation.Path, Config: bootstrap(listeners, files, st.ports), Dir: dir, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.process.Stop)
	return st
}

// wasmLine is a line that a plugin logged: level, the names of the plugin and its VM, the message.
var wasmLine = regexp.MustCompile(`^\[[^\]]*\]\[\d+\]\[(\w+)\]\[wasm\] \[[^\]]*\] wasm log(?: (\S+))? (\S+): (.*)$`)

// log lists what the plugins of a VM have logged, as hostsim writes it.
func (st *stage) log(vm string) []string {
	var out []string
	for _, line := range strings.Split(st.process.Log(), "\n") {
		if m := wasmLine.FindStringSubmatch(line); m != nil && (m[3] == vm || strings.HasPrefix(m[3], vm+".")) {
			out = append(out, entry(m[1], m[4]))
		}
	}
	return out
}

// entry is a line of log. Envoy names the plugin in the lines of streams only, so programs name themselves.
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

func entry(level, message string) string {
	if level != "info" {
		level = strings.TrimSuffix(level, "ing") // Envoy calls it warning, hostsim warn
		return level + ": " + message
	}
	return message
}

// fresh waits until a VM has logged n lines that were not read yet, and gives all there are.
func (st *stage) fresh(vm string, n int) []string {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all := st.log(vm)
		if len(all)-st.read[vm] >= n || time.Now().After(deadline) {
			out := all[st.read[vm]:]
			st.read[vm] = len(all)
			return out
		}
	}
}

var caseNumber int

// ask sends a request through Envoy. lines is how many the log will have.
func (st *stage) ask(t *testing.T, s *scene, r request, lines int) seen {
	t.Helper()
	id := fmt.Sprint("case-", caseNumber)
	address, err := st.process.Listener(s.id())
	if err != nil {
		t.Fatal(err)
	}
	var c client.Client = client.NewHTTP1(address)
	if r.http2 {
		c = client.NewHTTP2(address)
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
	out.log = st.fresh(s.id(), lines)
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
