package prompt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// bodyMaker writes random bodies of every layout that matters to an edit.
type bodyMaker struct {
	*rand.Rand
	b bytes.Buffer
}

func (m *bodyMaker) space() {
	if m.IntN(4) == 0 {
		for range m.IntN(3) {
			m.b.WriteByte(" \n\t\r"[m.IntN(4)])
		}
	}
}

func (m *bodyMaker) text(s string) {
	m.b.WriteByte('"')
	for i := range len(s) {
		if m.IntN(30) == 0 {
			fmt.Fprintf(&m.b, `\u%04x`, s[i])
		} else {
			m.b.WriteByte(s[i])
		}
	}
	m.b.WriteByte('"')
}

func (m *bodyMaker) pick(list ...string) string { return list[m.IntN(len(list))] }

// object writes an object of the members, each of which writes its own value.
func (m *bodyMaker) object(list map[string]func()) {
	names := make([]string, 0, len(list))
	for name := range list {
		names = append(names, name)
	}
	// Map order is not the seed's: sort first.
	for i := range names {
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	m.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	m.b.WriteByte('{')
	for i, name := range names {
		m.space()
		if i > 0 {
			m.b.WriteByte(',')
			m.space()
		}
		m.text(name)
		m.space()
		m.b.WriteByte(':')
		m.space()
		list[name]()
	}
	m.space()
	m.b.WriteByte('}')
}

func (m *bodyMaker) raw(list ...string) func() {
	return func() { m.b.WriteString(m.pick(list...)) }
}

func (m *bodyMaker) some(list map[string]func()) func() {
	return func() {
		for _, name := range []string{"enable_thinking", "thinking", "effort", "a", "b"} {
			if m.IntN(2) == 0 {
				delete(list, name)
			}
		}
		m.object(list)
	}
}

func (m *bodyMaker) body() []byte {
	m.b.Reset()
	m.space()
	list := map[string]func(){
		"messages": m.raw(`[{"role":"user","content":"hello"}]`, `[ { "role" : "system" } , {"role":"user","content":[{"type":"text","text":"model"}]} ]`),
	}
	add := func(name string, write func()) {
		if m.IntN(2) == 0 {
			list[name] = write
		}
	}
	add("model", func() { m.text(m.pick("auto", "auto", "Y", "")) })
	if m.IntN(8) == 0 {
		list["model"] = m.raw("null")
	}
	add("stream", m.raw("true", "false", "null"))
	add("n", m.raw("1", "12", "-0.5e3"))
	add("max_tokens", m.raw("5", "1000", "null"))
	add("max_completion_tokens", m.raw("70"))
	add("max_output_tokens", m.raw("8", "null"))
	add("reasoning_effort", m.raw(`"high"`, "null", "12", `{"x":[1,2]}`))
	add("thinking", m.raw(`{"type":"enabled"}`, "null", "false"))
	kwargs := func() func() {
		return m.some(map[string]func(){
			"enable_thinking": m.raw("true", "17", "[1,2]"), "thinking": m.raw(`"x"`, "false"), "a": m.raw("1", `{"thinking":1}`), "b": m.raw("null"),
		})
	}
	add("chat_template_kwargs", kwargs())
	if m.IntN(8) == 0 {
		list["chat_template_kwargs"] = m.raw("null", `"text"`, "12", "[1]", "{}")
	}
	wish := func() func() { return m.some(map[string]func(){"effort": m.raw(`"low"`), "a": m.raw("{}")}) }
	add("reasoning", wish())
	if m.IntN(6) == 0 {
		list["reasoning"] = m.raw("null", `"high"`, "12", "[1]", "true")
	}
	extra := map[string]func(){"thinking": m.raw("1", "{}"), "a": m.raw("1", `{"effort":1}`), "b": m.raw("null")}
	if m.IntN(2) == 0 {
		extra["kwargs"] = kwargs()
	}
	if m.IntN(2) == 0 {
		extra["reasoning"] = m.raw("null", `"high"`, "12", "[1]", "true", "{}")
	} else {
		extra["reasoning"] = wish()
	}
	add("extra_body", m.some(extra))
	m.object(list)
	m.space()
	return bytes.Clone(m.b.Bytes())
}

func (m *bodyMaker) edit() prompt.Edit {
	e := prompt.Edit{Model: m.pick("X", "X", "a longer \"name\"", ""), AcceptModel: automatic("auto", "", "Y")}
	if m.IntN(4) == 0 {
		e.AcceptModel = automatic("auto")
	}
	if m.IntN(3) == 0 {
		e.MaxTokens = 33
	}
	if e.KeepReasoning = m.IntN(4) == 0; e.KeepReasoning {
		return e
	}
	for _, path := range settable() {
		if m.IntN(3) == 0 {
			e.Reasoning = append(e.Reasoning, prompt.Member{Path: path, JSON: m.pick("true", `"high"`, `{"x":1}`)})
		}
	}
	return e
}

// settable are the paths of reasoning that an edit may set: those that no longer one begins with.
func settable() (paths [][]string) {
	for _, path := range reasoning {
		if len(path) <= 2 && !slices.ContainsFunc(reasoning, func(p []string) bool { return len(p) > len(path) && slices.Equal(p[:len(path)], path) }) {
			paths = append(paths, path)
		}
	}
	return paths
}

// without takes the member of a path out of an object.
func without(object map[string]any, path []string) {
	inner, ok := object[path[0]].(map[string]any)
	switch {
	case len(path) > 1 && ok:
		without(inner, path[1:])
	case len(path) == 1 && (path[0] != "reasoning" || !ok && object[path[0]] != nil):
		delete(object, path[0])
	}
}

// bounds are the members of all shapes that bound an answer's length; the first two are those of this one.
var bounds = []string{"max_tokens", "max_completion_tokens", "max_output_tokens"}

// expected is what an edited body means.
func expected(t testing.TB, body []byte, e prompt.Edit) map[string]any {
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	if e.Model != "" {
		v["model"] = e.Model
	}
	if e.MaxTokens > 0 {
		for _, name := range bounds {
			delete(v, name)
		}
		v[bounds[0]] = float64(e.MaxTokens)
	}
	if e.KeepReasoning {
		return v
	}
	for _, path := range reasoning {
		without(v, path)
	}
	for _, m := range e.Reasoning {
		var value any
		if err := json.Unmarshal([]byte(m.JSON), &value); err != nil {
			t.Fatal(err)
		}
		if len(m.Path) == 1 {
			v[m.Path[0]] = value
			continue
		}
		parent, ok := v[m.Path[0]].(map[string]any)
		if !ok {
			parent = map[string]any{}
			v[m.Path[0]] = parent
		}
		parent[m.Path[1]] = value
	}
	return v
}

// mayRefuse says for which reasons a body comes too late for an edit.
func mayRefuse(t testing.TB, body []byte, window int, e prompt.Edit) map[string]bool {
	codes := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		name := token.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		end := int(d.InputOffset())
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			t.Fatal(err)
		}
		if model, ok := v.(string); ok && name == "model" && end > window && !e.AcceptModel(model) {
			codes[prompt.CodeLateModel] = true
		}
	}
	return codes
}

