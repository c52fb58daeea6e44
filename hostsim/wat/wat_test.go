package wat

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
)

const sample = `
;; A comment, and (; another ;) one.
(module
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (memory (export "memory") 1 2)
  (global $count (mut i32) (i32.const 5))
  (data (i32.const 8) "ab\00\ff" "\n\"")
  (func $factorial (export "factorial") (param $n i64) (result i64)
    (if (result i64) (i64.eqz (local.get $n))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call $factorial (i64.sub (local.get $n) (i64.const 1)))))))
  (func (export "sum") (param $from i32) (param $to i32) (result i32) (local $s i32)
    (block $done
      (loop $again
        (br_if $done (i32.gt_u (local.get $from) (local.get $to)))
        (local.set $s (i32.add (local.get $s) (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $again)))
    local.get $s
    call $twice)
  (func (export "pick") (param $i i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c (local.get $i)))
      (return (i32.const 10))) (return (i32.const 20)))
    (i32.const -1))
  (func (export "byte") (param $at i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.load8_u offset=8 (local.get $at)))
  (func (export "count") (result i32) (global.get $count)))`

func TestAssembledModulesRun(t *testing.T) {
	code, err := Assemble(sample)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	if _, err := r.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func(x uint32) uint32 { return 2 * x }).Export("twice").Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, code)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []uint64
		want uint64
	}{
		{"factorial", []uint64{20}, 2432902008176640000},
		{"sum", []uint64{1, 10}, 110},
		{"pick", []uint64{0}, 10},
		{"pick", []uint64{1}, 20},
		{"pick", []uint64{9}, 0xffffffff},
		{"byte", []uint64{0}, 'a'},
		{"byte", []uint64{3}, 0xff},
		{"byte", []uint64{5}, '"'},
		{"count", nil, 8},
	} {
		got, err := m.ExportedFunction(tt.name).Call(ctx, tt.args...)
		if err != nil || len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s%v gives %v, %v; want %d", tt.name, tt.args, got, err, tt.want)
		}
	}
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"no module":              {"(func)", "want one (module"},
		"an open parenthesis":    {"(module\n(func", "line 2: a ( without its )"},
		"a closing parenthesis":  {"(module))", "line 1: a ) without its ("},
		"an unknown field":       {"(module\n\n(table 1))", `line 3: unknown field "table"`},
		"an unknown instruction": {"(module (func\n(f32.add)))", `line 2: unknown instruction "f32.add"`},
		"an unknown local":       {"(module (func (drop\n(local.get $x))))", "line 2: unknown name $x"},
		"an unknown function":    {"(module (func (call $f)))", "line 1: no function $f"},
		"an unknown label":       {"(module (func (block $a (br $b))))", "unknown name $b"},
		"an unknown type":        {"(module (func (param f64)))", `unknown type "f64"`},
		"a missing operand":      {"(module (func (drop (i32.const))))", "i32.const without its operand"},
		"an operand too many":    {"(module (func (nop 1)))", `nop does not take "1"`},
		"a bad escape":           {`(module (data (i32.const 0) "\zz"))`, "unknown escape"},
		"no number":              {"(module (func (drop (i32.const x))))", `"x" is no number`},
		"a function twice":       {"(module (func $a) (func $a))", "a second function $a"},
		"an open comment":        {"(module (; ", "a comment has no end"},
		"an open string":         {`(module (data "`, "a string has no end"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Assemble(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzAssembleNeverPanics(f *testing.F) {
	f.Add(sample)
	f.Add(`(module (memory (export "m") 1) (start $x))`)
	f.Fuzz(func(t *testing.T, text string) { Assemble(text) })
}
