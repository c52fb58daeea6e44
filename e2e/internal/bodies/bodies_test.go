package bodies

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// load reads the data.
func load(t *testing.T) *Data {
	t.Helper()
	needs.Data(t, ".")
	d, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// loaded reads the data once for all tests: it is large.
var loaded = sync.OnceValues(func() (*Data, error) { return Load("../../..") })

func TestWhereThereIsNoDataTheErrorSaysSo(t *testing.T) {
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no data at") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

func TestBodiesAreJSONOfTheirSizeAndNoTwoAreAlike(t *testing.T) {
	d := load(t)
	for _, k := range Kinds {
		for _, size := range []int{300, 4 << 10, 40 << 10} {
			if size == 300 && k.Name != "prose" {
				continue
			}
			seen := map[string]bool{}
			for seed := range uint64(2) {
				for _, m := range k.Make(d, size, 20, seed) {
					var v any
					if err := json.Unmarshal(m.Body, &v); err != nil {
						t.Fatalf("%s of %d bytes: %v in %.200s", k.Name, size, err, m.Body)
					}
					if got := float64(len(m.Body)); math.Abs(got-float64(size)) > 0.2*float64(size)+400 {
						t.Errorf("%s of %d bytes has %v", k.Name, size, got)
					}
					if seen[string(m.Body)] {
						t.Errorf("%s of %d bytes: a body comes twice", k.Name, size)
					}
					seen[string(m.Body)] = true
				}
			}
		}
	}
}

func TestTheSameSeedMakesTheSameBodies(t *testing.T) {
	d := load(t)
	for _, k := range Kinds {
		a, b := k.Make(d, 4<<10, 3, 7), k.Make(d, 4<<10, 3, 7)
		for i := range a {
			if !bytes.Equal(a[i].Body, b[i].Body) {
				t.Errorf("%s: body %d is another one the second time", k.Name, i)
			}
		}
	}
	a, b := d.Agents(100<<10, 1, 7, nil), d.Agents(100<<10, 1, 7, nil)
	for i := range a {
		if !bytes.Equal(a[i].Body, b[i].Body) {
			t.Errorf("agents: body %d is another one the second time", i)
		}
	}
}

func TestASentenceComesOnceInABodyOfProse(t *testing.T) {
	d := load(t)
	k, _ := KindOf("prose")
	for _, m := range k.Make(d, 200<<10, 2, 1) {
		seen, repeated, all := map[string]bool{}, 0, 0
		for _, line := range strings.Split(textOf(t, m.Body), "\n") {
			if len(line) < 40 {
				continue
			}
			all++
			if seen[line] {
				repeated++
			}
			seen[line] = true
		}
		if all < 200 || repeated*20 > all {
			t.Errorf("%d of %d lines are repeated", repeated, all)
		}
	}
}

func textOf(t *testing.T, body []byte) string {
	t.Helper()
	var v struct{ Messages []struct{ Content string } }
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return v.Messages[len(v.Messages)-1].Content
}

func TestRefusedCallsAreLeftOutAndTheOthersComeEquallyOften(t *testing.T) {
	d := load(t)
	messages := func(m Message) bool { return strings.HasPrefix(m.Path, "/v1/messages") }
	all, once, twice := d.Agents(200<<10, 1, 1, nil), d.Agents(200<<10, 1, 1, messages), d.Agents(200<<10, 2, 1, messages)
	if len(once) == 0 || len(once) >= len(all) || len(twice) != 2*len(once) {
		t.Fatalf("%d calls, %d are left, %d in two passes", len(all), len(once), len(twice))
	}
	sizes := map[int]int{}
	for _, m := range twice {
		if messages(m) {
			t.Error("a refused call was taken")
		}
		sizes[len(m.Body)]++
	}
	for _, m := range once {
		sizes[len(m.Body)] -= 2
	}
	for size, n := range sizes {
		if n != 0 {
			t.Errorf("a call of %d bytes comes %+d times too often", size, n)
		}
	}
}

func TestAgentsNeverSendAMessageTwice(t *testing.T) {
	d := load(t)
	sent := map[string]bool{}
	for seed := range uint64(2) {
		for _, m := range d.Agents(200<<10, 2, seed, nil) {
			texts := said(t, m.Body)
			if len(texts) == 0 {
				t.Fatalf("no texts in %.200s", m.Body)
			}
			for text := range texts {
				if sent[text] {
					t.Fatalf("two calls say %.100s", text)
				}
			}
			for text := range texts {
				sent[text] = true
			}
		}
	}
}

func TestAConversationRepeatsItsOwnHistoryAndNobodyElses(t *testing.T) {
	d := load(t)
	all := d.Conversations(16, 2, 1)
	if len(all) != 32 {
		t.Fatalf("%d calls", len(all))
	}
	for i, m := range all[:16] {
		first, repeats := said(t, m.Body), 0
		for _, later := range all[16:] {
			shared := 0
			for text := range said(t, later.Body) {
				if first[text] {
					shared++
				}
			}
			if shared > 0 {
				repeats++
			}
		}
		if repeats != 1 {
			t.Errorf("what call %d says comes again in %d conversations", i, repeats)
		}
	}
}

// said are the texts of some length in a body, at whatever depth.
func said(t *testing.T, body []byte) map[string]bool {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %.200s", err, body)
	}
	all := map[string]bool{}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, v := range v {
				walk(name, v)
			}
		case []any:
			for _, v := range v {
				walk("", v)
			}
		case string:
			if (name == "content" || name == "text" || name == "output") && len(v) > 20 {
				all[v] = true
			}
		}
	}
	walk("", v)
	return all
}

func TestSaltedPutsAWordAtTheEndOfEveryText(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{"content":"a"}`, `{"content":"a kk"}`},
		{`{"content": "a \" b","text":""}`, `{"content": "a \" b kk","text":" kk"}`},
		{`{"content":"in \"text\":\"x\" it","output":"\\"}`, `{"content":"in \"text\":\"x\" it kk","output":"\\ kk"}`},
		{`{"content":[{"type":"text","text":"a"}],"contents":"b"}`, `{"content":[{"type":"text","text":"a kk"}],"contents":"b"}`},
		{`{"content":null}`, `{"content":null}`},
	} {
		if got := string(salted(Message{Body: []byte(c.body)}, "kk").Body); got != c.want {
			t.Errorf("%s: %s, want %s", c.body, got, c.want)
		}
	}
}

func TestPhrasesAreDifferent(t *testing.T) {
	d := load(t)
	seen := map[string]bool{}
	for _, p := range d.Phrases(5000, 1) {
		if seen[p] || len(strings.Fields(p)) != 3 {
			t.Errorf("phrase %q", p)
		}
		seen[p] = true
	}
}
