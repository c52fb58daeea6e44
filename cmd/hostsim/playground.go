package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

//go:embed playground.html
var playgroundPage string

//go:embed playground.js
var playgroundScript string

//go:embed playground_records.js
var playgroundRecords string

//go:embed playground.css
var playgroundStyle string

// mostPlayed bounds what the page may send: a policy and a body.
const mostPlayed = 4 << 20

// playgroundCommand serves a page on this machine alone on which a prompt or a body can be tried against a policy. It asks the engine
// that is in the module, outside of it, so that a policy can be edited word by word.
func playgroundCommand(s streams) *cobra.Command {
	var listen, policy string
	c := &cobra.Command{
		Use:   "playground [flags]",
		Short: "Serve a page to try prompts and policies on",
		Long: `playground serves a page on this machine alone: type a prompt or paste a body, edit the policy beside it, and see at once what is
decided and why. Nothing leaves the machine. Ctrl-C ends it.`,
		Example: cli.Examples("hostsim playground", "hostsim playground --policy my-policy.yaml --listen 127.0.0.1:9000"),
		Args:    cli.NoFiles,
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "the `address` of the page, one of the loopback interface")
	c.Flags().StringVar(&policy, "policy", "", "the policy to begin with, in this `file`, in YAML or JSON (default: the one in the module)")
	c.RunE = cli.Action(func([]string) int { return play(listen, policy, s) })
	return cli.EndsByItself(c, "")
}

func play(listen, policy string, s streams) int {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stop)
	p, err := newPlayer(policy, s)
	if err != nil {
		return s.fail(err)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return s.fail(fmt.Errorf("%w (choose another address with --listen HOST:PORT)", err))
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		l.Close()
		return s.fail(fmt.Errorf("--listen %q: the page is for this machine alone: name one of its own addresses, such as 127.0.0.1:8090", listen))
	}
	host, _, _ := net.SplitHostPort(listen)
	server := &http.Server{Handler: ownHost(host, p.pages()), ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintf(s.Err, "hostsim: the playground is at http://%s\n", reachable(l.Addr()))
	go func() { <-stop; server.Close() }()
	if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return s.fail(err)
	}
	return exitOK
}

// player answers the page.
type player struct {
	begin func() ([]byte, error) // the policy that the page begins with, in YAML or JSON
	open  rules.Opener           // reads what a policy extends
	live  *live                  // nil where no server runs

	mu       sync.Mutex
	compiled [2]*compiledPolicy // the page asks about the policy that it began with and about the one in its editor; the newest stands first
}

// newPlayer makes a player for the policy in a file, or for the one in the module.
func newPlayer(file string, s streams) (*player, error) {
	text, err := embeddedPolicy()
	if file != "" {
		text, err = s.read("policy", file)
	}
	if err != nil {
		return nil, err
	}
	return &player{begin: func() ([]byte, error) { return text, nil }, open: extended(file, text)}, nil
}

// embeddedPolicy is the one in the module, in YAML.
func embeddedPolicy() ([]byte, error) {
	root, err := tree.ParseJSON(rules.DefaultJSON())
	if err != nil {
		return nil, err
	}
	return source.YAML(root)
}

// extended reads the policies that the one in a file extends, and no other file of this machine: a page has no business with those.
func extended(file string, text []byte) rules.Opener {
	known := map[string]*tree.Node{}
	if root, err := source.Load(file, text); err == nil && rules.ExtendsFile(root) {
		read := source.Beside(file)
		_, _ = rules.Extend(root, func(name string) (*tree.Node, error) { // its mistakes are told when it is tried
			n, err := read(name)
			if err == nil {
				known[name] = n
			}
			return n, err
		})
	}
	return func(name string) (*tree.Node, error) {
		if n := known[name]; n != nil {
			return n, nil
		}
		return nil, errors.New("the page reads no files but those that the policy extended when the command began: begin with --policy FILE")
	}
}

