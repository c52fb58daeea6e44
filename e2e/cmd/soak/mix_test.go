package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/redteam"
)

// rows are those of SECURITY.md.
func rows(t *testing.T) []redteam.Row {
	t.Helper()
	text, err := os.ReadFile("../../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := redteam.ReadBadInputs(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// told is all of a job that can be compared.
func told(j *job) string {
	text, err := json.Marshal([]any{j.number, j.kind, j.listener, j.http2, j.fresh, j.message.Method, j.message.Path, j.message.Header,
		j.message.Framing, j.message.Chunk, j.message.Cuts, j.message.Break, j.message.Pace != nil, j.message.Body})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestTheSameSeedAndNumberMakeTheSameRequestInAnyOrder(t *testing.T) {
	const n = 400
	one, two, other := newMix(3, nil, rows(t)), newMix(3, nil, rows(t)), newMix(4, nil, rows(t))
	var first []string
	for i := range n {
		first = append(first, told(one.job(i)))
	}
	same := 0
	for i := n - 1; i >= 0; i-- {
		if got := told(two.job(i)); got != first[i] {
			t.Fatalf("request %d:\nfirst %.300s\nthen  %.300s", i, first[i], got)
		}
		if told(other.job(i)) == first[i] {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d of %d requests are the same with another seed", same, n)
	}
}

func TestTheSameSeedMakesTheSameRequestsOfTheData(t *testing.T) {
	needs.Data(t, ".")
	data, err := bodies.Load("../../..")
	if err != nil {
		t.Fatal(err)
	}
	one, two := newMix(5, data, rows(t)), newMix(5, data, rows(t))
	kinds := map[string]int{}
	for i := range 600 {
		j := one.job(i)
		kinds[j.kind]++
		if i%7 == 0 && told(j) != told(two.job(i)) {
			t.Errorf("request %d (%s) is another one when it is made again", i, j.kind)
		}
		if len(j.message.Body) > 2*most && j.row == nil {
			t.Errorf("request %d (%s) has %d bytes, and bodies are bounded by about %d", i, j.kind, len(j.message.Body), most)
		}
		if j.kind == "agents" && len(j.message.Header) == 0 {
			t.Errorf("request %d is an agent's without its headers", i)
		}
	}
	for _, k := range one.kinds {
		if kinds[k.name] == 0 {
			t.Errorf("no request of 600 is of kind %q", k.name)
		}
	}
}

func TestWithoutDataOnlyWhatNeedsNoneIsSent(t *testing.T) {
	x := newMix(1, nil, rows(t))
	want := map[string]bool{}
	for _, k := range kinds {
		if !k.data {
			want[k.name] = true
		}
	}
	got := map[string]bool{}
	for i := range 1000 {
		got[x.job(i).kind] = true
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
}

func TestClientsThatLeaveHaveNotSentAWholeDocument(t *testing.T) {
	x := newMix(1, nil, rows(t))
	seen := 0
	for i := range 2000 {
		j := x.job(i)
		if j.kind != aborted {
			if j.message.Break != 0 {
				t.Errorf("request %d (%s) is broken off", i, j.kind)
			}
			continue
		}
		seen++
		sent := j.message.Body[:j.message.Break]
		if j.message.Break >= len(j.message.Body) || json.Valid(sent) && bytes.HasPrefix(sent, []byte("{")) {
			t.Errorf("request %d has sent a whole document before its client leaves", i)
		}
	}
	if seen == 0 {
		t.Error("no client leaves")
	}
}

func TestEachKindGoesWhereItsAnswerIsKnown(t *testing.T) {
	x := newMix(2, nil, rows(t))
	for i := range 2000 {
		j := x.job(i)
		switch suite := j.attack != nil || j.row != nil; {
		case suite && j.listener != steady:
			t.Errorf("request %d (%s) goes to %s, whose policy changes or whose window is small", i, j.kind, j.listener)
		case suite != (j.kind == "attacks" || j.kind == "bad input"):
			t.Errorf("request %d (%s) is judged by the wrong one", i, j.kind)
		case (j.listener == failing) != (j.kind == "beside crashes"):
			t.Errorf("request %d (%s) goes to %s", i, j.kind, j.listener)
		}
	}
}
