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
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "the `address` of the page; only this machine is answered")
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
	policy string // in YAML, what the page begins with
}

func newPlayer(file string, s streams) (*player, error) {
	if file != "" {
		data, err := s.read("policy", file)
		return &player{string(data)}, err
	}
	root, err := tree.ParseJSON(rules.DefaultJSON())
	if err != nil {
		return nil, err
	}
	text, err := source.YAML(root)
	return &player{string(text)}, err
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
		Cost      float64          `json:"cost,omitempty"` // dollars at most
		Micros    int64            `json:"us,omitempty"`   // natively; the proxy takes longer
		Sent      string           `json:"sent,omitempty"` // the body that the engine would get
		Why       *explanationJSON `json:"why,omitempty"`
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
	serve("/playground.css", "text/css", playgroundStyle)
	pages.HandleFunc("GET /begin", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, map[string]string{"policy": p.policy})
	})
	pages.HandleFunc("POST /try", func(w http.ResponseWriter, r *http.Request) {
		// A form of another page cannot send this type, and its scripts have another origin.
		if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
			http.Error(w, "want content-type: application/json", http.StatusUnsupportedMediaType)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
				http.Error(w, "this page answers itself alone", http.StatusForbidden)
				return
			}
		}
		var q played
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostPlayed)).Decode(&q); err != nil {
			http.Error(w, fmt.Sprintf("want {policy, path, body} of at most %d bytes: %v", mostPlayed, err), http.StatusBadRequest)
			return
		}
		answerJSON(w, q.try())
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		pages.ServeHTTP(w, r)
	})
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(encode(v))
}

// try compiles the policy and decides about the body.
func (q *played) try() (a playedAnswer) {
	a.Mistakes = []playedMistake{}
	root, err := source.Load("policy.yaml", []byte(q.Policy))
	var table *rules.Table
	if err == nil {
		table, err = rules.Compile(root)
	}
	if err != nil {
		var list *tree.Problems
		if !errors.As(err, &list) {
			a.Mistakes = append(a.Mistakes, playedMistake{Message: err.Error()})
			return a
		}
		for _, p := range list.List {
			a.Mistakes = append(a.Mistakes, playedMistake{p.Line, p.Column, p.Path + ": " + p.Message, p.Hint})
		}
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
	sent, d := decide(table, shape, q.Path, body)
	a.Micros = time.Since(began).Microseconds()
	a.Action, a.Status, a.Code, a.Message, a.Decision = d.Action, d.Status, d.Code, d.Message, d.Name
	a.Reasoning, a.Flags, a.Cost = d.Reasoning, d.Flags, float64(d.Cost)/1e12
	if d.Model != nil {
		a.Model, a.Name, a.Cluster, a.Sent = d.Model.Key, d.Model.Name, d.Model.Cluster, sent
	}
	why := table.ExplainPath(q.Path, nil, 0, nil, body)
	a.Param = why.Param
	if why.Decision.Name != "" {
		for i := range why.Signals { // the page shows what is true and what may be
			if why.Signals[i].Value == expr.False {
				why.Signals[i].Places = nil
			}
		}
		a.Why = (&explained{why: why}).json().Explanation
	}
	return a
}

// decide is what a session comes to, and the body that the engine would get.
func decide(table *rules.Table, shape prompt.Shape, path string, body []byte) (sent string, d *rules.Decision) {
	s := table.NewSession(shape)
	s.Reset(shape, 0)
	s.Serve(path)
	var out []byte
	at := int64(0)
	take := func() {
		edits, _ := s.Take()
		for _, e := range edits {
			out = append(append(out, body[at:e.Start]...), e.New...)
			at = e.End
		}
	}
	s.Feed(body)
	take()
	d = s.Close()
	take()
	return string(append(out, body[at:]...)), d
}
