package process

import (
	"fmt"
	"net"
	"strconv"
)

// FreePorts are n addresses of 127.0.0.1 that nobody listens at, and that the kernel gives to nobody else for a while.
func FreePorts(n int) ([]string, error) {
	var all []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // only now, so that no port is given twice
		all = append(all, l.Addr().String())
	}
	return all, nil
}

// Port is the number at the end of an address.
func Port(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		panic(fmt.Sprintf("process: %q is no address", address)) // they all come from FreePorts
	}
	n, _ := strconv.Atoi(port)
	return n
}
