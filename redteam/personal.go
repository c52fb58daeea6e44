package redteam

import (
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
)

// Strict is a policy for what the default one does not do: it denies cards and keys, flags what looks like a card, denies what it has no units left to
// read, and has a cost ceiling of 10,000 tokens of an answer. Its models are two of the default policy's.
const Strict = `{"version":"strict",
	"models":{
		"gpt-oss-20b":{"name":"openai/gpt-oss-20b","cluster":"mi355x-gpt-oss-20b","max_output":50000,"price":{"input":0,"output":1}},
		"qwen3-235b":{"name":"Qwen/Qwen3-235B","cluster":"mi355x-qwen3-235b","max_output":50000,"price":{"input":0,"output":1}}},
	"signals":{"keyword":{"vault":{"in":"user","words":["open the vault"]}}},
	"budgets":{"piece":300000,"speaker":600000,"exhausted":"match"},
	"guards":[
		{"name":"vault","when":"keyword.vault","deny":{"status":403,"code":"vault_not_allowed"}},
		{"name":"card","when":"pii.card","deny":{"status":403,"code":"pii_not_allowed"}},
		{"name":"key","when":"pii.api_key","deny":{"status":403,"code":"secret_not_allowed"}},
		{"name":"like","when":"pii.card_like","flag":"card_like"}],
	"objectives":{"cost_ceiling":0.01},
	"default":{"model":"gpt-oss-20b"}}`

// card is one that its network has for tests.
var card = []string{"4111", "1111", "1111", "1111"}

const (
	bare    = "4111111111111111"
	numbers = "cormorant 41, 12, 99 and 4111; 2024-11-22, 3.14159, +1 415 555 0132"
)

// told is a chat completion for the Strict policy, which bounds its answer.
func told(content string) Request {
	return post(`{"model":"qwen3-235b","max_tokens":100,"messages":[{"role":"user","content":` + content + `}]}`)
}

