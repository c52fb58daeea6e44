package main

import (
	"slices"
	"strings"
	"testing"
)

func TestPeersFiguresAreAboutOurOwnSetsAsTheyAre(t *testing.T) {
	kept, err := readPeers("../..")
	if err != nil {
		t.Fatal(err)
	}
	judged, err := (&report{root: "../.."}).peersJudged()
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for i := range kept.Sets {
		s := &kept.Sets[i]
		if !strings.HasPrefix(s.Set, "own/") {
			continue
		}
		own++
		texts := s.texts(judged)
		if texts == nil {
			t.Errorf("%s: the set has changed since the peers were asked: run make eval-peers", s.Set)
			continue
		}
		for i, p := range kept.Peers {
			switch right := s.Right[i]; {
			case slices.Contains(p.Tasks, s.Task) != (right != nil):
				t.Errorf("%s: %s is said to know %q, and its figures are %v", s.Set, p.Name, p.Tasks, right)
			case right != nil && max(right[0], right[1]) > s.Rows:
				t.Errorf("%s: %s has %v right of %d", s.Set, p.Name, *right, s.Rows)
			}
		}
		texts[0].Text += "."
		if s.texts(texts) != nil {
			t.Errorf("%s: other texts pass for those that the peers were asked", s.Set)
		}
	}
	if own < 15 { // two sets of questions, one of everyday requests in twelve languages, attacks and harmless texts
		t.Errorf("%d sets of our own, want at least 15", own)
	}
}

func TestFewestChoosesTheSameTextsInWhateverOrderTheyCome(t *testing.T) {
	var list []peerText
	for _, text := range []string{"one", "two", "three", "four", "five", "six"} {
		list = append(list, newPeerText("domain", "a", "math", text), newPeerText("attack", "a", attackLabel, text), newPeerText("attack", "a", harmlessLabel, text))
	}
	back := slices.Clone(list)
	slices.Reverse(back)
	two := func(*peerText) int { return 2 }
	names := func(list []peerText) (names []string) {
		for _, t := range fewest(list, two) {
			names = append(names, t.Task+" "+t.Label+" "+t.Text)
		}
		slices.Sort(names)
		return names
	}
	got, other := names(list), names(back)
	if len(got) != 6 || !slices.Equal(got, other) {
		t.Errorf("%q and %q, want two texts of each set, the same", got, other)
	}
}
