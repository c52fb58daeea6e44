// Package work counts what it costs to read text again: in disguises, escapes and encodings, over the seams between strings. Costs are
// counted in units, by the bytes that are read and never by a clock, so that every machine counts alike. A unit is about what it costs to read a byte of plain
// prose for the first time.
package work

// Reading is a way to read bytes once more.
type Reading uint8

// The readings.
const (
	Words    Reading = iota // all that is looked for in words, in what was behind a disguise
	Search                  // a look for something that few texts have: markers, runs of data
	Guess                   // a word with digits or letters of other alphabets among its letters
	Apart                   // letters that stand apart, cut into words
	Decode                  // escapes, base64 and the like written as what they stand for
	Seams                   // words that strings or invisible characters cut into pieces
	Personal                // personal data, in what is written with escapes and over seams

	readings
)

// weights are what a byte costs, by reading, in eighths of a unit, and least is what any reading costs beside its bytes. They are measured: see
// BenchmarkOddText of package signal.
var weights = [readings]int64{Words: 8, Search: 1, Guess: 12, Apart: 48, Decode: 8, Seams: 16, Personal: 16}

const (
	eighths = 8
	least   = 16
)

// Meter counts the units of second readings, and refuses those that there are no units left for. A nil Meter counts nothing and
// refuses nothing.
type Meter struct {
	// Spent is how many units were spent in all.
	Spent int64
	// Left is how many may still be spent.
	Left int64
	// Short says that something was not read for want of units.
	Short bool
}

// Read reports whether so many bytes may be read once more, and counts what that costs. What does not fit in what is left is refused as a whole, and costs
// nothing: what is cheaper may still fit.
func (m *Meter) Read(how Reading, bytes int) bool {
	if m == nil {
		return true
	}
	units := (least + weights[how]*int64(bytes)) / eighths
	if units > m.Left {
		m.Short = true
		return false
	}
	m.Left -= units
	m.Spent += units
	return true
}