// personal has personal data where a filter may not see it, and numbers that are none.
func personal() []Class {
	const gain = "a card or a key leaves the house"
	denied, leaked := refused(403, "pii_not_allowed"), refused(403, "secret_not_allowed")
	free := at(costly)
	class := func(name string, want func(*Outcome) error, bad []string, harmless []string) Class {
		c := Class{Name: "personal data: " + name, Gain: gain, Strict: true}
		for i, text := range bad {
			c.Attacks = append(c.Attacks, Attack{fmt.Sprint("form ", i+1), told(quote.JSON("cormorant " + text)), want})
		}
		for i, text := range harmless {
			c.Attacks = append(c.Attacks, Attack{fmt.Sprint("harmless ", i+1), told(quote.JSON("cormorant " + text)), free})
		}
		return c
	}
	var separated, plain []string
	for _, sep := range []string{" ", "  ", "-", " - ", "\n", "\r\n", "\t", "/", "_", ".", "|", " · ", "\u00a0", "–", "\u200b", `\n`, ", "} {
		separated = append(separated, strings.Join(card, sep))
		plain = append(plain, strings.Join([]string{"4111", "1111", "1111", "1112"}, sep)) // Luhn says no
	}
	var named, other []string
	for _, word := range []string{"card", "credit card number:", "CC", "Visa", "Kreditkarte", "carte bancaire", "tarjeta", "cartão", "carta di credito", "kaartnummer", "numer karty",
		"kart numarası", "kortnummer", "номер карты", "信用卡", "カード番号", "카드 번호", "رقم البطاقة", "कार्ड", "số thẻ"} {
		named = append(named, word+" "+bare, bare+" "+word)
	}
	for _, word := range []string{"order", "tracking number", "invoice", "id", "graphics card id", "discard", "timestamp"} {
		other = append(other, word+" "+bare)
	}
	split := Class{Name: "personal data: over parts and members", Gain: gain, Strict: true}
	part := func(list ...string) string {
		for i, text := range list {
			list[i] = `{"type":"text","text":` + quote.JSON(text) + `}`
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	add := func(name string, q Request, want func(*Outcome) error) {
		split.Attacks = append(split.Attacks, Attack{name, q, want})
	}
	add("groups in parts", told(part("cormorant 4111", "1111", "1111", "1111 please")), denied)
	add("a group cut", told(part("cormorant 4111 1", "111 1111 1111")), denied)
	add("the word in another part", told(part("cormorant: my card", bare)), denied)
	add("a key cut", told(part("cormorant ghp_aB3dE5fG7hI9jK1lM3nO", "5pQ7rS9tU1vW3xY5")), leaked)
	add("parts, harmless", told(part("cormorant 4111", "and 1111", "1112")), free)
	input := func(json string) Request {
		q := post(`{"model":"qwen3-235b","max_tokens":100,"messages":[` + hello + `,{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"pay","input":` + json + `}]},{"role":"user","content":"Go on."}]}`)
		q.Path = "/v1/messages"
		return q
	}
	add("a number in arguments", input(`{"card_number":`+bare+`}`), denied)
	add("a number with an exponent", input(`{"card":4.111111111111111e15}`), denied)
	add("groups in an array", input(`{"a":[4111,1111,1111,1111]}`), denied)
	add("a string in arguments", input(`{"card":{"no":"`+bare+`"}}`), denied)
	add("a number, harmless", input(`{"order_number":`+bare+`,"when":1732270530123}`), free)
	add("arguments in a string", post(`{"model":"qwen3-235b","max_tokens":100,"messages":[`+hello+`,{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"pay","arguments":"{\"card\":`+bare+`}"}}]},{"role":"tool","tool_call_id":"1","content":"ok"}]}`), denied)
	const token = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7b"
	return []Class{
		class("cards by any separator", denied, separated, append(plain, numbers)),
		class("bare numbers near a word for a card", denied, named, other),
		split,
		class("keys", leaked, []string{"hf_" + "abcdefghijklmnopqrSTUVWXYZabcdefGH", "glpat-" + "abcdefghijKLMNOPqrst", "AKIA" + "QWERTYUIOPASDFGH", "dapi" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
			"8123456789:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_", "ghp_" + token[:36], `{"k":"sk-proj-` + token + `"}`, `env:\nghp_` + token[:36], "-----BEGIN PGP PRIVATE KEY BLOCK-----",
			"-----BEGIN OPENSSH PRIVATE KEY-----", "postgres://ann:Tr0ub4dor@db.example.com/x", "https://hooks.slack.com/services/" + "T0123ABCD/B0456EFGH/aB3dE5fG7hI9jK1lM3nO5pQ7"},
			[]string{"AKIAIOSFODNN7EXAMPLE", "hf_your_token_goes_here", "glpat-xxxxxxxxxxxxxxxxxxxx", "-----BEGIN PGP PUBLIC KEY BLOCK-----", "postgres://user:password@localhost/db",
				"https://example.com:8080/a@b", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "123e4567-e89b-12d3-a456-426614174000"}),
	}
}

// spending asks for more than the ceiling of the Strict policy, which is 10,000 tokens.
func spending() []Class {
	const talk = `"messages":[{"role":"user","content":"Where is the cormorant?"}]`
	c := Class{Name: "cost: more than the ceiling", Gain: "a request costs many times what it may", Strict: true}
	for _, model := range []string{"auto", "qwen3-235b"} {
		want := at(guarded)
		if model != "auto" {
			want = at(costly)
		}
		for _, members := range []string{"", `"max_tokens":10001,`, `"max_tokens":null,`, `"max_tokens":-1,`, `"max_tokens":0,`, `"max_tokens":101,"n":100,`, `"max_tokens":101,"best_of":100,`, `"max_tokens":10,"num_beams":1001,`,
			`"max_tokens":10,"min_tokens":10001,`, `"max_tokens":10,"n_predict":-1,`, `"max_tokens":9007199254740992,"n":9007199254740992,"num_beams":9007199254740992,`, `"max_output_tokens":10,`} {
			c.Attacks = append(c.Attacks, Attack{model + " " + members, post(`{"model":"` + model + `",` + members + talk + `}`), refused(403, "cost_ceiling")})
		}
		for _, members := range []string{`"max_tokens":10000,`, `"max_completion_tokens":100,"n":100,`, `"max_tokens":100,"n":null,`} {
			c.Attacks = append(c.Attacks, Attack{model + " harmless " + members, post(`{"model":"` + model + `",` + members + talk + `}`), want})
		}
		batch := post(`{"model":"` + model + `","max_tokens":2501,"prompt":["cormorant","b","c","d"]}`)
		batch.Path = "/v1/completions"
		c.Attacks = append(c.Attacks, Attack{model + " a batch", batch, refused(403, "cost_ceiling")})
	}
	late := Class{Name: "cost: behind the hold window", Gain: "as above", Strict: true, Slow: true}
	for _, members := range []string{`"n":101`, `"max_completion_tokens":10001`, `"min_tokens":10001`} {
		late.Attacks = append(late.Attacks, Attack{members, post(`{"model":"qwen3-235b","max_tokens":100,"messages":[{"role":"user","content":` + quote.JSON(prose(600<<10)) + `}],` + members + `}`), refused(403, "cost_ceiling")})
	}
	late.Attacks = append(late.Attacks, Attack{"harmless", post(`{"model":"qwen3-235b","max_tokens":100,"messages":[{"role":"user","content":` + quote.JSON(prose(600<<10)) + `}],"n":100}`), at(costly)})
	return []Class{c, late}
}
