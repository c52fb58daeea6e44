package strictjson

import (
	"encoding/json"
	"testing"
)

func TestAQuotedStringReadsAsItWas(t *testing.T) {
	for s, want := range map[string]string{
		"": `""`, "plain": `"plain"`, "a\"b\\c": `"a\"b\\c"`, "a\nb\tc": `"a\nb\tc"`, "\x00\x1f\x7f": `"\u0000\u001f\u007f"`, "é <b> 中": `"é <b> 中"`, "x\"": `"x\""`,
	} {
		got := string(AppendQuoted([]byte("k:"), s))
		if got != "k:"+want {
			t.Errorf("%q is quoted as %s, want %s", s, got, want)
		}
		var back string
		if err := json.Unmarshal([]byte(got[2:]), &back); err != nil || back != s {
			t.Errorf("%s is read as %q, %v", got, back, err)
		}
	}
}
