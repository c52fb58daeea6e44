package sidecall

import (
	"regexp"
	"strings"
	"testing"
)

func TestPhrasesOfWordingsAreWellFormed(t *testing.T) {
	line := regexp.MustCompile(`^(ask|sum|of|msg|both|form|not|probe) ([#@] )?[^ #*A-Z’']+( [^ #*A-Z’']+)*\*?$`)
	seen := map[string]bool{}
	for number, text := range strings.Split(strings.TrimSuffix(wordings, "\n"), "\n") {
		if !strings.HasPrefix(text, "# ") && !line.MatchString(text) || seen[text] {
			t.Errorf("wordings.txt:%d: %q is no phrase, or stands here twice", number+1, text)
		}
		seen[text] = true
	}
	if n := len(NewTable().phrases); n < 1000 {
		t.Errorf("%d phrases", n)
	}
}

func TestAPhraseIsFoundAsWholeWords(t *testing.T) {
	for _, c := range []struct {
		text, phrase string
		want         int
	}{
		{"Titles", "title*", 5},
		{"title", "title", 5},
		{"titles", "title", -1},
		{"user's message", "user s message", 14},
		{"user’s message", "user s message", 16},
		{"users message", "user s message", -1},
		{"user", "user s", -1},
		{"JSON数组", "json", 4},
		{"moté", "mot", -1},
		{"Überschrift", "überschrift", 12},
		{"5个字", "5 个字", 7},
		{"", "a", -1},
	} {
		if got := matches([]byte(c.text), c.phrase); got != c.want {
			t.Errorf("%q in %q: %d, want %d", c.phrase, c.text, got, c.want)
		}
	}
}

func TestAnInstructionIsReadUpToTheConversationThatItShows(t *testing.T) {
	table := NewTable()
	for text, want := range map[string]kind{
		"A title.":                          ask,
		"A title.\n\nUser: my thesis":       ask | shown | talk,
		"A title.\n\n[human]: my thesis":    ask | shown | talk,
		"A title.\n\nmy thesis":             ask | shown,
		"my title":                          not,
		"Do not translate the title.":       ask,
		"<chat_history>title":               talk,
		"in three words":                    form,
		"useruser: a title":                 ask,
		"用户：标题":                             talk,
		"\xff\xfe \xe2":                     0,
		strings.Repeat("x ", 200) + "title": 0,
	} {
		if got := table.read([]byte(text)); got != want {
			t.Errorf("%q: %b, want %b", text, got, want)
		}
	}
}

func FuzzWordingsReadAnything(f *testing.F) {
	f.Add([]byte("Name this chat\n\nUser: x"))
	f.Add([]byte("\n\n[*"))
	table := NewTable()
	f.Fuzz(func(t *testing.T, p []byte) {
		user, system := table.Find(p, p, true, -1, -1)
		for _, n := range []int32{user, system} {
			if n >= 0 {
				table.Limits(int(n))
			}
		}
	})
}

func BenchmarkWording(b *testing.B) {
	table := NewTable()
	text := []byte(strings.Repeat("The council has voted to close the bridge for two years, and people in town are angry. ", 9))[:768]
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		table.Find(text, text, false, -1, -1)
	}
}
