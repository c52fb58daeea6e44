package main

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// texts are data of all kinds that are worth packing.
func texts() map[string][]byte {
	random := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	words := strings.Fields("the tide comes in twice a day and boats rise with it")
	var prose strings.Builder
	for prose.Len() < 20_000 {
		prose.WriteString(words[random.IntN(len(words))])
		prose.WriteByte(' ')
	}
	return map[string][]byte{
		"words":                []byte(prose.String()),
		"one byte again":       bytes.Repeat([]byte{7}, 10_000),
		"two bytes again":      bytes.Repeat([]byte{7, 9}, 5_000),
		"what stood far back":  append(append(bytes.Clone(noise), make([]byte, 30_000)...), noise...),
		"zeros between":        []byte("begin" + strings.Repeat("\x00", 9_000) + "in between" + strings.Repeat("\x00", 7) + "end" + strings.Repeat("end ", 100)),
		"zeros at the end":     []byte("begin, and begin, and begin" + strings.Repeat("\x00", 1000)),
		"noise and then words": append(bytes.Clone(noise), prose.String()...),
	}
}

func TestPackedDataIsUnpackedAtTheStart(t *testing.T) {
	for name, data := range texts() {
		for at, before := range map[uint64]string{1000: "far from other data", 14: "next to it"} {
			t.Run(name+" "+before, func(t *testing.T) {
				wasm := moduleOf(at, data)
				got := packed(wasm)
				if len(got) >= len(wasm) {
					t.Errorf("%d bytes have become %d", len(wasm), len(got))
				}
				if !bytes.Equal(started(t, got), started(t, wasm)) {
					t.Error("the memory is another one")
				}
			})
		}
	}
}

func TestPiecesOfDataMayStandInAnyOrder(t *testing.T) {
	body := appendPiece(appendPiece(appendPiece([]byte{3}, 20, []byte("tide")), 7, []byte("the")), 10, []byte(" "))
	if at, image, ok := imageOf(body); !ok || at != 7 || string(image) != "the \x00\x00\x00\x00\x00\x00\x00\x00\x00tide" {
		t.Errorf("%d, %q, %v", at, image, ok)
	}
}

func TestWhatStartsAModuleStillDoesWhenItsDataIsPacked(t *testing.T) {
	wasm := moduleOf(1000, append([]byte(strings.Repeat("the tide ", 900)), linked(300)...))
	once := generate(wasm)
	got := packed(once)
	if len(got) >= len(once) || len(once) >= len(wasm) {
		t.Errorf("%d bytes, %d without the table, %d packed", len(wasm), len(once), len(got))
	}
	if !bytes.Equal(started(t, got), started(t, wasm)) {
		t.Error("the memory is another one")
	}
	if again := packed(packed(got)); !bytes.Equal(started(t, again), started(t, wasm)) {
		t.Error("packed again it is another one")
	}
}

func TestWhatAModuleIsBuiltFromStaysLegible(t *testing.T) {
	const line = "path\texample.com/plugin/plugin\n"
	data := "example.com/plugin/plugin and " + strings.Repeat("the tide ", 900) + "0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6" + line + "mod\texample.com/plugin\n"
	wasm := moduleOf(1000, []byte(data))
	got := packed(wasm)
	if bytes.Count(got, []byte(line)) != 1 || len(got) >= len(wasm) {
		t.Errorf("%d bytes have become %d, and the line stands there %d times", len(wasm), len(got), bytes.Count(got, []byte(line)))
	}
	if !bytes.Equal(started(t, got), started(t, wasm)) {
		t.Error("the memory is another one")
	}
	if bytes.Contains(packed(moduleOf(1000, []byte(strings.Repeat("the tide ", 900)))), []byte(builtName)) {
		t.Error("a module that does not say is said to be built from something")
	}
}

func TestAMemoryThatIsFullGetsRoomForWhatIsPacked(t *testing.T) {
	data := []byte(strings.Repeat("the tide ", 900))
	wasm := moduleOf(3*pageSize-uint64(len(data)), data)
	want, got := started(t, wasm), started(t, packed(wasm))
	if len(got) <= len(want) || !bytes.Equal(got[:len(want)], want) {
		t.Error("what the memory holds is another")
	}
	if strings.Trim(string(got[len(want):]), "\x00") != "" {
		t.Error("what was added is not empty")
	}
}

func TestModulesWhoseDataCannotBePackedStayAsTheyAre(t *testing.T) {
	data := []byte(strings.Repeat("the tide ", 900))
	for name, wasm := range map[string][]byte{
		"no module":                              []byte("the tide"),
		"without data":                           []byte("\x00asm\x01\x00\x00\x00"),
		"whose code names pieces":                moduleOf(1000, data, section{12, []byte{2}}),
		"with a memory of somebody else's":       moduleOf(1000, data, section{2, []byte("\x01\x01a\x01b\x02\x00\x01")}),
		"with nothing that would become shorter": moduleOf(1000, []byte("tide")),
		"with pieces that overlap":               moduleOf(12, data),
	} {
		t.Run(name, func(t *testing.T) {
			if got := packed(wasm); !bytes.Equal(got, wasm) {
				t.Errorf("%d bytes have become %d", len(wasm), len(got))
			}
		})
	}
}
