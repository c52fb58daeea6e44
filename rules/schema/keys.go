package schema

import (
	"maps"
	"slices"

	"github.com/mom-router/mom-router/rules/prompt"
)

// The description. A new key needs a line here, an entry in some policy of rules/testdata/good, and go test ./rules/schema -update.

const (
	most      = 1 << 40           // tokens that a model may declare
	mostUnits = 1_000_000_000_000 // tokens of a size, units of a budget
)

// notBoolean are keys of the policy's own, which YAML 1.1 must not take for booleans.
func notBoolean(pattern string, not ...string) map[string]any {
	return map[string]any{"pattern": pattern, "not": map[string]any{"enum": append([]string{"true", "false"}, not...)}}
}

var (
	level    = oneOf("none", "low", "medium", "high")
	speaker  = oneOf("last_user", "user", "operator", "system", "assistant", "tool", "any")
	speakers = either("a speaker, or a list of them: `last_user`, `user`, `operator`, `assistant`, `tool`, `any`", speaker, unique(some(oneOf("user", "operator", "system", "assistant", "tool", "any"))),
		Value{schema: map[string]any{"type": "array", "items": map[string]any{"const": "last_user"}, "minItems": 1, "maxItems": 1}})
	model     = visible().in("a model's key")
	modelList = some(model)
	whose     = oneOf("set", "cap", "default")
	signal    = word().in("a signal's name")
)

var policy = Object{
	Name: "policy",
	Doc:  "Which requests go to which model.",
	Keys: []Key{
		{Name: "version", Value: visible(), Default: "none, which is warned of", Doc: "What you call this state of the policy; records name it.", Bad: `"2 0"`},
		{Name: "extends", Value: Value{"`default@VERSION`, `default@VERSION+HASH`, or `FILE@HASH`", map[string]any{"type": "string", "pattern": `.@.`}, nil}, Default: "none", Doc: "A policy whose signals and guards this one takes over. See [extends](#extends).", Bad: "default"},
		{Name: "auto", Value: unique(some(visible())), Default: "`[auto]`", Doc: "Names that clients send in `model` to have the model chosen; `*` stands for any characters.", Bad: "[]"},
		{Name: "models", Value: atLeast(1, capped(64, mapOf(notBoolean(`^[!-~]{1,128}$`), object(&modelKeys), "map: a key each, by which rules and records call it, and its [model](#model)"))), Required: true, Unless: "extends", Doc: "The models. Clients may name them by key, by served name or by alias.", Bad: "{}"},
		{Name: "signals", Value: object(&signals), Default: "the built-in ones", Doc: "Signals of your own, by type and name. Built-in ones need no declaration.", Bad: "{intent: {poetry: {}}}"},
		{Name: "guards", Value: capItems(256, some(object(&guard))), Default: "none", Doc: "What is looked for in every request, also where the client names a model, before and above all routes.", Bad: "[]"},
		{Name: "routes", Value: some(object(&route)), Default: "none", Doc: "The first whose condition is true chooses the model.", Bad: "{name: r}"},
		{Name: "default", Value: candidates, Required: true, Unless: "extends", Doc: "The models for what no route matches, the best first.", Bad: "nobody"},
		{Name: "context_order", Value: unique(list(model)), Default: "all models, the shortest context first", Doc: "Which models are tried for a request that is too long for those of its rule and of the default, or of a kind that none of them takes; `[]` is none.", Bad: "[nobody]"},
		{Name: "nothing_fits", Value: object(&nothingFits), Default: "refused", Doc: "What becomes of requests that no allowed model takes.", Bad: "{context: drop}"},
		{Name: "objectives", Value: object(&objectives), Default: "none", Doc: "Bounds of the choice among candidates.", Bad: "{cost: 1}"},
		{Name: "conversation", Value: object(&conversation), Default: "each message is routed alone", Doc: "Whether a conversation stays with its model.", Bad: "{}"},
		{Name: "reasoning", Value: whose, Default: "`set`", Doc: "Whose level of reasoning counts where a client asks for one, too: the rule's, the lower of both, or the client's. A route or guard may say otherwise.", Bad: "always"},
		{Name: "allow", Value: unique(some(word().in("kinds of members, or single members"))), Default: "none", Doc: "What may pass though nobody can look into it. See [SECURITY.md](../SECURITY.md#what-is-passed).", Bad: "[everything]"},
		{Name: "refuse", Value: unique(some(oneOf(keysOf(prompt.Refusals)...))), Default: "none", Doc: "What passes else and is refused.", Bad: "[images]"},
		{Name: "unknown_items", Value: oneOf("read", "deny"), Default: "`read`", Doc: "Roles, items and parts of kinds that the router does not know are read as nobody's words and passed, or refused.", Bad: "pass"},
		{Name: "paths", Value: atLeast(1, mapOf(map[string]any{"pattern": `^/[^?#\s]*$`}, candidates, "map: an exact path each, and a model's key or a list of them")), Default: "none", Doc: "Models for paths that no API of conversations has, such as embeddings and reranking.", Bad: "{/v1/models: nobody}"},
		{Name: "trust", Value: oneOf("applications", "end_users"), Default: "`applications`", Doc: "Who the callers are: programs that say truly who speaks in a request, or people who may write any role themselves. With `end_users`, what guards look for in users' words they look for everywhere.", Bad: "everybody"},
		{Name: "budgets", Value: object(&budgets), Default: "those below", Doc: "What second readings of disguised text may cost. See [signals.md](signals.md#budgets).", Bad: "{piece: 0}"},
		{Name: "wrappers", Value: object(&wrappers), Default: "the built-in markers", Doc: "By which markers a user's own words are told from what client programs write around them. See [signals.md](signals.md#whose-words).", Bad: "{builtin: some}"},
		{Name: "classes", Value: object(&classes), Default: "the built-in ones", Doc: "Classes of your own beside the built-in ones of `domain`, and corrections of those, which `rules train` learns. See [classes.md](classes.md).", Bad: "{domain: {}}"},
		{Name: "tests", Value: some(object(&test)), Default: "none", Doc: "Requests and what is to come of them. A policy with a test that fails does not load. Together they may send 1 MiB.", Bad: "[{name: t}]"},
	},
}

