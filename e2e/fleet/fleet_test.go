// Package fleet tries docs/fleet.md and examples/fleet: two Envoys, Envoy's rate limit service and Redis, all of them real. It is a module of its own for the service.
package fleet

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/process"
	"github.com/mom-router/mom-router/internal/needs"
)

// patience bounds everything that is waited for.
const patience = 3 * time.Minute

// A request may cost a dollar at most: 1,000 tokens of 0.001 dollars. The example gives each tenant 50 dollars.
const (
	policy  = `{"version":"1","models":{"dear":{"cluster":"mi355x-glm-4-7","max_output":1000,"price":{"input":0,"output":1000}}},"default":["dear"]}`
	dollar  = 1_000_000 // micro-dollars
	budget  = 50        // requests
	tokens  = 1000      // that make a dollar
	engines = "mi355x-glm-4-7"
)

// Listeners of each Envoy.
const (
	strict   = "llm"      // as shipped
	open     = "open"     // goes on without the service
	hasty    = "fast"     // does not wait for the service longer than the example says
	misnamed = "misnamed" // asks for a domain that the service does not have
	later    = "used"     // charges what was used, when it was used
)

// fleet is all that runs.
type fleet struct {
	backends       *backend.Set
	envoys         []*envoy.Process
	redis, service *process.Process
	binary, config string
	ports          []string // addresses of the service: HTTP, gRPC, debug, Prometheus
	redisAt        string
	cases          atomic.Int64
}

func TestABudgetOverTwoEnvoys(t *testing.T) {
	f := start(t)
	t.Run("what is spent on one is spent on both", f.oneBudget)
	t.Run("the rest is charged at the end", f.rest)
	t.Run("a request without a tenant", f.nobody)
	t.Run("charged when used, what is under way is served on top", f.onTop)
	t.Run("a service that is slow has failed", f.slow)
	t.Run("the service dies and returns", f.deaths)
	t.Run("something else answers in its place", f.wrong)
	t.Run("a service that knows no such budget", f.unknown)
	t.Run("Redis dies and returns", f.redisDies)
	for i, e := range f.envoys {
		if strings.Contains(e.Log(), "Invalid hits_addend") {
			t.Errorf("Envoy %d had a request without charges: %s", i, e.Log())
		}
	}
}

// 120 requests at the same time, half of them at each Envoy: as many are answered as the budget has room for, exactly.
func (f *fleet) oneBudget(t *testing.T) {
	const all = 120
	var wait sync.WaitGroup
	var mu sync.Mutex
	statuses, reached := map[int]int{}, 0
	for i := range all {
		wait.Add(1)
		go func() {
			defer wait.Done()
			r, got := f.send(t, i%2, strict, "blue", tokens)
			mu.Lock()
			defer mu.Unlock()
			statuses[r.Status]++
			reached += got
			if limited := r.Header.Get("x-envoy-ratelimited"); (r.Status == 429) != (limited == "true") {
				t.Errorf("status %d, x-envoy-ratelimited %q", r.Status, limited)
			}
		}()
	}
	wait.Wait()
	if statuses[200] != budget || statuses[429] != all-budget || reached != budget {
		t.Errorf("%v, and %d reached the engine: want %d", statuses, reached, budget)
	}
	f.counted(t, "blue", all*dollar) // a refused request has been charged, too
	f.logged(t, `"code":429,"details":"request_rate_limited","flags":"RL"`)
	for i := range f.envoys {
		if r, _ := f.send(t, i, strict, "green", tokens); r.Status != 200 || r.Header.Get("x-ratelimit-remaining") == "" {
			t.Errorf("another tenant got %d with the headers %v", r.Status, r.Header)
		}
	}
	f.counted(t, "green", 2*dollar)
}

