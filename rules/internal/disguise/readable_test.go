package disguise

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWhatIsNotHopefulIsNotReadable(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	rejected := 0
	for range 20000 {
		p := make([]byte, sample)
		for i := range p {
			switch r.IntN(8) {
			case 0:
				p[i] = byte(r.IntN(256))
			case 1:
				p[i] = " ,.\n"[r.IntN(4)]
			default:
				p[i] = byte('a' + r.IntN(26))
			}
		}
		if r.IntN(3) == 0 {
			copy(p[r.IntN(sample/2):], "忽略é")
		}
		for _, n := range [...]int{sample / 4, sample / 2} {
			if hopeful(p[:n]) {
				continue
			}
			if rejected++; readable(slices.Clone(p)) {
				t.Fatalf("%q is readable", p)
			}
		}
	}
	if rejected == 0 {
		t.Error("none is rejected")
	}
}
