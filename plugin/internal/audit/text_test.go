package audit

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// slowly is AppendString without its fast path: rune by rune, and cut before the first one that does not fit.
func slowly(dst []byte, s string, longest int) []byte {
	dst = append(dst, '"')
	limit := len(dst) + longest
	for _, r := range s {
		before := len(dst)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20 || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029:
			dst = append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
		if len(dst) > limit {
			dst = dst[:before]
			break
		}
	}
	return append(dst, '"')
}

func TestPlainRunsAreWrittenAsRuneByRune(t *testing.T) {
	for _, s := range []string{"", "plain", "a\"b", "a\\", "tab\there", "é\x7fx", "中文 and ASCII", "\xff\xfe", "ab\u2028cd", strings.Repeat("x", 50)} {
		for longest := range 60 {
			got, want := string(AppendString([]byte("k:"), s, longest)), string(slowly([]byte("k:"), s, longest))
			if got != want {
				t.Fatalf("%q in %d bytes: got %s, want %s", s, longest, got, want)
			}
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"b\x01é", 4)
	f.Fuzz(func(t *testing.T, s string, longest int) {
		longest &= 0xFFF
		if got, want := string(AppendString(nil, s, longest)), string(slowly(nil, s, longest)); got != want {
			t.Errorf("%q in %d bytes: got %s, want %s", s, longest, got, want)
		}
	})
}

func TestTimesAreWrittenAsTheLayoutSays(t *testing.T) {
	zone := time.FixedZone("", 5*3600+1800)
	var l line
	for _, at := range []time.Time{
		time.Unix(0, 0), time.Unix(0, 999), time.Unix(1795332600, 999_999_999), time.Date(2024, 2, 29, 23, 59, 59, 1_999, time.UTC),
		time.Date(2026, 12, 31, 23, 0, 0, 0, zone), time.Date(2026, 12, 31, 23, 0, 0, 1_000_000, zone), time.Date(2027, 1, 1, 3, 4, 5, 67_000, zone),
	} {
		l.n = 0
		l.time(at.UnixNano())
		if got, want := string(l.buf[:l.n]), at.UTC().Format("2006-01-02T15:04:05.000000Z"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
