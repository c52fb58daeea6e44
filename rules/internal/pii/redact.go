package pii

// Mark stands in a text where personal data was taken out.
const Mark = "[removed]"

// Redact takes out of a text what Scan finds in it, with the whole word and the groups of digits around it: too much rather than too little. Behind the header of
// a private key nothing is left. Only what begins before to is returned, and at most to bytes of the text; what stands behind is looked at alone.
func Redact(p []byte, to int) (out []byte) {
	to = min(to, len(p))
	last := to // an address is found at its @, which may stand behind
	for last < len(p) && inRun(p[last]) {
		last++
	}
	for i := 0; i < to; {
		at := i
		for at < last && Scan(p, at, at+1, every) == 0 {
			at++
		}
		from := max(before(p, at), i)
		if at >= last || from >= to {
			return append(out, p[i:to]...)
		}
		out = append(append(out, p[i:from]...), Mark...)
		if p[at] == '-' {
			return out
		}
		i = behind(p, ends(p, at))
	}
	return out
}

const every = Kinds(1<<len(Names) - 1)

// ends is where the shortest text ends in which something is found at p[at].
func ends(p []byte, at int) int {
	for end := at + 1; end < len(p) && end < at+ContextBytes; end++ {
		if Scan(p[:end], at, at+1, every) != 0 {
			return end
		}
	}
	return min(at+ContextBytes, len(p))
}

// before is where the word begins that p[at] stands in, and the groups of digits before it.
func before(p []byte, at int) int {
	for {
		for at > 0 && inRun(p[at-1]) {
			at--
		}
		i := at
		for i > 0 && p[i-1] == ' ' {
			i--
		}
		if i == at || i == 0 || at-i > 1 || !isDigit(p[i-1]) && p[i-1] != ')' {
			return at
		}
		at = i
	}
}

// behind is where the word ends that ends at p[at] or later, and the groups of digits behind it.
func behind(p []byte, at int) int {
	for {
		for at < len(p) && inRun(p[at]) {
			at++
		}
		i := at
		for i < len(p) && p[i] == ' ' {
			i++
		}
		if i == at || i == len(p) || i-at > 1 || !isDigit(p[i]) && p[i] != '(' {
			return at
		}
		at = i
	}
}

// inRun reports whether a byte belongs to what white space parts. Other alphabets than ASCII's end it: they may go without white space.
func inRun(c byte) bool { return c > ' ' && c < 0x7f }
