package pii

// ssn reports whether the number is a United States social security number: with hyphens by its
// form alone, else only behind words that say so. Numbers that are never issued (area 000, 666 and
// 900 to 999, group 00, serial 0000) are none.
func (g *groups) ssn() bool {
	if g.plus || g.paren || g.total != 9 {
		return false
	}
	switch {
	case g.sizes(3, 2, 4) && g.all('-'):
	case (g.sizes(3, 2, 4) && g.even() || g.n == 1) && g.near(64, "ssn", "social security", "social sec"):
	default:
		return false
	}
	d := string(g.digits[:9])
	return d[:3] != "000" && d[:3] != "666" && d[0] != '9' && d[3:5] != "00" && d[5:] != "0000"
}
