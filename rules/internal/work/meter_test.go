package work

import "testing"

func TestAMeterRefusesWhatItHasNoUnitsFor(t *testing.T) {
	m := Meter{Left: 100}
	for _, c := range []struct {
		how   Reading
		bytes int
		read  bool
		spent int64
		short bool
	}{
		{Words, 50, true, 52, false},
		{Words, 50, false, 52, true},
		{Guess, 28, true, 96, false},
		{Apart, 1, false, 96, true},
		{Search, 1, true, 98, false}, // what is cheaper still fits
	} {
		m.Short = false
		if read := m.Read(c.how, c.bytes); read != c.read || m.Spent != c.spent || m.Short != c.short || m.Left+m.Spent != 100 {
			t.Errorf("%d bytes in way %d: %v, %d spent and %d left, want %v, %d", c.bytes, c.how, read, m.Spent, m.Left, c.read, c.spent)
		}
	}
	var none *Meter
	if !none.Read(Seams, 1<<40) {
		t.Error("what nobody counts is refused")
	}
}

func TestEveryReadingCostsSomething(t *testing.T) {
	for how := range readings {
		m := Meter{Left: 1 << 40}
		if m.Read(how, 0); m.Spent == 0 {
			t.Errorf("way %d costs nothing to begin with", how)
		}
		begun := m.Spent
		if m.Read(how, 1000); m.Spent-begun < 125 {
			t.Errorf("way %d costs %d for 1,000 bytes", how, m.Spent-begun)
		}
	}
}
