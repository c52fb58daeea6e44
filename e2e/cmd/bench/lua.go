package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// luaScript writes the filter that somebody would write who has Envoy's Lua filter and a list of phrases: the body in lower
// case, a plain search for each way to begin a phrase, and from there on for what follows, within so many characters.
func luaScript(policy []byte) (string, error) {
	var p struct {
		Signals struct {
			Keyword map[string]struct {
				Words []string
				Gap   int
			}
		}
	}
	if err := json.Unmarshal(policy, &p); err != nil {
		return "", fmt.Errorf("the default policy's phrases: %w", err)
	}
	var names []string
	for name := range p.Signals.Keyword {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("local phrases = {\n")
	for _, name := range names {
		k := p.Signals.Keyword[name]
		for _, words := range k.Words {
			fmt.Fprintf(&b, " {near = %d", 1+8*k.Gap)
			for _, alternatives := range pieces(words, k.Gap > 0) {
				b.WriteString(", {")
				for i, a := range alternatives {
					if i > 0 {
						b.WriteString(", ")
					}
					b.WriteString(luaQuote(strings.ToLower(a)))
				}
				b.WriteString("}")
			}
			b.WriteString("},\n")
		}
	}
	b.WriteString("}\n" + luaSearch)
	return b.String(), nil
}

const luaSearch = `
local function follows(text, phrase, piece, from)
  if piece > #phrase then return true end
  local near = nil
  for _, word in ipairs(phrase[piece]) do
    near = near or string.sub(text, from, from + phrase.near + 32)
    local first, last = string.find(near, word, 1, true)
    if first and first <= phrase.near and follows(text, phrase, piece + 1, from + last) then return true end
  end
  return false
end

local function found(text)
  for _, phrase in ipairs(phrases) do
    for _, word in ipairs(phrase[1]) do
      local first, last = string.find(text, word, 1, true)
      while first do
        if follows(text, phrase, 2, last + 1) then return true end
        first, last = string.find(text, word, last + 1, true)
      end
    end
  end
  return false
end

function envoy_on_request(handle)
  local body = handle:body()
  local cluster, model = "mi355x-gpt-oss-120b", "openai/gpt-oss-120b"
  if body then
    local text = body:getBytes(0, body:length())
    if found(string.lower(text)) then
      cluster, model = "mi355x-gpt-oss-20b", "openai/gpt-oss-20b"
    end
    local edited = string.gsub(text, '"model":"auto"', '"model":"' .. model .. '"', 1)
    handle:headers():replace("content-length", tostring(body:setBytes(edited)))
  end
  handle:headers():replace("x-mom-cluster", cluster)
  handle:headers():replace("x-mom-model", model)
  handle:clearRouteCache()
end
`

// pieces takes a phrase of a policy apart: each piece with its alternatives. Without gaps a phrase is one piece.
func pieces(phrase string, gaps bool) [][]string {
	if !gaps {
		return [][]string{{phrase}}
	}
	var all [][]string
	for rest := strings.TrimSpace(phrase); rest != ""; rest = strings.TrimSpace(rest) {
		if strings.HasPrefix(rest, "(") {
			if group, after, ok := strings.Cut(rest[1:], ")"); ok {
				all = append(all, strings.Split(group, "|"))
				rest = after
				continue
			}
		}
		word, after, _ := strings.Cut(rest, " ")
		all = append(all, []string{word})
		rest = after
	}
	return all
}

// luaQuote writes a string as Lua reads it: every byte that is not plain as a number.
func luaQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\%03d`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
