package imports

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// signalTypes are the types of signals, by the section that declares them: what conditions call them, and how they are read. Those without a reader have
// no counterpart, and instead says what there is.
var signalTypes = []struct {
	section, typ string
	read         func(*vllmSR, *node, string) *condition
	instead      string
}{
	{"keywords", "keyword", (*vllmSR).keyword, ""},
	{"embeddings", "embedding", (*vllmSR).embedding, ""},
	{"domains", "domain", (*vllmSR).domain, ""},
	{"language", "language", (*vllmSR).language, ""},
	{"fact_check", "fact_check", (*vllmSR).factCheck, ""},
	{"context", "context", (*vllmSR).context, ""},
	{"complexity", "complexity", nil, ""}, // read with its levels
	{"jailbreak", "jailbreak", (*vllmSR).jailbreak, ""},
	{"pii", "pii", (*vllmSR).pii, ""},
	{"role_bindings", "authz", (*vllmSR).role, ""},
	{"structure", "structure", (*vllmSR).structure, ""},
	{"conversation", "conversation", (*vllmSR).conversation, ""},
	{"input_modality", "input_modality", (*vllmSR).inputModality, ""},
	{"modality", "modality", nil, "what a request wants drawn is not told; conversation.images says what it has, and `input` of a model what it takes"},
	{"preferences", "preference", nil, "no other model is asked; write a keyword signal of words that say it"},
	{"user_feedbacks", "user_feedback", nil, "no other model is asked; conversation.follow_up tells messages that lean on the one before"},
	{"reasks", "reask", nil, "conversation.follow_up tells messages that lean on the one before"},
	{"latency", "latency", nil, "latency is an objective and no signal: objectives"},
	{"kb", "kb", nil, "there is no knowledge base; write a keyword signal of words that say it"},
	{"events", "event", nil, "send what the event is as a trusted header, and ask for a header signal"},
	{"metadata", "metadata", nil, "metadata in a body is the caller's claim; send it as a trusted header, and ask for a header signal"},
	{"safety", "safety", nil, "hazards of the content are not classified; jailbreak.score and keyword signals tell attacks"},
	{"classifiers", "classifier", nil, "no other model is asked; write a keyword or a regex signal"},
	{"hallucination", "hallucination", nil, "answers are not judged"},
	{"session", "session", nil, "nothing is remembered between requests; conversation: in the policy says when a conversation keeps its model"},
	{"session_metric", "session_metric", nil, "nothing is remembered between requests; conversation: in the policy says when a conversation keeps its model"},
	{"random", "random", nil, "the same request gets the same route"},
}

func (v *vllmSR) readSignals() {
	signals := v.routing.get("signals")
	for _, section := range signals.members() {
		known := false
		for _, t := range signalTypes {
			if t.section != section.key {
				continue
			}
			known = true
			for _, n := range section.value.items() {
				v.readSignal(n, t.typ, t.read, t.instead)
			}
		}
		if !known {
			v.remark(section.line, "signal", section.key, Dropped, "signals of this type are not known here; conditions that ask for them are never true")
		}
	}
}

func (v *vllmSR) readSignal(n *node, typ string, read func(*vllmSR, *node, string) *condition, instead string) {
	name := n.get("name").text()
	if name == "" {
		name = n.text()
	}
	full := typ + ":" + name
	if _, twice := v.conditions[full]; twice || name == "" {
		v.remark(n.line(), "signal", full, Defect, "has no name, or is declared twice; the first counts")
		return
	}
	v.unused[full] = n.line()
	switch {
	case typ == "complexity":
		v.complexity(n, name)
	case read == nil:
		v.conditions[full] = never
		v.remark(n.line(), "signal", full, Dropped, "%s", instead)
	default:
		v.conditions[full] = read(v, n, full)
	}
}

// declare adds a signal of ours.
func (v *vllmSR) declare(typ, name string, n *node, list string, words []string, options ...field) *condition {
	d := &declaration{typ: typ, name: v.taken.of(name), line: n.line(), list: list, words: words, options: options}
	v.add(d)
	return signal(d.ref())
}

