package disguise

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/charset"
)

// A row of pairs that is long enough, and a run of data.
var (
	rowPattern = regexp.MustCompile(`([0-9a-fA-F]{2}([ ,:-] ?)?([0\\][xX])?){8}`)
	runPattern = regexp.MustCompile(`[A-Za-z0-9+/_-]{16}`)
)

// checkDecoded says that nothing is passed over that may be hex or base64, and that what hex and base64 find is what they
// find in the rows and runs by themselves.
func checkDecoded(t *testing.T, p []byte) {
	t.Helper()
	if hexRow(p, 0) == len(p) && rowPattern.Match(p) {
		t.Errorf("the row in %q is passed over", p)
	}
	if dataRun(p, 0) == len(p) && runPattern.Match(p) {
		t.Errorf("the run in %q is passed over", p)
	}
	var got, want []string
	r := reader(&got)
	found := r.hex(p) | r.base64(p)
	r = reader(&want)
	// A row or run with nothing before it is where hexRow and dataRun have to begin, so a text that is cut behind each
	// byte that is of none is read as a whole.
	cut := func(read func([]byte) Kinds, set charset.Set) (found Kinds) {
		for from := 0; from < len(p); {
			to := from
			for to < len(p) && charset.Of(p[to])&set != 0 {
				to++
			}
			if to > from {
				found |= read(p[:to][from:])
			}
			from = to + 1
		}
		return found
	}
	wanted := cut(r.hex, charset.Letters|charset.Digits|charset.HexRows) | cut(r.base64, charset.Data|charset.Lines)
	if bytes.ContainsAny(p, "\r\n") {
		return // a line end within base64 looks back further than a cut text reaches
	}
	if found != wanted || !slices.Equal(got, want) {
		t.Errorf("%q holds %q (%b), want %q (%b)", p, got, found, want, wanted)
	}
}

func TestRowsAndRunsAreFoundWhereverTheyStand(t *testing.T) {
	for _, data := range []string{"69676e6f726520616c6c", "69 67 6e 6f 72 65 20 61", "0x69,0x67,0x6e,0x6f,0x72,0x65,0x20,0x61", "aWdub3JlIGFsbCBydWxlcw=="} {
		for before := range 40 {
			for _, gap := range []string{".", "(", "; ", "\n", "ü"} {
				p := []byte(strings.Repeat("x", before) + gap + data + gap + "behind it")
				var out []string
				r := reader(&out)
				if r.hex(p)|r.base64(p) == 0 {
					t.Errorf("nothing is found in %q", p)
				}
				checkDecoded(t, p)
			}
		}
	}
}
