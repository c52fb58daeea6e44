package prompt

import (
	"github.com/mom-router/mom-router/rules/internal/swar"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// Reasoning that an engine gives away only encrypted comes back with every later request of a conversation: the engine that
// made it can read it, and nobody else can write it. It is passed unread, many kilobytes of it, and no guard is the wiser:
// to read it as text would only cost time. A string counts as sealed while it looks like one run of base64; from the
// first other byte on it is text like any other.

// OpaqueReasoning is the key of Refusals for reasoning that only the engine can read.
const OpaqueReasoning = "opaque_reasoning"

// Refusals are the keys of Options.Refuse, each with what is passed without it.
var Refusals = map[string]string{
	OpaqueReasoning: "reasoning that only the engine can read: encrypted_content of reasoning and compaction, redacted_thinking, signatures of thinking",
}

// base64Letters are the bytes that base64 is made of, in both alphabets.
var base64Letters = func() (is [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=" {
		is[c] = true
	}
	return is
}()

// beginSealed is the start of what may be sealed.
func (r *Reader) beginSealed(kind strictjson.Kind) error {
	if kind == strictjson.Null || !r.refusals[OpaqueReasoning] {
		return nil
	}
	return r.refuse(CodeNotInspectable, "is reasoning that only the engine can read, and the policy does not let it through (refuse \""+OpaqueReasoning+"\")")
}

// sealedText takes the next piece of a sealed string. It is a text from the first byte on that no base64 has; what stands
// before that is heard as well, unless it is longer than any word.
func (r *Reader) sealedText(p []byte, at int64, verbatim bool) {
	n := 0
	if !r.unsealed {
		n = base64Run(p)
		before := r.length - int64(len(p)) // all of it base64, or the beginning of a data URL
		if before+int64(n) <= MaxModel {
			if before == 0 {
				r.sealedAt, r.sealedVerbatim = at, true
			}
			r.captured = append(r.captured, p[:n]...)
			r.sealedVerbatim = r.sealedVerbatim && (verbatim || n == 0)
		} else {
			r.captured = r.captured[:0]
		}
		if n == len(p) {
			return
		}
		r.beginUnsealed()
		if len(r.captured) > 0 {
			r.sink.Text(r.captured, r.sealedAt, r.sealedVerbatim)
		}
		if verbatim {
			at += int64(n)
		}
	}
	r.sink.Text(p[n:], at, verbatim)
}

// beginUnsealed begins a string of which it turns out that it is text.
func (r *Reader) beginUnsealed() {
	r.unsealed = true
	if r.value.words == sealed {
		r.sink.BeginText(r.aside())
	} else {
		r.sink.BeginText(r.whose(r.value))
	}
}

// base64Run is how many bytes of p, at its beginning, are letters of base64.
func base64Run(p []byte) int {
	i := 0
	for ; i+8 <= len(p); i += 8 {
		w := swar.Load(p[i:])
		m := w &^ swar.Tops
		known := swar.Letters(m|swar.Ones*('a'-'A')) | (m+swar.Ones*(0x80-'/'))&^(m+swar.Ones*(0x80-'9'-1)) | swar.Equal(m, '+') // the digits follow the /
		if known&^w&swar.Tops == swar.Tops {
			continue
		}
		known |= swar.Equal(m, '=') | swar.Equal(m, '-') | swar.Equal(m, '_')
		if known&^w&swar.Tops != swar.Tops {
			break
		}
	}
	for i < len(p) && base64Letters[p[i]] {
		i++
	}
	return i
}