func (f *fleet) rest(t *testing.T) {
	for _, c := range []struct {
		tenant string
		used   int // tokens
		want   int // micro-dollars
	}{
		{"more-than-estimated", 3 * tokens, 3 * dollar},
		{"less-than-estimated", tokens / 2, dollar},
		{"says-nothing", 0, dollar},
	} {
		if r, _ := f.send(t, 1, strict, c.tenant, c.used); r.Status != 200 {
			t.Errorf("%s: status %d", c.tenant, r.Status)
		}
		f.counted(t, c.tenant, c.want)
	}
	// Refused by the module: nothing is asked of the service before, and nothing is charged after.
	id := f.id()
	if r := f.do(t, 0, strict, client.Message{Header: [][2]string{{"x-tenant", "mistaken"}, {backend.CaseHeader, id}}, Body: []byte("{")}); r.Status != 400 {
		t.Errorf("status %d", r.Status)
	}
	// The next charge of the tenant comes later than that of the refused one.
	if r, _ := f.send(t, 0, strict, "mistaken", tokens); r.Status != 200 {
		t.Errorf("status %d", r.Status)
	}
	f.counted(t, "mistaken", dollar)
}

// Without the header, or with an empty one, there is a budget, too.
func (f *fleet) nobody(t *testing.T) {
	for _, c := range []struct {
		header [][2]string
		tenant string
	}{{nil, "none"}, {[][2]string{{"x-tenant", ""}}, ""}} {
		id := f.id()
		f.backends.Play(id, answering(tokens))
		r := f.do(t, 0, strict, client.Message{Header: append(c.header, [2]string{backend.CaseHeader, id}), Body: body})
		if r.Status != 200 || r.Header.Get("x-ratelimit-remaining") == "" {
			t.Errorf("x-tenant %q: status %d, headers %v", c.header, r.Status, r.Header)
		}
		f.counted(t, c.tenant, dollar)
	}
}

func (f *fleet) onTop(t *testing.T) {
	const all = budget + 10
	release := make(chan struct{})
	var wait sync.WaitGroup
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i := range all {
		id := f.id()
		f.backends.Play(id, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
				answering(tokens)(w, r)
			case <-r.Context().Done():
			}
		})
		wait.Add(1)
		go func() {
			defer wait.Done()
			if r := f.do(t, i%2, later, message("late", id)); r.Status != 200 {
				t.Errorf("status %d", r.Status)
			}
		}()
		if _, err := f.backends.Await(ctx, id, 1); err != nil {
			t.Error(err)
			break
		}
	}
	close(release)
	wait.Wait()
	f.counted(t, "late", all*dollar)
	for i := range f.envoys {
		if r, reached := f.send(t, i, later, "late", tokens); r.Status != 429 || reached != 0 {
			t.Errorf("status %d, %d requests", r.Status, reached)
		}
	}
	f.counted(t, "late", all*dollar) // a refused one costs nothing this way
	// The budget is spent when more than it is spent: at its exact end one more passes.
	for range budget {
		f.send(t, 0, later, "exact", tokens)
	}
	f.counted(t, "exact", budget*dollar)
	if r, _ := f.send(t, 1, later, "exact", tokens); r.Status != 200 {
		t.Errorf("at the end of the budget: status %d", r.Status)
	}
	f.counted(t, "exact", (budget+1)*dollar)
	if r, _ := f.send(t, 0, later, "exact", tokens); r.Status != 429 {
		t.Errorf("beyond the end of the budget: status %d", r.Status)
	}
}

// Redis makes the service wait.
func (f *fleet) slow(t *testing.T) {
	if said, err := f.ask("CLIENT PAUSE 600000 WRITE"); err != nil || said != "+OK" {
		t.Fatalf("Redis says %q: %v", said, err)
	}
	for i := range f.envoys {
		if r, reached := f.send(t, i, hasty, "green", tokens); r.Status != 503 || reached != 0 {
			t.Errorf("Envoy %d: status %d, %d requests", i, r.Status, reached)
		}
	}
	if said, err := f.ask("CLIENT UNPAUSE"); err != nil || said != "+OK" {
		t.Fatalf("Redis says %q: %v", said, err)
	}
	f.backAgain(t)
}

func (f *fleet) deaths(t *testing.T) {
	f.service.Kill()
	f.without(t)
	f.startService(t)
	f.backAgain(t)
	for i := range f.envoys { // Redis remembers
		if r, reached := f.send(t, i, strict, "blue", tokens); r.Status != 429 || reached != 0 {
			t.Errorf("Envoy %d: status %d, %d requests", i, r.Status, reached)
		}
	}
}

