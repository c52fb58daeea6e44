//go:build wasip1 && quiet

package main

const quiet = true
