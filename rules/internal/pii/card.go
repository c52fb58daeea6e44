package pii

// A payment card is told from any other number by four things: its issuer with the lengths that this one gives out, Luhn's check
// digit, no letter or digit that touches it, and a reason to think of a card: it is written in the groups that are printed on
// cards, or a word for one stands near. One in forty random numbers has the first three, so without the last it only looks like a card.

const (
	leastCard    = 12
	mostCard     = 19
	longestSpace = 12 // bytes between two groups of digits
	cardContext  = 64 // bytes before and behind a number that are searched for a word for a card
)

// cardNumber is a number as it is written: groups of digits and whatever stands between them.
type cardNumber struct {
	digits [mostCard]byte
	size   [mostCard]uint8 // of each group
	end    [mostCard]int   // offset behind each group
	n      int             // groups
}

// card returns whether the number that begins at p[i] is a payment card's, or only looks like one. Text further around never makes it less.
func card(p []byte, i int) Kinds {
	if !mayBeIssued(p, i) {
		return 0
	}
	before := edge(p, i)
	if isLetter(before) || before == '.' && isDigit(byteAt(p, i-2)) {
		return 0
	}
	if continues(p, i) {
		return 0
	}
	var c cardNumber
	if total := c.read(p, i); total < leastCard {
		return 0
	}
	lengths := issued(c.digits[:6])
	if lengths == 0 {
		return 0
	}
	looks, sure, regular := false, false, false
	end, total := 0, 0
	even, same := true, true // the same stands between all groups so far; they have one size, but for a shorter last one
	for g := range c.n {
		total += int(c.size[g])
		if g > 0 {
			same = same && c.size[g-1] == c.size[0] && c.size[g] <= c.size[0]
			even = even && (g == 1 || string(c.separator(p, g-1)) == string(c.separator(p, 0)))
		}
		if lengths>>total&1 == 0 || isLetter(byteAt(p, c.end[g])) || g == 0 && fraction(p, c.end[0]) || !luhn(c.digits[:total]) {
			continue
		}
		switch size := c.size[:g+1]; {
		case g == 0:
			looks = true
		case printed(size):
			looks = true
			sure = sure || !c.table(p, i, g) && !partOfName(p, i, c.end[g])
		case before == '+': // a telephone's
			continue
		case even && c.alone(p, i, g):
			looks = true
		case even && same:
			regular = true // perhaps what follows is no more of it
		default:
			continue
		}
		end = c.end[g]
	}
	switch {
	case sure, (looks || regular) && nearCardWord(p, i, end):
		return Card | CardLike
	case looks:
		return CardLike
	}
	return 0
}

// mayBeIssued rules out most numbers by their first two digits.
func mayBeIssued(p []byte, i int) bool {
	second := byteAt(p, i+1)
	switch p[i] {
	case '0', '1', '7':
		return false
	case '2':
		return !isDigit(second) || second >= '2' && second <= '7'
	case '8':
		return !isDigit(second) || second <= '2' || second == '6'
	case '9':
		return !isDigit(second) || second >= '7'
	}
	return true
}

// continues reports whether the digits at p[i] are too few to begin a card's number, as they go on what stands before them: only groups that are printed
// on cards, and bare numbers, are looked for behind other digits.
func continues(p []byte, i int) bool {
	end := i
	for end < len(p) && isDigit(p[end]) && end-i < leastCard {
		end++
	}
	if n := end - i; n == 4 || n == 6 || n == leastCard {
		return false
	}
	next := afterSeparators(p, end)
	if next == end || !isDigit(byteAt(p, next)) {
		return true
	}
	sep := string(p[end:next])
	return hasPrefix(p, i-len(sep), sep) && isDigit(byteAt(p, i-len(sep)-1))
}