// candidate is how a rule names a model.
var candidate = either("a model's key, or map: [use](#use)", model, object(&use))

// candidates are one or more, the best first.
var candidates = either("a model's key, map: [use](#use), or a list of these, the best first", model, object(&use), some(candidate))

var modelKeys = Object{
	Name: "model",
	Doc:  "One model.",
	Keys: []Key{
		{Name: "name", Value: visible(), Default: "the key", Doc: "What the engine serves it as: it stands in `model` of the body that the engine gets.", Bad: `"my model"`},
		{Name: "aliases", Value: unique(some(visible())), Default: "none", Doc: "What else clients may call it; `*` stands for any characters.", Bad: `["gpt-**"]`},
		{Name: "cluster", Value: visible(), Required: true, Doc: "The proxy's cluster that serves it.", Bad: "[a, b]"},
		{Name: "tier", Value: integer(0, 100), Default: "`0`", Doc: "The safety tier that it is approved for: higher is for riskier requests.", Bad: "101"},
		{Name: "drain", Value: boolean(), Default: "`false`", Doc: "It begins no conversation, so that it can be taken out of service; those that it has stay.", Bad: "1"},
		{Name: "context", Value: integer(1, most), Default: "no bound", Unit: "tokens", Doc: "How long a request may be that goes to it.", Bad: "0"},
		{Name: "tokenizer", Value: oneOf("mix", "o200k", "llama3", "qwen", "deepseek"), Default: "`mix`", Doc: "By which family's tokens the length of a request is estimated; `mix` is the largest of all.", Bad: "gpt2"},
		{Name: "include_usage", Value: boolean(), Default: "`false`", Doc: "In streams the engine is asked for what was used where the client says nothing of it; the client sees nothing of that.", Bad: "maybe"},
		{Name: "max_output", Value: integer(1, most), Default: "not known", Unit: "tokens", Doc: "What an answer has at most if the client does not say; a cost ceiling counts it.", Bad: "-1"},
		{Name: "input", Value: unique(some(oneOf("text", "image", "audio"))), Default: "`[text]`", Doc: "What it accepts; text is always there.", Bad: "[image]"},
		{Name: "price", Value: object(&price), Default: "not known", Doc: "What it costs; for cost ceilings and records.", Bad: "{input: 1}"},
		{Name: "strength", Value: integer(1, 1000), Default: "by price", Doc: "How strong it is among the others, for `conversation`. All models that routes may choose have it, or none.", Bad: "0"},
		{Name: "latency", Value: object(&latency), Default: "not known", Doc: "How fast it is; for `objectives.p95_latency`.", Bad: "{}"},
		{Name: "reasoning", Value: object(&reasoning), Default: "none: routed requests lose what the client says of it", Doc: "How it is asked for each level of reasoning.", Bad: "{none: off}"},
	},
}

var price = Object{
	Name: "price",
	Doc:  "What a model costs.",
	Keys: []Key{
		{Name: "input", Value: number(0, 1_000_000), Required: true, Unit: "US dollars a million tokens", Doc: "Of the request.", Bad: "-1"},
		{Name: "output", Value: number(0, 1_000_000), Required: true, Unit: "US dollars a million tokens", Doc: "Of the answer.", Bad: "cheap"},
	},
}

var latency = Object{
	Name: "latency",
	Doc:  "How fast a model is.",
	Keys: []Key{
		{Name: "p95", Value: integer(1, 3_600_000), Required: true, Unit: "milliseconds", Doc: "What 95 of 100 answers take at most.", Bad: "0.5"},
	},
}

