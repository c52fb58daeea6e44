package config

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// DefaultCORSAge is for how many seconds a browser may keep what it was told of a path.
const DefaultCORSAge = 600

// CORS says which web pages may call the router from a browser (fetch.spec.whatwg.org, "CORS protocol").
type CORS struct {
	Origins []string // such as https://chat.example.com; "*" is any
	MaxAge  int64    // seconds
}

// Allows reports whether a page of an origin may call.
func (c *CORS) Allows(origin string) bool {
	for _, o := range c.Origins {
		if o == "*" || o == origin {
			return origin != ""
		}
	}
	return false
}

func (r *reader) cors(n *tree.Node) *CORS {
	c := &CORS{MaxAge: DefaultCORSAge}
	r.members(n, map[string]func(*tree.Node){
		"origins": func(n *tree.Node) {
			c.Origins = list(r, n, r.origin)
			if n.Kind == tree.List && len(n.Items) == 0 {
				r.Add(n, "no page may call", `list origins, such as "https://chat.example.com", or remove "cors"`)
			}
		},
		"max_age": func(n *tree.Node) { c.MaxAge = r.duration(n) / 1000 },
	})
	if n.Kind == tree.Map && n.Get("origins") == nil {
		r.Add(n, `"origins" is missing`, `list the origins of the pages that may call, such as "https://chat.example.com"`)
	}
	return c
}

// origin reads a scheme, a host and perhaps a port, as browsers write them.
func (r *reader) origin(n *tree.Node) string {
	text := r.text(n)
	scheme, host, ok := strings.Cut(text, "://")
	if text != "*" && n.Kind == tree.String && (!ok || scheme == "" || host == "" || strings.ContainsAny(host, "/?#@*,; ") || text != strings.ToLower(text)) {
		r.Add(n, "not an origin: "+strconv.Quote(text), `a scheme and a host in small letters, without a path, such as "https://chat.example.com", or "*"`)
	}
	return text
}