// read reads the number that begins at p[i] and returns how many digits it has. A group that would make it too long is left out, and so is
// what stands behind another separator, unless the groups may be printed ones.
func (c *cardNumber) read(p []byte, i int) (total int) {
	for c.n < len(c.size) {
		from := i
		for i < len(p) && isDigit(p[i]) {
			if total+i-from >= mostCard {
				return total
			}
			c.digits[total+i-from] = p[i]
			i++
		}
		c.size[c.n], c.end[c.n] = uint8(i-from), i
		if c.n++; c.n > 2 && !mayBePrinted(c.size[0], c.size[1]) && string(c.separator(p, c.n-2)) != string(c.separator(p, 0)) {
			c.n--
			return total
		}
		total += i - from
		next := afterSeparators(p, i)
		if next == i || next >= len(p) || !isDigit(p[next]) {
			break
		}
		i = next
	}
	return total
}

// afterSeparators returns where a run of spaces and signs that begins at p[i] ends. It is i if there is none, or a longer one than counts.
func afterSeparators(p []byte, i int) int {
	from := i
	for i < len(p) && i-from <= longestSpace {
		n := separatorAt(p, i)
		if n == 0 {
			return i
		}
		i += n
	}
	return from
}

// separatorAt returns how many bytes the separator at p[i] takes, or 0 if there is none: all that is neither letter nor digit in any script,
// as far as it is used between numbers, and JSON's escapes of white space.
func separatorAt(p []byte, i int) int {
	c := p[i]
	switch {
	case c == '\\' && escapes(byteAt(p, i+1)):
		return 2
	case c < 0x80:
		if isDigit(c) || isLetter(c) || c == '+' {
			return 0
		}
		return 1
	case i+1 >= len(p):
		return 0
	case c == 0xC2: // Latin-1 signs and the no-break space
		return 2
	case i+2 >= len(p):
		return 0
	case c == 0xE2, c == 0xE3 && p[i+1] == 0x80, c == 0xE3 && p[i+1] == 0x83 && p[i+2] == 0xBB: // dashes, bullets, wide spaces, Japanese dots
		return 3
	case c == 0xF0 && p[i+1] == 0x9F && i+3 < len(p): // emoji
		return 4
	}
	return 0
}

// printed reports whether groups have the sizes that are printed on cards. The lengths that they make are checked with the issuer.
func printed(size []uint8) bool {
	at := func(i int) uint8 {
		if i < len(size) {
			return size[i]
		}
		return 0
	}
	switch len(size) {
	case 2:
		return size[0] == 6 && size[1] >= 10 // Maestro and UnionPay
	case 3:
		return size[0] == 4 && size[1] == 6 && (size[2] == 5 || size[2] == 4) // American Express and Diners Club
	case 4, 5:
		if size[0] != 4 {
			return false
		}
		if len(size) == 4 && size[1] == 3 && size[2] == 3 && size[3] == 3 { // thirteen digits
			return true
		}
		return size[1] == 4 && size[2] == 4 && (size[3] == 4 && at(4) <= 3 || len(size) == 4 && size[3] == 1)
	}
	return false
}

// mayBePrinted reports whether two groups may be the first of three or more that are printed on cards.
func mayBePrinted(first, second uint8) bool {
	return first == 4 && (second == 4 || second == 6 || second == 3)
}

// separator is what stands behind a group.
func (c *cardNumber) separator(p []byte, g int) []byte {
	return p[c.end[g] : c.end[g+1]-int(c.size[g+1])]
}

// alone reports whether no more digits stand before or behind the groups up to g with the separator that is between these.
func (c *cardNumber) alone(p []byte, i, g int) bool {
	sep := c.separator(p, 0)
	before, behind := i-len(sep), c.end[g]
	return !(hasPrefix(p, before, string(sep)) && isDigit(byteAt(p, before-1))) &&
		!(hasPrefix(p, behind, string(sep)) && isDigit(byteAt(p, behind+len(sep))))
}

// table reports whether the groups are some of a longer list of numbers of four digits.
func (c *cardNumber) table(p []byte, i, g int) bool {
	sep := c.separator(p, 0)
	more := 0
	for at := i; more < 3 && hasPrefix(p, at-len(sep), string(sep)) && four(p, at-len(sep)-4); more++ {
		at -= len(sep) + 4
	}
	for at := c.end[g]; more < 3 && hasPrefix(p, at, string(sep)) && four(p, at+len(sep)); more++ {
		at += len(sep) + 4
	}
	return more >= 3
}

