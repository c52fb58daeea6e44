package examples

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/routertest"
)

// forged are headers that only the router may set.
var forged = []hostsim.Field{{Name: "x-mom-cluster", Value: "mi355x-glm-4-7"}, {Name: "X-Mom-Model", Value: "GLM-4.7"}, {Name: "x-mom-anything", Value: "1"}}

func TestPathsAreServedAsThePageSays(t *testing.T) {
	routers := map[string]*router{}
	for _, row := range table(t, "## Paths", "method", "path", "besides", "answer") {
		configuration, headers := besides(t, row["besides"])
		if routers[configuration] == nil {
			routers[configuration] = start(t, configuration)
		}
		r := routers[configuration]
		t.Run(strings.Join([]string{row["method"], row["path"], row["besides"]}, " "), func(t *testing.T) {
			q := hostsim.Request{Method: row["method"], Path: plain(row["path"]), Headers: append(headers, forged...)}
			if q.Method == "POST" || q.Method == "PUT" {
				q.Body = []byte(bodyFor(q.Path))
			}
			a := r.Send(t, q)
			routertest.NoneForged(t, a)
			switch want := plain(row["answer"]); want {
			case "routed":
				if a.Status != 200 || a.Record.Action != "route" || !strings.HasPrefix(a.Cluster, "mi355x-") {
					t.Errorf("answer %s, action %s, cluster %q", a.Outcome(), a.Record.Action, a.Cluster)
				}
			case "passed":
				if a.Status != 200 || a.Record.Action != "pass" || a.Cluster != routertest.Unrouted || string(a.Upstream.Body) != string(q.Body) {
					t.Errorf("answer %s, action %s, cluster %q", a.Outcome(), a.Record.Action, a.Cluster)
				}
			case "the list":
				if a.Status != 200 || a.Origin != hostsim.FromPlugin || !strings.HasPrefix(string(a.Response.Body), `{"object":"list"`) {
					t.Errorf("answer %s by the %s", a.Outcome(), a.Origin)
				}
			case "the model":
				if a.Status != 200 || a.Origin != hostsim.FromPlugin || !strings.HasPrefix(string(a.Response.Body), `{"id":"`) {
					t.Errorf("answer %s by the %s", a.Outcome(), a.Origin)
				}
			default:
				if a.Outcome() != want || a.Origin != hostsim.FromPlugin {
					t.Errorf("answer %s by the %s", a.Outcome(), a.Origin)
				}
			}
		})
	}
}

var (
	ofConfiguration = regexp.MustCompile("^configuration `([^`]+)`$")
	ofHeader        = regexp.MustCompile("^header `([^:`]+): ([^`]+)`$")
)

// besides reads what a row says beside method and path.
func besides(t *testing.T, cell string) (configuration string, headers []hostsim.Field) {
	t.Helper()
	configuration = defaultPolicy
	if cell == "–" {
		return configuration, nil
	}
	for _, part := range strings.Split(cell, ", ") {
		if m := ofConfiguration.FindStringSubmatch(part); m != nil {
			configuration += "," + m[1]
		} else if m := ofHeader.FindStringSubmatch(part); m != nil {
			headers = append(headers, hostsim.Field{Name: m[1], Value: m[2]})
		} else {
			t.Fatalf("docs/http-api.md says %q: want configuration `…` or header `…: …`", part)
		}
	}
	return configuration, headers
}

// bodyFor is a body that the path's shape accepts; one of a chat completion for other paths.
func bodyFor(path string) string {
	path, _, _ = strings.Cut(path, "?")
	for _, of := range []string{"/count_tokens", "/input_tokens", "/compact"} {
		path = strings.TrimSuffix(path, of)
	}
	for _, q := range requests {
		if q.Path == path {
			return `{"model":"auto",` + q.Words(prompts["harmless"]) + `}`
		}
	}
	return `{"model":"auto",` + requests[0].Words(prompts["harmless"]) + `}`
}
