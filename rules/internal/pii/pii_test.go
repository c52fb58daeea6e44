package pii

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const all = Kinds(1<<len(Names) - 1)

func find(s string) Kinds { return Scan([]byte(s), 0, len(s), all) }

func (k Kinds) names() (list []string) {
	for i, n := range Names {
		if k>>i&1 != 0 {
			list = append(list, n)
		}
	}
	return list
}

func TestPersonalDataIsFound(t *testing.T) {
	key := "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
	for text, want := range map[string]Kinds{
		"write to a.b+c@mail.example.com.":        Email,
		"<x@example.co.uk>":                       Email,
		"mailto:x_y@example.org?subject=1":        Email,
		"a@163.com":                               Email,
		"请写信到zhang@example.cn谢谢":                  Email,
		"+44 20 7946 0958":                        Phone,
		"+14155550132":                            Phone,
		"(415) 555-0132":                          Phone,
		"415-555-0132 or":                         Phone,
		"415.555.0132":                            Phone,
		"1-800-555-0199":                          Phone,
		"call 5550132":                            Phone,
		"我的手机是13800138000":                        Phone,
		"01 23 45 67 98":                          Phone,
		"030 901820 12":                           Phone,
		"0049 30 123456":                          Phone,
		"8 (495) 123-45-67":                       Phone,
		"078-05-1120":                             SSN,
		"SSN 078051120":                           SSN,
		"4111 1111 1111 1111":                     Card | CardLike,
		"4111-1111-1111-1111":                     Card | CardLike,
		"card 4111111111111111, exp":              Card | CardLike,
		"3782 822463 10005":                       Card | CardLike,
		"GB82 WEST 1234 5698 7654 32":             IBAN,
		"DE89370400440532013000":                  IBAN,
		"gb82west12345698765432":                  IBAN,
		"ping 203.0.113.9.":                       IP,
		"http://203.0.113.9:8080/x":               IP,
		"2001:db8::8a2e:370:7334":                 IP,
		"fe80::1":                                 IP,
		"2001:0db8:85a3:0000:0000:8a2e:0370:7334": IP,
		"ghp_" + key:                              APIKey,
		"export OPENAI_API_KEY=sk-proj-" + key:    APIKey,
		"AKIAQ2ZT7XW3HB5NMFK4":                    APIKey,
		"api_key = \"" + key + "\"":               APIKey,
		"Authorization: Bearer " + key:            APIKey,
		"-----BEGIN RSA PRIVATE KEY-----\nMII":    APIKey,
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcd": APIKey,
		"a@example.com 4111111111111111 203.0.113.9":            Email | CardLike | IP,
	} {
		if got := find(text); got != want {
			t.Errorf("%q: found %v, want %v", text, got.names(), want.names())
		}
	}
}

func TestLookAlikesAreNotFound(t *testing.T) {
	for _, text := range []string{
		"", "@", "a@", "@b.c", "a@b", "user@localhost", "npm i @scope/pkg.name", "lodash@4.17.21", "icon@2x.png", "git@github.com:org/repo.git",
		"postgres://bob:secret@db.example.com/x", "a..@", "x@-example.com",
		"2026-11-22", "22.11.2026 10:15", "2026-11-22 10 15 30", "10:15:30", "123456789", "1,234,567,890", "3.14159265358979", "$1234567890",
		"order 1234567890", "12345678901234567890123", "1/2/3/4/5/6/7/8", "ISBN 978-3-16-148410-0",
		"000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "123 45 6789", "A123-45-6789", "123-45-67890",
		"4111 1111 1111 1112", "1234567812345678", "0000 0000 0000 0000", "x4111111111111111", "41111111111111111",
		"GB82 WEST 1234 5698 7654 33", "DE8937040044053201300", "XX82WEST12345698765432", "ES6 class",
		"1.2.3", "version 1.2.3.4", "v1.2.3.4", "256.1.1.1", "1.2.3.4.5", "01.2.3.4", "127.0.0.1", "0.0.0.0", "255.255.255.0",
		"12:34:56", "std::vector", "a::b", "00:1A:2B:3C:4D:5E", "::1", "dead::beef", "face::off",
		"sk-your-api-key-goes-here", "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "ghp_", "api_key = os.environ", "AKIAEXAMPLE", "task-management-software-2",
		"bearer of bad news and good", "-----BEGIN CERTIFICATE-----", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"123e4567-e89b-12d3-a456-426614174000", "eyJ is how JSON begins in base64",
	} {
		if got := find(text); got != 0 {
			t.Errorf("%q: found %v", text, got.names())
		}
	}
}

// TestHeldOutRows reports precision and recall on rows that nothing was tuned on.
func TestHeldOutRows(t *testing.T) {
	f, err := os.Open("../../train/testdata/pii.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var right, missed, wrong [len(Names)]int
	for s := bufio.NewScanner(f); s.Scan(); {
		var row struct {
			Text   string
			Labels []string
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		got := find(row.Text)
		for i, n := range Names {
			label := strings.TrimSuffix(n, "_like") // every card looks like one
			is, found := strings.Contains(" "+strings.Join(row.Labels, " ")+" ", " "+label+" "), got>>i&1 != 0
			switch {
			case is && found:
				right[i]++
			case is:
				missed[i]++
				if os.Getenv("SHOW") != "" {
					t.Logf("missed %s: %s", n, row.Text)
				}
			case found:
				wrong[i]++
				if os.Getenv("SHOW") != "" {
					t.Logf("wrong %s: %s", n, row.Text)
				}
			}
		}
	}
	for i, n := range Names {
		recall, precision := 100*right[i]/max(1, right[i]+missed[i]), 100*right[i]/max(1, right[i]+wrong[i])
		t.Logf("%-8s recall %3d %% of %d, precision %3d %%", n, recall, right[i]+missed[i], precision)
		if recall < 80 || precision < 80 {
			t.Errorf("%s: recall %d %%, precision %d %%", n, recall, precision)
		}
	}
}

// FuzzWindows checks that what is found does not depend on where a long text is parted, given
// enough bytes around.
func FuzzWindows(f *testing.F) {
	f.Add("a@example.com 4111 1111 1111 1111 GB82 WEST 1234 5698 7654 32 203.0.113.9 sk-aB3dE5fG7hI9jK1lM3nO5", uint16(20))
	f.Fuzz(func(t *testing.T, s string, n uint16) {
		cut := int(n) % (len(s) + 1)
		if got := Scan([]byte(s), 0, cut, all) | Scan([]byte(s), cut, len(s), all); got != find(s) {
			t.Errorf("parted at %d: %v, whole: %v", cut, got.names(), find(s).names())
		}
		// Nothing looks further than ContextBytes.
		for i := range s {
			near := s[max(0, i-ContextBytes):min(len(s), i+ContextBytes)]
			at := i - max(0, i-ContextBytes)
			if Scan([]byte(near), at, at+1, all) != Scan([]byte(s), i, i+1, all) {
				t.Errorf("what begins at %d depends on bytes far away", i)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	for name, s := range map[string]string{
		"prose":   "Design a distributed rate limiter using Redis and explain the algorithm with implementation details. ",
		"numbers": "In 2024 revenue rose 12.5 % to 1,234,567 (2023: 1,098,765), see tables 3-7. ",
	} {
		p := []byte(strings.Repeat(s, 32<<10/len(s)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				Scan(p, 0, len(p), all)
			}
		})
	}
}
