package main

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestAddressesOnTheStackAreWrittenShorter(t *testing.T) {
	const (
		sp   = "2001 "            // local.get 1
		sum  = "ad 42e400 7c a7 " // to 64 bits, plus 100, to 32 bits
		add  = "41e400 6a "       // plus 100
		load = "29 03 08 "        // i64.load, offset 8
		far  = "29 03 6c "        // offset 108
		end  = "0b"
	)
	for name, c := range map[string]struct{ from, to string }{
		"a load adds the offset itself":                           {sp + sum + load + end, sp + far + end},
		"a store does, behind its value":                          {sp + sum + "42e807 42e807 7c 37 03 00" + end, sp + "42e807 42e807 7c 37 03 64" + end},
		"the value is loaded from the stack, too":                 {sp + sum + sp + sum + load + "37 03 00" + end, sp + sp + far + "37 03 64" + end},
		"the address is kept":                                     {sp + sum + "2105 " + end, sp + add + "2105 " + end},
		"the address is kept and used":                            {sp + sum + "2205 " + load + end, sp + add + "2205 " + load + end},
		"it is the value of a store":                              {"2002 " + sp + sum + "36 02 00" + end, "2002 " + sp + add + "36 02 00" + end},
		"it is a part of another address":                         {sp + sum + "2002 6a " + load + end, sp + add + "2002 6a " + load + end},
		"there is a call before it is used":                       {sp + sum + "1000 " + "37 03 00" + end, sp + add + "1000 " + "37 03 00" + end},
		"another variable is no stack pointer":                    {"2002 " + sum + load + end, "2002 " + add + load + end},
		"a place below the stack pointer is not in the frame":     {sp + "ad 427f 7c a7 " + load + end, sp + "417f 6a " + load + end},
		"what does nothing is left out":                           {"01 01 2002 01 1a" + end, "2002 1a" + end},
		"a number that is not 0 is asked for once":                {"2002 45 45 0d00" + end, "2002 0d00" + end},
		"but what comes of two questions is kept where it counts": {"2002 45 45 2103" + end, "2002 45 45 2103" + end},
	} {
		body, want := decode(t, "01 04 7f "+c.from), decode(t, "01 04 7f "+c.to)
		if got, ok := shortened(body, true); !ok || string(got) != string(want) {
			t.Errorf("%s: %x, want %x", name, got, want)
		}
	}
	body := decode(t, "00 "+sp+sum+load+end)
	if got, ok := shortened(body, false); !ok || string(got) != string(decode(t, "00 "+sp+add+load+end)) {
		t.Errorf("in a function that is not Go's: %x", got)
	}
	if _, ok := shortened(decode(t, "00 fd0c"+end), true); ok {
		t.Error("an instruction that is not known is passed on")
	}
}

func decode(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
