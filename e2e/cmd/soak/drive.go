package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/redteam"
)

// driver sends the mix and judges every answer.
type driver struct {
	*stand
	mix     *mix
	tally   *tally
	crashes ledger[bool] // whether the failing VM may be away
	sent    atomic.Int64 // requests of the mix
	held    atomic.Int64 // requests that were held across a crash

	mu      sync.Mutex
	clients map[string]client.Client // by listener and protocol

	refused chan refusal // requests that may never reach an engine whole
}

// refusal is a request that was refused.
type refusal struct {
	job *job
	id  string
}

// remembered is how many refused requests are looked at again later: what must not arrive could still be on its way.
const remembered = 1000

func newDriver(s *stand, x *mix, t *tally) *driver {
	d := &driver{stand: s, mix: x, tally: t, clients: map[string]client.Client{}, refused: make(chan refusal, remembered)}
	d.crashes.set(false)
	return d
}

// work sends one request after the other until ctx ends.
func (d *driver) work(ctx context.Context) {
	for ctx.Err() == nil && !d.tally.hopeless() {
		d.one(d.mix.job(int(d.sent.Add(1)) - 1))
	}
}

// one sends a request and judges what comes of it.
func (d *driver) one(j *job) {
	began := time.Now()
	status, code, err := d.judge(j)
	d.tally.done(j, status, code, time.Since(began), err)
}

// judge tells the answer, and what is wrong with it.
func (d *driver) judge(j *job) (status int, code string, wrong error) {
	if j.attack != nil || j.row != nil {
		o, err := d.suite(j, j.input, fmt.Sprint("soak-", j.number))
		if err != nil {
			return 0, "", err
		}
		if j.attack != nil {
			return o.Status, o.Code, j.attack.Check(o)
		}
		return o.Status, o.Code, j.row.Verdict(o)
	}
	updates, policyWas, crashWas := d.updatedAt(j.listener), 0, d.crashes.now()
	if updates != nil {
		policyWas = updates.policies.now()
	}
	id := fmt.Sprint("soak-", j.number)
	r, err := d.send(j, j.message, id)
	got := d.backends.Take(id)

	var candidates []*policy
	if updates == nil {
		candidates = []*policy{d.first}
	} else {
		for _, state := range updates.policies.since(policyWas) {
			for _, p := range state {
				if !slices.Contains(candidates, p) {
					candidates = append(candidates, p)
				}
			}
		}
	}
	away := j.listener == failing && slices.Contains(d.crashes.since(crashWas), true)
	if r != nil {
		status, code = r.Status, errorCode(r)
	}
	if away && (err != nil || status == 503) {
		d.later(j, id, false)
		if err != nil {
			return 0, "", fmt.Errorf("no answer while the module is loaded again, which is to be a 503: %w", err)
		}
		return status, "while the module is loaded again", nil
	}
	if j.kind == aborted {
		return status, code, d.left(j, id, r, got, candidates)
	}
	if err != nil {
		return 0, "", fmt.Errorf("no answer: %w", err)
	}
	return status, code, d.answered(j, id, r, got, candidates)
}

// answered judges an answer by the policies that may have been in force: one of them must want just that.
func (d *driver) answered(j *job, id string, r *client.Response, got []backend.Request, candidates []*policy) error {
	var wrongs []string
	for _, p := range candidates {
		v := p.ask(j.message.Path, j.window(), j.message.Body)
		err := v.check(j, r, got)
		if err == nil {
			if r.Status != 200 {
				d.later(j, id, true)
			}
			return nil
		}
		wrongs = append(wrongs, fmt.Sprintf("by the policy %q: %v", p.name, err))
	}
	return errors.New(strings.Join(wrongs, "; "))
}

// check compares an answer, and what the engines got, with the verdict.
func (v verdict) check(j *job, r *client.Response, got []backend.Request) error {
	if r.Status != v.status || errorCode(r) != v.code {
		return fmt.Errorf("answered %d %s, want %s", r.Status, errorCode(r), v)
	}
	if r.Status != 200 {
		return arrived(got)
	}
	if len(got) != 1 || got[0].Err != nil {
		return fmt.Errorf("answered 200, and %d engines got the request", len(got))
	}
	q := &got[0]
	sum := q.Sum
	if q.Body != nil {
		sum = crc32.ChecksumIEEE(q.Body)
	}
	length := int64(-1)
	if j.message.Framing == client.Length {
		length = q.Size
	}
	switch {
	case q.Cluster != v.cluster:
		return fmt.Errorf("reached %s, want %s", q.Cluster, v)
	case q.Header.Get("x-mom-cluster") != v.cluster || len(q.Header.Values("x-mom-cluster")) != 1:
		return fmt.Errorf("the engine of %s got x-mom-cluster %q", v.cluster, q.Header.Values("x-mom-cluster"))
	case q.Header.Get("x-mom-model") != v.model || len(q.Header.Values("x-mom-model")) != 1:
		return fmt.Errorf("the engine that is to be asked for %q got x-mom-model %q", v.model, q.Header.Values("x-mom-model"))
	case q.Size != v.size || sum != v.sum:
		return fmt.Errorf("the engine got %d bytes with the checksum %08x, want %d with %08x: the body was changed, beyond its edits", q.Size, sum, v.size, v.sum)
	case q.ContentLength != length:
		return fmt.Errorf("the engine was told of %d bytes, want %d", q.ContentLength, length)
	case q.Method != j.message.Method || q.Path != j.message.Path:
		return fmt.Errorf("the engine got %s %s, sent was %s %s", q.Method, q.Path, j.message.Method, j.message.Path)
	case r.Header.Get(backend.ClusterHeader) != v.cluster:
		return fmt.Errorf("the answer is that of %q, and the engine of %s got the request", r.Header.Get(backend.ClusterHeader), v.cluster)
	case q.Body != nil && !strings.Contains(string(r.Body), quote.JSON(v.model)):
		return fmt.Errorf("the answer of %d bytes does not name the model %q", len(r.Body), v.model)
	}
	for name := range r.Header {
		if strings.HasPrefix(strings.ToLower(name), "x-mom-") {
			return fmt.Errorf("the client got the header %s", name)
		}
	}
	return nil
}

