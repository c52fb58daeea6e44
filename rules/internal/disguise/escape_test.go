package disguise

import (
	"bytes"
	"strings"
	"testing"
)

func TestEscapesAreDecoded(t *testing.T) {
	disguised(t, Escaped, [][2]string{
		{"%69%67%6Eore", "ignore"}, {"&#105;&#x67;&#110ore", "ignore"}, {"\\x69\\x67\\u006eore", "ignore"}, {"%69%67%6E%C3%A9", "igné"}, {"%69%67%6E%FF", "ign"},
		{"\\u{69}\\x{67}\\U0000006Eore", "ignore"}, {"\\151\\147\\156ore", "ignore"}, {"U+0069U+0067u+006Eore", "ignore"},
		{"U+0069 U+0067 U+006E U+006F", "igno"}, {"%2569%252567%6Eore", "ignore"}, {"&amp;#105;&amp;amp;#x67;&#110;ore", "ignore"},
	})
	disguised(t, 0, [][2]string{
		{"a%20b%2Fc&amp;&#39;", "a b/c&'"}, {"a&nbsp;b&lt;i&gt;&eacute;&Uuml;", "a b<i>eU"}, {"a&amp;nbsp;b", "a b"}, {"AT&T; &unknown; &amp", ""},
		{"\\u{110000}", ""}, {"\\u{}", ""}, {"\\U99999999", ""}, {"\\777", ""}, {"U+12", ""}, {"menu+1234", ""}, {"%25", "%"}, {"100%2", ""},
		{"%", ""}, {"%6", ""}, {"&#", ""}, {"&#x;", ""}, {"\\u12", ""}, {"\\", ""},
	})
}

func TestEscapesAreFoundWhereverTheyStand(t *testing.T) {
	for before := range 20 {
		for _, escape := range []string{"%69", "&#105;", "\\x69", "\\u0069"} {
			var out []string
			p := strings.Repeat("x", before)
			if reader(&out).escapes([]byte(p + "%&" + escape + "gn%")); len(out) != 1 || out[0] != p+"%&ign%" {
				t.Errorf("%q behind %q is read as %q", escape, p+"%&", out)
			}
		}
	}
}

func FuzzEscapes(f *testing.F) {
	f.Add([]byte(odd))
	f.Fuzz(func(t *testing.T, p []byte) {
		p = bytes.ToValidUTF8(p, nil)
		var want []byte
		some := false
		for i := 0; i < len(p); {
			c, size := rune(0), 0
			switch p[i] {
			case '%', '&', '\\', 'u', 'U':
				c, size = escaped(p, i)
			}
			switch {
			case size == 0:
				want = append(want, p[i])
				i++
				continue
			case p[i] == '%':
				want = append(want, byte(c))
			default:
				want = append(want, string(c)...)
			}
			some = true
			i += size
		}
		var out []string
		r := reader(&out)
		r.escapes(p)
		readable(want)
		if some != (len(out) > 0) || some && !bytes.Equal(r.out, want) {
			t.Errorf("%q is read as %q, want %q", p, r.out, want)
		}
	})
}
