package differential

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strings"

	"github.com/mom-router/mom-router/hostsim/wat"
)

// program is a module that says what it sees: each callback logs its arguments and then what its host calls give.
type program struct {
	callbacks []callback
	tag       string // stands before the name of each callback in the log
	abi       string // of the export proxy_abi_version_; "" is 0_2_1
	start     []call // in _initialize; nil: there is none
	inMalloc  []call
}

type callback struct {
	name   string // without "proxy_on_"
	params int
	result string // "" for none, else an expression
	calls  []call
}

// call is one host call. What it leaves in memory is logged as show says.
type call struct {
	label string
	fn    string
	args  []any // int; int64; str, which is an address and a length; local; load; the out words below
	show  show
	raw   string // instructions instead of a call
}

// load is the word at an address, as an argument.
type load int

// Steps that are no host calls.
var (
	keepID = call{raw: "(i32.store (i32.const 64) (local.get 0))"} // the context's id, for another callback
	trap   = call{raw: "unreachable"}
	kept   = load(64)
)

// onlyAtEnd runs the steps behind it only in the callback that ends the body; the callback's result is then after, else before.
func onlyAtEnd(before int) call {
	return call{raw: fmt.Sprintf("(if (i32.eqz (local.get 2)) (then (return (i32.const %d))))", before)}
}

type str string

// The places where host calls put their results.
const (
	out1 = 16
	out2 = 20
	out3 = 24 // eight bytes
)

type show int

const (
	result  show = iota // only what the function returns
	bytes               // those that out1 points to, out2 many
	word                // at out1
	wide                // 64 bits at out3
	written             // whether out1 was written: its value depends on the host
	datum               // bytes, and the word at out3
	sized               // whether bytes were given, and how many
)

func module(fn string) string {
	if strings.HasPrefix(fn, "proxy_") || fn == "pthread_equal" || strings.HasPrefix(fn, "emscripten") {
		return "env"
	}
	return "wasi_snapshot_preview1"
}

// on adds a callback that returns a number; a negative one means that the callback returns nothing.
func (p *program) on(name string, params, result int, calls ...call) *program {
	text := ""
	if result >= 0 {
		text = fmt.Sprintf("(i32.const %d)", result)
	}
	p.callbacks = append(p.callbacks, callback{name, params, text, calls})
	return p
}

// parameters are how many each callback has.
var parameters = map[string]int{
	"context_create": 2, "vm_start": 2, "configure": 2, "tick": 1, "queue_ready": 2, "done": 1, "log": 1, "delete": 1,
	"request_headers": 3, "request_body": 3, "request_trailers": 2, "response_headers": 3, "response_body": 3,
	"response_trailers": 2, "http_call_response": 5, "foreign_function": 3, "grpc_close": 3, "grpc_receive": 3,
}

// returns are those that return a word.
var returns = map[string]int{
	"vm_start": 1, "configure": 1, "done": 1, "request_headers": 0, "request_body": 0, "request_trailers": 0,
	"response_headers": 0, "response_body": 0, "response_trailers": 0,
}

// in adds a callback with its usual result.
func (p *program) in(name string, calls ...call) *program {
	result, ok := returns[name]
	if !ok {
		result = -1
	}
	return p.on(name, parameters[name], result, calls...)
}

// pausing adds a callback with a result of its own.
func (p *program) returning(name string, result int, calls ...call) *program {
	return p.on(name, parameters[name], result, calls...)
}

// assembler lays out a program's memory.
type assembler struct {
	data  strings.Builder
	at    int
	known map[string]int
}

// address puts text into memory, once.
func (a *assembler) address(text string) int {
	if at, ok := a.known[text]; ok {
		return at
	}
	at := a.at
	a.known[text] = at
	fmt.Fprintf(&a.data, "  (data (i32.const %d) \"", at)
	for i := range len(text) {
		fmt.Fprintf(&a.data, "\\%02x", text[i])
	}
	a.data.WriteString("\")\n")
	a.at += len(text) + 1
	return at
}

