package buffer

import "testing"

func TestWatermarksAreCrossedOnceEachWay(t *testing.T) {
	var events string
	b := Limited(4, func() { events += "high " }, func() { events += "low " })
	b.Append([]byte("1234"))
	if events != "" {
		t.Errorf("four of four bytes: %q", events)
	}
	b.Append([]byte("5"))
	b.Append([]byte("6"))
	b.Drain(3)
	if events != "high " {
		t.Errorf("above, then down to three: %q", events)
	}
	b.Drain(1)
	if events != "high low " {
		t.Errorf("down to two: %q", events)
	}
	b.Prepend([]byte("abc"))
	if events != "high low high " || string(b.Bytes()) != "abc56" {
		t.Errorf("filled from the front: %q, %q", events, b.Bytes())
	}
}

func TestMovingTakesEverythingAndNeverWritesIntoWhatWasGiven(t *testing.T) {
	given := []byte("hello world")
	a, b := New(given[:5]), New(nil)
	b.Move(a)
	b.Append([]byte("!!!"))
	b.Prepend([]byte("<"))
	b.Drain(2)
	if a.Len() != 0 || string(b.Bytes()) != "ello!!!" || string(given) != "hello world" {
		t.Errorf("a %q, b %q, given %q", a.Bytes(), b.Bytes(), given)
	}
	b.Drain(100)
	if b.Len() != 0 {
		t.Error("draining more than there is leaves something")
	}
}