// rest is a body without the members that an edit may touch: every other name
// and value as it is written, in order.
func rest(t testing.TB, body []byte) string {
	edited := map[string]bool{"model": true}
	for _, name := range bounds {
		edited[name] = true
	}
	parents := map[string]bool{}
	for _, path := range reasoning {
		edited[strings.Join(path, ".")] = true
		for i := 1; i < len(path); i++ {
			parents[strings.Join(path[:i], ".")] = true
		}
	}
	var b strings.Builder
	var walk func(body []byte, prefix string)
	walk = func(body []byte, prefix string) {
		d := json.NewDecoder(bytes.NewReader(body))
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				t.Fatal(err)
			}
			path := prefix + name.(string)
			switch {
			case parents[path] && value[0] == '{':
				walk(value, path+".")
			case !edited[path] && !parents[path]:
				b.WriteString(path + "=" + string(value) + "\n")
			}
		}
	}
	walk(body, "")
	return b.String()
}

func checkEdit(t testing.TB, seed uint64) {
	m := &bodyMaker{Rand: rand.New(rand.NewPCG(seed, 1))}
	r := prompt.NewReader(&prompt.Options{Reasoning: reasoning})
	body, e := m.body(), m.edit()
	window := m.IntN(len(body) + 1)
	if m.IntN(3) == 0 {
		window = len(body)
	}
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("seed %d, window %d: %s\nbody %s\nedit %+v", seed, window, fmt.Sprintf(format, args...), body, e)
	}
	out, delta, err := rewrite(t, r, body, window, every(len(body)+1), e)
	for range 3 {
		again, _, againErr := rewrite(t, r, body, window, func() int { return 1 + m.IntN(1+m.IntN(20)) }, e)
		if !reflect.DeepEqual(err, againErr) || !bytes.Equal(out, again) {
			fail("in chunks it is %v\n%s\nwhole it is %v\n%s", againErr, again, err, out)
		}
	}
	if err != nil {
		late := new(prompt.Error)
		if !errors.As(err, &late) || !mayRefuse(t, body, window, e)[late.Code] {
			fail("refused: %v", err)
		}
		return
	}
	if codes := mayRefuse(t, body, window, e); len(codes) > 0 {
		fail("accepted, want %v", codes)
	}
	if err := strictjson.Valid(out); err != nil {
		fail("the result is not valid: %v\n%s", err, out)
	}
	if int64(len(body))+delta != int64(len(out)) {
		fail("the delta is %d, but the result\n%s", delta, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		fail("%v", err)
	}
	if v, ok := got[bounds[1]]; e.MaxTokens > 0 && ok && got[bounds[0]] == nil { // the client's own, if that was read in time
		if !bytes.Contains(body[:window], []byte("max_completion_tokens")) && !bytes.Contains(body[:window], []byte(`\u`)) {
			fail("it has another bound than the client's:\n%s", out)
		}
		delete(got, bounds[1])
		got[bounds[0]] = v
	}
	if want := expected(t, body, e); !reflect.DeepEqual(got, want) {
		fail("the result means\n%v\nwant\n%v", got, want)
	}
	if !e.KeepReasoning && rest(t, out) != rest(t, body) {
		fail("other members changed:\n%s\nbefore\n%s", rest(t, out), rest(t, body))
	}
	// What is left when the white space is gone and nothing is edited is the body itself.
	if e.Model == "" && e.KeepReasoning && e.MaxTokens == 0 && !bytes.Equal(out, body) {
		fail("nothing was to be edited, but the result is\n%s", out)
	}
}

func TestEditedBodiesMeanWhatTheEditSays(t *testing.T) {
	for seed := range uint64(10_000) {
		checkEdit(t, seed)
	}
}

func FuzzEdit(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkEdit(t, seed) })
}
