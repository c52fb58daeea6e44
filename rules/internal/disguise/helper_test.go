package disguise

import "github.com/mom-router/mom-router/rules/internal/text"

// silent is a text.Consumer that nobody listens to.
type silent struct{}

func (silent) Tokens([]text.Token) {}

// readAs feeds a string to a window, as the engine does.
func readAs(s string, scanner text.Scanner) {
	var words text.Tokenizer
	words.Reset(silent{})
	var w text.Window
	w.Reset(&words, scanner)
	w.Text([]byte(s))
	w.EndText()
}

// spotsOf returns the spots of a text that is one window.
func spotsOf(p []byte) *text.Spots {
	s := new(text.Spots)
	s.Reset()
	var t text.Tokenizer
	t.Reset(silent{})
	t.NoteSpots(s)
	t.Text(p, 0, true)
	t.EndText()
	return s
}

// scan reads a text that is one window.
func scan(r *Reading, s string) Kinds { return r.Scan([]byte(s), 0, len(s), spotsOf([]byte(s))) }

// texts are texts of several languages, and signs.
var texts = []string{
	"How many legs does a spider have, and why?", "C++ c# ``` x` asp.net . supercalifragilisticexpialidocious 1234567890",
	"蜘蛛有几条腿？ Ångström café cafe\u0301 ﬁn", "  a[i] += b; }  // x² ≤ 3\u200B", "c\u200B# ig\u00ADnore. \u0301net", "Сколько ног у паука? abcdefgh", "",
}
