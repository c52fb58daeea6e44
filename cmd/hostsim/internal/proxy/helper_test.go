package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/internal/routertest"
	"github.com/mom-router/mom-router/rules"
)

// patience bounds what a test waits for: far above what anything here takes, far below a hang.
const patience = 90 * time.Second

// router and script are mom-router's module and hostsim's test plugin, which does what its configuration says.
var router, script *hostsim.Module

func TestMain(m *testing.M) {
	host, err := routertest.Host(hostsim.Options{})
	if err != nil {
		panic(err)
	}
	router = load(host)(needs.Module())
	script = load(host)(needs.Plugin("./hostsim/testdata/plugins/script"))
	os.Exit(m.Run())
}

// load loads what was built.
func load(host *hostsim.Host) func(file string, err error) *hostsim.Module {
	return func(file string, err error) *hostsim.Module {
		if err != nil {
			panic(err)
		}
		code, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		module, err := host.Load(code)
		if err != nil {
			panic(err)
		}
		return module
	}
}

// backend is an engine's handler and what the test is to see of it.
type backend struct {
	*httptest.Server
	mu    sync.Mutex
	got   []received
	begun chan struct{} // one for each request whose headers have come
	came  chan struct{} // one for each request that has come or was cut
}

// received is a request as it came.
type received struct {
	proto, method, uri, host string
	header                   http.Header
	body                     []byte
	trailer                  http.Header
	err                      error // the body was cut
}

// newBackend records requests and answers them with answer, or with their cluster's name if that is nil.
func newBackend(t testing.TB, answer http.HandlerFunc) *backend {
	t.Helper()
	b := &backend{begun: make(chan struct{}, 10000), came: make(chan struct{}, 10000)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.begun <- struct{}{}
		var body bytes.Buffer
		_, err := body.ReadFrom(r.Body)
		b.mu.Lock()
		b.got = append(b.got, received{r.Proto, r.Method, r.RequestURI, r.Host, r.Header.Clone(), body.Bytes(), r.Trailer.Clone(), err})
		b.mu.Unlock()
		b.came <- struct{}{}
		switch {
		case err != nil:
		case answer != nil:
			answer(w, r)
		default:
			io.WriteString(w, r.Header.Get("X-Mom-Cluster"))
		}
	}))
	t.Cleanup(b.Close)
	return b
}

// await gives the n requests that came first.
func (b *backend) await(t testing.TB, n int) []received {
	t.Helper()
	for range n {
		wait(t, b.came, "a request at the backend")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

func (b *backend) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.got)
}

func wait(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("waited too long for " + what)
	}
}

// served is a Proxy at work.
type served struct {
	*Proxy
	url string
	log *syncBuffer

	stop context.CancelFunc
	now  chan struct{}
	done chan error
}

// serve runs mom-router with the default policy in front of one address for all clusters.
func serve(t testing.TB, to string, change ...func(*Options)) *served {
	t.Helper()
	return serveSetup(t, router, routerSetup(t, to, `{"policy":"default","hold":"flag","pass":["/pass"]}`), change...)
}

// plain runs a plugin that does nothing, which starts much faster.
func plain(t testing.TB, to string, change ...func(*Options)) *served {
	t.Helper()
	return serveSetup(t, script, scriptSetup(t, to, ""), change...)
}

func routerSetup(t testing.TB, to, config string) Setup {
	t.Helper()
	s := Setup{ClusterHeader: "x-mom-cluster", Strip: "x-mom-", Clusters: map[string]*url.URL{"*": parse(t, to)}}
	for _, m := range models(t) {
		s.Clusters[m.Cluster] = parse(t, to)
	}
	s.Config.Filters = []hostsim.Filter{{Name: "mom-router", Configuration: []byte(config), AllowOnHeadersStop: true}}
	if strings.Contains(config, `"hold":"pair"`) {
		s.Config.Filters = []hostsim.Filter{{Name: "lead", Configuration: []byte(config)}, {Name: "gate"}}
	}
	return s
}

// scriptSetup runs the test plugin, which sends everything to cluster "*".
func scriptSetup(t testing.TB, to, config string) Setup {
	t.Helper()
	return Setup{
		Clusters: map[string]*url.URL{"*": parse(t, to)},
		Config:   hostsim.Config{Filters: []hostsim.Filter{{Name: "script", Configuration: []byte(config), AllowOnHeadersStop: true, FailReload: true}}},
	}
}

func serveSetup(t testing.TB, module *hostsim.Module, setup Setup, change ...func(*Options)) *served {
	t.Helper()
	s := &served{log: &syncBuffer{}, now: make(chan struct{}), done: make(chan error, 1)}
	o := Options{Module: module, Workers: 1, AccessLog: s.log}
	for _, c := range change {
		c(&o)
	}
	s.Proxy = New(o)
	if err := s.Use(setup); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + l.Addr().String()
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go func() { s.done <- s.Serve(ctx, l, patience, s.now) }()
	t.Cleanup(func() {
		s.stop()
		<-s.done
		s.Close()
	})
	return s
}

// lines stops the proxy and gives its access log.
func (s *served) lines(t testing.TB) []entry {
	t.Helper()
	s.stop()
	if err := <-s.done; err != nil {
		t.Error(err)
	}
	s.done <- nil // for the clean-up
	s.Close()
	var out []entry
	for _, line := range strings.SplitAfter(s.log.String(), "\n") {
		if line == "" {
			continue
		}
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		out = append(out, e)
	}
	return out
}

// record is the part of the plugin's record that tests look at.
type record struct {
	Action, Decision, Model, VM, Prev string
	Status                            int
	Bytes                             int64
	Policy                            struct{ Version string }
}

func (e entry) record(t testing.TB) (r record) {
	t.Helper()
	if len(e.Mom) != 1 {
		t.Fatalf("%d records in %+v", len(e.Mom), e)
	}
	if err := json.Unmarshal(e.Mom[0], &r); err != nil {
		t.Fatal(err)
	}
	return r
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func parse(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func models(t testing.TB) []*rules.Model {
	t.Helper()
	table, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	return table.Models()
}

// client makes a client for HTTP/1 or for HTTP/2 in clear text.
func client(t testing.TB, http2 bool) *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols), MaxIdleConnsPerHost: 100, DisableCompression: true}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetUnencryptedHTTP2(http2)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// chat is the body of a chat completion that asks for routing.
func chat(prompt string) []byte {
	b, err := json.Marshal(map[string]any{"model": "auto", "messages": []any{map[string]string{"role": "user", "content": prompt}}})
	if err != nil {
		panic(err)
	}
	return b
}

func post(t testing.TB, c *http.Client, url string, body io.Reader) *http.Response {
	t.Helper()
	r, err := c.Post(url, "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	return r
}

func all(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// stalled is a body that gives its piece and then waits until it is let go, or closed because nobody wants it any more.
type stalled struct {
	piece *strings.Reader
	last  error // what comes at the end
	free  func()
	freed chan struct{}
}

func newStalled(piece string, last error) *stalled {
	s := &stalled{piece: strings.NewReader(piece), last: last, freed: make(chan struct{})}
	s.free = sync.OnceFunc(func() { close(s.freed) })
	return s
}

func (s *stalled) Read(p []byte) (int, error) {
	if s.piece.Len() > 0 {
		return s.piece.Read(p)
	}
	<-s.freed
	return 0, s.last
}

func (s *stalled) Close() error {
	s.free()
	return nil
}

var errGone = errors.New("the client has gone away")
