//go:build !wasip1

package main_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/routertest"
)

// A proxy bounds its requests' headers to 60 KiB unless it is told otherwise.
const headerLimit = 60 << 10

func TestBadHeadersHaveOneOutcome(t *testing.T) {
	t.Parallel()
	v := newVMs(t)
	long := strings.Repeat(canary+"/", headerLimit/len(canary+"/"))
	body := `{"messages":[{"role":"user","content":"Who are you?"}]}`
	for _, c := range []struct {
		name, path string
		headers    []hostsim.Field
		want       string
	}{
		{"a path of 60 KB", "/" + long, nil, "404 path_not_served"},
		{"a path of 20,000 encoded signs", "/" + strings.Repeat("%25", 20_000), nil, "404 path_not_served"},
		{"a path of 20,000 steps up", strings.Repeat("/..", 20_000) + "/v1/completions", nil, "400 ambiguous_path"},
		{"a path of bytes that are not UTF-8", "/\xff\xfe", nil, "404 path_not_served"},
		{"a query of 60 KB", "/v1/chat/completions?" + long, nil, ok200},
		{"a request id of 60 KB", "", []hostsim.Field{{Name: "x-request-id", Value: long}}, ok200},
		{"a request id of bytes that are not UTF-8", "", []hostsim.Field{{Name: "x-request-id", Value: "\xff\x00\x1f\"\\"}}, ok200},
		{"a thousand forged headers", "", manyForged(1000), ok200},
		{"a forged header of 60 KB", "", []hostsim.Field{{Name: "x-mom-cluster", Value: long}}, ok200},
		{"a media type in capitals", "", []hostsim.Field{{Name: "content-type", Value: "APPLICATION/JSON ; CHARSET=\"UTF-8\" ; x"}}, ok200},
		{"UTF-8 by its other name", "", []hostsim.Field{{Name: "content-type", Value: "application/json; charset=utf8"}}, ok200},
		{"UTF-8 by its other name in quotes", "", []hostsim.Field{{Name: "content-type", Value: "application/json;charset=\"UTF8\""}}, ok200},
		{"a media type of 60 KB", "", []hostsim.Field{{Name: "content-type", Value: "application/json;" + long}}, ok200},
		{"60 KB of parameters", "", []hostsim.Field{{Name: "content-type", Value: "application/json" + strings.Repeat(";", headerLimit)}}, ok200},
		{"another media type of JSON", "", []hostsim.Field{{Name: "content-type", Value: "application/vnd.api+json"}}, "415 unsupported_media_type"},
		{"another character set", "", []hostsim.Field{{Name: "content-type", Value: "application/json; charset=utf-8; charset=utf-16"}}, "415 unsupported_media_type"},
		{"two media types", "", []hostsim.Field{{Name: "content-type", Value: "application/json"}, {Name: "content-type", Value: "application/json"}}, "415 unsupported_media_type"},
		{"no encoding by name", "", []hostsim.Field{{Name: "content-encoding", Value: "Identity"}}, ok200},
		{"an encoding without a name", "", []hostsim.Field{{Name: "content-encoding", Value: ""}}, "415 unsupported_encoding"},
		{"two encodings", "", []hostsim.Field{{Name: "content-encoding", Value: "identity"}, {Name: "content-encoding", Value: "gzip"}}, "415 unsupported_encoding"},
		{"an upgrade without a name", "", []hostsim.Field{{Name: "upgrade", Value: ""}}, "400 upgrade_not_supported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []*router{v.flag, v.pair} {
				q := hostsim.Request{Method: "POST", Path: c.path, Headers: c.headers, Body: []byte(body)}
				if q.Path == "" {
					q.Path = "/v1/chat/completions"
				}
				one := bad{c.name, body, c.want}
				one.check(t, r, q)
				routertest.NoneForged(t, r.Send(t, q))
			}
		})
	}
}

func manyForged(n int) []hostsim.Field {
	fields := make([]hostsim.Field, n)
	for i := range fields {
		fields[i] = hostsim.Field{Name: "x-mom-" + strings.Repeat("a", i%200), Value: "mi355x-glm-4-7"}
	}
	return fields
}

// A body that is longer than announced would be two requests to whoever believes the length.
func TestABodyThatIsLongerThanItsLengthIsRefused(t *testing.T) {
	v := newVMs(t)
	body := `{"messages":[{"role":"user","content":"Who are you?"}]}`
	for _, r := range []*router{v.flag, v.pair} {
		for _, length := range []string{"0", "7", "54"} {
			q := post("/v1/chat/completions", body)
			q.Headers = append(q.Headers, hostsim.Field{Name: "content-length", Value: length})
			if a := r.Send(t, q); a.Status != 400 || a.Upstream != nil {
				t.Errorf("length %s of %d: answered %s", length, len(body), a.Outcome())
			}
		}
	}
}
