package audit

import (
	"encoding/hex"

	"github.com/mom-router/mom-router/internal/sha256"
)

// Link ties a record to the one that the same VM wrote before it.
type Link struct {
	VM   string // random at the start of the VM
	Seq  int64  // counts from 1
	Prev []byte // digest of the record before, empty for the first; the chain's own memory
}

// Chain links the records of one VM, so that a lost or altered one shows.
// Without a key it shows loss and mistakes, not forgery.
//
// The digest of a record, which is prev in the one that follows, is the first half of its SHA-256, or of its
// HMAC-SHA-256 under a key, in hexadecimal.
type Chain struct {
	vm   string
	seq  int64
	prev [sha256.Size]byte
	key  *sha256.Key // nil without one
}

// NewChain starts a chain. The key may be empty.
func NewChain(vm string, key []byte) *Chain {
	c := &Chain{vm: vm}
	if len(key) > 0 {
		c.key = sha256.NewKey(key)
	}
	return c
}

// Next returns the link of the next record. It is valid until that one is written.
func (c *Chain) Next() Link {
	l := Link{VM: c.vm, Seq: c.seq + 1}
	if c.seq > 0 {
		l.Prev = c.prev[:]
	}
	return l
}

// Written says that a record went out with the link that Next returned.
func (c *Chain) Written(record []byte) {
	c.seq++
	var sum [sha256.Size]byte
	if c.key == nil {
		sum = sha256.Sum256(record)
	} else {
		sum = c.key.HMAC(record)
	}
	hex.Encode(c.prev[:], sum[:sha256.Size/2])
}
