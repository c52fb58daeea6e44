package pii

// phoneWords say that the number behind them is a telephone's.
var phoneWords = []string{
	"phone", "telephone", "tel", "call", "cell", "cellphone", "mobile", "mob", "fax", "text me", "sms", "whatsapp", "dial",
	"hotline", "reach me", "telefon", "handy", "telefono", "teléfono", "téléphone", "portable", "móvil", "celular", "телефон",
	"тел", "电话", "手机", "電話", "手機", "携帯", "전화", "휴대폰",
}

// referenceWords say that the number behind them is something else.
var referenceWords = []string{
	"order", "invoice", "tracking", "ticket", "case", "ref", "reference", "serial", "sku", "part", "isbn", "issn", "account",
	"id", "version", "doi", "page", "pages", "订单", "编号", "运单",
}

// phone reports whether the number is a telephone's. International numbers and the national forms
// of many countries are known by themselves, others by the words before them.
func (g *groups) phone() bool {
	if g.total > 15 || g.dated() || !g.plus && g.near(32, referenceWords...) {
		return false
	}
	d := g.digits[:g.total]
	switch {
	case g.plus:
		return g.total >= 8 && d[0] != '0' && g.short(13)
	case g.n > 1 && d[0] == '0' && d[1] == '0' && g.size[0] <= 5:
		return g.total >= 11 && d[2] != '0' && g.short(8)
	case g.sizes(3, 3, 4):
		return d[0] >= '2' && (g.even() && g.sep[0] != '/' || g.paren) || g.said()
	case g.sizes(1, 3, 3, 4): // North America with its country code
		return d[0] == '1' && d[1] >= '2'
	case g.sizes(1, 3, 3, 2, 2): // Russia
		return d[0] == '8' || d[0] == '7'
	case g.n == 1 && g.total == 11, g.sizes(3, 4, 4): // mobile telephones in China and Korea
		return d[0] == '1' && d[1] >= '3' || g.n > 1 && d[0] == '0' || g.said()
	case g.paren && g.n > 1:
		return g.total >= 9 && g.total <= 12 && g.short(6)
	case d[0] == '0' && g.n > 1:
		return g.total >= 9 && g.total <= 12 && g.trunk()
	}
	return g.said()
}

// said reports whether the words before it make the number a telephone's.
func (g *groups) said() bool {
	return g.total >= 7 && g.total <= 13 && g.short(11) && g.near(32, phoneWords...)
}

// short reports whether no group has more than n digits.
func (g *groups) short(n uint8) bool {
	for _, size := range g.size[:g.n] {
		if size > n {
			return false
		}
	}
	return true
}

// trunk reports whether the groups can be those of a national number with its leading zero. A
// postal code (5-4), a social security number that is none (3-2-4) and a count (01 02 03) are not.
func (g *groups) trunk() bool {
	if g.sizes(5, 4) || g.sizes(3, 2, 4) || g.sizes(3, 3, 3, 3) || g.count() {
		return false
	}
	for i, size := range g.size[:g.n] {
		if size < 2 || size > 8 || i > 1 && g.sep[i-1] == '/' {
			return false
		}
	}
	return true
}

// count reports whether all groups are pairs that go on by the same step.
func (g *groups) count() bool {
	value := func(i int) int { return int(g.digits[2*i])*10 + int(g.digits[2*i+1]) }
	for i, size := range g.size[:g.n] {
		if size != 2 || i > 1 && value(i)-value(i-1) != value(1)-value(0) {
			return false
		}
	}
	return true
}

// dated reports whether the number is a date, perhaps with an hour: 2026-11-22, 22.11.2026, (2026) 11.
func (g *groups) dated() bool {
	if g.paren && g.size[0] == 4 && (g.digits[0] == '1' && g.digits[1] == '9' || g.digits[0] == '2' && g.digits[1] == '0') {
		return true
	}
	if g.plus || g.paren || g.n < 3 {
		return false
	}
	s := g.size
	return s[0] == 4 && s[1] <= 2 && s[2] <= 2 || s[0] <= 2 && s[1] <= 2 && s[2] == 4 && g.sep[0] == g.sep[1] && g.sep[0] != ' '
}
