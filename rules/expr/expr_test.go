package expr

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, src, canonical string }{
		{"a single signal", "domain.math", "domain.math"},
		{"spaces and line breaks do not matter", "  domain.math \n and\tlanguage.en ", "domain.math and language.en"},
		{"and binds tighter than or", "a.a or b.b and c.c", "a.a or b.b and c.c"},
		{"parentheses override it", "(a.a or b.b) and c.c", "(a.a or b.b) and c.c"},
		{"parentheses that change nothing are dropped", "(a.a) or ((b.b and c.c))", "a.a or b.b and c.c"},
		{"not binds tightest", "not a.a and b.b", "not a.a and b.b"},
		{"not before parentheses", "not (a.a and b.b)", "not (a.a and b.b)"},
		{"not may be doubled", "not not a.a", "not not a.a"},
		{"names hold digits, dashes, underscores and more dots", "size.over-32k_x.y", "size.over-32k_x.y"},
		{"a name may begin with an operator's letters", "android.x and notes.y or order.z", "android.x and notes.y or order.z"},
		{"parentheses need no spaces", "(a.a)and(b.b)", "a.a and b.b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse(tt.src)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.String(); got != tt.canonical {
				t.Errorf("canonical form %q, want %q", got, tt.canonical)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		offset    int
		contains  string
	}{
		{"an empty condition is refused", "", 0, "empty"},
		{"a blank condition is refused", "   ", 3, "missing at the end"},
		{"&& is told to be and", "a.a && b.b", 4, `write "and"`},
		{"|| is told to be or", "a.a || b.b", 4, `write "or"`},
		{"! is told to be not", "!a.a", 0, `write "not"`},
		{"capital AND is told to be and", "a.a AND b.b", 4, `write "and"`},
		{"capital names are refused", "Domain.Math", 0, `write "domain.math"`},
		{"a comparison is told to be a declaration", "size.tokens > 100", 12, "declare a signal"},
		{"a name without a type is refused", "math", 0, "is a type and a name"},
		{"a name with an empty half is refused", "math.", 0, "is a type and a name"},
		{"true is no condition", "true", 0, "default"},
		{"an operand is missing at the end", "a.a and", 7, "missing at the end"},
		{"an operand is missing before an operator", "a.a and or b.b", 8, `missing before "or"`},
		{"an operand is missing in parentheses", "a.a and ()", 9, `missing before ")"`},
		{"two signals need an operator", "a.a b.b", 4, `"and" or "or" is missing`},
		{"a signal and not need an operator", "a.a not b.b", 4, `"and" or "or" is missing before "not"`},
		{"an open parenthesis is found", "a.a and (b.b or c.c", 8, "never closed"},
		{"the innermost open parenthesis is found", "((a.a)", 0, "never closed"},
		{"a stray closing parenthesis is found", "a.a)", 3, "closes nothing"},
		{"quotes are refused", `"a.a"`, 0, "without quotes"},
		{"a foreign letter is refused whole", "a.ä", 2, ""},
		{"bytes that are no UTF-8 are refused", "a.a and \xff", 8, "UTF-8"},
		{"deep parentheses are refused", strings.Repeat("(", 100) + "a.a" + strings.Repeat(")", 100), MaxDepth, "deeper"},
		{"deep negation is refused", strings.Repeat("not ", 100) + "a.a", 4 * MaxDepth, "deeper"},
		{"a very long condition is refused", strings.Repeat("a.a or ", 1000) + "a.a", MaxLength, "longer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse(tt.src)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v and error %v, want an *Error", s, err)
			}
			if tt.contains != "" && !strings.Contains(e.Error(), tt.contains) {
				t.Errorf("error %q does not contain %q", e, tt.contains)
			}
			if tt.name != "a foreign letter is refused whole" && e.Offset != tt.offset {
				t.Errorf("offset %d, want %d: %v", e.Offset, tt.offset, e)
			}
		})
	}
}

