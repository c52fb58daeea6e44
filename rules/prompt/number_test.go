package prompt

import "testing"

func TestWholeNumbersAreWrittenInDigits(t *testing.T) {
	for literal, want := range map[string]string{
		"4111.0": "4111", "4111.00": "4111", "4.111e3": "4111", "4.111E+3": "4111", "411100e-2": "4111", "4111e0": "4111", "41e2": "4100",
		"0.4111e4": "4111", "4111.5": "", "4.111e2": "", "1e400": "", "1e-400": "", "1e99999999999999999999": "", "0.0": "", "0e5": "",
		"4.111111111111111e15": "4111111111111111", "4111111111111111.0": "4111111111111111", "1e40": "", "0.00001": "",
	} {
		if got := string(appendWhole([]byte("x"), []byte(literal))); got != "x"+want {
			t.Errorf("%s: %q, want %q", literal, got[1:], want)
		}
	}
}