func (a *assembler) calls(list []call) string {
	var b strings.Builder
	for _, c := range list {
		if c.raw != "" {
			b.WriteString("    " + c.raw + "\n")
			continue
		}
		label := c.label
		if label == "" {
			label = c.fn
		}
		fmt.Fprintf(&b, "    (call $forget)\n    (call $say (i32.const %d) (i32.const %d) (i32.const %d) (call $%s",
			a.address(label), len(label), c.show, c.fn)
		for _, arg := range c.args {
			switch v := arg.(type) {
			case int:
				fmt.Fprintf(&b, " (i32.const %d)", v)
			case int64:
				fmt.Fprintf(&b, " (i64.const %d)", v)
			case str:
				fmt.Fprintf(&b, " (i32.const %d) (i32.const %d)", a.address(string(v)), len(v))
			case load:
				fmt.Fprintf(&b, " (i32.load (i32.const %d))", int(v))
			case local:
				fmt.Fprintf(&b, " (local.get %d)", int(v))
			default:
				panic(fmt.Sprintf("argument %T", arg))
			}
		}
		b.WriteString("))\n")
	}
	return b.String()
}

// local is the callback's own argument of that number.
type local int

// wasm assembles the program.
func (p *program) wasm() []byte {
	a := &assembler{at: 1 << 15, known: map[string]int{}}
	version := p.abi
	if version == "" {
		version = "0_2_1"
	}
	var body strings.Builder
	imports := map[string]string{"proxy_log": "(param i32 i32 i32)"}
	note := func(list []call) {
		for _, c := range list {
			if c.raw != "" {
				continue
			}
			types := ""
			for _, arg := range c.args {
				switch arg.(type) {
				case str:
					types += " i32 i32"
				case int64:
					types += " i64"
				default:
					types += " i32"
				}
			}
			imports[c.fn] = "(param" + types + ")"
		}
	}
	for _, cb := range p.callbacks {
		note(cb.calls)
		fmt.Fprintf(&body, "  (func (export \"proxy_on_%s\")%s", cb.name, strings.Repeat(" (param i32)", cb.params))
		if cb.result != "" {
			body.WriteString(" (result i32)")
		}
		name := p.tag + "on " + cb.name
		fmt.Fprintf(&body, "\n    (call $enter (i32.const %d) (i32.const %d))\n", a.address(name), len(name))
		for i := 1; i < cb.params; i++ {
			fmt.Fprintf(&body, "    (call $argument (local.get %d))\n", i)
		}
		fmt.Fprintf(&body, "    (call $flush)\n%s    %s)\n", a.calls(cb.calls), cb.result)
	}
	note(p.start)
	note(p.inMalloc)
	if p.start != nil {
		fmt.Fprintf(&body, "  (func (export \"_initialize\")\n%s)\n", a.calls(p.start))
	}
	malloc := a.calls(p.inMalloc)
	var out strings.Builder
	out.WriteString("(module\n")
	names := make([]string, 0, len(imports))
	for fn := range imports {
		names = append(names, fn)
	}
	sort.Strings(names)
	for _, fn := range names {
		fmt.Fprintf(&out, "  (import %q %q (func $%s %s (result i32)))\n", module(fn), fn, fn, imports[fn])
	}
	fmt.Fprintf(&out, "  (func (export \"proxy_abi_version_%s\"))\n", version)
	out.WriteString(strings.Replace(prelude, ";; MALLOC", malloc, 1))
	out.WriteString(body.String())
	out.WriteString(a.data.String())
	out.WriteString(")")
	return wat.MustAssemble(out.String())
}

