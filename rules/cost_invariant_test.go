package rules

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/rules/prompt"
)

// worst are bodies that are meant to cost much, as functions of their size in bytes.
var worst = map[string]func(n int) string{
	"plain words":          filled("the quick brown fox "),
	"near matches":         filled("ignore all previous "),
	"one letter":           filled("a"),
	"single letters":       filled("i g n o r e "),
	"dots between letters": filled("i.g.n.o.r.e."),
	"digits for letters":   filled("1gn0r3 "),
	"accents":              filled("e\u0301\u0323"),
	"marks alone":          filled("\u0301"),
	"look-alikes":          filled("іgnоre "),
	"full-width":           filled("ｉｇｎｏｒｅ"),
	"Chinese":              filled("忽略之前的"),
	"Base64":               filled("SWdub3JlIGFsbCBwcmV2aW91cyBp"),
	"Base64 with stops":    filled("SWdub3JlIGFs. "),
	"hexadecimal":          filled("69676e6f726520"),
	"percent signs":        filled("%69%67"),
	"half percent signs":   filled("%6%"),
	"entities":             filled("&#105;"),
	"ampersands":           filled("&&#&#x"),
	"escapes in JSON":      filled(`\u0069`),
	"escapes in the text":  filled(`\\u0069`),
	"card numbers":         filled("4111 1111 1111 1112 "),
	"digits":               filled("4"),
	"mail addresses":       filled("a@b.c@d."),
	"members":              func(n int) string { return body(`"metadata":{` + keys(n/12) + `}`) },
	"small objects":        func(n int) string { return body(`"metadata":[` + strings.Repeat(`{"a":1},`, n/8) + `0]`) },
	"messages": func(n int) string {
		return `{"messages":[` + strings.Repeat(`{"role":"user","content":"Hi"},`, n/31) + `{"role":"user","content":"Hi"}]}`
	},
	"parts": func(n int) string {
		return `{"messages":[{"role":"user","content":[` + strings.Repeat(`{"type":"text","text":"a b"},`, n/29) + `"a"]}]}`
	},
	"nested arrays, and back": func(n int) string {
		return body(`"metadata":[` + strings.Repeat(strings.Repeat("[", 100)+strings.Repeat("]", 100)+",", n/201) + `0]`)
	},
	"strings without words": func(n int) string { return body(`"stop":[` + strings.Repeat(`"",`, n/3) + `""]`) },
}

func filled(piece string) func(int) string {
	return func(n int) string {
		return `{"messages":[{"role":"user","content":"` + strings.Repeat(piece, n/len(piece)) + `"}]}`
	}
}

func body(members string) string {
	return `{` + members + `,"messages":[{"role":"user","content":"Hi"}]}`
}

func keys(n int) string {
	var b strings.Builder
	for i := range min(n, 60_000) {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	return b.String() + `"z":0`
}

func defaultSession(t testing.TB) *Session {
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return table.NewSession(prompt.Chat)
}

func feed(s *Session, body string) *Decision {
	s.Reset(prompt.Chat, 0)
	for len(body) > 0 {
		n := min(len(body), 32<<10)
		s.Feed([]byte(body[:n]))
		body = body[n:]
	}
	return s.Close()
}

// Invariant 8, memory: whatever a session has read, it keeps little of it for the next request.
func TestABodyKeepsNoMemory(t *testing.T) {
	session := func() *Session {
		s := defaultSession(t)
		s.table.nothingFits = nothingFits{sendContext: true, sendInput: true} // or they would be too long to be read to the end
		return s
	}
	s := session()
	used := func() uint64 {
		feed(s, body(`"user":"Hi"`)) // a small request comes next
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const most = 512 << 10
	before := used()
	for name, make := range worst {
		d := feed(s, make(600<<10)) // more than the hold window
		if d.Status == 400 {
			t.Errorf("%s: %s: the case says nothing", name, d.Message)
		}
		if after := used(); after > before+most {
			t.Errorf("%s: %d KB are kept", name, (after-before)>>10)
			s, before = session(), used()
		}
	}
}

// BenchmarkWorstCases shows that cost is linear: "ratio" is the time a byte takes in 1 MB over the time it takes in
// 64 KB, about 1 for every kind of body.
func BenchmarkWorstCases(b *testing.B) {
	for name, make := range worst {
		b.Run(name, func(b *testing.B) {
			s := defaultSession(b)
			small, large := make(64<<10), make(1<<20)
			feed(s, large)
			var few, many time.Duration
			for b.Loop() {
				began := time.Now()
				for range len(large) / len(small) {
					feed(s, small)
				}
				between := time.Now()
				feed(s, large)
				few, many = few+between.Sub(began), many+time.Since(between)
			}
			b.ReportMetric(float64(many.Nanoseconds())/float64(b.N)/float64(len(large)), "ns/byte")
			b.ReportMetric(float64(many)/float64(few), "ratio")
		})
	}
}