// members are what a body is given for a level of reasoning.
func members() Value {
	named := map[string]any{}
	for _, container := range []string{"chat_template_kwargs", "reasoning", "output_config", "text", "vllm_xargs", "custom_params", "extra_body"} {
		named[container] = map[string]any{"type": "object", "minProperties": 1}
	}
	return Value{"members of the body", map[string]any{"type": "object", "properties": named, "propertyNames": map[string]any{"not": map[string]any{"enum": []string{
		"model", "messages", "input", "prompt", "system", "instructions", "tools", "functions", "stream", "stream_options", "max_tokens"}}}}, nil}
}

var wish = either("members of the body, `{}` if the model does it by itself, or the level that stands in for it", level, members())

var levelKeys = []Key{
	{Name: "none", Value: wish, Default: "left unset", Doc: "No reasoning.", Bad: "off"},
	{Name: "low", Value: wish, Default: "left unset", Doc: "A little.", Bad: "[a]"},
	{Name: "medium", Value: wish, Default: "left unset", Doc: "Some.", Bad: "{model: m}"},
	{Name: "high", Value: wish, Default: "left unset", Doc: "Much.", Bad: "{chat_template_kwargs: {}}"},
}

var levels = Object{
	Name: "levels",
	Doc:  "How a model is asked for each level in one shape of body.",
	Keys: levelKeys,
}

var reasoning = Object{
	Name:  "reasoning",
	Doc:   "How a model is asked for each level: members that are set in the body of a chat completion, and those of other shapes.",
	extra: map[string]any{"minProperties": 1},
	Keys: append(slices.Clone(levelKeys),
		Key{Name: "completions", Value: object(&levels), Default: "left unset", Doc: "The same in text completions.", Bad: "{hi: {}}"},
		Key{Name: "responses", Value: object(&levels), Default: "left unset", Doc: "The same in Responses.", Bad: "low"},
		Key{Name: "messages", Value: object(&levels), Default: "left unset", Doc: "The same in Anthropic's Messages.", Bad: "low"},
	),
}

var use = Object{
	Name: "use",
	Doc:  "A model, and how much it is to reason.",
	Keys: []Key{
		{Name: "model", Value: model, Required: true, Doc: "One of the policy's models.", Bad: "nobody"},
		{Name: "reasoning", Value: level, Default: "none: the client's members stay", Doc: "How much it is to reason.", Bad: "max"},
		{Name: "share", Value: integer(1, 10_000), Default: "none: the first one gets all", Doc: "Its share of the conversations, among the first candidates of the list, which all have one. See [objectives.md](objectives.md#shares).", Bad: "0"},
	},
}

var guard = Object{
	Name:  "guard",
	Doc:   "What is looked for in every request, and what comes of it.",
	extra: allOf(notBoth("deny", "use"), notBoth("only", "tier")),
	Keys: []Key{
		{Name: "name", Value: name(), Required: true, Doc: "Its name, which no other guard or route has.", Bad: "a b"},
		{Name: "when", Value: word().in("a condition"), Required: true, Unless: "replace", Doc: "Signals with `and`, `or` and parentheses; no `not`, since more text could clear the guard.", Bad: "not keyword.attack"},
		{Name: "flag", Value: name(), Default: "its name", Doc: "What the record shows where it matched.", Bad: "[a]"},
		{Name: "only", Value: unique(modelList), Default: "all", Doc: "The models that such a request may go to, whoever chooses.", Bad: "[nobody]"},
		{Name: "last", Value: model, Default: "none", Doc: "One more, for requests that none of the others takes: too long, or with images.", Bad: "nobody"},
		{Name: "tier", Value: integer(1, 100), Default: "none", Doc: "The least tier of a model that such a request may go to.", Bad: "0"},
		{Name: "use", Value: candidates, Default: "the routes choose", Doc: "The model for such a request, if the client does not name one.", Bad: "[]"},
		{Name: "reasoning", Value: whose, Default: "the policy's `reasoning`", Doc: "Whose level of reasoning counts, where `use` has one.", Bad: "always"},
		{Name: "deny", Value: object(&deny), Default: "not denied", Doc: "The request is refused; `{}` for the usual answer.", Bad: "yes"},
		{Name: "unknown", Value: oneOf("match", "ignore"), Default: "`match`", Doc: "What it counts for the guard that something could not be inspected.", Bad: "deny"},
		{Name: "replace", Value: onlyTrue(), Default: "it is a guard of its own", Doc: "In a policy that [extends](#extends) another one: it takes the place of the guard of this name there; `when` and `flag` may be left to that one.", Bad: "false"},
	},
}

var deny = Object{
	Name: "deny",
	Doc:  "The answer of a guard that denies.",
	Keys: []Key{
		{Name: "status", Value: integer(400, 499), Default: "`403`", Doc: "The HTTP status.", Bad: "500"},
		{Name: "code", Value: name(), Default: "`request_denied`", Doc: "The code in the error.", Bad: "not allowed"},
		{Name: "message", Value: word().in("text of at most 1,024 bytes"), Default: "`This request is not allowed here.`", Doc: "The sentence in the error.", Bad: `""`},
	},
}