// wrong has others sit where the service should be: none of them is taken for one that says yes.
func (f *fleet) wrong(t *testing.T) {
	f.service.Kill()
	for _, c := range []struct {
		name    string
		answers func(http.ResponseWriter)
	}{
		{"a web page", func(w http.ResponseWriter) { io.WriteString(w, "<html>OK</html>") }},
		{"an answer in gRPC that is none of the service's", func(w http.ResponseWriter) {
			w.Header().Set("content-type", "application/grpc")
			w.Header().Set("trailer", "grpc-status")
			w.Write([]byte("\x00\x00\x00\x00\x05hello"))
			w.Header().Set("grpc-status", "0")
		}},
		{"a server that does not know the call", func(w http.ResponseWriter) {
			w.Header().Set("content-type", "application/grpc")
			w.Header().Set("grpc-status", "12")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answers(w) })}
			server.Protocols.SetUnencryptedHTTP2(true)
			listener, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", process.Port(f.ports[1])))
			if err != nil {
				t.Fatal(err)
			}
			go server.Serve(listener)
			defer server.Close()
			f.without(t)
		})
	}
	f.startService(t)
	f.backAgain(t)
}

// unknown asks the service for what its configuration does not have: it then says yes, and that is all there is to see.
func (f *fleet) unknown(t *testing.T) {
	for i := range f.envoys {
		if r, reached := f.send(t, i, misnamed, "blue", tokens); r.Status != 200 || reached != 1 || r.Header.Get("x-ratelimit-remaining") != "" {
			t.Errorf("Envoy %d: status %d, %d requests, %q left", i, r.Status, reached, r.Header.Get("x-ratelimit-remaining"))
		}
	}
}

// A Redis that keeps nothing on disk has forgotten the budget: it begins anew.
func (f *fleet) redisDies(t *testing.T) {
	f.redis.Kill()
	f.without(t)
	f.startRedis(t)
	f.backAgain(t)
	for i := range f.envoys {
		if r, _ := f.send(t, i, strict, "blue", tokens); r.Status != 200 {
			t.Errorf("Envoy %d: status %d", i, r.Status)
		}
	}
}

// without says how requests are answered while nobody counts.
func (f *fleet) without(t *testing.T) {
	for i, e := range f.envoys {
		before := stats(t, e)
		if r, reached := f.send(t, i, strict, "green", tokens); r.Status != 503 || reached != 0 {
			t.Errorf("Envoy %d: status %d, %d requests: %s", i, r.Status, reached, r.Body)
		}
		for _, tenant := range []string{"green", "blue"} {
			if r, reached := f.send(t, i, open, tenant, tokens); r.Status != 200 || reached != 1 {
				t.Errorf("Envoy %d, which goes on: status %d, %d requests: %s", i, r.Status, reached, r.Body)
			}
		}
		after := stats(t, e)
		const prefix = "cluster." + engines + ".ratelimit."
		if after[prefix+"error"] < before[prefix+"error"]+3 || after[prefix+"failure_mode_allowed"] < before[prefix+"failure_mode_allowed"]+2 {
			t.Errorf("Envoy %d counts %v, before %v", i, after, before)
		}
	}
	f.logged(t, `"code":503,"details":"rate_limiter_error","flags":"RLSE"`)
}

func (f *fleet) backAgain(t *testing.T) {
	began := time.Now()
	for i := range f.envoys {
		eventually(t, func() error {
			if r, _ := f.send(t, i, strict, "green", tokens); r.Status != 200 {
				return fmt.Errorf("Envoy %d: status %d", i, r.Status)
			}
			return nil
		})
	}
	t.Logf("both Envoys answer %v after the return", time.Since(began).Round(10*time.Millisecond))
}

// counted waits until the service has counted so much for a tenant, in micro-dollars.
func (f *fleet) counted(t *testing.T, tenant string, want int) {
	t.Helper()
	eventually(t, func() error {
		got, err := f.count(tenant)
		if err == nil && got != want {
			err = fmt.Errorf("tenant %q is charged with %d micro-dollars, want %d", tenant, got, want)
		}
		return err
	})
}