func TestEveryMentionHasItsOffset(t *testing.T) {
	s, err := Parse("a.a or (not b.b and a.a)")
	if err != nil {
		t.Fatal(err)
	}
	if want := []Ref{{"a.a", 0}, {"b.b", 12}, {"a.a", 20}}; !slices.Equal(s.Refs(), want) {
		t.Errorf("refs %v, want %v", s.Refs(), want)
	}
	if s.Not() != 8 {
		t.Errorf("not at %d, want 8", s.Not())
	}
	if got := s.Compile(letter).Uses(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("uses %v", got)
	}
}

// letter numbers the signals a.a, b.b, c.c, d.d.
func letter(name string) int { return int(name[0] - 'a') }

func TestKleene(t *testing.T) {
	const F, U, T = False, Unknown, True
	for _, tt := range []struct {
		src  string
		want [9]Value // a in F U T, within it b in F U T
	}{
		{"a.a and b.b", [9]Value{F, F, F, F, U, U, F, U, T}},
		{"a.a or b.b", [9]Value{F, U, T, U, U, T, T, T, T}},
		{"not a.a", [9]Value{T, T, T, U, U, U, F, F, F}},
		{"a.a and not a.a", [9]Value{F, F, F, U, U, U, F, F, F}},
		{"a.a or not a.a", [9]Value{T, T, T, U, U, U, T, T, T}},
	} {
		s, err := Parse(tt.src)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Compile(letter)
		for i, want := range tt.want {
			if got := p.Eval([]Value{Value(i / 3), Value(i % 3)}); got != want {
				t.Errorf("%s with %v, %v is %v, want %v", tt.src, Value(i/3), Value(i%3), got, want)
			}
		}
	}
}

func TestAMissingValueIsUnknown(t *testing.T) {
	s, _ := Parse("a.a and d.d")
	if got := s.Compile(letter).Eval([]Value{True}); got != Unknown {
		t.Errorf("got %v, want unknown", got)
	}
}

// random writes a random condition over four signals, and an independent
// evaluator of it.
func random(r *rand.Rand, depth int) (string, func([]Value) Value) {
	switch n := r.IntN(8); {
	case depth == 0 || n < 2:
		i := r.IntN(4)
		name := string(rune('a' + i))
		return name + "." + name, func(v []Value) Value { return v[i] }
	case n < 4:
		src, eval := random(r, depth-1)
		return "not (" + src + ")", func(v []Value) Value { return 2 - eval(v) }
	default:
		a, evalA := random(r, depth-1)
		b, evalB := random(r, depth-1)
		if n%2 == 0 {
			return "(" + a + ") and (" + b + ")", func(v []Value) Value {
				if x, y := evalA(v), evalB(v); x < y {
					return x
				} else {
					return y
				}
			}
		}
		return "(" + a + ") or (" + b + ")", func(v []Value) Value {
			if x, y := evalA(v), evalB(v); x > y {
				return x
			} else {
				return y
			}
		}
	}
}

// assignments calls f with every assignment of four signals.
func assignments(f func([]Value)) {
	for i := range 81 {
		f([]Value{Value(i % 3), Value(i / 3 % 3), Value(i / 9 % 3), Value(i / 27)})
	}
}

func TestRandomConditionsAgreeWithTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		src, eval := random(r, 5)
		s, err := Parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		p := s.Compile(letter)
		again, err := Parse(s.String())
		if err != nil {
			t.Fatalf("canonical form %q: %v", s, err)
		}
		if again.String() != s.String() {
			t.Fatalf("the canonical form of %q is not stable: %q", s, again)
		}
		q := again.Compile(letter)
		assignments(func(v []Value) {
			if got, want := p.Eval(v), eval(v); got != want {
				t.Fatalf("%s with %v is %v, want %v", src, v, got, want)
			}
			if got, want := q.Eval(v), eval(v); got != want {
				t.Fatalf("%s with %v is %v, want %v", again, v, got, want)
			}
		})
	}
}

