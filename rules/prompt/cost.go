package prompt

import (
	"math"
	"strconv"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Output is what a body says of how much is to be generated: nothing here is less than what some engine would make of it.
type Output struct {
	// Bound is the largest of the bounds on an answer's length in tokens, and Open is true if there is none that every engine of the shape
	// keeps to, or one that is zero, negative or no whole number: then the model's own bound holds.
	Bound int64
	Open  bool
	// AtLeast is the largest number of tokens that a body asks for by members that only some engines know, such as min_tokens.
	AtLeast int64
	// Endless is true if such a member asks for as much as there is (n_predict: -1).
	Endless bool
	// Choices is how many sequences are generated for a prompt: n or best_of, times beams. It is at least 1.
	Choices int64
	// Prompts is how many prompts a batch has; it is at least 1.
	Prompts int64
}

// Output returns what was read so far.
func (f *Facts) Output() Output {
	o := f.output
	bound, open := f.MaxTokens, f.MaxTokens == 0 || o.foreign && !o.own || o.open
	if o.bound > 0 {
		bound, open = o.bound, false
	}
	return Output{
		Bound: bound, Open: open, AtLeast: o.atLeast, Endless: o.endless,
		Choices: times(max(o.choices, 1), max(o.beams, 1)), Prompts: max(o.prompts, 1),
	}
}

// Bound has an answer take at most so many tokens, whatever the client says, and reports whether it can: not where it asks for more by members that only some engines know, or by a
// bound that is none. Edit must be told as much. 0 takes that back.
func (f *Facts) Bound(tokens int64) bool {
	o := &f.output
	if tokens > 0 && (o.endless || o.open || o.atLeast > tokens) {
		return false
	}
	o.bound = tokens
	return true
}

// member is the one that bounds an answer: the client's own, if the body's shape knows that. There is none for paths of a policy's map.
func (o *output) member(shape Shape) string {
	if o.own {
		return o.name
	}
	if list := boundMembers[shape]; len(list) > 0 {
		return list[0]
	}
	return ""
}

type output struct {
	bound                            int64  // what stands in the place of the client's; 0 is nothing
	name                             string // of the shape's own bound that was read last
	atLeast, choices, beams, prompts int64
	own, foreign                     bool // bounds of the shape, and of others
	open, endless                    bool
}

// costMembers are the members that say how much is generated, beside max_tokens, each known to some engine; those that others do not know count nonetheless.
// Sources: vLLM's protocol.py (n, best_of, min_tokens, use_beam_search with n beams), llama.cpp's server (n_predict, n_cmpl), Text Generation Inference
// and SGLang (max_new_tokens, best_of), Transformers (num_beams, num_return_sequences), Anthropic's completions (max_tokens_to_sample), Ollama (num_predict).
func costMembers() members {
	list := members{}
	for _, name := range []string{"n", "best_of", "n_cmpl", "num_return_sequences"} {
		list[name] = &schema{accept: number | null, end: (*Reader).readChoices}
	}
	for _, name := range []string{"num_beams", "beam_width", "beam_size"} {
		list[name] = &schema{accept: number | null, end: (*Reader).readBeams}
	}
	for _, name := range []string{"min_tokens", "min_length", "min_new_tokens", "n_predict", "num_predict", "max_new_tokens", "max_tokens_to_sample", "max_length"} {
		list[name] = &schema{accept: number | null, end: (*Reader).readAtLeast}
	}
	return list
}

// boundMembers are the bounds on an answer's length by shape, which every engine of the shape keeps to. One of another shape is as good as none.
var boundMembers = [...][]string{
	Chat:        {"max_tokens", "max_completion_tokens"},
	Completions: {"max_tokens"},
	Responses:   {"max_output_tokens"},
	Messages:    {"max_tokens"},
	Mapped:      nil,
}

// addCost adds the members that bear on the cost to those of a body.
func addCost(all members) {
	for name, m := range costMembers() {
		if all[name] == nil {
			all[name] = m
		}
	}
	for _, name := range []string{"max_tokens", "max_completion_tokens", "max_output_tokens"} {
		all[name] = &schema{accept: number | null, end: (*Reader).readMaxTokens}
	}
	if all["sampling_params"] == nil {
		all["sampling_params"] = &schema{members: costMembers()}
	}
}

// whole reads a number: its value, at most 2^53, and whether it is a whole one above zero.
func whole(kind strictjson.Kind, literal []byte) (n int64, ok bool) {
	if kind != strictjson.Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(literal), 64)
	const most = 1 << 53
	if err != nil || f > most {
		return most, len(literal) > 0 && literal[0] != '-'
	}
	n = int64(math.Ceil(f)) // some engines round
	return n, n > 0
}

// readMaxTokens takes a bound on the answer's length. A number that is none is the
// engine's to refuse.
func (r *Reader) readMaxTokens(kind strictjson.Kind, literal []byte) error {
	n, ok := whole(kind, literal)
	o := &r.facts.output
	switch {
	case ok && isWhole(literal):
		own := r.keeps(r.value.name)
		if own != "" {
			o.own, o.name = true, own
		} else {
			o.foreign = true
		}
		r.facts.MaxTokens = max(r.facts.MaxTokens, n)
	case kind == strictjson.Null:
		o.open = o.open || r.depth > 1 // it takes the place of another one
	case kind == strictjson.Number:
		o.atLeast = max(o.atLeast, n)
		o.open = true
	}
	return nil
}

// isWhole reports whether a positive number is written as, or equals, a whole one.
func isWhole(literal []byte) bool {
	f, err := strconv.ParseFloat(string(literal), 64)
	return err != nil || f > 1<<53 || f == math.Trunc(f)
}

// keeps returns a bound's name if the engines of the shape keep to it, else "".
func (r *Reader) keeps(name string) string {
	if r.depth != 1 {
		return ""
	}
	for _, n := range boundMembers[r.shape] {
		if n == name {
			return n
		}
	}
	return ""
}

func (r *Reader) readChoices(kind strictjson.Kind, literal []byte) error {
	if n, ok := whole(kind, literal); ok {
		r.facts.output.choices = max(r.facts.output.choices, n)
	}
	return nil
}

func (r *Reader) readBeams(kind strictjson.Kind, literal []byte) error {
	if n, ok := whole(kind, literal); ok {
		r.facts.output.beams = max(r.facts.output.beams, n)
	}
	return nil
}

func (r *Reader) readAtLeast(kind strictjson.Kind, literal []byte) error {
	n, ok := whole(kind, literal)
	if ok {
		r.facts.output.atLeast = max(r.facts.output.atLeast, n)
	} else if kind == strictjson.Number && n < 0 {
		r.facts.output.endless = true
	}
	return nil
}

// times multiplies numbers above zero and saturates.
func times(a, b int64) int64 {
	if a > math.MaxInt64/b {
		return math.MaxInt64
	}
	return a * b
}
