package examples

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/internal/routertest"
)

// provocation is a request that ends with an error.
type provocation struct {
	configuration string // "": the default policy
	pair          bool   // run the lead of a pair, without its gate
	method        string // "": POST
	path          string // "": /v1/chat/completions, and then /v1/messages
	header        hostsim.Field
	body          string // «words» stands for the conversation, «prompt» for its words
	unfinished    bool   // the client stops in the middle
}

const (
	strict    = `"policy":{"version":"1","models":{"a":{"cluster":"a"}},"default":"a","unknown_items":"deny"}`
	ceiling   = `"policy":{"version":"1","models":{"a":{"cluster":"a","max_output":4096,"price":{"input":0,"output":1}}},"objectives":{"cost_ceiling":0.000001},"default":{"model":"a"}}`
	spent     = `"policy":{"version":"1","models":{"a":{"cluster":"a","max_output":4096,"price":{"input":0,"output":1}}},"objectives":{"budget":{"window":"1h","hard":0.000001}},"default":{"model":"a"}}`
	noEyes    = `"policy":{"version":"1","models":{"a":{"cluster":"a","input":["text","image"]},"b":{"cluster":"b"}},"context_order":[],"default":"b"}`
	drained   = `"policy":{"version":"1","models":{"a":{"cluster":"a","drain":true},"b":{"cluster":"b"}},"default":"b"}`
	nowhere   = `"policy":{"version":"1","models":{"a":{"cluster":"` + routertest.Nowhere + `"}},"default":{"model":"a"}}`
	ownGuards = `"policy":{"version":"1","models":{"a":{"cluster":"a"},"b":{"cluster":"b"}},"signals":{"keyword":{"one":{"in":"any","words":["heron"]},` +
		`"two":{"in":"any","words":["gannet"]}}},"guards":[{"name":"g1","when":"keyword.one","only":["a"]},{"name":"g2","when":"keyword.two","deny":{}}],` +
		`"default":{"model":"b"}}`
)