var route = Object{
	Name: "route",
	Doc:  "Where requests of a kind go.",
	Keys: []Key{
		{Name: "name", Value: name(), Required: true, Doc: "Its name, which no other guard or route has.", Bad: "default"},
		{Name: "when", Value: word().in("a condition"), Required: true, Doc: "Signals with `and`, `or`, `not` and parentheses.", Bad: "domain.maths"},
		{Name: "use", Value: candidates, Required: true, Doc: "The models, the best first: the next one is taken where a guard, the tier, the context, the input or an objective rules one out.", Bad: "7"},
		{Name: "reasoning", Value: whose, Default: "the policy's `reasoning`", Doc: "Whose level of reasoning counts, where `use` has one.", Bad: "high"},
	},
}

var objectives = Object{
	Name: "objectives",
	Doc:  "Bounds of the choice among candidates.",
	Keys: []Key{
		{Name: "cost_ceiling", Value: number(0, 1_000_000), Default: "none", Unit: "US dollars a request", Doc: "What a request may cost at most, with the longest answer that it can have. All models need `price` and `max_output`.", Bad: "0"},
		{Name: "cost_exempt", Value: some(oneOf("named", "default")), Default: "none", Doc: "What the ceiling does not bound: models that clients name, and the default where nothing else is left.", Bad: "[all]"},
		{Name: "min_tier", Value: integer(0, 100), Default: "`0`", Doc: "The least tier of all models that are chosen or named.", Bad: "99"},
		{Name: "p95_latency", Value: integer(1, 3_600_000), Default: "none", Unit: "milliseconds", Doc: "Candidates that take longer come last. All models need `latency`.", Bad: "0"},
		{Name: "budget", Value: object(&budget), Default: "none", Doc: "What requests may cost together in a window of time. See [objectives.md](objectives.md#budgets). All models need `price` and `max_output`.", Bad: "{window: 1h}"},
		{Name: "first_token", Value: object(&firstToken), Default: "none", Doc: "By when answers are to begin: a model that takes longer gets no new conversations until it is fast again. See [objectives.md](objectives.md#the-first-token).", Bad: "{window: 1m}"},
	},
}

var duration = Value{"time with its unit, such as `30s`, `10m`, `1h` or `7d`", map[string]any{"type": "string", "pattern": `^[1-9][0-9]*[smhd]$`}, nil}

var budgetBounds = []Key{
	{Name: "soft", Value: number(0, 1_000_000), Default: "none", Unit: "US dollars a window", Doc: "From here on new conversations go to the next candidate that is cheaper.", Bad: "0"},
	{Name: "hard", Value: number(0, 1_000_000), Default: "none", Unit: "US dollars a window", Doc: "Requests that could cost more than is left are refused with 429.", Bad: "-1"},
}

var budget = Object{
	Name: "budget",
	Doc:  "What requests may cost together in a window of time. `soft` or `hard` must be there, for all keys or for one.",
	Keys: append([]Key{
		{Name: "window", Value: duration, Required: true, Doc: "How long a budget lasts, 10s to 31d. Windows follow each other from 1970 on, so `1h` is an hour of the clock in UTC.", Bad: "hour"},
		{Name: "key", Value: Value{"a request header, in small letters", map[string]any{"type": "string", "pattern": `^[a-z0-9_-]+$`}, nil}, Default: "all requests share one budget", Doc: "The header that says whose a request is; the plugin's configuration must trust it.", Bad: "X-Tenant"},
		{Name: "keys", Value: atLeast(1, capped(1024, mapOf(map[string]any{"pattern": `^[!-~]{1,128}$`}, object(&budgetKey), "map: a key each, and its [budget key](#budget-key)"))), Default: "none", Doc: "Keys with bounds of their own.", Bad: "{}"},
		{Name: "others", Value: integer(0, 1024), Default: "`64`", Unit: "keys", Doc: "So many keys that are not named have an account each; those beyond share one.", Bad: "-1"},
		{Name: "shorten", Value: integer(1, most), Default: "such a request is refused", Unit: "tokens", Doc: "Where less is left before `hard` than a request may cost, its answer is bounded to what is left, if those are at least so many tokens.", Bad: "0"},
	}, budgetBounds...),
}

var budgetKey = Object{
	Name: "budget key",
	Doc:  "The bounds of one key; what is not said is as for all keys.",
	Keys: budgetBounds,
}

var bySize = either("milliseconds, 1 to 3,600,000, or map: [by size](#by-size)", integer(1, 3_600_000), object(&sizes))

var sizes = Object{
	Name:  "by size",
	Doc:   "A bound for each size of prompts, by their estimated tokens.",
	extra: map[string]any{"minProperties": 1},
	Keys: []Key{
		{Name: "short", Value: integer(1, 3_600_000), Default: "no bound", Unit: "milliseconds", Doc: "Below 2,000 tokens.", Bad: "0"},
		{Name: "medium", Value: integer(1, 3_600_000), Default: "no bound", Unit: "milliseconds", Doc: "Below 16,000.", Bad: "0"},
		{Name: "long", Value: integer(1, 3_600_000), Default: "no bound", Unit: "milliseconds", Doc: "From 16,000 on.", Bad: "0"},
	},
}

