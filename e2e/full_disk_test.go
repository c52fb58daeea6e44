package e2e

import (
	"os"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
)

// A disk that is full loses records and no request, and Envoy counts what it could not write.
func TestAFullDiskUnderTheAccessLogStopsNoRequest(t *testing.T) {
	needs.Part(t, false)
	const full = "/dev/full" // where every write fails as on a full disk
	if _, err := os.Stat(full); err != nil {
		t.Skip("this system has no /dev/full")
	}
	installation := installations(t)[0]
	s := newStand(t, installation, "flag")
	x := example(t, "flag", s.backends.Ports())
	x.Listener(asShipped).LogTo(full)
	s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2})
	c := s.client(t, asShipped, "HTTP/1")
	for range 20 {
		s.routed(t, c, post(chat("auto", "Who are you?")))
	}
	eventually(t, "Envoy counts what it could not write", func() bool { return s.stat(t, "filesystem.write_failed") > 0 })
	s.routed(t, c, post(chat("auto", "Who are you?")))
}
