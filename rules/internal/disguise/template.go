package disguise

// Markers of chat templates: what engines put between the messages of a conversation. In the text of
// a message they pretend that another one begins. Source: the chat templates and special tokens that
// the models' publishers document (Llama, Mistral, Qwen, DeepSeek, Kimi, GLM, Gemma, gpt-oss's
// harmony, Command, Alpaca and Vicuna, the older Claude).

// templateWords are markers without the form <|name|>. Case matters: a[inst] is code.
var templateWords = [...]string{
	"[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]",
	"[TOOL_CALLS]", "[TOOL_RESULTS]", "[gMASK]", "<sop>", "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>",
	"</s><s>", "</s>[INST]", "</s><|", "<s>[INST]",
}

// templateRoles are what stands at the beginning of a line behind "### ", as older templates have it.
var templateRoles = [...]string{"system:", "human:", "assistant:", "system prompt:", "system message:"}

// maxTemplateName is the greatest length of the name in <|name|>, in bytes.
const maxTemplateName = 40

// templateHeads are the first four bytes of each of templateWords.
var templateHeads = func() (heads [len(templateWords)]uint32) {
	for i, w := range templateWords {
		heads[i] = head(w[0], w[1], w[2], w[3])
	}
	return heads
}()

func head(a, b, c, d byte) uint32 { return uint32(a) | uint32(b)<<8 | uint32(c)<<16 | uint32(d)<<24 }

// marker reports whether p[i], one of <[#:, may belong to a marker, so that the text is worth a look.
func marker(p []byte, i int) bool {
	switch p[i] {
	case ':':
		return roleBefore(p, i)
	case '#':
		return (i == 0 || p[i-1] == '\n') && (i+2 >= len(p) || p[i+1] == '#' && p[i+2] == '#')
	}
	if i+4 > len(p) || p[i+1] == '|' {
		return true
	}
	h := head(p[i], p[i+1], p[i+2], p[i+3])
	for _, w := range templateHeads {
		if h == w {
			return true
		}
	}
	return false
}

// templates looks for markers in p.
func templates(p []byte) Kinds {
	for i, c := range p {
		switch c {
		case '<', '[':
			if templateName(p[i:]) || hasPrefix(p[i:], templateWords[:], 0) {
				return Template
			}
		case '#':
			if i+4 < len(p) && (i == 0 || p[i-1] == '\n') && p[i+1] == '#' && p[i+2] == '#' {
				rest := p[i+3:]
				if rest[0] == ' ' {
					rest = rest[1:]
				}
				if hasPrefix(rest, templateRoles[:], 0x20) {
					return Template
				}
			}
		case ':':
			if roleBefore(p, i) {
				return Template
			}
		}
	}
	return 0
}

// templateName reports whether p begins with <|name|>. Operators of programming languages, such as
// <| and <|>, have no name.
func templateName(p []byte) bool {
	if len(p) < 5 || p[0] != '<' || p[1] != '|' {
		return false
	}
	for i, c := range p[2:min(len(p), maxTemplateName+4)] {
		switch {
		case (c|0x20)-'a' < 26, c == '_', c == '/' && i == 0:
		case c-'0' < 10 && i > 0, c >= 0x80: // DeepSeek writes "begin▁of▁sentence"
		case c == '|':
			return i > 1 && i+3 < len(p) && p[i+3] == '>'
		default:
			return false
		}
	}
	return false
}

// hasPrefix reports whether p begins with one of some words. Where fold is 0x20 those are in small letters
// and match whatever the case.
func hasPrefix(p []byte, words []string, fold byte) bool {
words:
	for _, w := range words {
		if len(p) < len(w) {
			continue
		}
		for i := range len(w) {
			c := p[i]
			if c-'A' < 26 {
				c |= fold
			}
			if c != w[i] {
				continue words
			}
		}
		return true
	}
	return false
}

// roleBefore reports whether the colon p[i] ends "Human:" or "Assistant:" behind a blank line.
func roleBefore(p []byte, i int) bool {
	for _, role := range [...]string{"\n\nHuman", "\n\nAssistant"} {
		if start := i - len(role); start >= 0 && string(p[start:i]) == role {
			return true
		}
	}
	return false
}
