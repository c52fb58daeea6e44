package pii

import "github.com/mom-router/mom-router/rules/internal/charset"

// ibanLength is the length of an account number by country.
// Source: the SWIFT registry of IBAN formats, release 99.
const ibanCountries = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24" +
	"FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25" +
	"MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27" +
	"SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// iban reports whether an international bank account number begins at p[i]: without spaces or in
// groups of four, with the length of its country and the check digits of ISO 7064 mod 97-10.
func iban(p []byte, i int) bool {
	if !isDigit(byteAt(p, i+2)) || !isDigit(byteAt(p, i+3)) || !isLetter(byteAt(p, i+1)) {
		return false
	}
	length := 0
	for c := ibanCountries; c != ""; c = c[4:] {
		if charset.Lower(p[i]) == c[0]|0x20 && charset.Lower(p[i+1]) == c[1]|0x20 {
			length = int(c[2]-'0')*10 + int(c[3]-'0')
			break
		}
	}
	if length == 0 {
		return false
	}
	var s [34]byte
	n := 0
	spaced := byteAt(p, i+4) == ' ' || byteAt(p, i+4) == '-'
	for n < length {
		c := byteAt(p, i)
		if spaced && n > 0 && n%4 == 0 && (c == ' ' || c == '-') {
			i++
			c = byteAt(p, i)
		}
		if !isDigit(c) && !isLetter(c) {
			return false
		}
		s[n] = c
		n++
		i++
	}
	if wordByte(byteAt(p, i)) {
		return false
	}
	return mod97(s[4:length], s[:4])
}

// mod97 checks the digits of an account number; letters count from 10 on.
func mod97(parts ...[]byte) bool {
	rest := 0
	for _, p := range parts {
		for _, c := range p {
			if isDigit(c) {
				rest = (rest*10 + int(c-'0')) % 97
			} else {
				rest = (rest*100 + int(charset.Lower(c)-'a') + 10) % 97
			}
		}
	}
	return rest == 1
}
