//go:build !unix

package needs

// Lock does nothing here: two processes may build the same thing at the same time.
func Lock(string) (unlock func(), err error) { return func() {}, nil }
