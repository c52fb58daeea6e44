package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Link ties a record to the one that the same VM wrote before it.
type Link struct {
	VM   string // random at the start of the VM
	Seq  int64  // counts from 1
	Prev string // hash of the record before, "" for the first; an HMAC where there is a key
}

// Chain links the records of one VM, so that a lost or altered one shows.
// Without a key it shows loss and mistakes, not forgery.
type Chain struct {
	vm   string
	key  []byte
	last Link
}

// NewChain starts a chain. The key may be empty.
func NewChain(vm string, key []byte) *Chain {
	return &Chain{vm: vm, key: key}
}

// Next returns the link of the next record.
func (c *Chain) Next() Link {
	return Link{VM: c.vm, Seq: c.last.Seq + 1, Prev: c.last.Prev}
}

// Written says that a record went out with the link that Next returned.
func (c *Chain) Written(record []byte) {
	c.last = Link{Seq: c.last.Seq + 1, Prev: Digest(c.key, record)}
}

// Digest is the value of prev in the record that follows: the first half of
// SHA-256, or of HMAC-SHA-256 under a key, in hexadecimal.
func Digest(key, record []byte) string {
	var sum []byte
	if len(key) == 0 {
		s := sha256.Sum256(record)
		sum = s[:]
	} else {
		mac := hmac.New(sha256.New, key)
		mac.Write(record)
		sum = mac.Sum(nil)
	}
	return hex.EncodeToString(sum[:sha256.Size/2])
}
