package sha256

import (
	"crypto/hmac"
	standard "crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

func TestKnownHashes(t *testing.T) {
	for input, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		if got := Sum([]byte(input)); hex.EncodeToString(got[:]) != want {
			t.Errorf("Sum(%q) = %x", input, got)
		}
	}
}

func TestEveryLengthAgreesWithTheStandardLibrary(t *testing.T) {
	r := rand.NewChaCha8([32]byte{})
	data := make([]byte, 300)
	r.Read(data)
	for n := range data {
		check(t, data[:n/2], data[:n])
	}
}

// check compares the hash and the HMAC with the standard library's, with the text
// cut at every point for short texts and at a few for long ones.
func check(t *testing.T, key, text []byte) {
	t.Helper()
	mac := hmac.New(standard.New, key)
	mac.Write(text)
	want := mac.Sum(nil)
	for cut := 0; cut <= len(text); cut += 1 + len(text)/40 {
		if Sum(text[:cut], text[cut:]) != standard.Sum256(text) {
			t.Fatalf("Sum differs at length %d, cut %d", len(text), cut)
		}
		if got := HMAC(key, text[:cut], text[cut:]); string(got[:]) != string(want) {
			t.Fatalf("HMAC differs with a key of %d and a text of %d, cut %d", len(key), len(text), cut)
		}
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte("key"), []byte("text"))
	f.Add(make([]byte, 64), make([]byte, 55))
	f.Add(make([]byte, 65), make([]byte, 56))
	f.Fuzz(func(t *testing.T, key, text []byte) { check(t, key, text) })
}
