//go:build wasip1

package main

import (
	"unsafe"

	"github.com/mom-router/mom-router/internal/objectives"
)

//go:wasmimport env proxy_get_shared_data
func getSharedData(key *byte, size int32, data, length, cas *uint32) uint32

//go:wasmimport env proxy_set_shared_data
func setSharedData(key *byte, size int32, value *byte, length int32, cas uint32) uint32

// The results of host calls that are told apart here (WasmResult).
const (
	resultOK       = 0
	resultNotFound = 1
	resultMismatch = 8
)

// sharedData is what all VMs of the vm_id share.
type sharedData struct{}

// givenCas is where the host writes the number of a value.
var givenCas uint32

// Get implements objectives.Store. The value stands in the arena.
func (sharedData) Get(key string) ([]byte, uint32, objectives.Status) {
	switch getSharedData(unsafe.StringData(key), int32(len(key)), &given.data, &given.length, &givenCas) {
	case resultOK:
		return gift(), givenCas, objectives.OK
	case resultNotFound:
		return nil, 0, objectives.NotFound
	}
	return nil, 0, objectives.Failed
}

// Set implements objectives.Store.
func (sharedData) Set(key string, value []byte, cas uint32) objectives.Status {
	switch setSharedData(unsafe.StringData(key), int32(len(key)), unsafe.SliceData(value), int32(len(value)), cas) {
	case resultOK:
		return objectives.OK
	case resultMismatch:
		return objectives.Mismatch
	}
	return objectives.Failed
}

// tries bounds how often a worker tries to write what another one has written meanwhile; after that it gives up.
const tries = 16

// change reads a shared datum, and writes what becomes of it; nil leaves it alone. It reports whether it has come to an end.
func (d sharedData) change(key string, next func(value []byte) []byte) bool {
	for range tries {
		value, cas, status := d.Get(key)
		switch status {
		case objectives.Failed:
			return false
		case objectives.NotFound:
			cas = objectives.Anew
		}
		if value = next(value); value == nil || d.Set(key, value, cas) == objectives.OK {
			return true
		}
	}
	return false
}