// The page's questions and answers.
type (
	played struct {
		Policy string `json:"policy"`
		Path   string `json:"path"`
		Body   string `json:"body"`
	}
	playedAnswer struct {
		// Mistakes are those of the policy; with one there is nothing else.
		Mistakes []playedMistake `json:"mistakes"`
		Failures []playedMistake `json:"failures,omitempty"` // of the policy's own tests, for which the module refuses it
		Warnings []string        `json:"warnings,omitempty"`

		Action    string           `json:"action,omitempty"`
		Status    int              `json:"status,omitempty"`
		Code      string           `json:"code,omitempty"`
		Param     string           `json:"param,omitempty"`
		Message   string           `json:"message,omitempty"`
		Decision  string           `json:"decision,omitempty"`
		Model     string           `json:"model,omitempty"`
		Name      string           `json:"name,omitempty"`
		Cluster   string           `json:"cluster,omitempty"`
		Reasoning string           `json:"reasoning,omitempty"`
		Flags     []string         `json:"flags,omitempty"`
		Cost      float64          `json:"cost,omitempty"`  // dollars at most
		Micros    int64            `json:"us,omitempty"`    // natively; the proxy takes longer
		Edits     []playedEdit     `json:"edits,omitempty"` // of the body, for the engine
		Why       *explanationJSON `json:"why,omitempty"`
	}
	playedEdit struct {
		From int64  `json:"from"` // bytes of the body
		To   int64  `json:"to"`
		New  string `json:"new"`
	}
	playedMistake struct {
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
)

func (p *player) pages() http.Handler {
	pages := http.NewServeMux()
	serve := func(path, kind, text string) {
		pages.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			io.WriteString(w, text)
		})
	}
	serve("/{$}", "text/html", playgroundPage)
	serve("/playground.js", "text/javascript", playgroundScript)
	serve("/playground_records.js", "text/javascript", playgroundRecords)
	serve("/playground.css", "text/css", playgroundStyle)
	pages.HandleFunc("GET /begin", func(w http.ResponseWriter, r *http.Request) {
		policy, err := p.begin()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answerJSON(w, map[string]any{"policy": string(policy), "live": p.live != nil})
	})
	pages.HandleFunc("POST /try", question(func(w http.ResponseWriter, body io.Reader) {
		var q played
		if err := json.NewDecoder(body).Decode(&q); err != nil {
			http.Error(w, fmt.Sprintf("want {policy, path, body} of at most %d bytes: %v", mostPlayed, err), http.StatusBadRequest)
			return
		}
		answerJSON(w, p.try(&q))
	}))
	if p.live != nil {
		pages.HandleFunc("GET /records", func(w http.ResponseWriter, r *http.Request) {
			if !ownPage(r) {
				http.Error(w, notOwnPage, http.StatusForbidden)
				return
			}
			p.live.records(w, r)
		})
		pages.HandleFunc("POST /explain", question(p.live.explainRecord))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		pages.ServeHTTP(w, r)
	})
}

// question answers a POST of the page itself. A form of another page cannot send this type, and its scripts have another origin.
func question(answer func(http.ResponseWriter, io.Reader)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); {
		case kind != "application/json":
			http.Error(w, "want content-type: application/json", http.StatusUnsupportedMediaType)
		case !ownPage(r):
			http.Error(w, notOwnPage, http.StatusForbidden)
		default:
			answer(w, http.MaxBytesReader(w, r.Body, mostPlayed))
		}
	}
}

const notOwnPage = "this page answers itself alone"

// ownPage tells whether a request comes from the page of this address, or from no page at all.
func ownPage(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return false
		}
	}
	site := r.Header.Get("Sec-Fetch-Site") // browsers send it where they send no origin
	return site == "" || site == "same-origin" || site == "none"
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(encode(v))
}

// compiledPolicy is what the text of a policy comes to.
type compiledPolicy struct {
	text     string
	table    *rules.Table // nil with mistakes
	mistakes []playedMistake
	failures []playedMistake
}

