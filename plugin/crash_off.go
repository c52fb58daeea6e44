//go:build wasip1 && !crash

package main

// crash is where a module built for the tests of failures fails on demand. In the product it is nothing.
func crash(string, *stream) {}
