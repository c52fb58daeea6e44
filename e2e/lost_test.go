package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/trail"
)

// recordsWanted is how many requests TestNoRecordIsLost sends: 2,000, in make test-rest 20,000, or what MOM_RECORDS says.
func recordsWanted(t *testing.T) int64 {
	n := int64(2_000)
	if needs.Rest() {
		n = 20_000
	}
	if text := os.Getenv("MOM_RECORDS"); text != "" {
		var err error
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			t.Fatalf("MOM_RECORDS=%s is not a number", text)
		}
	}
	return n
}

// Two workers write a record for each request, whatever becomes of it: routed, refused, or left by its client at the first byte of the answer. MOM_RECORDS=1000000 sends a million.
func TestNoRecordIsLost(t *testing.T) {
	installation := installations(t)[0]
	s := newStand(t, installation, "flag")
	x := example(t, "flag", s.backends.Ports())
	file := filepath.Join(t.TempDir(), "access.log")
	x.Listener(asShipped).LogTo(file)
	s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2})
	address, err := s.envoy.Listener(asShipped)
	if err != nil {
		t.Fatal(err)
	}
	wanted := recordsWanted(t)
	var begun, failed, left atomic.Int64
	var crowd crowd.Crowd
	started := time.Now()
	const clients = 24
	for i := range clients {
		random := rand.New(rand.NewPCG(19, uint64(i)))
		crowd.Go(func() {
			var from sender
			defer from.close()
			for begun.Add(1) <= wanted {
				leave := random.IntN(500) == 0
				if err := from.send(address, random, leave); err != nil && failed.Add(1) < 10 {
					t.Error(err)
				}
				if leave {
					left.Add(1)
				}
			}
		})
	}
	crowd.Wait()
	// A stream is a number of Envoy's before its headers are read, so that those who left are in it as soon as Envoy has seen them.
	eventually(t, "Envoy has nothing to do any more", func() bool {
		stats, err := s.envoy.Stats("http.llm.downstream_rq")
		return err == nil && stats["http.llm.downstream_rq_active"] == 0 && stats["http.llm.downstream_rq_total"] >= wanted
	})
	stats, err := s.envoy.Stats("http.llm.downstream_rq")
	if err != nil {
		t.Fatal(err)
	}
	sent := stats["http.llm.downstream_rq_total"]
	took := time.Since(started)
	s.envoy.Stop() // which writes what is left of the log
	var v trail.Verifier
	report := trail.NewReport()
	r := trail.Reader{}
	if err := r.Read(file, func(l *trail.Line) error { v.Add(l); report.Add(&l.Record); return nil }); err != nil {
		t.Fatal(err)
	}
	vms := v.Verify()
	whole := int64(0)
	for _, vm := range vms {
		whole += vm.Records
		if len(vm.Problems) > 0 || vm.Twice > 0 {
			t.Errorf("the chain of %s: %v, %d twice", vm.Name, vm.Problems, vm.Twice)
		}
	}
	if sent != wanted || r.Records != sent || whole != sent || r.Damaged > 0 || len(vms) != 2 {
		t.Errorf("%d requests wanted, Envoy has seen %d; %d records, %d of them in whole chains of %d VMs; %d lines damaged", wanted, sent, r.Records, whole, len(vms), r.Damaged)
	}
	if report.Actions["deny"] == 0 || report.Actions["route"] == 0 {
		t.Errorf("what became of them: %v", report.Actions)
	}
	t.Logf("%d requests in %v, %d left by their clients, %v, %v: %d records in %d whole chains", sent, took.Round(time.Second), left.Load(), report.Actions, report.Statuses, whole, len(vms))
}

// sender sends requests over one connection after the other.
type sender struct {
	conn   net.Conn
	answer *bufio.Reader
	text   bytes.Buffer
}

func (s *sender) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// send sends a request and reads its answer, or leaves once all is sent.
func (s *sender) send(address string, random *rand.Rand, leave bool) error {
	if s.conn == nil {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		s.conn, s.answer = conn, bufio.NewReader(conn)
	}
	body, status := chat("auto", "Prove that there are infinitely many primes."), 200
	switch n := random.IntN(100); {
	case n < 5:
		body, status = []byte(`{"model":"auto"`), 400
	case n < 10:
		body, status = chat("cormorant-9", "Hi"), 404
	case n < 50:
		body = chat("auto", "Who are you? "+strings.Repeat("x", random.IntN(200)))
	}
	s.text.Reset()
	fmt.Fprintf(&s.text, "POST /v1/chat/completions HTTP/1.1\r\nhost: e2e\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n", len(body))
	s.text.Write(body)
	s.conn.SetDeadline(time.Now().Add(patience))
	if _, err := s.conn.Write(s.text.Bytes()); err != nil {
		s.close()
		return err
	}
	if leave {
		// One byte of the answer, so that Envoy has surely read the request: a connection that is reset may lose what is not read yet.
		_, err := s.answer.Peek(1)
		s.close()
		return err
	}
	r, err := http.ReadResponse(s.answer, nil)
	if err != nil {
		s.close()
		return err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil || r.Close {
		s.close()
	}
	if r.StatusCode != status {
		return fmt.Errorf("status %d, want %d", r.StatusCode, status)
	}
	return nil
}
