//go:build wasip1 && !quiet

package main

// quiet is the module without record, response side and metrics. It is built with the tag "quiet", only to measure what they cost (make bench).
const quiet = false