func (v *vllmSR) keyword(n *node, full string) *condition {
	words := n.get("keywords").texts()
	if len(words) == 0 {
		v.remark(n.line(), "signal", full, Defect, "has no keywords, so it is never true")
		return never
	}
	name := n.get("name").text()
	operator := strings.ToUpper(n.get("operator").text())
	var how []string
	if n.get("case_sensitive").bool() {
		how = append(how, "whatever the case of its letters")
	}
	switch method := n.get("method").text(); method {
	case "", "regex":
	case "fuzzy", "bm25", "ngram":
		how = append(how, "as whole words and not by "+method+": accents, look-alike letters and separators are folded, mistakes in typing are not")
	default:
		how = append(how, fmt.Sprintf("as whole words: the method %q is not known", method))
	}
	if n.get("fuzzy_match").bool() && n.get("method").text() != "fuzzy" {
		how = append(how, "without mistakes in typing")
	}
	var c *condition
	switch operator {
	case "AND":
		c = always
		for _, word := range words {
			c = all(c, v.words(name, n, []string{word}))
		}
	case "NOR", "NOT":
		c = negated(v.words(name, n, words))
	default:
		c = v.words(name, n, words)
		if operator != "" && operator != "OR" {
			how = append(how, fmt.Sprintf("with OR, since the operator %q is not known", operator))
		}
	}
	if len(how) > 0 {
		v.remark(n.line(), "signal", full, Replaced, "by keyword signals that match %s", strings.Join(how, ", and "))
	} else {
		v.remark(n.line(), "signal", full, Kept, "as %s", c.with(same))
	}
	return c
}

func same(ref string, _ bool) *condition { return signal(ref) }

// words is a keyword signal, and a regex signal of those words that have signs in them.
func (v *vllmSR) words(name string, n *node, words []string) *condition {
	var plain, patterns []string
	for _, word := range words {
		if strings.ContainsAny(word, "(|)") { // which mean something in phrases of ours
			patterns = append(patterns, "(?i)"+regexp.QuoteMeta(word))
		} else {
			plain = append(plain, word)
		}
	}
	c := never
	if len(plain) > 0 {
		c = anyOf(c, v.declare("keyword", name, n, "words", plain))
	}
	if len(patterns) > 0 {
		c = anyOf(c, v.declare("regex", name, n, "patterns", patterns))
	}
	return c
}

// domains are the classes by their names in MMLU.
var domains = map[string]string{
	"computer science": "computer_science", "computer_science": "computer_science", "coding": "computer_science", "math": "math", "mathematics": "math", "physics": "physics", "chemistry": "chemistry",
	"biology": "biology", "engineering": "engineering", "law": "law", "economics": "economics", "business": "business", "health": "health",
	"psychology": "psychology", "philosophy": "philosophy", "history": "history", "other": "other",
}

func (v *vllmSR) domain(n *node, full string) *condition {
	categories := n.get("mmlu_categories").texts()
	if len(categories) == 0 {
		categories = []string{n.get("name").text()}
	}
	c := never
	for _, category := range categories {
		class := domains[strings.ToLower(strings.TrimSpace(category))]
		if class == "" {
			v.remark(n.line(), "signal", full, Dropped, "the category %q: write a keyword signal of its words; the classes are those of domain", category)
			continue
		}
		c = anyOf(c, signal("domain."+class))
	}
	if c = c.with(same); c != never {
		v.remark(n.line(), "signal", full, Replaced, "by the built-in %s", c)
	}
	return c
}

// languages are the built-in ones.
var languages = []string{"en", "es", "fr", "de", "it", "pt", "nl", "sv", "pl", "cs", "tr", "vi", "zh", "ja", "ko", "ru", "uk", "ar", "fa", "he", "hi", "th", "el"}

func (v *vllmSR) language(n *node, full string) *condition {
	code, _, _ := strings.Cut(strings.ToLower(n.get("name").text()), "-")
	if !slices.Contains(languages, code) {
		v.remark(n.line(), "signal", full, Dropped, "the language %q is not told; those that are: %s", code, strings.Join(languages, ", "))
		return never
	}
	v.remark(n.line(), "signal", full, Kept, "as language.%s", code)
	return signal("language." + code)
}

