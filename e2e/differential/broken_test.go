package differential

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

// Backends that fail, each in its own way: every one is a cluster of that name.
var broken = map[string]hostsim.Failure{
	"down": hostsim.Down, "closing": hostsim.Closing, "resetting": hostsim.Resetting, "garbage": hostsim.Garbage,
	"silent": hostsim.Silent, "breaking-off": hostsim.BreakingOff,
}

// breakDown starts them and gives their ports.
func breakDown(t *testing.T) map[string]int {
	t.Helper()
	ports := map[string]int{}
	for name, how := range broken {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[name] = l.Addr().(*net.TCPAddr).Port
		if how == hostsim.Down {
			l.Close()
			continue
		}
		done := make(chan struct{})
		t.Cleanup(func() { close(done); l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go fail(c.(*net.TCPConn), how, done)
			}
		}()
	}
	return ports
}

// fail takes a request and fails.
func fail(c *net.TCPConn, how hostsim.Failure, done <-chan struct{}) {
	defer c.Close()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	for p := make([]byte, 1000); ; { // all of it, or closing would reset the connection
		if _, err := r.Body.Read(p); err != nil {
			break
		}
	}
	switch how {
	case hostsim.Resetting:
		c.SetLinger(0)
	case hostsim.Garbage:
		c.Write([]byte("what is HTTP?\r\n\r\n"))
	case hostsim.Silent:
		<-done
	case hostsim.BreakingOff:
		c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf"))
	}
}

func TestBackendsThatFailDoTheSame(t *testing.T) {
	var requests []request
	for _, name := range []string{"down", "closing", "resetting", "garbage", "silent", "breaking-off"} {
		path := "/"
		if name == "silent" {
			path = "/soon" // whose timeout is short; the others are answered however long it takes
		}
		for _, r := range cat(to(request{path: path}), to(request{path: path, body: "hello"})) {
			if name == "down" && r.body != "" {
				continue // whether the body comes before Envoy knows depends on the machine
			}
			r.header = [][2]string{{"x-mom-cluster", name}}
			r.broken = broken[name]
			requests = append(requests, r)
		}
	}
	see := func() *program {
		return watching((&program{}).in("response_headers", get("response", "code_details"), get("response", "flags")))
	}
	turned := (&program{}).in("response_headers", set(2, ":status", "418"), set(2, "x-by", "p"))
	held := (&program{}).returning("response_headers", 1, keepID, tick).in("tick", noTick, become, continueStream(1))
	some := requests[:4:4] // down and closing
	play(t, []*scene{
		single("backends that fail", see(), requests...),
		single("a failure that is made into another answer", watching(turned), append(some, requests[14:16]...)...),
		single("a failure that is held", watching(held), some...),
	})
}

// What a plugin gets when its call goes wrong.
func TestCallsThatFailGiveTheSame(t *testing.T) {
	var all []*scene
	for _, name := range []string{"down", "closing", "resetting", "garbage", "silent", "breaking-off", "b", "none"} {
		timeout := 20_000 // ms
		if name == "silent" {
			timeout = 300
		}
		ask := call{"call " + name, "proxy_http_call", []any{str(name), pairs(":path", "/ask?x=1", ":method", "POST", ":authority", "ask.test", "x-case", "ask", "x-mine", "1"),
			str("question"), str(""), timeout, out1}, word, ""}
		answer := []call{value(6, ":status"), value(6, "content-type"), value(6, "content-length"), value(6, "x-answer"), value(7, "x-tail"), body(4),
			{"status", "proxy_get_status", []any{out3, out1, out2}, datum, ""}, become, continueStream(0)}
		p := (&program{}).returning("request_headers", 1, keepID, ask).in("http_call_response", answer...)
		if name == "none" { // no call, no answer
			p = (&program{}).in("request_headers", ask).in("http_call_response", answer...)
		}
		s := single("a call to "+name, watching(p), get1...)
		s.call = answerWithTail
		all = append(all, s)
	}
	play(t, all)
}

var answerWithTail = answer{status: 202, header: [][2]string{{"content-type", "text/plain"}, {"x-answer", "yes"}}, body: strings.Repeat("granted ", 10), trailer: [][2]string{{"x-tail", "t"}}}
