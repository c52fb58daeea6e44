// Package differential asks hostsim and the real Envoy the same questions and compares the answers.
//
// A program is a small module that a test writes as a table of callbacks and host calls; it logs what each call gives. A
// scene is a chain of such modules, or of those in modules/*.wat, with the requests that go through it. Every scene runs
// in hostsim and in Envoy 1.36.4 and 1.40.0, and status, headers, bodies, logs and metrics must be the same. What
// differs is written down in differences.go with its reason, and nothing else may.
package differential
