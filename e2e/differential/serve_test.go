package differential

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
)

// hostsim serve against Envoy, on the wire: what is no request, and backends that fail.

// wire is a request byte for byte.
type wire struct{ name, text string }

// odd are requests that are not as they should be, or not as one would expect. All of them ask for cluster "a".
func odd() []wire {
	const to = "Host: llm.test\r\nX-Mom-Cluster: a\r\n"
	return []wire{
		{"a good one", "GET / HTTP/1.1\r\n" + to + "\r\n"},
		{"a name with a space", "GET / HTTP/1.1\r\n" + to + "Bad Name: 1\r\n\r\n"},
		{"a name with a space before the colon", "GET / HTTP/1.1\r\n" + to + "Name : 1\r\n\r\n"},
		{"no name", "GET / HTTP/1.1\r\n" + to + ": 1\r\n\r\n"},
		{"a value with NUL", "GET / HTTP/1.1\r\n" + to + "X-Nul: a\x00b\r\n\r\n"},
		{"a value with a control character", "GET / HTTP/1.1\r\n" + to + "X-Bell: a\x07b\r\n\r\n"},
		{"no colon", "GET / HTTP/1.1\r\n" + to + "Header\r\n\r\n"},
		{"no host", "GET / HTTP/1.1\r\nX-Mom-Cluster: a\r\n\r\n"},
		{"a method that is none", "G(T / HTTP/1.1\r\n" + to + "\r\n"},
		{"a path with a space", "GET /a b HTTP/1.1\r\n" + to + "\r\n"},
		{"a length that is no number", "POST / HTTP/1.1\r\n" + to + "Content-Length: x\r\n\r\n"},
		{"a negative length", "POST / HTTP/1.1\r\n" + to + "Content-Length: -1\r\n\r\n"},
		{"two lengths", "POST / HTTP/1.1\r\n" + to + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
		{"a length and chunks", "POST / HTTP/1.1\r\n" + to + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"},
		{"an unknown coding", "POST / HTTP/1.1\r\n" + to + "Transfer-Encoding: gzip\r\n\r\n"},
		{"a chunk without a size", "POST / HTTP/1.1\r\n" + to + "Transfer-Encoding: chunked\r\n\r\nx\r\n"},
		{"no HTTP", "\x16\x03\x01\x00\x05hello\r\n\r\n"},
		{"no HTTP but a line", "hello, do you speak HTTP, or not?\r\n\r\n"},
		{"another version", "GET / HTTP/3.7\r\n" + to + "\r\n"},
		{"an older version", "GET / HTTP/1.0\r\n" + to + "\r\n"},
		{"headers beyond all measure", "GET / HTTP/1.1\r\n" + to + "X-Long: " + strings.Repeat("x", 70_000) + "\r\n\r\n"},
		{"a tunnel", "CONNECT llm.test:443 HTTP/1.1\r\n" + to + "\r\n"},
		{"an upgrade", "GET / HTTP/1.1\r\n" + to + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"},
		{"a whole URL", "GET http://llm.test/path HTTP/1.1\r\n" + to + "\r\n"},
		{"no cluster", "GET / HTTP/1.1\r\nHost: llm.test\r\n\r\n"},
		{"a cluster that is not there", "GET / HTTP/1.1\r\nHost: llm.test\r\nX-Mom-Cluster: nowhere\r\n\r\n"},
	}
}

// unlike are the ones that hostsim serve answers in another way, with the reason.
var unlike = map[string]string{
	"a length and chunks": "net/http takes the chunks, as RFC 9112 allows in section 6.3, and takes the length off; Envoy refuses it",
	"another version":     "net/http answers 505, Envoy 426",
}

// say sends a request and gives status and body of the answer, or how the connection ended.
func say(t *testing.T, address, text string) string {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	go io.WriteString(c, text)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return "no answer"
	}
	defer r.Body.Close()
	if r.StatusCode == 400 || r.StatusCode == 431 || r.StatusCode == 501 || r.ContentLength < 0 {
		return fmt.Sprint(r.StatusCode) // net/http has words of its own
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Sprintf("%d %q cut short", r.StatusCode, body)
	}
	return fmt.Sprintf("%d %q", r.StatusCode, body)
}

// serving starts hostsim serve in front of the clusters of a stage.
func serving(t *testing.T, command, module string, st *stage, version string) (address string) {
	t.Helper()
	args := []string{"serve", "--listen", "127.0.0.1:0", "--access-log", "", "--wasm", module, "--workers", "1", "--envoy", version, "--timeout", patience.String()}
	for cluster, port := range st.ports {
		args = append(args, "--upstream", fmt.Sprintf("%s=http://127.0.0.1:%d", cluster, port))
	}
	cmd := exec.Command(command, args...)
	cmd.Env = append(os.Environ(), "MOM_ROUTER_CACHE="+compiled)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(errs)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if m := regexp.MustCompile(`serving on http://([0-9.:]+)`).FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, errs)
			return m[1]
		}
	}
	t.Fatalf("hostsim serve does not serve: %s", strings.Join(said, "\n"))
	return ""
}

func TestServeAnswersOnTheWireAsEnvoyDoes(t *testing.T) {
	t.Parallel()
	path, err := needs.Command("./cmd/hostsim")
	command, module := needs.Must(t, path, err), filepath.Join(t.TempDir(), "p.wasm")
	s := single("on the wire", watching(&program{}))
	if err := os.WriteFile(module, s.modules["m"], 0o600); err != nil {
		t.Fatal(err)
	}
	all := envoy.Need(t)
	requests := odd()
	for name, how := range broken {
		if how != hostsim.Silent { // whose time-out is the route's in Envoy, and the stream's here
			requests = append(requests, wire{"a backend that is " + name, "GET / HTTP/1.1\r\nHost: llm.test\r\nX-Mom-Cluster: " + name + "\r\n\r\n"})
		}
	}
	for _, installation := range all {
		t.Run("Envoy "+installation.Name, func(t *testing.T) {
			st := raise(t, installation, []*scene{s})
			real, err := st.process.Listener(s.id())
			if err != nil {
				t.Fatal(err)
			}
			simulated := serving(t, command, module, st, profile(installation.Name).String())
			for _, r := range requests {
				x, y := say(t, real, r.text), say(t, simulated, r.text)
				_, may := unlike[r.name]
				if x != y && !may || x == y && may {
					t.Errorf("%s: Envoy %s, hostsim serve %s (allowed to differ: %v)", r.name, x, y, may)
				}
			}
		})
	}
}
