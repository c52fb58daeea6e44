package signal

import (
	"math/bits"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/match"
)

// That they do not overlap is said by the compiler, see patterns.go.
func TestEachBitOfAPatternHasOneOwner(t *testing.T) {
	all := uint32(0)
	for name, bit := range map[string]uint32{"term": termBit, "rot13": rotBit, "unit": match.UnitBit, "language": languageBit, "topic": topicBit} {
		if bits.OnesCount32(bit) != 1 {
			t.Errorf("%s has %d bits", name, bits.OnesCount32(bit))
		}
		all |= bit
	}
	if all|numberMask != 1<<32-1 || all&numberMask != 0 {
		t.Errorf("bits %032b and numbers %032b are not all", all, numberMask)
	}
}

// The policy's patterns and the terms are numbered far below the bits.
func TestNumbersOfPatternsDoNotReachTheBits(t *testing.T) {
	set := builtinSet(t)
	if set.keywords > numberMask>>8 || len(set.terms) > numberMask>>8 {
		t.Errorf("%d patterns and %d terms", set.keywords, len(set.terms))
	}
	for _, c := range []struct {
		name    string
		pattern uint32
	}{{"a keyword's pattern", uint32(set.keywords)}, {"the same in rot13", uint32(set.keywords) | rotBit}} {
		if c.pattern == rotCue || c.pattern&match.UnitBit != 0 || c.pattern&termBit != 0 {
			t.Errorf("%s is %032b", c.name, c.pattern)
		}
	}
}