func (v *vllmSR) factCheck(n *node, full string) *condition {
	switch n.get("name").text() {
	case "needs_fact_check":
		v.remark(n.line(), "signal", full, Replaced, "by intent.fact_check: that a fact is asked for")
		return signal("intent.fact_check")
	case "no_fact_check_needed":
		v.remark(n.line(), "signal", full, Replaced, "by not intent.fact_check")
		return negated(signal("intent.fact_check"))
	}
	v.remark(n.line(), "signal", full, Dropped, "it is neither needs_fact_check nor no_fact_check_needed")
	return never
}

func (v *vllmSR) context(n *node, full string) *condition {
	var options []field
	low, from := n.get("min_tokens").count()
	high, to := n.get("max_tokens").count()
	if from && to && low > high {
		v.remark(n.line(), "signal", full, Defect, "%d to %d tokens is no range, so it is never true", low, high)
		return never
	}
	if from && low > 0 {
		options = append(options, field{"over", low - 1})
	}
	if to {
		options = append(options, field{"under", high + 1})
	}
	if len(options) == 0 {
		v.remark(n.line(), "signal", full, Replaced, "by nothing: any number of tokens is in its range")
		return always
	}
	c := v.declare("size", n.get("name").text(), n, "", nil, options...)
	v.remark(n.line(), "signal", full, Kept, "as %s, of the tokens of the whole request", c)
	return c
}

// complexity reads a signal that has three levels.
func (v *vllmSR) complexity(n *node, name string) {
	gate := always
	if composer := n.get("composer"); composer != nil {
		gate = v.rules(composer, "complexity:"+name)
	}
	for _, level := range []string{"easy", "medium", "hard"} {
		v.conditions["complexity:"+name+":"+level] = all(gate, signal("complexity."+level))
	}
	v.conditions["complexity:"+name] = all(gate, signal("complexity.hard"))
	v.remark(n.line(), "signal", "complexity:"+name, Replaced, "by the built-in complexity.easy, .medium and .hard, which are learned and do not go by its candidates")
}

// attempts is what the default policy steers by; see guardrails there.
var attempts = anyOf(
	signal("keyword.jailbreak_attempt"), signal("keyword.jailbreak_attempt_east"), signal("keyword.jailbreak_persona_abroad"),
	signal("keyword.jailbreak_persona_east"), signal("keyword.jailbreak_leak"), signal("keyword.jailbreak_leak_east"),
	all(anyOf(signal("keyword.jailbreak_persona"), signal("keyword.jailbreak_ethics")), signal("jailbreak.score")),
)

func (v *vllmSR) jailbreak(n *node, full string) *condition {
	if n.get("direction").text() == "response" {
		v.remark(n.line(), "signal", full, Dropped, "answers are not judged")
		return never
	}
	c := v.borrow(attempts, n)
	by := "by the patterns of the default policy"
	if patterns := n.get("jailbreak_patterns").texts(); len(patterns) > 0 {
		c = anyOf(c, v.declare("keyword", n.get("name").text(), n, "words", patterns, field{"in", "user"}, field{"gap", int64(2)}))
		by += " and its own as phrases; benign_patterns are not needed"
	}
	if n.get("threshold") != nil {
		by += ". Its threshold is a model's; a guard may flag by jailbreak.score, and steer by patterns alone"
	}
	v.remark(n.line(), "signal", full, Replaced, "%s", by)
	return c
}

// personal are the kinds of personal data, by their names in Presidio.
var personal = []struct{ name, kind string }{
	{"EMAIL_ADDRESS", "email"}, {"PHONE_NUMBER", "phone"}, {"US_SSN", "ssn"}, {"CREDIT_CARD", "card"}, {"IBAN_CODE", "iban"}, {"IP_ADDRESS", "ip"}, {"PASSWORD", "api_key"},
}

func (v *vllmSR) pii(n *node, full string) *condition {
	allowed := n.get("pii_types_allowed").texts()
	var kinds, told []string
	for _, p := range personal {
		told = append(told, p.kind)
		if !slices.Contains(allowed, p.name) && !(p.name == "US_SSN" && slices.Contains(allowed, "SSN")) {
			kinds = append(kinds, p.kind)
		}
	}
	if len(kinds) == 0 {
		v.remark(n.line(), "signal", full, Dropped, "it allows all that is told here: %s", strings.Join(told, ", "))
		return never
	}
	c := v.declare("pii", n.get("name").text(), n, "kinds", kinds)
	v.remark(n.line(), "signal", full, Replaced, "by %s: %s, each by its form and check digits. Names, places and dates of persons are not told", c, strings.Join(kinds, ", "))
	return c
}

