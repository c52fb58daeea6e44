package sha256

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"testing"
)

func TestEveryLengthIsDigestedAsTheLibraryDoes(t *testing.T) {
	p := make([]byte, 1000)
	for i := range p {
		p[i] = byte(i*i>>3 + i)
	}
	for n := range p {
		if got, want := Sum256(p[:n]), sha256.Sum256(p[:n]); got != want {
			t.Fatalf("%d bytes: got %x, want %x", n, got, want)
		}
	}
	for _, n := range []int{4095, 4096, 1 << 20} {
		long := bytes.Repeat([]byte{0xff, 0, 7}, n/3+1)[:n]
		if got, want := Sum256(long), sha256.Sum256(long); got != want {
			t.Fatalf("%d bytes: got %x, want %x", n, got, want)
		}
	}
}

func TestCodesAreThoseOfTheLibrary(t *testing.T) {
	for _, n := range []int{1, 31, 63, 64, 65, 200} {
		key := bytes.Repeat([]byte{0xa5, byte(n)}, n)[:n]
		k := NewKey(key)
		for _, message := range []string{"", "a", string(bytes.Repeat([]byte("x"), 700)), "b"} {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(message))
			if got, want := k.HMAC([]byte(message)), mac.Sum(nil); !bytes.Equal(got[:], want) {
				t.Errorf("key of %d bytes, %q: got %x, want %x", n, message, got, want)
			}
		}
	}
}

func FuzzSum256(f *testing.F) {
	f.Add([]byte("abc"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if got, want := Sum256(p), sha256.Sum256(p); got != want {
			t.Errorf("%q: got %x, want %x", p, got, want)
		}
	})
}

func BenchmarkSum256(b *testing.B) {
	p := make([]byte, 760) // a record
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		p[0] = Sum256(p)[0]
	}
}

func TestAMessageInPiecesHasTheSameCode(t *testing.T) {
	key := []byte("0123456789abcdef")
	k := NewKey(key)
	message := bytes.Repeat([]byte("The tide comes in twice a day. "), 20)
	for _, cut := range []int{1, 7, 63, 64, 65, 128, len(message)} {
		s := k.Begin()
		var before Stream
		for p := message; len(p) > 0; {
			n := min(cut, len(p))
			s.Write(p[:n])
			before = s
			s.Write([]byte("what is taken back again, however long it is, since a stream is a value that can be copied"))
			s, p = before, p[n:]
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(message)
		for range 2 { // the end leaves it as it is
			if got, want := k.End(&s), mac.Sum(nil); !bytes.Equal(got[:], want) {
				t.Errorf("cut at %d: got %x, want %x", cut, got, want)
			}
		}
	}
}
