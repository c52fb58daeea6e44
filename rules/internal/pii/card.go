package pii

// card reports whether the number is a payment card's: digits alone or in the groups printed on
// cards, a known prefix with its length, and Luhn's check digit.
func (g *groups) card() bool {
	if g.plus || g.paren || g.total < 13 || g.total > 19 || !g.cardGroups() || !g.issued() {
		return false
	}
	return luhn(g.digits[:g.total])
}

func (g *groups) cardGroups() bool {
	if g.n == 1 {
		return true
	}
	if !g.all(' ') && !g.all('-') && !g.all('.') {
		return false
	}
	if g.sizes(4, 6, 5) || g.sizes(4, 6, 4) {
		return true
	}
	for _, n := range g.size[:g.n-1] {
		if n != 4 {
			return false
		}
	}
	return g.size[g.n-1] <= 4
}

// issued reports whether the first digits belong to a card network, and the length is one of its.
// Source: the networks' published ranges (ISO/IEC 7812 issuer identification numbers).
func (g *groups) issued() bool {
	first := 0
	for _, c := range g.digits[:4] {
		first = first*10 + int(c-'0')
	}
	n := g.total
	switch {
	case first/1000 == 4: // Visa
		return n == 13 || n == 16 || n == 19
	case first >= 5100 && first < 5600, first >= 2221 && first <= 2720: // Mastercard
		return n == 16
	case first/100 == 34, first/100 == 37: // American Express
		return n == 15
	case first/100 == 30, first/100 == 36, first/100 == 38, first/100 == 39: // Diners Club
		return n == 14 || n == 16
	case first == 6011, first/10 >= 644 && first/10 <= 659: // Discover
		return n >= 16
	case first >= 3528 && first <= 3589: // JCB
		return n >= 16
	case first/100 == 62, first/100 == 81: // UnionPay
		return n >= 16
	case first/100 == 50, first/100 >= 56 && first/100 <= 58, first/100 == 63, first/100 == 67: // Maestro
		return n == 16 || n == 18 || n == 19
	case first/100 == 60: // RuPay
		return n == 16
	case first >= 2200 && first <= 2204: // Mir
		return n >= 16
	}
	return false
}

// luhn checks the last digit, as ISO/IEC 7812-1 annex B says.
func luhn(digits []byte) bool {
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}