// four reports whether a number of just four digits begins at p[i].
func four(p []byte, i int) bool {
	if i < 0 || i+4 > len(p) || isDigit(byteAt(p, i-1)) || isDigit(byteAt(p, i+4)) {
		return false
	}
	for _, c := range p[i : i+4] {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// partOfName reports whether the number p[i:end] is tied to a letter, as the parts of serial numbers are: AB-4111-1111-1111-1111.
func partOfName(p []byte, i, end int) bool {
	tie := func(c byte) bool { return c == '-' || c == '_' }
	return i > 1 && tie(p[i-1]) && isLetter(p[i-2]) || tie(byteAt(p, end)) && isLetter(byteAt(p, end+1))
}

// fraction reports whether digits go on at p[i] behind a decimal point.
func fraction(p []byte, i int) bool { return byteAt(p, i) == '.' && isDigit(byteAt(p, i+1)) }

// issuers are the ranges of first digits that card networks use, and the lengths of their numbers.
// Source: ISO/IEC 7812 and the networks' published ranges, as en.wikipedia.org/wiki/Payment_card_number gathers them.
var issuers = [...]struct {
	from, to uint32 // of the first six digits
	lengths  uint32 // a bit for each
}{
	{400000, 499999, lengths(13, 16, 19)},                     // Visa
	{510000, 559999, lengths(16)},                             // Mastercard
	{222100, 272099, lengths(16)},                             //
	{340000, 349999, lengths(15)},                             // American Express
	{370000, 379999, lengths(15)},                             //
	{300000, 305999, lengths(14, 16, 17, 18, 19)},             // Diners Club
	{309500, 309599, lengths(14, 16, 17, 18, 19)},             //
	{360000, 369999, lengths(14, 16, 17, 18, 19)},             //
	{380000, 399999, lengths(14, 16, 17, 18, 19)},             // and Hipercard
	{352800, 358999, lengths(16, 17, 18, 19)},                 // JCB
	{601100, 601199, lengths(16, 17, 18, 19)},                 // Discover
	{644000, 659999, lengths(16, 17, 18, 19)},                 // and RuPay, Troy, Verve, Elo
	{620000, 629999, lengths(16, 17, 18, 19)},                 // UnionPay
	{810000, 817199, lengths(16, 17, 18, 19)},                 //
	{600000, 609999, lengths(16)},                             // RuPay, Hipercard
	{817200, 829999, lengths(16)},                             //
	{508500, 508999, lengths(16)},                             //
	{501800, 501899, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, // Maestro
	{502000, 502099, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{503800, 503899, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{589300, 589399, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{630400, 630499, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{639000, 639099, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{675900, 675999, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{676100, 676399, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{676770, 676774, lengths(12, 13, 14, 15, 16, 17, 18, 19)}, //
	{501900, 501999, lengths(16)},                             // Dankort
	{504175, 504175, lengths(16)},                             // Elo
	{506699, 506778, lengths(16)},                             //
	{509000, 509999, lengths(16)},                             //
	{636297, 636368, lengths(16)},                             //
	{506099, 506198, lengths(16, 18, 19)},                     // Verve
	{507865, 507964, lengths(16, 18, 19)},                     //
	{220000, 220599, lengths(16, 17, 18, 19)},                 // Mir, BORICA
	{979200, 979299, lengths(16)},                             // Troy
	{860000, 860099, lengths(16)},                             // UzCard
	{561400, 561499, lengths(16)},                             //
	{986000, 986099, lengths(16)},                             // Humo
	{637000, 639999, lengths(16)},                             // InstaPayment
}

func lengths(list ...int) (bits uint32) {
	for _, n := range list {
		bits |= 1 << n
	}
	return bits
}

// issued returns the lengths, a bit for each, of the numbers of card networks that begin with six digits.
func issued(digits []byte) (lengths uint32) {
	first := uint32(0)
	for _, c := range digits {
		first = first*10 + uint32(c-'0')
	}
	for i := range issuers {
		if r := &issuers[i]; first >= r.from && first <= r.to {
			lengths |= r.lengths
		}
	}
	return lengths
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
