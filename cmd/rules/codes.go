package main

import "regexp"

// A code names a kind of remark and never changes: E for what keeps a policy from loading, W for what is odd. docs/check.md has a page
// for each. Those of package reason come with it; a mistake that the compiler finds is told by the words that its message is made of.

// codes are tried in this order. The last ones stand for whatever has no page of its own.
var (
	errorCodes = compileCodes([][2]string{
		{"E901", `^test "`},
		{"E180", ` may change( with the next release)?, and this policy with it|put together first|cannot be extended|policies extend one another|^the default policy here is| has the hash | is no hash$|to replace|nothing to replace|replace can only|names models that this policy| stands in .*, (too|and guard )`},
		{"E301", `^the route is never reached`},
		{"E302", `^the condition can never be true`},
		{"E102", `anchors are not|aliases are not|merge keys|^the tag |a second document|not a number that JSON knows|a key must be|a key has no tag|stands in this map already|^nested deeper than 100 `},
		{"E101", `^this is not (YAML|JSON)|^the policy is (empty|not valid UTF-8|larger)|^a tab in the indentation`},
		{"E161", `a speaker's budget`},
		{"E170", `^a test sends|^the tests send more|^the test expects|"shape" goes`},
		{"E144", `would shadow a path|^not a path|is another spelling of|^there are no paths|on this path`},
		{"E110", `^unknown key `},
		{"E111", `^"[a-z0-9_]+" is missing|^over or under is missing|^exactly one of `},
		{"E112", ` is expected, not |must name speakers, found|must be the name of a keyword, found|can only be `},
		{"E113", ` is out of range$|is not a whole number|the amount is |no size is over and under|longer than 1024 bytes| are too many$|a ceiling of nothing| is not a duration$|^soft is above hard`},
		{"E114", `^the (list|map|string) is empty|^(prefix|in) is empty|^the condition is empty|^there are no (models|classes|words)`},
		{"E115", `stands? here twice|is declared twice|is in the list already|stands at .* already|stands above already|begins another marker|is built in and cannot be declared`},
		{"E117", `^unknown signal `},
		{"E118", `^unknown (model|rule) |^no guard or route uses signal|^words_of names no keyword`},
		{"E116", `cannot be a name|cannot be a header|^the header |cannot name a rule|cannot be a (model|signal)'s|cannot be a class|^bad (signal|header) name|^bad name of a class|cannot stand |visible`},
		{"E119", `^unknown |^signals of type`},
		{"E121", `is no operator|parenthesis|is missing (before|at the end)|closes nothing|is no signal|has capital letters|the condition is (longer|not)|nested deeper|^unexpected "`},
		{"E130", `^a guard's condition may not|cannot guard`},
		{"E132", `steers or denies by `},
		{"E133", `^(a|the) guard `},
		{"E134", `^no model has tier`},
		{"E140", `is (also )?the name of model|belongs to model|names? that|pattern`},
		{"E142", `reasoning|could stand in|every model accepts text|the default |level`},
		{"E143", `this bound cannot be kept|^this budget bounds| has a share, and |by which (keys|others) would be|cost ceiling|stay: |a conversation`},
		{"E151", `phrase|piece|alternative|\(|\)|has the sign|has no letter|words_of|gap`},
		{"E160", `tag|marker|begins a block|end inside a word|white space`},
		{"E199", ``},
	})
	warningCodes = compileCodes([][2]string{
		{"W109", ` (replaces|differs from) that of `},
		{"W101", `^the policy has no version`},
		{"W102", `^no guard or route uses signal`},
		{"W103", `^no rule chooses model`},
		{"W104", `excludes the default model`},
		{"W105", `steers routed requests only`},
		{"W106", `^reasoning |left unset|always reasons`},
		{"W108", `^requests here that match are refused`},
		{"W107", `conversations stay`},
		{"W110", `^the classes were learned beside`},
		{"W199", ``},
	})
)

type code struct {
	name string
	says *regexp.Regexp
}

func compileCodes(list [][2]string) (codes []code) {
	for _, entry := range list {
		codes = append(codes, code{entry[0], regexp.MustCompile(entry[1])})
	}
	return codes
}

// codeOf is the code of a message of the compiler's.
func codeOf(codes []code, message string) string {
	for _, c := range codes {
		if c.says.MatchString(message) {
			return c.name
		}
	}
	return ""
}
