// Package pieces remembers what was found in pieces of JSON that come again: the messages of a conversation, that every further call repeats. It finds
// where a piece ends, makes a key of its bytes, and keeps what belongs to a key in a bounded memory. What that says is for others to know; here it is
// bytes.
package pieces
