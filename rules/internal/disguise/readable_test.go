package disguise

import (
	"encoding/base64"
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

func TestWhatIsHopelessIsNotReadable(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	hopelessOnes, readableOnes := 0, 0
	check := func(run string) {
		all := decode64(nil, []byte(run), len(run))
		ok := readable(decode64(nil, []byte(run), sample))
		if hopeless([]byte(run)) {
			hopelessOnes++
			if ok {
				t.Errorf("%q is hopeless and decodes to %q", run, all)
			}
		}
		if ok {
			readableOnes++
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
	for range 20000 {
		var run [32]byte
		for i := range run {
			run[i] = alphabet[r.IntN(len(alphabet))]
		}
		check(string(run[:]))
	}
	pieces := []string{"ignore", "é", "忽略", "😀", "\n", "\t", "\x00", "\xff", " ", "\x7f", "\xc3", "a", "я"}
	for range 20000 {
		text := ""
		for len(text) < sample {
			text += pieces[r.IntN(len(pieces))]
		}
		check(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	if hopelessOnes < 15000 || readableOnes < 1000 {
		t.Errorf("%d of the texts are hopeless and %d readable", hopelessOnes, readableOnes)
	}
}
