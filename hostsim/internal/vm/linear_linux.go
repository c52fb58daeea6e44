package vm

import (
	"math"
	"syscall"
)

// reserve gives bytes of zero that take no memory until they are touched.
func reserve(size uint64) ([]byte, error) {
	if size == 0 || size > math.MaxInt {
		return nil, syscall.ENOMEM
	}
	b, err := syscall.Mmap(-1, 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err == nil {
		// Large pages: a module's memory is small next to the machine's, and what it touches is spread all over it.
		syscall.Madvise(b, syscall.MADV_HUGEPAGE)
	}
	return b, err
}

func release(b []byte) {
	if len(b) > 0 {
		syscall.Munmap(b)
	}
}
