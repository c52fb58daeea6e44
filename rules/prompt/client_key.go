package prompt

import (
	"bytes"

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

// keyed is the schema of a member that holds such a key. It is the client's own data besides.
func keyed(at rank) *schema {
	return &schema{heard: true, own: true, capture: true, end: func(r *Reader, kind strictjson.Kind, text []byte) error {
		if kind == strictjson.String && at > r.clientKey.rank {
			if at == fromUser {
				text = sessionOf(text)
			}
			if len(text) > 0 {
				r.clientKey.text, r.clientKey.rank = append(r.clientKey.text[:0], text...), at
			}
		}
		return nil
	}}
}

// addClientKeys adds the members of a body that may hold a client's key.
func addClientKeys(all members) {
	all["prompt_cache_key"] = keyed(fromCacheKey)
	all["litellm_session_id"] = keyed(fromSession)
	for _, name := range []string{"metadata", "client_metadata", "litellm_metadata"} {
		all[name] = &schema{heard: true, own: true, members: members{"session_id": keyed(fromSession), "user_id": keyed(fromUser)}}
	}
}

// sessionOf returns the session that a user's id names, or nil.
func sessionOf(user []byte) []byte {
	if _, value, ok := bytes.Cut(user, []byte(`"session_id"`)); ok {
		if value = bytes.TrimLeft(value, ": "); len(value) > 0 && value[0] == '"' {
			session, _, _ := bytes.Cut(value[1:], []byte(`"`))
			return session
		}
		return nil
	}
	if _, session, ok := bytes.Cut(user, []byte("_session_")); ok {
		return session
	}
	return nil
}