// compile compiles a policy, or remembers what it came to.
func (p *player) compile(text string) *compiledPolicy {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.compiled {
		if c != nil && c.text == text {
			p.compiled[0], p.compiled[i] = c, p.compiled[0]
			return c
		}
	}
	c := &compiledPolicy{text: text, mistakes: []playedMistake{}}
	root, err := source.Load("policy.yaml", []byte(text))
	if err == nil {
		c.table, err = rules.CompileWith(root, p.open)
	}
	var list *tree.Problems
	switch {
	case errors.As(err, &list):
		for _, m := range list.List {
			c.mistakes = append(c.mistakes, playedMistake{m.Line, m.Column, m.Path + ": " + m.Message, m.Hint})
		}
	case err != nil:
		c.mistakes = append(c.mistakes, playedMistake{Message: err.Error()})
	}
	if c.table != nil {
		for _, f := range c.table.RunTests() {
			c.failures = append(c.failures, playedMistake{Line: f.Line, Column: f.Column, Message: fmt.Sprintf("test %q: %s", f.Name, f.Message)})
		}
	}
	p.compiled = [2]*compiledPolicy{c, p.compiled[0]}
	return c
}

// try decides about a body by a policy.
func (p *player) try(q *played) (a playedAnswer) {
	c := p.compile(q.Policy)
	a.Mistakes, a.Failures = c.mistakes, c.failures
	table := c.table
	if len(c.mistakes) > 0 {
		return a
	}
	for _, w := range table.Warnings() {
		a.Warnings = append(a.Warnings, w.String())
	}
	body := []byte(q.Body)
	shape, served := table.Call(q.Path)
	if !served {
		a.Action, a.Status, a.Code, a.Message = rules.ActionDeny, http.StatusNotFound, "path_not_served", fmt.Sprintf("the policy serves no %q", q.Path)
		return a
	}
	began := time.Now()
	edits, d := decide(table, shape, q.Path, body)
	a.Micros = time.Since(began).Microseconds()
	a.Action, a.Status, a.Code, a.Message, a.Decision = d.Action, d.Status, d.Code, d.Message, d.Name
	a.Reasoning, a.Flags, a.Cost = d.Reasoning, d.Flags, float64(d.Cost)/1e12
	if d.Model != nil {
		a.Model, a.Name, a.Cluster, a.Edits = d.Model.Key, d.Model.Name, d.Model.Cluster, edits
	}
	why := table.ExplainPath(q.Path, nil, 0, nil, body)
	a.Param = why.Param
	if why.Decision.Name != "" {
		for i := range why.Signals {
			s := &why.Signals[i]
			if s.Value == expr.False {
				s.Places = nil // the page shows what is true and what may be
			}
			for k := range s.Places {
				if pl := &s.Places[k]; !standsThere(body, pl) {
					pl.From, pl.To = 0, 0 // of a payload in the body: its text is shown, but cannot be marked
				}
			}
		}
		a.Why = (&explained{why: why}).json().Explanation
	}
	return a
}

// standsThere tells whether a place's offsets are of the body as it is written, where its text may be in JSON, and that in a string of JSON.
func standsThere(body []byte, p *rules.Place) bool {
	if p.From < 0 || p.To > int64(len(body)) || p.From >= p.To {
		return false
	}
	text := string(body[p.From:p.To])
	for range 3 {
		if text == p.Text {
			return true
		}
		var inner string
		if json.Unmarshal([]byte(`"`+text+`"`), &inner) != nil {
			return false
		}
		text = inner
	}
	return text == p.Text
}

// decide is what a session comes to, and what it changes in the body for the engine.
func decide(table *rules.Table, shape prompt.Shape, path string, body []byte) (edits []playedEdit, d *rules.Decision) {
	s := table.NewSession(shape)
	s.Reset(shape, 0)
	s.Serve(path)
	take := func() {
		list, _ := s.Take()
		for _, e := range list {
			edits = append(edits, playedEdit{e.Start, e.End, string(e.New)})
		}
	}
	s.Feed(body)
	take()
	d = s.Close()
	take()
	return edits, d
}