var firstToken = Object{
	Name:  "first token",
	Doc:   "By when 95 of 100 streamed answers are to have begun.",
	extra: needsAny("p95", "models"),
	Keys: []Key{
		{Name: "p95", Value: bySize, Default: "no bound but for `models`", Doc: "The bound for all models.", Bad: "0"},
		{Name: "models", Value: atLeast(1, mapOf(nil, bySize, "map: a model's key each, and its bound")), Default: "the bound for all", Doc: "Bounds of single models.", Bad: "{nobody: 5}"},
		{Name: "window", Value: duration, Default: "`1m`", Doc: "How long a sample counts, 6s to 1h.", Bad: "minute"},
		{Name: "samples", Value: integer(5, 10_000), Default: "`20`", Doc: "So many are needed for a verdict.", Bad: "1"},
		{Name: "load", Value: object(&engineLoad), Default: "not asked for", Doc: "What engines say of their load counts, too.", Bad: "{above: 5}"},
	},
}

var engineLoad = Object{
	Name: "load",
	Doc:  "What engines say of their load in a header of their answers. See [objectives.md](objectives.md#the-engines-load).",
	Keys: []Key{
		{Name: "header", Value: Value{"a response header, in small letters", map[string]any{"type": "string", "pattern": `^[a-z0-9_-]+$`}, nil}, Required: true, Doc: "The header.", Bad: "X-Queue"},
		{Name: "metric", Value: Value{"a name in the header", map[string]any{"type": "string", "pattern": `^[^ ,="]{1,128}$`}, nil}, Default: "the header is a number", Doc: "The metric, in ORCA's forms TEXT and JSON.", Bad: "a=b"},
		{Name: "above", Value: number(0, 1_000_000_000), Required: true, Doc: "Above this, the engine is busy.", Bad: "-1"},
	},
}

var nothingFits = Object{
	Name: "nothing_fits",
	Doc:  "What becomes of requests that no allowed model takes.",
	Keys: []Key{
		{Name: "context", Value: oneOf("refuse", "send"), Default: "`refuse`", Doc: "Where all contexts are too short: refused in words that clients know, or sent to the default.", Bad: "cut"},
		{Name: "input", Value: oneOf("refuse", "send"), Default: "`refuse`", Doc: "Where no model takes its images or sounds.", Bad: "cut"},
	},
}

var conversation = Object{
	Name: "conversation",
	Doc:  "Whether a conversation stays with its model.",
	Keys: []Key{
		{Name: "stay", Value: oneOf("none", "upgrade", "always"), Required: true, Doc: "`none`: each message is routed alone. `upgrade`: it goes up at once and down late. `always`: the first message decides.", Bad: "forever"},
		{Name: "down_after", Value: integer(1, 1000), Default: "`2`", Unit: "messages of the user's", Doc: "So many in a row that ask for less, and it goes down. With `stay: upgrade` only.", Bad: "0"},
		{Name: "new_topic", Value: oneOf("move", "stay"), Default: "`move`", Doc: "At a clear new topic: down at once, or like any message. With `stay: upgrade` only.", Bad: "ask"},
	},
}

var budgets = Object{
	Name: "budgets",
	Doc:  "What second readings of disguised text may cost.",
	Keys: []Key{
		{Name: "piece", Value: integer(1, mostUnits), Default: "`16000000`", Unit: "work units, about a byte of plain prose each", Doc: "For one message, item, result of a tool or definition of one.", Bad: "0"},
		{Name: "speaker", Value: integer(1, mostUnits), Default: "`64000000`", Unit: "work units", Doc: "For all that one speaker says; not less than `piece`.", Bad: "1"},
		{Name: "exhausted", Value: oneOf("match", "flag"), Default: "`match`", Doc: "What comes of text that no units were left for: guards take it for a match, or it is only flagged.", Bad: "deny"},
	},
}

var wrappers = Object{
	Name: "wrappers",
	Doc:  "Markers of text that client programs write around a user's own words.",
	Keys: []Key{
		{Name: "builtin", Value: either("`all`, `none`, or a list of clients", oneOf("all", "none"), unique(some(word()))), Default: "`all`", Doc: "Which built-in markers are kept.", Bad: "[nobody]"},
		{Name: "client", Value: some(word().in("tags")), Default: "none", Doc: "Tags whose inside is the client's.", Bad: `["<a>"]`},
		{Name: "user", Value: some(word().in("tags")), Default: "none", Doc: "Tags whose inside is the user's; all else of the message is the client's.", Bad: "question"},
		{Name: "words", Value: some(word().in("tags")), Default: "none", Doc: "Tags whose inside is the user's even in a message of the client's.", Bad: "[]"},
		{Name: "whole", Value: some(word().in("beginnings")), Default: "none", Doc: "A text that begins so is the client's.", Bad: `[" "]`},
		{Name: "message", Value: some(word().in("beginnings")), Default: "none", Doc: "A message with a text that begins so is the client's.", Bad: "[7]"},
		{Name: "after", Value: some(word().in("lines")), Default: "none", Doc: "From this line to the end of the text all is the client's.", Bad: "{a: b}"},
		{Name: "between", Value: some(object(&between)), Default: "none", Doc: "What stands between two texts is the client's.", Bad: "[{from: a}]"},
	},
}

