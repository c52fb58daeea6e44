package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// clusters are those of the examples.
var clusters = []string{
	"mi355x-gpt-oss-20b", "mi355x-gpt-oss-120b", "mi355x-qwen3-235b",
	"mi355x-deepseek-v3-2", "mi355x-glm-4-7", "mi355x-kimi-k2-thinking",
}

// row is a line of the result: microseconds of Envoy's CPU time a request.
type row struct {
	body          string
	without, with float64
}

// bodies are what is sent: their sizes are those of a question and of a question with a document.
var bodies = []struct {
	name string
	size int
}{{"0.3 KB", 300}, {"32 KB", 32 << 10}}

const (
	filtered, plain = "llm", "plain" // listeners
	starting        = time.Minute
	answering       = 10 * time.Second
)

// measure runs one Envoy with the example of a mode and, beside it, the same listener without the plugin.
func measure(o *options, mode string, backends *backend.Set) (rows []row, ready time.Duration, err error) {
	x, err := envoy.LoadExample(filepath.Join(o.root, "examples", "envoy", mode+".yaml"))
	if err != nil {
		return nil, 0, err
	}
	if err := x.OnLoopback(backends.Ports()); err != nil {
		return nil, 0, err
	}
	x.Module(o.module)
	bare, err := x.CloneListener(filtered, plain)
	if err != nil {
		return nil, 0, err
	}
	bare.Drop("mom-router", "mom-router-lead", "mom-router-gate")
	bare.Unset("early_header_mutation_extensions")
	config, err := x.JSON()
	if err != nil {
		return nil, 0, err
	}
	dir, err := os.MkdirTemp("", "mom-router-bench")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), starting)
	defer cancel()
	began := time.Now()
	p, err := envoy.Start(ctx, envoy.Options{Binary: o.envoy, Config: config, Dir: dir})
	if err != nil {
		return nil, 0, err
	}
	defer p.Stop()
	ready = time.Since(began)
	for _, b := range bodies {
		r, err := sideBySide(p, o, body(b.size))
		if err != nil {
			return nil, 0, err
		}
		r.body = b.name
		rows = append(rows, r)
	}
	return rows, ready, nil
}

// sideBySide takes turns with and without the filter; a first turn of each warms up and does not count.
func sideBySide(p *envoy.Process, o *options, body []byte) (row, error) {
	costs := map[string][]float64{}
	for turn := range o.turns + 1 {
		for _, listener := range []string{plain, filtered} {
			cost, err := turnOf(p, listener, body, o.requests)
			if err != nil {
				return row{}, fmt.Errorf("listener %s: %w", listener, err)
			}
			if turn > 0 {
				costs[listener] = append(costs[listener], cost)
			}
		}
	}
	return row{without: median(costs[plain]), with: median(costs[filtered])}, nil
}

// turnOf is Envoy's CPU time a request in microseconds, over n requests on one connection.
func turnOf(p *envoy.Process, listener string, body []byte, n int) (float64, error) {
	address, err := p.Listener(listener)
	if err != nil {
		return 0, err
	}
	c := client.NewHTTP1(address)
	defer c.Close()
	m := client.Message{
		Method: "POST", Path: "/v1/chat/completions", Body: body,
		// The plain listener has nobody else who would say where to go; the other one removes it.
		Header: [][2]string{{"content-type", "application/json"}, {"x-mom-cluster", clusters[2]}},
	}
	before, err := p.CPU()
	if err != nil {
		return 0, err
	}
	for range n {
		ctx, cancel := context.WithTimeout(context.Background(), answering)
		r, err := c.Do(ctx, m)
		cancel()
		if err != nil {
			return 0, err
		}
		if r.Status != 200 || r.Header.Get(backend.ClusterHeader) != clusters[2] {
			return 0, errors.New("answered with " + string(r.Body))
		}
	}
	after, err := p.CPU()
	return float64((after - before).Microseconds()) / float64(n), err
}

// body is a mathematical question behind as much text as the size asks for.
func body(size int) []byte {
	const (
		head = `{"model":"auto","messages":[{"role":"system","content":"`
		tail = `"},{"role":"user","content":"Prove that the square root of 2 is irrational using proof by contradiction."}]}`
		text = "You are a patient tutor who explains each step, names what was used, and asks whether it was understood. "
	)
	room := max(size-len(head)-len(tail), 0)
	return []byte(head + strings.Repeat(text, room/len(text)+1)[:room] + tail)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
