package disguise

import (
	"testing"

	"github.com/mom-router/mom-router/rules/internal/charset"
)

func TestDigitsAndSignsAreReadAsLetters(t *testing.T) {
	disguised(t, Leet, [][2]string{
		{"1gn0r3", "ignore"}, {"pr3v10u5 !n$7ruc7!0n5", "previous instructions"}, {"ru1es!!", "rules"}, {"sy$tem 45 3", "system 45 3"}, {"he11o", "hello"},
	})
	disguised(t, 0, [][2]string{{"4ll 7he", "all the"}, {"utf8 mp3 b2b $5.99 a@b.c C++ 12", ""}, {"1234 5678", ""}})
}

func TestTheSignsThatTheTokenizerNotesAreThoseThatStandForLetters(t *testing.T) {
	for c := range byte(0x80) {
		sign := leet(c) != "" && charset.Of(c)&charset.Digits == 0
		if noted := charset.Of(c)&charset.Signs != 0; noted != sign {
			t.Errorf("%q stands for %q, noted %v", c, leet(c), noted)
		}
	}
}