var classes = Object{
	Name: "classes",
	Doc:  "Classes of your own, and corrections of the built-in ones.",
	Keys: []Key{
		{Name: "weights", Value: word().in("a hash"), Default: "not checked", Doc: "The learned weights beside which they were learned, by their hash: others are warned of.", Bad: "7"},
		{Name: "domain", Value: atLeast(1, mapOf(notBoolean(`^[a-z0-9_-]+$`), object(&class), "map: a class each, of your own or built in, and its [class](#class)")), Required: true, Doc: "Classes of `domain`: at most 16 of your own, and 10,000 words in all together.", Bad: "{Insurance: {words: {premium: 40}}}"},
	},
}

var class = Object{
	Name: "class",
	Doc:  "One class, of your own or built in.",
	Keys: []Key{
		{Name: "bias", Value: integer(-1000, 1000), Default: "`0`", Unit: "sixteenths of a logit", Doc: "How much more than `domain.other` the class scores without any of its words. Built-in classes have none.", Bad: "many"},
		{Name: "words", Value: atLeast(1, mapOf(nil, integer(-127, 127), "map: a word each, or several in a row, and its weight, -127 to 127")), Required: true, Unit: "sixteenths of a logit", Doc: "What speaks for the class, and against it. The sum counts by the square root of how many of all such words a text has.", Bad: "{premium: 128}"},
	},
}

var between = Object{
	Name: "between",
	Doc:  "A stretch of a client's text.",
	Keys: []Key{
		{Name: "from", Value: word(), Required: true, Doc: "Where it begins.", Bad: `""`},
		{Name: "to", Value: word(), Required: true, Doc: "Where it ends.", Bad: "7"},
		{Name: "again", Value: word(), Default: "it does not", Doc: "Where it begins once more.", Bad: "[]"},
	},
}

// declared are the signals of one type, by name.
func declared(o *Object, not ...string) Value {
	return mapOf(notBoolean(`^[a-z0-9_-]+$`, not...), object(o), "map: a name each, and its ["+o.Name+"](#"+o.Name+")")
}

var signals = Object{
	Name: "signals",
	Doc:  "Signals of your own, by type.",
	Keys: []Key{
		{Name: "domain", Value: mapOf(notBoolean(`^[a-z0-9_-]+$`, "other"), object(&domain), "map: a class each, and its [domain](#domain)"), Default: "the class that leads", Doc: "How likely classes must be to be said.", Bad: "{maths: {at_least: 70}}"},
		{Name: "keyword", Value: declared(&keyword), Default: "none", Doc: "Words and phrases.", Bad: `{"true": {words: [a]}}`},
		{Name: "regex", Value: declared(&regex), Default: "none", Doc: "Regular expressions.", Bad: "{Account: {patterns: [abc]}}"},
		{Name: "pii", Value: declared(&pii, "email", "phone", "ssn", "card", "card_like", "iban", "ip", "api_key"), Default: "none", Doc: "Kinds of personal data together, or in what some speakers say.", Bad: "{email: {kinds: [email]}}"},
		{Name: "jailbreak", Value: declared(&jailbreak, "score", "strong"), Default: "none", Doc: "The learned score of attacks with a threshold of your own.", Bad: "{score: {threshold: 90}}"},
		{Name: "size", Value: declared(&size), Default: "none", Doc: "Bounds of a request's length.", Bad: "{long: {}}"},
		{Name: "header", Value: declared(&header), Default: "none", Doc: "Request headers that the plugin's configuration trusts.", Bad: "{team: {name: x-team}}"},
	},
}

var domain = Object{
	Name: "domain",
	Doc:  "A class of `domain`, built in or one of the policy's own.",
	Keys: []Key{
		{Name: "at_least", Value: integer(10, 99), Required: true, Unit: "percent", Doc: "How likely the class must be, or `domain.other` is said. How well that is kept is measured in [evaluation.md](evaluation.md).", Bad: "100"},
		{Name: "replace", Value: onlyTrue(), Default: "not needed", Doc: "In a policy that [extends](#extends) another one: it takes the place of the signal of this name there, which a guard goes by.", Bad: "false"},
	},
}