// count is what Redis has for a tenant. The key of a counter is the domain, the descriptor, and the begin of the window. A script adds up, so that the answer is one line.
func (f *fleet) count(tenant string) (int, error) {
	line, err := f.ask(fmt.Sprintf(`EVAL "local n=0 for _,k in ipairs(redis.call('KEYS','mom_tenant_%s_*')) do n=n+tonumber(redis.call('GET',k)) end return n" 0`, tenant))
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimPrefix(line, ":"))
	if err != nil {
		return 0, fmt.Errorf("Redis says %q", line)
	}
	return n, nil
}

// ask has Redis answer a command with one line.
func (f *fleet) ask(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", f.redisAt, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "%s\r\n", command)
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line), err
}

// logged waits until the access logs of both Envoys have it.
func (f *fleet) logged(t *testing.T, part string) {
	t.Helper()
	for i, e := range f.envoys {
		eventually(t, func() error {
			if !strings.Contains(strings.Join(e.AccessLog(), "\n"), part) {
				return fmt.Errorf("the access log of Envoy %d has no %s", i, part)
			}
			return nil
		})
	}
}

var body = []byte(`{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`)

func message(tenant, id string) client.Message {
	return client.Message{Header: [][2]string{{"x-tenant", tenant}, {backend.CaseHeader, id}}, Body: body}
}

func (f *fleet) id() string { return fmt.Sprint("case-", f.cases.Add(1)) }

// send sends a request whose answer tells so many tokens; reached is how often it came to the engine.
func (f *fleet) send(t *testing.T, proxy int, listener, tenant string, used int) (r *client.Response, reached int) {
	t.Helper()
	id := f.id()
	f.backends.Play(id, answering(used))
	r = f.do(t, proxy, listener, message(tenant, id))
	return r, len(f.backends.Take(id))
}

func (f *fleet) do(t *testing.T, proxy int, listener string, m client.Message) *client.Response {
	t.Helper()
	to, err := f.envoys[proxy].Listener(listener)
	if err != nil {
		t.Error(err)
		return &client.Response{}
	}
	c := client.NewHTTP1(to)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m.Method, m.Path = "POST", "/v1/chat/completions"
	m.Header = append(m.Header, [2]string{"content-type", "application/json"})
	r, err := c.Do(ctx, m)
	if err != nil {
		t.Error(err)
		return &client.Response{}
	}
	return r
}

// answering is an engine that tells so many tokens, or says nothing of them.
func answering(tokens int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "application/json")
		usage := ""
		if tokens > 0 {
			usage = fmt.Sprintf(`,"usage":{"prompt_tokens":1,"completion_tokens":%d,"total_tokens":%d}`, tokens, tokens+1)
		}
		io.WriteString(w, `{"id":"1","object":"chat.completion","created":1,"model":"glm","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}]`+usage+`}`)
	}
}

