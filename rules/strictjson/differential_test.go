package strictjson_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// Whatever the lexer accepts, the parsers behind the router read to the same value: here Go's encoding/json and Python's
// json, which the engines use. Half of the texts are valid and spelled as oddly as possible, the other half have been
// damaged after that.
func TestWhatIsAcceptedMeansTheSameToGoAndPython(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	texts := sharedTexts(t)
	for range 6000 {
		g := generator{r: r}
		g.value(0)
		text := []byte(g.String())
		texts = append(texts, text, damaged(r, text))
	}
	python := pythonReads(t, texts)
	accepted, refused := 0, 0
	for i, text := range texts {
		if err := strictjson.Valid(text); err != nil {
			refused++
			continue
		}
		accepted++
		sameValues(t, text)
		if python == nil {
			continue
		}
		if got := shown(text); got != python[i] {
			t.Fatalf("%q\nis    %s\nto Python %s", text, got, python[i])
		}
	}
	if accepted < 5000 || refused < 2000 {
		t.Errorf("%d accepted and %d refused: the sample says little", accepted, refused)
	}
	if python == nil {
		t.Skip("python3 is not there: compared with encoding/json only")
	}
}

// sharedTexts are the files of the JSON test suite.
func sharedTexts(t *testing.T) (texts [][]byte) {
	files, _ := filepath.Glob(filepath.Join(needs.Data(t, "jsontestsuite"), "*.json"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

// pythonReads says how Python reads each text, as testdata/reads.py shows it; nil without Python.
func pythonReads(t *testing.T, texts [][]byte) []string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil
	}
	var in bytes.Buffer
	for _, text := range texts {
		fmt.Fprintln(&in, base64.StdEncoding.EncodeToString(text))
	}
	c := exec.Command(python, "testdata/reads.py")
	var problems strings.Builder
	c.Stdin, c.Stderr = &in, &problems
	out, err := c.Output()
	if err != nil {
		t.Fatalf("testdata/reads.py: %v\n%s", err, problems.String())
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(texts) {
		t.Fatalf("%d answers to %d texts", len(lines), len(texts))
	}
	return lines
}

// shown is what the lexer reads, in the form of testdata/reads.py.
func shown(text []byte) string {
	var s shower
	var l strictjson.Lexer
	l.Reset(&s)
	if l.Feed(text) != nil || l.Close() != nil {
		return "refused"
	}
	return s.String()
}

// shower writes events down in the form of testdata/reads.py.
type shower struct {
	strings.Builder
	open  []strictjson.Kind
	begun bool // the container that is open has an element
	text  []byte
	named bool
}

func (s *shower) Begin(kind strictjson.Kind, _ int64) error {
	if len(s.open) > 0 && s.begun && !s.named {
		s.WriteByte(',')
	}
	s.named, s.text = false, s.text[:0]
	if kind == strictjson.Array || kind == strictjson.Object {
		s.WriteString(map[strictjson.Kind]string{strictjson.Array: "[", strictjson.Object: "{"}[kind])
		s.open, s.begun = append(s.open, kind), false
	}
	return nil
}

func (s *shower) Text(p []byte, _ int64, _ bool) { s.text = append(s.text, p...) }

func (s *shower) End(kind strictjson.Kind, literal []byte, _ int64) error {
	switch kind {
	case strictjson.String:
		s.WriteString("s" + hex.EncodeToString(s.text))
	case strictjson.Number:
		s.WriteString("n" + string(literal))
	case strictjson.Array, strictjson.Object:
		s.WriteString(map[strictjson.Kind]string{strictjson.Array: "]", strictjson.Object: "}"}[kind])
		s.open = s.open[:len(s.open)-1]
	default:
		s.WriteString(map[strictjson.Kind]string{strictjson.Null: "null", strictjson.True: "true", strictjson.False: "false"}[kind])
	}
	s.begun = true
	return nil
}

func (s *shower) Name(name []byte, _ bool, _, _ int64) error {
	if s.begun {
		s.WriteByte(',')
	}
	s.WriteString("s" + hex.EncodeToString(name) + ":")
	s.named = true
	return nil
}

func (s *shower) Comma(int64) {}

// generator writes a random JSON value, each thing in one of the ways in which it can be spelled.
type generator struct {
	strings.Builder
	r     *rand.Rand
	names int
}

func (g *generator) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *generator) space() { g.WriteString(g.pick("", "", "", " ", "\n", "\t", "\r\n", "  ")) }

func (g *generator) value(depth int) {
	g.space()
	defer g.space()
	n := g.r.IntN(10)
	if depth > 5 {
		n %= 6
	}
	switch {
	case n < 1:
		g.WriteString(g.pick("null", "true", "false"))
	case n < 3:
		g.WriteString(g.pick("0", "-0", "1", "-12", "1.0", "0.10", "1e5", "1E+05", "-1.5e-300", "1e999", "12345678901234567890", "0.1e-0"))
	case n < 6:
		g.text("")
	case n < 8:
		g.WriteByte('[')
		for i := range g.r.IntN(4) {
			if i > 0 {
				g.WriteByte(',')
			}
			g.value(depth + 1)
		}
		g.space()
		g.WriteByte(']')
	default:
		g.WriteByte('{')
		for i := range g.r.IntN(4) {
			if i > 0 {
				g.WriteByte(',')
			}
			g.space()
			g.names++
			g.text(fmt.Sprint(g.names))
			g.space()
			g.WriteByte(':')
			g.value(depth + 1)
		}
		g.space()
		g.WriteByte('}')
	}
}

var odd = []rune("aZ0 é\u00a0ß你\u2028\U0001f600\U0010ffff/'<\u007f\uffff\ufdd0")

// text writes a string that ends with a given one.
func (g *generator) text(end string) {
	g.WriteByte('"')
	for range g.r.IntN(8) {
		switch r := odd[g.r.IntN(len(odd))]; g.r.IntN(4) {
		case 0:
			if r < 1<<16 {
				fmt.Fprintf(g, g.pick(`\u%04x`, `\u%04X`), r)
			} else {
				r -= 1 << 16
				fmt.Fprintf(g, g.pick(`\u%04x\u%04x`, `\u%04X\u%04X`), 0xd800+r>>10, 0xdc00+r&0x3ff)
			}
		case 1:
			g.WriteString(g.pick(`\n`, `\"`, `\\`, `\/`, `\b`, `\f`, `\r`, `\t`, `\u0000`, `\u001f`))
		default:
			g.WriteRune(r)
		}
	}
	g.WriteString(end)
	g.WriteByte('"')
}

// damaged changes a text in a few places: bytes go, come, change places, or are copied.
func damaged(r *rand.Rand, text []byte) []byte {
	pieces := []string{"\"", "\\", "\\u", "\\ud800", ",", ":", "{", "}", "[", "]", "0", "-", ".", "e", "\x00", "\xff", "\xed\xa0\x80", "\xc0\xaf",
		"\ufeff", "NaN", "Infinity", "/**/", "//\n", "'", "nul", "True", "\u00a0", "\x0b", "+1", "01", `"a":1,"a":2`, `"b":1,"\u0062":2`, "\n"}
	out := append([]byte(nil), text...)
	for range 1 + r.IntN(3) {
		i := r.IntN(len(out) + 1)
		switch r.IntN(4) {
		case 0:
			out = append(out[:i:i], out[min(len(out), i+1+r.IntN(3)):]...)
		case 1:
			out = append(append(out[:i:i], pieces[r.IntN(len(pieces))]...), out[i:]...)
		case 2:
			j := r.IntN(len(out) + 1)
			i, j = min(i, j), max(i, j)
			out = append(append(out[:j:j], out[i:j]...), out[j:]...)
		case 3:
			if i < len(out) {
				out[i] ^= 1 << r.IntN(8)
			}
		}
	}
	return out
}
