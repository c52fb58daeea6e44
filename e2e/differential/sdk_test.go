package differential

import (
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// Plugins as people write them with the Go SDK: modules/sdk, built here.
func TestPluginsOfTheGoSDKDoTheSame(t *testing.T) {
	path, err := needs.Plugin("./e2e/differential/modules/sdk")
	file := needs.Must(t, path, err)
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	keyed := cat(to(request{header: [][2]string{{"x-key", "one"}}}), to(request{header: [][2]string{{"x-key", "two"}}}))
	long := to(request{body: strings.Repeat("abcdefghij", 3000), cuts: []int{1, 9999}})
	var all []*scene
	plugin := func(name, kind string, requests ...request) *scene {
		s := &scene{name: "sdk " + name, modules: map[string][]byte{"m": code}, requests: requests, keep: true,
			filters: []filter{{name: kind, module: "m", config: kind}}}
		all = append(all, s)
		return s
	}
	plugin("headers", "header", cat(keyed, post1)...)
	plugin("auth granted", "auth", cat(get1, post1)...).call = answer{header: [][2]string{{"content-type", "text/plain"}}, body: "granted"}
	plugin("auth denied", "auth", cat(get1, post1)...).call = answer{status: 401, header: [][2]string{{"content-type", "text/plain"}}}
	plugin("bodies", "body", cat(get1, post1, long, to(request{answer: answer{body: strings.Repeat("0123456789", 900)}}))...)
	plugin("quota", "quota", cat(keyed, keyed, get1)...)
	plugin("jobs", "jobs", cat(get1, post1)...)
	plugin("delay", "delay", cat(get1, post1)...)
	// All of them in one chain, as one module in one virtual machine.
	chain := plugin("all in a chain", "quota", cat(keyed, post1)...)
	for _, kind := range []string{"header", "auth", "body"} {
		chain.filters = append(chain.filters, filter{name: kind, module: "m", config: kind})
	}
	chain.call = answer{header: [][2]string{{"content-type", "text/plain"}}, body: "granted"}
	play(t, all)
}
