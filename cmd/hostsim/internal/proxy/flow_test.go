package proxy

import (
	"errors"
	"io"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

func TestAFlowGivesWhatItGotAndThenTheEnd(t *testing.T) {
	f := newFlow()
	f.Headers(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "201"}), false)
	f.Data([]byte("a"), false)
	f.Data(nil, false)
	f.Data([]byte("bc"), false)
	f.Trailers(hostsim.NewHeaders(hostsim.Field{Name: "x", Value: "y"}))
	if h, bare, err := f.awaitHead(); h.Value(":status") != "201" || bare || err != nil {
		t.Errorf("head %v, %v, %v", h, bare, err)
	}
	for _, want := range []string{"a", "bc"} {
		if p, err := f.next(); string(p) != want || err != nil {
			t.Errorf("got %q, %v; want %q", p, err, want)
		}
	}
	if _, err := f.next(); err != io.EOF || f.trailers().Value("x") != "y" || f.bytes() != 3 || f.status() != 201 {
		t.Errorf("then %v, %v, %d bytes", err, f.trailers(), f.bytes())
	}
}

func TestAFlowIsBareIfOnlyHeadersCame(t *testing.T) {
	f := newFlow()
	f.Headers(hostsim.NewHeaders(), true)
	if _, bare, err := f.awaitHead(); !bare || err != nil {
		t.Errorf("bare %v, %v", bare, err)
	}
}

func TestADroppedFlowLosesWhatIsQueued(t *testing.T) {
	f := newFlow()
	f.Headers(hostsim.NewHeaders(), false)
	f.Data([]byte("a"), false)
	f.drop()
	f.Data([]byte("b"), false)
	if p, err := f.next(); !errors.Is(err, errCut) {
		t.Errorf("got %q, %v", p, err)
	}
}

func TestABrokenOffFlowGivesWhatIsQueued(t *testing.T) {
	f := newFlow()
	f.Headers(hostsim.NewHeaders(), false)
	f.Data([]byte("a"), false)
	f.breakOff()
	if p, err := f.next(); string(p) != "a" || err != nil {
		t.Errorf("got %q, %v", p, err)
	}
	if _, err := f.next(); !errors.Is(err, errCut) {
		t.Errorf("then %v", err)
	}
}

func TestAWholeFlowCannotBeBroken(t *testing.T) {
	for name, end := range map[string]func(*flow){"by drop": (*flow).drop, "by breakOff": (*flow).breakOff} {
		t.Run(name, func(t *testing.T) {
			f := newFlow()
			f.Headers(hostsim.NewHeaders(), false)
			f.Data([]byte("a"), true)
			end(f)
			if p, err := f.next(); string(p) != "a" || err != nil {
				t.Errorf("got %q, %v", p, err)
			}
			if _, err := f.next(); err != io.EOF {
				t.Errorf("then %v", err)
			}
		})
	}
}

func TestAFullFlowMakesItsFeederWait(t *testing.T) {
	f := newFlow()
	f.Data(make([]byte, flowLimit-1), false)
	f.awaitRoom() // there is room for a byte, so for any piece
	f.Data(make([]byte, 2), false)
	room := make(chan struct{})
	go func() {
		f.awaitRoom()
		close(room)
	}()
	select {
	case <-room:
		t.Error("a full flow has room")
	default:
	}
	if _, err := f.next(); err != nil {
		t.Error(err)
	}
	wait(t, room, "room")
	f.Data(make([]byte, flowLimit), false)
	f.drop()
	f.awaitRoom() // nobody waits for a dropped flow
}
