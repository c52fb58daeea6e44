package signal

import (
	"strings"
	"testing"
)

func TestPersonalDataIsFoundBehindWhatIsGluedToIt(t *testing.T) {
	b := NewBuilder()
	declare(t, b, "pii", "all", `{"in": "any", "kinds": ["email", "phone", "ssn", "card", "iban", "ip", "api_key"]}`)
	st := b.Build().NewState()
	for _, data := range []string{"jane.doe@example.com", "+1 415-555-2671", "078-05-1120", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "203.0.113.77", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"} {
		for _, glue := range []string{`\n`, `\\t`, `\r\n`, "\x1b[0m", `\033[1m`, `\e[31m`, "%s", "%-5d", "&nbsp;", "&#32;", `\u0020`, "%20", " "} {
			for before := range 3 {
				words := strings.Repeat("some words ", 745*before) + `{"text":"Contact:` + glue + data + glue + `thanks"}`
				if !truths(st, words)["pii.all"] {
					t.Errorf("%q between %q is not found behind %d bytes", data, glue, 8195*before)
				}
			}
		}
	}
	for _, harmless := range []string{`{"text":"Contact:\nnobody%s\u0020thanks"}`, "%34%31%31%31 of it", `\033[41m11 1111`} {
		if truths(st, harmless)["pii.all"] {
			t.Errorf("%q is taken for personal data", harmless)
		}
	}
}