// Learning more never takes an answer back, and without "not" more true signals
// never make a condition less true: the guards depend on it.
func TestKleeneLogicIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		src, _ := random(r, 4)
		s, err := Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Compile(letter)
		assignments(func(v []Value) {
			before := p.Eval(v)
			for i := range v {
				old := v[i]
				if old == Unknown {
					for _, known := range []Value{False, True} {
						v[i] = known
						if after := p.Eval(v); before != Unknown && after != before {
							t.Fatalf("%s changed from %v to %v when signal %d became known", src, before, after, i)
						}
					}
				}
				for raised := old; s.Not() < 0 && raised <= True; raised++ {
					v[i] = raised
					if after := p.Eval(v); after < before {
						t.Fatalf("%s fell from %v to %v when signal %d rose", src, before, after, i)
					}
				}
				v[i] = old
			}
		})
	}
}

func TestEvalAllocatesNothing(t *testing.T) {
	s, _ := Parse("a.a and (b.b or not c.c) or d.d")
	p := s.Compile(letter)
	v := []Value{True, False, Unknown, False}
	if n := testing.AllocsPerRun(100, func() { p.Eval(v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTheDeepestAcceptedConditionFitsTheStack(t *testing.T) {
	src := strings.Repeat("a.a or b.b and (", MaxDepth-1) + "c.c" + strings.Repeat(")", MaxDepth-1)
	s, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	p := s.Compile(letter)
	if !p.deep {
		t.Error("the condition is not taken for a deep one")
	}
	for _, v := range [][]Value{{False, True, True}, {False, False, True}, {False, True, Unknown}, {Unknown, Unknown, Unknown}} {
		want := max(v[0], min(v[1], v[2])) // each level is a or b and the next one
		if got := p.Eval(v); got != want {
			t.Errorf("%v: got %v, want %v", v, got, want)
		}
	}
}

// TestBothStacksAgree over all values of conditions that any operator begins and ends.
func TestBothStacksAgree(t *testing.T) {
	for _, src := range []string{"a.a", "not a.a", "a.a and b.b", "a.a or b.b", "not (a.a and b.b) or c.c", "a.a and not (b.b or c.c)",
		"(a.a or b.b) and (b.b or c.c)", "not (not a.a or not (b.b and not c.c))", "a.a or b.b and c.c or not a.a"} {
		s, err := Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Compile(letter)
		for n := range 27 {
			v := []Value{Value(n % 3), Value(n / 3 % 3), Value(n / 9)}
			if a, b := p.Eval(v), p.evalDeep(v); a != b {
				t.Errorf("%s of %v is %v on the short stack and %v on the deep one", src, v, a, b)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a.a", "not (a.a or b.b) and c.c", "a.a && b.b", "((((", "a.a) or", "\xff", "not not not a.a", "AND"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s, err := Parse(src)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(src) || e.Message == "" {
				t.Fatalf("%q: bad error %#v", src, err)
			}
			return
		}
		for _, ref := range s.Refs() {
			if !strings.HasPrefix(src[ref.Offset:], ref.Name) {
				t.Fatalf("%q: %q is not at %d", src, ref.Name, ref.Offset)
			}
		}
		again, err := Parse(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%q: canonical form %q reads as %v, %v", src, s, again, err)
		}
		number := func(name string) int { return len(name) % 7 }
		values := []Value{True, False, Unknown, True, False, Unknown, True}
		p := s.Compile(number)
		if a, b := p.Eval(values), again.Compile(number).Eval(values); a != b {
			t.Fatalf("%q is %v, its canonical form %q is %v", src, a, s, b)
		}
		if a, b := p.Eval(values), p.evalDeep(values); a != b {
			t.Fatalf("%q is %v on the short stack and %v on the deep one", src, a, b)
		}
	})
}