var keyword = Object{
	Name:  "keyword",
	Doc:   "Words and phrases, whatever their case, width, accents and separators.",
	extra: allOf(needsOne("words", "words_of"), notBoth("words_of", "gap")),
	Keys: []Key{
		{Name: "in", Value: speakers, Default: "`last_user`", Doc: "Whose text is looked at. See [signals.md](signals.md).", Bad: "everyone"},
		{Name: "words", Value: some(text()), Doc: "The words and phrases; `(a|b)` are alternatives. This or `words_of`.", Bad: `["!fast"]`},
		{Name: "gap", Value: integer(0, 8), Default: "`0`", Unit: "words", Doc: "So many others may stand between the pieces of a phrase.", Bad: "9"},
		{Name: "words_of", Value: text().in("a keyword's name"), Doc: "The words of that keyword, in what others say. This or `words`.", Bad: "nothing"},
		{Name: "mentions", Value: oneOf("ignore"), Default: "they count", Doc: "Where operators forbid or quote the words, they do not count. For `in: operator`, and to flag only.", Bad: "count"},
		{Name: "replace", Value: onlyTrue(), Default: "not needed", Doc: "In a policy that [extends](#extends) another one: it takes the place of the signal of this name there, which a guard goes by.", Bad: "false"},
	},
}

var regex = Object{
	Name: "regex",
	Doc:  "Regular expressions, matched in linear time.",
	Keys: []Key{
		{Name: "in", Value: speakers, Default: "`last_user`", Doc: "Whose text is looked at.", Bad: "[user, user]"},
		{Name: "patterns", Value: some(text()), Required: true, Doc: "Each needs a literal text of its own, and matches at most 256 bytes.", Bad: `["(abc"]`},
		{Name: "replace", Value: onlyTrue(), Default: "not needed", Doc: "In a policy that [extends](#extends) another one: it takes the place of the signal of this name there, which a guard goes by.", Bad: "false"},
	},
}

var pii = Object{
	Name: "pii",
	Doc:  "Personal data and secrets.",
	Keys: []Key{
		{Name: "in", Value: speakers, Default: "`any`", Doc: "Whose text is looked at.", Bad: "[]"},
		{Name: "kinds", Value: some(oneOf("email", "phone", "ssn", "card", "card_like", "iban", "ip", "api_key")), Required: true, Doc: "Which kinds.", Bad: "[address]"},
		{Name: "replace", Value: onlyTrue(), Default: "not needed", Doc: "In a policy that [extends](#extends) another one: it takes the place of the signal of this name there, which a guard goes by.", Bad: "false"},
	},
}

var jailbreak = Object{
	Name:  "jailbreak",
	Doc:   "The learned score of attacks. Guards may only flag by it.",
	extra: needsAny("in", "threshold"),
	Keys: []Key{
		{Name: "in", Value: either("a speaker, or a list of them: `user`, `operator`, `assistant`, `tool`, `any`", oneOf("user", "operator", "system", "assistant", "tool", "any"), unique(some(oneOf("user", "operator", "system", "assistant", "tool", "any")))), Default: "`user`", Doc: "Whose text is looked at.", Bad: "last_user"},
		{Name: "threshold", Value: integer(10, 99), Default: "`50` as for `jailbreak.score`, if `in` is there", Unit: "percent", Doc: "How likely a text must be an attack.", Bad: "100"},
		{Name: "replace", Value: onlyTrue(), Default: "not needed", Doc: "In a policy that [extends](#extends) another one: it takes the place of the signal of this name there, which a guard goes by.", Bad: "false"},
	},
}

var size = Object{
	Name:  "size",
	Doc:   "Bounds of the estimated length of a request, tools included.",
	extra: needsAny("over", "under"),
	Keys: []Key{
		{Name: "over", Value: integer(0, mostUnits), Default: "no bound", Unit: "tokens", Doc: "True above this.", Bad: "-1"},
		{Name: "under", Value: integer(1, mostUnits), Default: "no bound", Unit: "tokens", Doc: "True below this.", Bad: "many"},
		{Name: "replace", Value: onlyTrue(), Default: "not needed", Doc: "In a policy that [extends](#extends) another one: it takes the place of the signal of this name there, which a guard goes by.", Bad: "false"},
	},
}

var header = Object{
	Name:  "header",
	Doc:   "A request header that the plugin's configuration trusts. One of equals, prefix and present says what is true of it.",
	extra: needsOne("equals", "prefix", "present"),
	Keys: []Key{
		{Name: "name", Value: Value{"a header's name", map[string]any{"type": "string", "pattern": `^[A-Za-z0-9_-]+$`}, nil}, Required: true, Doc: "Which header.", Bad: `":path"`},
		{Name: "equals", Value: either("text, or a list of texts", text(), some(text())), Doc: "It has this value, or one of these.", Bad: "7"},
		{Name: "prefix", Value: Value{"text", map[string]any{"type": "string", "minLength": 1}, nil}, Doc: "It begins so.", Bad: `""`},
		{Name: "present", Value: onlyTrue(), Doc: "It is there.", Bad: "false"},
		{Name: "replace", Value: onlyTrue(), Default: "not needed", Doc: "In a policy that [extends](#extends) another one: it takes the place of the signal of this name there, which a guard goes by.", Bad: "false"},
	},
}

