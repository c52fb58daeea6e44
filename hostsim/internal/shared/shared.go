// Package shared is what all VMs of one proxy process share: key-value data with compare-and-swap,
// and queues (proxy-wasm-cpp-host src/shared_data.cc, src/shared_queue.cc).
package shared

import (
	"sync"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// Store is safe for use by many goroutines. The zero value is empty.
type Store struct {
	mu     sync.Mutex
	data   map[key]datum
	cas    uint32
	names  map[key]uint32
	queues map[uint32]*queue
}

// key is a name within one vm_id.
type key struct{ vm, name string }

type datum struct {
	value []byte
	cas   uint32
}

type queue struct {
	items  [][]byte
	notify func()
}

// Get reads a value and its compare-and-swap number.
func (s *Store) Get(vm, name string) ([]byte, uint32, abi.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.data[key{vm, name}]
	if !ok {
		return nil, 0, abi.NotFound
	}
	return d.value, d.cas, abi.OK
}

// Set writes a copy of the value. A cas other than 0 must be the one that Get gave, if the name is there.
func (s *Store) Set(vm, name string, value []byte, cas uint32) abi.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{vm, name}
	old, ok := s.data[k]
	if ok && cas != 0 && cas != old.cas {
		return abi.CASMismatch
	}
	if s.cas++; s.cas == 0 {
		s.cas = 1 // 0 means "do not compare"
	}
	if s.data == nil {
		s.data = map[key]datum{}
	}
	s.data[k] = datum{append([]byte(nil), value...), s.cas}
	return abi.OK
}

// Register makes a queue, or takes over the notices of the one of that name, and gives its token.
// notify is called on the goroutine that enqueues, so it must only post to an event loop.
func (s *Store) Register(vm, name string, notify func()) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues == nil {
		s.names, s.queues = map[key]uint32{}, map[uint32]*queue{}
	}
	k := key{vm, name}
	token, ok := s.names[k]
	if !ok {
		token = uint32(len(s.names)) + 1
		s.names[k] = token
		s.queues[token] = &queue{}
	}
	s.queues[token].notify = notify
	return token
}

// Resolve finds a queue's token.
func (s *Store) Resolve(vm, name string) (uint32, abi.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, ok := s.names[key{vm, name}]; ok {
		return token, abi.OK
	}
	return 0, abi.NotFound
}

// Enqueue appends a copy of value and posts a notice to the VM that registered the queue last.
func (s *Store) Enqueue(token uint32, value []byte) abi.Status {
	s.mu.Lock()
	q, ok := s.queues[token]
	if !ok {
		s.mu.Unlock()
		return abi.NotFound
	}
	q.items = append(q.items, append([]byte(nil), value...))
	notify := q.notify
	s.mu.Unlock()
	notify()
	return abi.OK
}

// Dequeue takes the oldest item.
func (s *Store) Dequeue(token uint32) ([]byte, abi.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[token]
	if !ok {
		return nil, abi.NotFound
	}
	if len(q.items) == 0 {
		return nil, abi.Empty
	}
	item := q.items[0]
	q.items[0] = nil
	if q.items = q.items[1:]; len(q.items) == 0 {
		q.items = nil
	}
	return item, abi.OK
}
