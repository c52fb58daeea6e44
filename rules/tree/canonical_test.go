package tree

import (
	"encoding/json"
	"testing"
)

func TestPathStep(t *testing.T) {
	for name, want := range map[string]string{
		"when": ".when", "a-b_C9": ".a-b_C9", "deepseek-v3.2": `["deepseek-v3.2"]`, "": `[""]`, `a"b`: `["a\"b"]`, "é": `["é"]`, "a\nb": `["a\nb"]`,
	} {
		if got := PathStep(name); got != want {
			t.Errorf("PathStep(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestCanonicalNumbers(t *testing.T) {
	for literal, want := range map[string]string{
		"1": "1", "1.0": "1", "1e0": "1", "10E-1": "1", "-0": "0", "-0.0": "0", "0.20": "0.2", "131072": "131072", "1.5e300": "1.5e+300",
		"0.0000001": "1e-07", "123456789012345678901234567890": "1.2345678901234568e+29", "1e999": "1e999",
	} {
		got := string(AppendNumber(nil, literal))
		if got != want || !json.Valid([]byte(got)) {
			t.Errorf("%s is %s, want %s", literal, got, want)
		}
	}
}

func TestCanonicalForm(t *testing.T) {
	for _, tt := range []struct{ name, from, want string }{
		{"keys are sorted at every level", `{"b":{"d":1,"c":2},"a":[{"z":1,"y":2}]}`, `{"a":[{"y":2,"z":1}],"b":{"c":2,"d":1}}`},
		{"spaces are dropped", " [ 1 , true , null ] ", `[1,true,null]`},
		{"one string has one spelling", `["\u0041\/\u00e9\ud83d\ude00","\"\\\n\t\u0001\u007f"]`, `["A/é😀","\"\\\n\t\u0001\u007f"]`},
		{"empty containers stay", `{"a":[],"b":{}}`, `{"a":[],"b":{}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := ParseJSON([]byte(tt.from))
			if err != nil {
				t.Fatal(err)
			}
			if got := Canonical(n); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"a":[1.0,"\u0000"],"":{"b":-1e9}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := ParseJSON(data)
		if err != nil {
			return
		}
		text := Canonical(n)
		again, err := ParseJSON([]byte(text))
		if err != nil {
			t.Fatalf("%q became %q: %v", data, text, err)
		}
		if Canonical(again) != text {
			t.Fatalf("%q is not stable: %q", text, Canonical(again))
		}
	})
}
