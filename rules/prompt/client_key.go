package prompt

import (
	"strings"
	"unsafe"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Clients that keep conversations often say which one a request belongs to. Where they say it, best first:
//
//   - prompt_cache_key: OpenAI's API; Codex has its session's id there.
//   - session_id of metadata or client_metadata: OpenHands, Codex; litellm_session_id: LiteLLM.
//   - user_id of metadata, where it has a session: Claude Code, as JSON in a string since 2.1.78, as user_…_account_…_session_… before.
//
// A key of more than MaxModel bytes is none. Nothing is trusted for it: whoever chooses another one's key gets to the same replica.

// rank says how good a place a client's key stands in. 0 is none.
type rank uint8

const (
	fromUser rank = iota + 1
	fromSession
	fromCacheKey
)

// clientKey is the best key that a body has, in memory that is kept.
type clientKey struct {
	text []byte
	rank rank
}

// ClientKey is what the client calls the conversation, as far as the body has been read, or empty. It is valid until the next Feed or Reset.
func (r *Reader) ClientKey() []byte {
	if r.clientKey.rank == 0 {
		return nil
	}
	return r.clientKey.text
}

// keyed is the schema of a member that may hold such a key. It is the client's own data besides.
func keyed() *schema {
	return &schema{heard: true, own: true, capture: true, end: (*Reader).readClientKey}
}

func (r *Reader) readClientKey(kind strictjson.Kind, text []byte) error {
	at := fromSession
	switch r.value.name {
	case "prompt_cache_key":
		at = fromCacheKey
	case "user_id":
		at, text = fromUser, sessionOf(text)
	}
	if kind == strictjson.String && at > r.clientKey.rank && len(text) > 0 {
		r.clientKey.text, r.clientKey.rank = append(r.clientKey.text[:0], text...), at
	}
	return nil
}

// addClientKeys adds the members of a body that may hold a client's key.
func addClientKeys(all members) {
	all["prompt_cache_key"] = keyed()
	all["litellm_session_id"] = keyed()
	for _, name := range []string{"metadata", "client_metadata", "litellm_metadata"} {
		all[name] = &schema{heard: true, own: true, members: members{"session_id": keyed(), "user_id": keyed()}}
	}
}

// sessionOf returns the session that a user's id names, or nil.
func sessionOf(user []byte) []byte {
	text := unsafe.String(unsafe.SliceData(user), len(user)) // package strings is in the module anyway
	if i := strings.Index(text, inJSON); i >= 0 {
		value := strings.TrimLeft(text[i+len(inJSON):], ": ")
		if end := strings.IndexByte(value[min(1, len(value)):], '"'); end >= 0 && value[0] == '"' {
			at := len(text) - len(value) + 1
			return user[at : at+end]
		}
		return nil
	}
	if i := strings.Index(text, inName); i >= 0 {
		return user[i+len(inName):]
	}
	return nil
}

const (
	inJSON = `"session_id"`
	inName = "_session_"
)
