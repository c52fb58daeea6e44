package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

const (
	connections = 8
	answering   = 60 * time.Second
)

// send sends one message and wants it answered by a backend.
func (s *stand) send(c client.Client, m *bodies.Message) error {
	out := client.Message{Method: "POST", Path: m.Path, Body: m.Body, Header: slices.Concat(m.Header, [][2]string{{backend.LeanHeader, "1"}})}
	if s.unfiltered {
		out.Header = append(out.Header, [2]string{"x-mom-cluster", envoy.Clusters[2]})
	}
	ctx, cancel := context.WithTimeout(context.Background(), answering)
	defer cancel()
	r, err := c.Do(ctx, out)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if r.Status != 200 || r.Header.Get(backend.ClusterHeader) == "" {
		return fmt.Errorf("%s answered %d instead of passing a body of %d bytes on: %s", s.name, r.Status, len(m.Body), firstLine(r.Body))
	}
	return nil
}

// turn is what a closed loop has taken.
type turn struct {
	requests int
	cpu      time.Duration
	took     time.Duration
}

// micros is the CPU time of a request in microseconds.
func (t turn) micros() float64 { return t.cpu.Seconds() * 1e6 / float64(t.requests) }

// loop sends n messages over eight connections, each as soon as the one before it was answered: the messages in their
// order, from the first again after the last. A connection is closed after so many requests, if that is not 0.
func (s *stand) loop(messages []bodies.Message, n, reconnect int) (turn, error) {
	before, err := s.cpu()
	if err != nil {
		return turn{}, err
	}
	began := time.Now()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var crowd crowd.Crowd
	for range min(connections, n) {
		crowd.Go(func() {
			c := client.NewHTTP1(s.address)
			defer c.Close()
			for sent := 1; failed.Load() == nil; sent++ {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := s.send(c, &messages[i%len(messages)]); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
				if reconnect > 0 && sent%reconnect == 0 {
					c.Close()
				}
			}
		})
	}
	crowd.Wait()
	t := turn{requests: n, took: time.Since(began)}
	if err := failed.Load(); err != nil {
		return t, *err
	}
	after, err := s.cpu()
	t.cpu = after - before
	if mb, err := s.resident(); err == nil {
		s.load = max(s.load, mb)
	}
	return t, err
}

// paced sends messages at a rate for a while, at moments of chance, whether or not the ones before were answered, over at
// most so many connections, and returns how long each took from the moment at which it was due.
func (s *stand) paced(messages []bodies.Message, perSecond float64, most int, long time.Duration, seed uint64) ([]time.Duration, error) {
	r := rand.New(rand.NewPCG(seed, 4))
	due := make(chan int, 1<<16)
	var times []time.Duration // since the beginning
	for at := time.Duration(0); ; {
		at += time.Duration(r.ExpFloat64() / perSecond * float64(time.Second))
		if at > long || len(times) == cap(due) {
			break
		}
		times = append(times, at)
	}
	took := make([]time.Duration, len(times))
	began := time.Now()
	go func() {
		defer close(due)
		for i, at := range times {
			time.Sleep(time.Until(began.Add(at)))
			due <- i
		}
	}()
	var failed atomic.Pointer[error]
	var crowd crowd.Crowd
	for range most {
		crowd.Go(func() {
			c := client.NewHTTP1(s.address)
			defer c.Close()
			for i := range due {
				if failed.Load() != nil {
					continue
				}
				if err := s.send(c, &messages[i%len(messages)]); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
				took[i] = time.Since(began) - times[i]
			}
		})
	}
	crowd.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return took, nil
}

// quantile is the value below which a share of the values lies, in microseconds. The values must be sorted.
func quantile(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[min(int(share*float64(len(sorted))), len(sorted)-1)].Nanoseconds()) / 1000
}
