//go:build !wasip1

package main_test

import (
	"strings"
	"testing"
	"time"
)

// drip sends a body byte by byte, one each time that the proxy's clock has gone on by a step, until the stream is done or so many were sent.
func drip(r *router, body []byte, step time.Duration, streams ...*upload) (rounds int) {
	for rounds = 0; rounds < len(body); rounds++ {
		open := 0
		for _, u := range streams {
			if !u.Done() {
				u.Data(body[rounds:rounds+1:rounds+1], false)
				open++
			}
		}
		if open == 0 {
			return rounds
		}
		for left := step; left > 0; {
			at, ok := r.NextTick()
			wait := at.Sub(r.Clock.Now())
			if !ok || wait > left {
				r.Clock.Sleep(left)
				break
			}
			r.Clock.Sleep(max(wait, 0))
			r.Tick()
			left -= wait
		}
	}
	return rounds
}

// Any byte is progress, but not for ever.
func TestABodyThatComesTooSlowlyIsAnswered(t *testing.T) {
	for mode, r := range map[string]*router{"flag": start(t, defaultPolicy+`,"hold_timeout":"1s"`), "pair": startPair(t, defaultPolicy+`,"hold_timeout":"1s"`)} {
		u := begin(r, false)
		body := []byte(`{"model":"auto","messages":[{"role":"user","content":"` + strings.Repeat(" ", 200))
		rounds := drip(r, body, 500*time.Millisecond, u)
		if got := u.answer.Head.Value(":status"); got != "408" || !strings.Contains(string(u.answer.Body), "1 KB a second") {
			t.Errorf("%s mode: status %q after %d bytes: %s", mode, got, rounds, u.answer.Body)
		}
		if rounds < 14 || rounds > 20 { // of half a second: eight times hold_timeout, and a tick or two
			t.Errorf("%s mode: it was held for %d half seconds", mode, rounds)
		}
		if u.upstream.Head != nil {
			t.Errorf("%s mode: the backend got something", mode)
		}
	}
}

func TestABodyThatComesSteadilyIsHeldForLong(t *testing.T) {
	r := startPair(t, defaultPolicy+`,"hold_timeout":"1s"`)
	u := begin(r, false)
	u.Data([]byte(`{"model":"auto","messages":[{"role":"user","content":"`), false)
	piece := []byte(strings.Repeat("Who are you? ", 100))
	for range 30 { // seconds
		u.Data(append([]byte(nil), piece...), false)
		for range 4 {
			r.Clock.Sleep(250 * time.Millisecond)
			r.Tick()
		}
	}
	u.Data([]byte(`"}]}`), true)
	tick(r, 3)
	if !u.upstream.Complete {
		t.Errorf("it was answered %v %s", u.answer.Head, u.answer.Body)
	}
}

// Whoever drips keeps memory from others until the next tick or two; then those go that have moved least, and the VM serves again.
func TestWhereMemoryIsShortThoseGoThatMoveLeast(t *testing.T) {
	for mode, r := range map[string]*router{"flag": start(t, defaultPolicy+`,"hold_timeout":"15s","memory":4194304`), "pair": startPair(t, defaultPolicy+`,"hold_timeout":"15s","memory":4194304`)} {
		var slow []*upload
		for range 60 { // some 64 KB each
			slow = append(slow, begin(r, false))
		}
		drip(r, []byte(`{"model":`), 4*time.Second, slow...)
		ended := 0
		for _, u := range slow {
			if u.Done() {
				ended++
				if got := u.answer.Head.Value(":status"); got != "503" || !strings.Contains(string(u.answer.Body), "router_overloaded") {
					t.Errorf("%s mode: status %q: %s", mode, got, u.answer.Body)
				}
			}
		}
		if ended < 25 || ended == len(slow) {
			t.Errorf("%s mode: %d of %d were ended, want half", mode, ended, len(slow))
		}
		for range 20 {
			if a := r.Send(t, post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"Who are you?"}]}`)); a.Status != 200 {
				t.Errorf("%s mode: another request got %s", mode, a.Outcome())
			}
		}
	}
}
