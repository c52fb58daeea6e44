package abi

import "fmt"

// Envoy is a range of Envoy's releases that offer the same to modules.
type Envoy int

// The releases. The zero value is the newest.
const (
	Envoy140 Envoy = iota // 1.39 and 1.40: all of WASI preview 1 can be imported
	Envoy136              // 1.36 to 1.38: a part of it, and poll_oneoff does nothing
)

var envoyNames = [...]string{"1.40", "1.36"}

// String is the release's number, such as "1.40".
func (e Envoy) String() string { return envoyNames[e] }

// ParseEnvoy reads what String gives.
func ParseEnvoy(name string) (Envoy, error) {
	for i, n := range envoyNames {
		if n == name {
			return Envoy(i), nil
		}
	}
	return 0, fmt.Errorf("no profile for Envoy %q: want 1.36 or 1.40", name)
}