var testFile = Object{
	Name: "file",
	Doc:  "Tests beside a policy: mine.test.yaml and mine.NAME.test.yaml are for mine.yaml.",
	Keys: []Key{
		{Name: "policy", Value: word(), Default: "the file beside it", Doc: "The policy's file, seen from this one's folder, or `default` for the built-in policy."},
		{Name: "tests", Value: some(object(&test)), Required: true, Doc: "The tests, which together may send 256 MiB."},
	},
}

var repetition = Object{
	Name: "repetition",
	Doc:  "A long text in a few words. It may stand for any text below messages and body, too.",
	Keys: []Key{
		{Name: "repeat", Value: Value{"text", map[string]any{"type": "string", "minLength": 1}, nil}, Required: true, Doc: "What is repeated.", Bad: `""`},
		{Name: "times", Value: integer(1, 1<<28), Required: true, Doc: "How often.", Bad: "0"},
		{Name: "before", Value: text(), Default: "nothing", Doc: "What stands before it all.", Bad: "7"},
		{Name: "after", Value: text(), Default: "nothing", Doc: "What stands behind it all.", Bad: "[a]"},
	},
}

var test = Object{
	Name:  "test",
	Doc:   "A request and what is to come of it. It sends one of prompt, messages and body.",
	extra: allOf(needsOne("prompt", "messages", "body"), notBoth("body", "model"), notBoth("prompt", "shape"), notBoth("messages", "shape")),
	Keys: []Key{
		{Name: "name", Value: word(), Required: true, Doc: "What it shows, in a few words.", Bad: "7"},
		{Name: "prompt", Value: either("text, or map: [repetition](#repetition)", text(), object(&repetition)), Doc: "What the user says, in a chat completion.", Bad: "[a]"},
		{Name: "messages", Value: Value{"list of messages", map[string]any{"type": "array"}, nil}, Doc: "Those of a chat completion.", Bad: "hi"},
		{Name: "body", Value: Value{"a body, or text that is sent as it is", map[string]any{"type": []string{"object", "string"}}, nil}, Doc: "A whole body.", Bad: "[a]"},
		{Name: "shape", Value: oneOf("chat", "completions", "responses", "messages"), Default: "`chat`", Doc: "The API that a `body` is for.", Bad: "chats"},
		{Name: "model", Value: word().in("a name"), Default: "none is sent", Doc: "The name that the client sends, with `prompt` and `messages`.", Bad: "7"},
		{Name: "headers", Value: mapOf(map[string]any{"pattern": `^[A-Za-z0-9_-]+$`}, text(), "map of texts"), Default: "none", Doc: "Request headers, which signals see as if the plugin trusted them.", Bad: "{x team: a}"},
		{Name: "expect", Value: object(&expect), Required: true, Doc: "What is to come of it.", Bad: "{}"},
	},
}

var expect = Object{
	Name:  "expect",
	Doc:   "What is to come of a request.",
	extra: map[string]any{"minProperties": 1},
	Keys: []Key{
		{Name: "action", Value: oneOf("route", "deny"), Default: "any", Doc: "Whether it is answered by a model.", Bad: "allow"},
		{Name: "decision", Value: word().in("a rule's name"), Default: "any", Doc: "The route or guard that decides, `named` or `default`.", Bad: "nobody"},
		{Name: "model", Value: model, Default: "any", Doc: "The model that is chosen.", Bad: "nobody"},
		{Name: "reasoning", Value: oneOf("unset", "none", "low", "medium", "high"), Default: "any", Doc: "The level that it is asked for; `unset` if it is asked for none.", Bad: "max"},
		{Name: "status", Value: integer(200, 599), Default: "any", Doc: "The HTTP status; 200 where the request is routed.", Bad: "20"},
		{Name: "code", Value: word().in("a code"), Default: "any", Doc: "The code of the error.", Bad: "404"},
		{Name: "flags", Value: list(word().in("flags")), Default: "any", Doc: "All flags, in any order.", Bad: "jailbreak"},
		{Name: "signals", Value: list(signal.in("signals")), Default: "any", Doc: "Some that must be true.", Bad: "[domain.maths]"},
		{Name: "not_signals", Value: list(signal.in("signals")), Default: "any", Doc: "Some that must not.", Bad: "[7]"},
		{Name: "evidence", Value: mapOf(nil, either("text, or a list of texts", word(), some(word())), "map: a signal's name, and text or a list of texts"), Default: "any", Doc: "Pieces of the request that make a signal true. Only `rules test` looks at this: it takes longer than a decision.", Bad: "keyword.attack"},
	},
}

// capped is a map with at most so many entries.
func capped(n int, v Value) Value { v.schema["maxProperties"] = n; return v }

// capItems is a list with at most so many items.
func capItems(n int, v Value) Value { v.schema["maxItems"] = n; return v }

func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
