package signal

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

func TestTheListsAreInOrder(t *testing.T) {
	for i, l := range append(append(append([]list(nil), topicLists...), followUpLists...), languageLists...) {
		seen := map[string]bool{}
		lines := strings.Split(strings.TrimSpace(l.text), "\n")
		for _, line := range lines[1:] {
			number, phrase, _ := strings.Cut(line, " ")
			if w, err := strconv.Atoi(number); err != nil || w == 0 || w < -9 || w > 9 {
				t.Errorf("list %d: bad weight: %s", i, line)
			}
			if seen[phrase] || phrase == "" || strings.TrimSpace(phrase) != phrase {
				t.Errorf("list %d: empty or twice: %s", i, line)
			}
			seen[phrase] = true
		}
		if !strings.HasPrefix(lines[0], "# ") {
			t.Errorf("list %d does not say what it is", i)
		}
		if i < len(domainNames) && len(lines) < 150 {
			t.Errorf("list %d has only %d terms", i, len(lines))
		}
	}
}

func TestEveryClassHasItsList(t *testing.T) {
	if len(domainNames) != int(classHistory)+1 || len(latinNames) != int(classLanguageID-classLanguageEN)+1 {
		t.Error("the names do not fit the classes")
	}
	for i, l := range topicLists[:len(domainNames)] {
		if int(l.class) != i {
			t.Errorf("list %d is of class %d", i, l.class)
		}
	}
	for i, l := range languageLists {
		if l.class != classLanguageEN+class(i) {
			t.Errorf("language list %d is of class %d", i, l.class)
		}
	}
	for _, a := range accents {
		for _, code := range fields(a.codes) {
			known := false
			for _, n := range latinNames {
				known = known || n == code
			}
			if !known {
				t.Errorf("%c speaks for the unknown language %s", a.small, code)
			}
		}
	}
}

// Lists are split into words as a whole.
func TestALinesWordsDoNotDependOnTheLinesAround(t *testing.T) {
	for i, l := range append(append(append([]list(nil), topicLists...), followUpLists...), languageLists...) {
		var together, apart lists
		together.load([]list{l})
		apart.byWords = map[uint64]int32{}
		for line := range strings.Lines(l.text) {
			line = strings.TrimSuffix(line, "\n")
			if number, phrase, _ := strings.Cut(line, " "); number != "#" {
				if err := apart.add(l.class, number, text.Split(phrase)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(apart.votes) == 0 || !reflect.DeepEqual(together.votes, apart.votes) || !reflect.DeepEqual(together.terms, apart.terms) || !reflect.DeepEqual(together.byWords, apart.byWords) {
			t.Errorf("list %d, which begins with %.30q, gives other terms as a whole than line by line", i, l.text)
		}
	}
}
