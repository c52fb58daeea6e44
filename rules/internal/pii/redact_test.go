package pii

import (
	"strings"
	"testing"
)

func TestPersonalDataIsTakenOut(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "Why is the sky blue?", "Why is the sky blue?"},
		{"an address", "Write to jane.doe@example.com, please", "Write to [removed] please"},
		{"an address in brackets", "Jane <jane.doe@example.com> asks", "Jane [removed] asks"},
		{"an address in Chinese", "请写信给jane.doe@example.com谢谢", "请写信给[removed]谢谢"},
		{"a card in groups", "My visa card 4111 1111 1111 1111 is lost", "My visa card [removed] is lost"},
		{"a card at the end", "My visa card is 4111111111111111", "My visa card is [removed]"},
		{"a phone", "Call +1 (415) 555-2671 now", "Call [removed] now"},
		{"an account", "Pay DE89 3704 0044 0532 0130 00 today", "Pay [removed] today"},
		{"a social security number", "It is 078-05-1120, he said", "It is [removed] he said"},
		{"a host", "ping 203.0.113.77 fails", "ping [removed] fails"},
		{"a key", "use ghp_16C7e42F292c6912E7710c838347Ae178B4a for it", "use [removed] for it"},
		{"two of them", "a@example.com and b@example.com", "[removed] and [removed]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(Redact([]byte(c.text), len(c.text))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	pem := "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEow"
	if got := string(Redact([]byte("It is "+pem), 1000)); got != "It is "+Mark {
		t.Errorf("of a private key is left: %q", got)
	}
}

// Wherever the text is cut, nothing of what begins before the cut is left.
func TestNothingIsLeftAtACut(t *testing.T) {
	for _, data := range []string{"jane.doe@example.com", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "+1 415-555-2671", "api_key = \"4f9c1d2e8a7b6c5d4e3f2a1b\""} {
		text := "The number of my visa card or account is " + data + " and that is all."
		if Scan([]byte(text), 0, len(text), every) == 0 {
			t.Fatalf("%q is not found", data)
		}
		for to := range len(text) {
			got := string(Redact([]byte(text), to))
			for n := 4; n <= len(data); n++ {
				if i := strings.Index(got, data[:n]); i >= 0 && data[:n] != "api_" && data[:n] != "api_key"[:min(n, 7)] {
					t.Fatalf("cut at %d, %q is left in %q", to, data[:n], got)
				}
			}
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("My visa card 4111 1111 1111 1111 is lost, write to a@example.com", 30)
	f.Add("-----BEGIN PRIVATE "+"KEY----- api_key=4f9c1d2e8a7b6c5d4e3f2a1b", 60)
	f.Fuzz(func(t *testing.T, text string, to int) {
		if to < 0 || len(text) > 4000 {
			return
		}
		got := Redact([]byte(text), to)
		if len(got) > min(to, len(text))*(len(Mark)+1)+len(Mark) {
			t.Errorf("%d bytes of %d", len(got), len(text))
		}
	})
}
