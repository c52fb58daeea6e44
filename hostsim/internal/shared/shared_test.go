package shared

import (
	"testing"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

func TestDataIsComparedBeforeItIsSwapped(t *testing.T) {
	var s Store
	if _, _, st := s.Get("vm", "k"); st != abi.NotFound {
		t.Errorf("a key that is not there: %d", st)
	}
	s.Set("vm", "k", []byte("1"), 7) // nothing to compare with yet
	_, cas, _ := s.Get("vm", "k")
	if st := s.Set("vm", "k", []byte("2"), cas+1); st != abi.CASMismatch {
		t.Errorf("a wrong number: %d", st)
	}
	if st := s.Set("vm", "k", []byte("3"), cas); st != abi.OK {
		t.Errorf("the right number: %d", st)
	}
	if st := s.Set("vm", "k", []byte("4"), cas); st != abi.CASMismatch {
		t.Errorf("the number of before: %d", st)
	}
	if v, _, _ := s.Get("vm", "k"); string(v) != "3" {
		t.Errorf("got %q", v)
	}
	if _, _, st := s.Get("other", "k"); st != abi.NotFound {
		t.Error("another vm_id sees the key")
	}
}

func TestQueuesKeepTheirOrderAndTellTheLastWhoRegistered(t *testing.T) {
	var s Store
	var told string
	a := s.Register("vm", "q", func() { told += "first " })
	if b := s.Register("vm", "q", func() { told += "second " }); b != a {
		t.Errorf("tokens %d and %d for one queue", a, b)
	}
	if got, st := s.Resolve("vm", "q"); got != a || st != abi.OK {
		t.Errorf("resolved to %d, %d", got, st)
	}
	if _, st := s.Resolve("other", "q"); st != abi.NotFound {
		t.Errorf("another vm_id's queue: %d", st)
	}
	s.Enqueue(a, []byte("1"))
	s.Enqueue(a, []byte("2"))
	for _, want := range []string{"1", "2"} {
		if got, st := s.Dequeue(a); string(got) != want || st != abi.OK {
			t.Errorf("got %q, %d", got, st)
		}
	}
	if _, st := s.Dequeue(a); st != abi.Empty {
		t.Errorf("an empty queue: %d", st)
	}
	if s.Enqueue(a+1, nil) != abi.NotFound || told != "second second " {
		t.Errorf("told %q", told)
	}
}