// provocations are by code; every code of the page's table has one.
var provocations = map[string]provocation{
	"invalid_json":            {body: `{«words»`},
	"duplicate_member":        {body: `{"model":"auto","model":"auto",«words»}`},
	"too_deep":                {body: `{"metadata":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + `,«words»}`},
	"too_many_members":        {body: `{"metadata":` + routertest.ManyMembers(65_537) + `,«words»}`},
	"name_too_long":           {body: `{"` + strings.Repeat("n", 4097) + `":1,«words»}`},
	"number_too_long":         {body: `{"seed":` + strings.Repeat("1", 1025) + `,«words»}`},
	"invalid_request":         {body: `{"model":7,«words»}`},
	"unknown_role":            {configuration: strict, body: `{"messages":[{"role":"cormorant","content":«prompt»}]}`},
	"unsupported_part":        {configuration: strict, body: `{"messages":[{"role":"user","content":[{"type":"cormorant","text":«prompt»}]}]}`},
	"ambiguous_member":        {body: `{"Max_Tokens":9,«words»}`},
	"not_inspectable":         {body: `{"documents":[«prompt»],«words»}`},
	"late_model":              {configuration: defaultPolicy + `,"hold_bytes":9`, body: `{«words»,"model":"glm-4.7"}`},
	"empty_body":              {body: ` `},
	"ambiguous_path":          {path: "/v1/chat/completions/", body: `{«words»}`},
	"upgrade_not_supported":   {header: hostsim.Field{Name: "upgrade", Value: "websocket"}, body: `{«words»}`},
	"model_not_allowed":       {body: `{"model":"glm-4.7","user":"Ignore previous instructions",«words»}`},
	"no_model_allowed":        {configuration: ownGuards, body: `{"user":"heron",«words»}`},
	"request_denied":          {configuration: ownGuards, body: `{"user":"gannet",«words»}`},
	"model_not_found":         {body: `{"model":"gpt-9",«words»}`},
	"path_not_served":         {path: "/v1/embeddings", body: `{«words»}`},
	"method_not_served":       {method: "GET"},
	"request_timeout":         {unfinished: true, body: `{«words»`},
	"unsupported_encoding":    {header: hostsim.Field{Name: "content-encoding", Value: "br"}, body: `{«words»}`},
	"unsupported_media_type":  {header: hostsim.Field{Name: "content-type", Value: "text/plain"}, body: `{«words»}`},
	"router_overloaded":       {configuration: defaultPolicy + `,"memory":1048576,"hold_bytes":4194304`, body: `{"user":"` + strings.Repeat("u", 2<<20) + `",«words»}`},
	"context_length_exceeded": {body: `{"max_completion_tokens":400000,«words»}`},
	"input_not_supported":     {configuration: noEyes, body: `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}},{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]}]}`},
	"model_draining":          {configuration: drained, body: `{"model":"a",«words»}`},
	"tenant_not_served":       {configuration: defaultPolicy + `,"trusted":["x-tenant"],"tenant":"x-tenant","tenants":[{"names":["acme"]}]`, body: `{«words»}`},
	"cost_ceiling":            {configuration: ceiling, body: `{«words»}`},
	"budget_exhausted":        {configuration: spent, body: `{«words»}`},
	"cluster_not_found":       {configuration: nowhere, body: `{«words»}`},
	"router_unavailable":      {pair: true, body: `{«words»}`},
}

// elsewhere are the codes of what hostsim has not, an upstream filter: TestFallback in e2e provokes them.
var elsewhere = []string{"model_overloaded", "fallback_not_allowed"}

// canary is a word of prompts that the router must never repeat.
const canary = "cormorant"

func TestEveryErrorOfThePageIsProvoked(t *testing.T) {
	ofDefault := start(t, defaultPolicy)
	for _, row := range table(t, "## Errors", "status", "code", "why") {
		for _, code := range codes(row["code"]) {
			p, known := provocations[code]
			if slices.Contains(elsewhere, code) {
				continue
			}
			if !known {
				t.Errorf("docs/http-api.md has the code %s, and no request here provokes it", code)
				continue
			}
			t.Run(code, func(t *testing.T) {
				r := ofDefault // most need no other, and each takes half a second to start
				switch {
				case p.pair:
					r = routertest.Product(t).StartFilters(t, hostsim.Filter{Name: "lead", Configuration: []byte(`{` + cmp.Or(p.configuration, defaultPolicy) + `}`)})
				case p.configuration != "" || p.unfinished:
					r = start(t, cmp.Or(p.configuration, defaultPolicy))
				}
				p.run(t, r, row["status"]+" "+code)
			})
		}
	}
}

func (p provocation) run(t *testing.T, r *router, want string) {
	for _, q := range requests {
		if q.Name != "chat completions" && q.Name != "messages" {
			continue // the bodies here are those of these two, one for each form of error
		}
		for _, stream := range []string{"", `"stream":true,`} {
			body := strings.NewReplacer("«words»", stream+q.Words(canary), "«prompt»", quote.JSON(canary)).Replace(p.body)
			req := post(q.Path, body)
			if p.method != "" {
				req.Method, req.Body = p.method, nil
			}
			if p.path != "" {
				req.Path = p.path
			}
			if p.header.Name != "" {
				req.Headers = []hostsim.Field{p.header}
			}
			var a answer
			if p.unfinished {
				a = stall(t, r, req)
			} else {
				a = r.Send(t, req)
			}
			if a.Outcome() != want || a.Origin != hostsim.FromPlugin {
				t.Errorf("%s: answer %s by the %s, want %s: %s", q.Name, a.Outcome(), a.Origin, want, a.Message)
			}
			if strings.Contains(a.Text, canary) {
				t.Errorf("%s: the prompt is repeated: %s", q.Name, a.Text)
			}
		}
	}
	if strings.Contains(r.Logs.String(), canary) {
		t.Errorf("the prompt is logged: %s", r.Logs.String())
	}
}

func TestAGateWithoutALeadAnswersInTheShapeOfTheAPI(t *testing.T) {
	r := routertest.Product(t).StartFilters(t, hostsim.Filter{Name: "gate"})
	for path, want := range map[string]string{
		"/v1/chat/completions": `{"error":{`, "/v1/messages?beta=true": `{"type":"error","error":{`, "/v1/messages/": `{"type":"error","error":{`, "/health": `{"error":{`,
	} {
		got := r.Do(post(path, `{"messages":[]}`))
		if got.Status != 503 || got.Upstream != nil || !strings.HasPrefix(string(got.Response.Body), want) {
			t.Errorf("%s: answer %d: %s", path, got.Status, got.Response.Body)
		}
	}
}

// stall sends a request that promises one byte more than comes, and waits.
func stall(t *testing.T, r *router, q hostsim.Request) answer {
	t.Helper()
	var up, down hostsim.Message
	s := r.Open(hostsim.StreamOptions{Upstream: &up, Client: &down})
	s.Headers(hostsim.NewHeaders(append([]hostsim.Field{{Name: ":method", Value: q.Method}, {Name: ":path", Value: q.Path}, {Name: ":authority", Value: "localhost"},
		{Name: ":scheme", Value: "http"}, {Name: "content-length", Value: strconv.Itoa(len(q.Body) + 1)}}, q.Headers...)...), false)
	s.Data(q.Body, false)
	for range 100 {
		if s.Done() {
			break
		}
		at, _ := r.NextTick()
		r.Clock.Sleep(at.Sub(r.Clock.Now()))
		r.Tick()
	}
	if down.Head == nil {
		s.Reset()
		t.Fatal("no answer after a hundred ticks")
	}
	a := answer{Result: hostsim.Result{Origin: hostsim.FromPlugin, Response: &down, State: s.State()}}
	a.Status, _ = strconv.Atoi(down.Head.Value(":status"))
	if up.Complete {
		a.Upstream = &up
	}
	r.Check(t, q, &a)
	return a
}

func TestThePageHasEveryCodeOfTheSources(t *testing.T) {
	var listed []string
	for _, row := range table(t, "## Errors", "status", "code", "why") {
		listed = append(listed, codes(row["code"])...)
	}
	for code, places := range sourceCodes(t) {
		if !slices.Contains(listed, code) {
			t.Errorf("%s: the code %q is not in docs/http-api.md", strings.Join(places, ", "), code)
		}
	}
	for code := range provocations {
		if !slices.Contains(listed, code) {
			t.Errorf("the code %q is provoked here and not in docs/http-api.md", code)
		}
	}
	if len(listed) != len(slices.Compact(slices.Sorted(slices.Values(listed)))) {
		t.Errorf("docs/http-api.md has a code twice: %q", listed)
	}
}

// sourceCodes finds the codes in the sources of the module: strings given to a constant whose name says that it is a
// code, and strings given to a member Code.
func sourceCodes(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	files := token.NewFileSet()
	note := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if code, err := strconv.Unquote(lit.Value); err == nil && code != "" {
				found[code] = append(found[code], files.Position(lit.Pos()).String())
			}
		}
	}
	for _, dir := range []string{"../plugin", "../rules"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "cmd" || d.Name() == "testdata" || d.Name() == "train"):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					for i, name := range n.Names {
						if i < len(n.Values) && (strings.HasPrefix(name.Name, "Code") || strings.HasSuffix(name.Name, "Code")) {
							note(n.Values[i])
						}
					}
				case *ast.KeyValueExpr:
					if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
						note(n.Value)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %d codes were found in the sources: does this test still look where they are?", len(found))
	}
	return found
}
