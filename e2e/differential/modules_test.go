package differential

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim/wat"
)

// written is a scene with a module of modules/*.wat.
func writtenBy(t *testing.T, name string, requests ...request) *scene {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("modules", name+".wat"))
	if err != nil {
		t.Fatal(err)
	}
	code, err := wat.Assemble(string(text))
	if err != nil {
		t.Fatal(name, err)
	}
	return &scene{name: name, filters: []filter{{name: "p", module: "m"}}, modules: map[string][]byte{"m": code}, requests: requests, keep: true}
}

func TestModulesWrittenByHandDoTheSame(t *testing.T) {
	keyed := func(key string) []request { return to(request{header: [][2]string{{"x-key", key}}}) }
	ask := writtenBy(t, "ask", cat(get1, post1, to(request{method: "HEAD"}), to(request{body: strings.Repeat("a", 100_000)}))...)
	ask.call = answer{header: [][2]string{{"content-type", "text/plain"}}, body: "granted"}
	denied := writtenBy(t, "ask", cat(get1, post1)...)
	denied.name, denied.call = "ask and be denied", answer{status: 500, header: [][2]string{{"content-type", "text/plain"}}, body: "no"}
	play(t, []*scene{
		writtenBy(t, "limit", cat(keyed("one"), keyed("two"), keyed("one"), keyed("one"), keyed("two"), get1)...),
		ask, denied,
		writtenBy(t, "turn", cat(get1, post1, to(request{method: "HEAD"}), to(request{answer: answer{body: strings.Repeat("0123456789", 900)}}),
			to(request{answer: answer{body: "with trailers", trailer: [][2]string{{"x-tail", "t"}}}}), to(request{answer: answer{status: 204, header: [][2]string{{"x-a", "b"}}}}))...),
	})
}