func (v *vllmSR) role(n *node, full string) *condition {
	var users, groups []string
	for _, s := range n.get("subjects").items() {
		switch name := s.get("name").text(); {
		case name == "":
		case s.get("kind").text() == "User":
			users = append(users, name)
		default:
			groups = append(groups, name)
		}
	}
	c := never
	for _, h := range []struct {
		header string
		values []string
	}{{"x-authz-user-id", users}, {"x-authz-user-groups", groups}} {
		if len(h.values) > 0 {
			c = anyOf(c, v.declare("header", n.get("name").text(), n, "", nil, field{"name", h.header}, field{"equals", h.values}))
		}
	}
	if c == never {
		v.remark(n.line(), "signal", full, Defect, "has no subjects, so it is never true")
		return never
	}
	c = c.with(same)
	v.remark(n.line(), "signal", full, Replaced, "by %s, which compares the whole value of a header: name the header under `trusted` in the plugin's configuration, and have the proxy set it", c)
	return c
}

func (v *vllmSR) structure(n *node, full string) *condition {
	feature, predicate := n.get("feature"), n.get("predicate")
	typ, from := feature.get("type").text(), feature.at("source", "type").text()
	least := 1.0
	switch {
	case predicate.get("gte") != nil:
		least, _ = predicate.get("gte").number()
	case predicate.get("gt") != nil:
		least, _ = predicate.get("gt").number()
		least++
	}
	bounded := predicate.get("lt") != nil || predicate.get("lte") != nil
	switch {
	case from == "regex" && !bounded && (typ == "exists" || typ == "count" && least <= 1):
		c := v.declare("regex", n.get("name").text(), n, "patterns", []string{feature.at("source", "pattern").text()})
		v.remark(n.line(), "signal", full, Replaced, "by %s", c)
		return c
	case from == "keyword_set" && !bounded && (typ == "exists" || typ == "count" && least <= 1):
		return v.words(n.get("name").text(), n, feature.at("source", "keywords").texts())
	}
	v.remark(n.line(), "signal", full, Dropped, "how often or how densely something occurs is not counted; a size signal tells long requests, a regex signal what is there")
	return never
}

func (v *vllmSR) conversation(n *node, full string) *condition {
	source := n.at("feature", "source")
	least := 1.0
	if gte := n.at("predicate", "gte"); gte != nil {
		least, _ = gte.number()
	} else if gt := n.at("predicate", "gt"); gt != nil {
		least, _ = gt.number()
		least++
	}
	bounded := n.at("predicate", "lt") != nil || n.at("predicate", "lte") != nil
	ref := ""
	switch typ, role := source.get("type").text(), source.get("role").text(); {
	case bounded:
	case typ == "message" && role == "user" && least == 2:
		ref = "conversation.multi_turn"
	case typ == "message" && (role == "developer" || role == "system") && least <= 1:
		ref = "conversation.system"
	case typ == "tool_definition" && least <= 1:
		ref = "conversation.tools"
	case (typ == "active_tool_loop" || typ == "tool_result" || typ == "message" && role == "tool") && least <= 1:
		ref = "conversation.tool_results"
	case typ == "image_content" && least <= 1:
		ref = "conversation.images"
	case typ == "audio_content" && least <= 1:
		ref = "conversation.audio"
	}
	if ref == "" {
		v.remark(n.line(), "signal", full, Dropped, "of a conversation is told: multi_turn, tools, tool_results, images, audio, system, side_task, follow_up")
		return never
	}
	v.remark(n.line(), "signal", full, Replaced, "by %s", ref)
	return signal(ref)
}

func (v *vllmSR) inputModality(n *node, full string) *condition {
	ref := map[string]string{"image": "conversation.images", "audio": "conversation.audio"}[n.get("modality").text()]
	if ref == "" {
		v.remark(n.line(), "signal", full, Dropped, "images and audio are told, and nothing else")
		return never
	}
	v.remark(n.line(), "signal", full, Replaced, "by %s", ref)
	return signal(ref)
}