// prelude is what all programs share: a bump allocator and a line that is written piece by piece.
const prelude = `
  (memory (export "memory") 8)
  ;; Two subscriptions of poll_oneoff: reading from a file, and a clock after a microsecond.
  (data (i32.const 12288) "\2a\00\00\00\00\00\00\00\01")
  (data (i32.const 12336) "\2b\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\e8\03")
  (global $bump (mut i32) (i32.const 131072))
  (global $line (mut i32) (i32.const 1024))
  (func $malloc (export "malloc") (param $n i32) (result i32) (local $p i32)
    ;; MALLOC
    (if (i32.gt_u (i32.add (global.get $bump) (local.get $n)) (i32.const 500000))
      (then (global.set $bump (i32.const 131072))))
    (local.set $p (global.get $bump))
    (global.set $bump (i32.and (i32.add (i32.add (local.get $p) (local.get $n)) (i32.const 15)) (i32.const -8)))
    (local.get $p))
  (func $forget
    (i64.store (i32.const 16) (i64.const -1))
    (i64.store (i32.const 24) (i64.const -1)))
  (func $put (param $c i32)
    (if (i32.lt_u (global.get $line) (i32.const 30000))
      (then
        (i32.store8 (global.get $line) (local.get $c))
        (global.set $line (i32.add (global.get $line) (i32.const 1))))))
  (func $digit (param $d i32)
    (call $put (i32.add (local.get $d) (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $d) (i32.const 10))))))
  (func $number (param $n i64)
    (if (i64.gt_u (local.get $n) (i64.const 9)) (then (call $number (i64.div_u (local.get $n) (i64.const 10)))))
    (call $digit (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10)))))
  (func $text (param $p i32) (param $n i32) (local $c i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $c (i32.load8_u (local.get $p)))
      (if (i32.or (i32.lt_u (local.get $c) (i32.const 32)) (i32.gt_u (local.get $c) (i32.const 126)))
        (then
          (call $put (i32.const 92))
          (call $digit (i32.shr_u (local.get $c) (i32.const 4)))
          (call $digit (i32.and (local.get $c) (i32.const 15))))
        (else (call $put (local.get $c))))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next))))
  (func $enter (param $p i32) (param $n i32)
    (global.set $line (i32.const 1024))
    (call $text (local.get $p) (local.get $n)))
  (func $argument (param $a i32)
    (call $put (i32.const 32))
    (call $number (i64.extend_i32_u (local.get $a))))
  (func $flush
    (drop (call $proxy_log (i32.const 2) (i32.const 1024) (i32.sub (global.get $line) (i32.const 1024)))))
  (func $bytes
    (if (i32.eq (i32.load (i32.const 20)) (i32.const -1))
      (then (call $put (i32.const 33)))
      (else
        (call $put (i32.const 34))
        (call $text (i32.load (i32.const 16)) (i32.load (i32.const 20)))
        (call $put (i32.const 34)))))
  (func $say (param $p i32) (param $n i32) (param $show i32) (param $r i32)
    (call $enter (local.get $p) (local.get $n))
    (call $put (i32.const 61))
    (call $number (i64.extend_i32_u (local.get $r)))
    (if (local.get $show) (then (call $put (i32.const 32))))
    (if (i32.eq (local.get $show) (i32.const 1)) (then (call $bytes)))
    (if (i32.eq (local.get $show) (i32.const 2)) (then (call $number (i64.extend_i32_u (i32.load (i32.const 16))))))
    (if (i32.eq (local.get $show) (i32.const 3)) (then (call $number (i64.load (i32.const 24)))))
    (if (i32.eq (local.get $show) (i32.const 4)) (then (call $digit (i32.ne (i32.load (i32.const 16)) (i32.const -1)))))
    (if (i32.eq (local.get $show) (i32.const 5)) (then (call $bytes) (call $argument (i32.load (i32.const 24)))))
    (if (i32.eq (local.get $show) (i32.const 6)) (then (call $number (i64.extend_i32_u (i32.load (i32.const 20))))))
    (call $flush))
`

// pairs is a header map as modules hand it over.
func pairs(fields ...string) str {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(fields)/2))
	for _, f := range fields {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
	}
	for _, f := range fields {
		b = append(append(b, f...), 0)
	}
	return str(b)
}