func stats(t *testing.T, e *envoy.Process) map[string]int64 {
	t.Helper()
	all, err := e.Stats("ratelimit")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func start(t *testing.T) *fleet {
	t.Helper()
	module, err := needs.Module()
	needs.Must(t, module, err)
	installations := envoy.Need(t)
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: install Redis 6 or newer, such as the package redis-server")
	}
	out, err := exec.Command("./get-ratelimit").Output()
	if err != nil {
		t.Fatalf("get-ratelimit: %v: run make test-fleet", err)
	}
	ports, err := process.FreePorts(5)
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{binary: filepath.Join(strings.TrimSpace(string(out)), "service_cmd"), config: configuration(t), ports: ports[:4], redisAt: ports[4]}
	if f.backends, err = backend.Start(envoy.Clusters...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.backends.Stop)
	t.Cleanup(func() { f.service.Stop(); f.redis.Stop() })
	f.startRedis(t)
	f.startService(t)
	// The newest Envoy and the oldest one.
	for _, installation := range []envoy.Installation{installations[0], installations[len(installations)-1]} {
		p, err := f.example(t, module).Start(context.Background(), envoy.Options{Binary: installation.Path, Workers: 2, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		f.envoys = append(f.envoys, p)
	}
	return f
}

// example is the shipped configuration with addresses of loopback, one model, and three listeners more.
func (f *fleet) example(t *testing.T, module string) *envoy.Example {
	t.Helper()
	x, err := envoy.LoadExample("../../examples/fleet/envoy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]int{"ratelimit": process.Port(f.ports[1])}
	for name, port := range f.backends.Ports() {
		ports[name] = port
	}
	if err := x.OnLoopback(ports); err != nil {
		t.Fatal(err)
	}
	x.Module(module)
	shipped := x.Listener(strict)
	changed := strings.Replace(shipped.Configuration("mom-router"), `"policy":"default"`, `"policy":`+policy, 1)
	if !strings.Contains(changed, policy) {
		t.Fatal("the example has changed: no place for a policy")
	}
	shipped.Configure("mom-router", changed)
	const filter = "envoy.filters.http.ratelimit"
	if _, err := x.CloneListener(strict, hasty); err != nil {
		t.Fatal(err)
	}
	// A machine that is busy is not a service that fails.
	shipped.Filter(filter)["timeout"] = "20s"
	x.Cluster("ratelimit")["connect_timeout"] = "20s"
	for _, name := range []string{open, later, misnamed} {
		l, err := x.CloneListener(strict, name)
		if err != nil {
			t.Fatal(err)
		}
		if name == open {
			l.Filter(filter)["failure_mode_deny"] = false
			continue
		}
		if name == misnamed {
			l.Filter(filter)["domain"] = "elsewhere"
			continue
		}
		actions := []any{map[string]any{"request_headers": map[string]any{"header_name": "x-tenant", "descriptor_key": "tenant"}}}
		l.Filter(filter)["rate_limits"] = []any{
			map[string]any{"actions": actions, "hits_addend": map[string]any{"number": 0}},
			map[string]any{"actions": actions, "hits_addend": map[string]any{"format": "%FILTER_STATE(wasm.mom.cost:PLAIN)%"}, "apply_on_stream_done": true},
		}
	}
	return x
}

// configuration is the folder of the service's configuration: the example's, with windows that do not end while a test runs.
func configuration(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../examples/fleet/config/mom.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(text), "unit: hour", "unit: year")
	if changed == string(text) || !strings.Contains(changed, fmt.Sprintf("requests_per_unit: %d}", budget*dollar)) {
		t.Fatalf("the example has changed: %s", text)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config", "mom.yaml"), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (f *fleet) startRedis(t *testing.T) {
	t.Helper()
	f.redis = run(t, process.Options{Path: "redis-server", Args: []string{"--port", fmt.Sprint(process.Port(f.redisAt)), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}},
		func() bool { _, err := f.count("none"); return err == nil })
}

func (f *fleet) startService(t *testing.T) {
	t.Helper()
	f.service = run(t, process.Options{Path: f.binary, Env: []string{
		"HOST=127.0.0.1", fmt.Sprint("PORT=", process.Port(f.ports[0])), "GRPC_HOST=127.0.0.1", fmt.Sprint("GRPC_PORT=", process.Port(f.ports[1])), "DEBUG_HOST=127.0.0.1", fmt.Sprint("DEBUG_PORT=", process.Port(f.ports[2])),
		"USE_STATSD=false", "USE_PROMETHEUS=true", "PROMETHEUS_ADDR=" + f.ports[3],
		"RUNTIME_ROOT=" + f.config, "RUNTIME_SUBDIRECTORY=", "RUNTIME_WATCH_ROOT=false",
		"BACKEND_TYPE=redis", "REDIS_SOCKET_TYPE=tcp", "REDIS_URL=" + f.redisAt,
	}}, func() bool {
		r, err := http.Get("http://" + f.ports[0] + "/healthcheck")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == 200
	})
}

func run(t *testing.T, o process.Options, ready func() bool) *process.Process {
	t.Helper()
	o.Dir = t.TempDir()
	p, err := process.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Await(patience, ready); err != nil {
		p.Stop()
		t.Fatal(err)
	}
	return p
}