// left judges a request whose client went away: no engine got the whole of it, and an answer can only have been a refusal of
// what had come.
func (d *driver) left(j *job, id string, r *client.Response, got []backend.Request, candidates []*policy) error {
	d.later(j, id, true)
	if err := arrived(got); err != nil || r == nil {
		return err
	}
	for _, p := range candidates {
		if v, ok := p.begun(j.message.Path, j.window(), j.message.Body[:j.message.Break]); ok && v.status == r.Status && v.code == errorCode(r) {
			return nil
		}
	}
	return fmt.Errorf("answered %d %s, and what had come was no reason", r.Status, errorCode(r))
}

// arrived is what is wrong if an engine got the whole of a request that no engine is to get.
func arrived(got []backend.Request) error {
	for _, q := range got {
		if q.Err == nil {
			return fmt.Errorf("%s got the whole of a request that was not to reach it", q.Cluster)
		}
	}
	return nil
}

// later looks at a request again when many others have been refused, or at the end.
func (d *driver) later(j *job, id string, never bool) {
	if !never {
		j = nil
	}
	for {
		select {
		case d.refused <- refusal{j, id}:
			return
		default:
		}
		select {
		case old := <-d.refused:
			d.again(old)
		default:
		}
	}
}

func (d *driver) again(old refusal) {
	for _, q := range d.backends.Take(old.id) {
		if q.Err == nil && old.job != nil {
			d.tally.wrong(old.job, fmt.Errorf("%s got the whole of a request after it was refused", q.Cluster))
		}
	}
}

// settle looks at all that was refused, when nothing is under way any more.
func (d *driver) settle() {
	for {
		select {
		case old := <-d.refused:
			d.again(old)
		default:
			return
		}
	}
}

// window is the hold window of the job's listener; 0 is the default one.
func (j *job) window() int64 {
	if j.listener == narrow {
		return narrowWindow
	}
	return 0
}

// large is how many bytes of body a backend is not asked to keep.
const large = 32 << 10

// send sends a message under an id.
func (d *driver) send(j *job, m client.Message, id string) (*client.Response, error) {
	m.Header = append(m.Header[:len(m.Header):len(m.Header)], [2]string{backend.CaseHeader, id})
	if len(m.Body) > large && j.attack == nil {
		m.Header = append(m.Header, [2]string{backend.LeanHeader, "1"})
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := d.shared(j)
	if j.fresh {
		c = d.client(j.listener, j.http2)
		defer c.Close()
	}
	return c.Do(ctx, m)
}

// shared is the client of a listener and protocol. Now and then its idle connections are closed: clients come again.
func (d *driver) shared(j *job) client.Client {
	const each = 2 // of a listener and protocol
	key := fmt.Sprint(j.listener, j.http2, j.number%each)
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.clients[key]
	if c == nil {
		c = d.client(j.listener, j.http2)
		d.clients[key] = c
	}
	if j.number%97 == 0 {
		c.Close()
	}
	return c
}

func (d *driver) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.clients {
		c.Close()
	}
}

// suite sends a request of the attack suite, after its twin.
func (d *driver) suite(j *job, q redteam.Request, id string) (*redteam.Outcome, error) {
	o := &redteam.Outcome{}
	if q.Twin != nil {
		twin, err := d.suite(j, *q.Twin, id+"-twin")
		if err != nil {
			return nil, err
		}
		o.Twin = twin.Cluster
	}
	if q.Answer != nil {
		d.backends.Play(id, answering(q.Answer))
	}
	sent := *j
	sent.http2 = q.HTTP2
	r, err := d.send(&sent, spoken(q), id)
	if err != nil {
		return nil, fmt.Errorf("no answer: %w", err)
	}
	o.Status, o.Code, o.DownBody, o.Down = r.Status, errorCode(r), r.Body, flat(r.Header)
	for _, got := range d.backends.Take(id) {
		switch {
		case got.Err != nil: // no engine acts on that
		case o.Cluster != "":
			return nil, fmt.Errorf("%s and %s got the request", o.Cluster, got.Cluster)
		default:
			o.Cluster, o.Up, o.UpBody = got.Cluster, flat(got.Header), got.Body
		}
	}
	d.later(j, id, o.Status != 200)
	return o, nil
}

// errorCode is the code of the router's own error.
func errorCode(r *client.Response) string {
	var e struct{ Error struct{ Code string } }
	if r.Status == 200 || json.Unmarshal(r.Body, &e) != nil {
		return ""
	}
	return e.Error.Code
}

// answering has an engine answer with headers of its own.
func answering(headers [][2]string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			w.Header().Add(h[0], h[1])
		}
	}
}

func flat(h http.Header) (list [][2]string) {
	for name, values := range h {
		for _, v := range values {
			list = append(list, [2]string{strings.ToLower(name), v})
		}
	}
	return list
}
