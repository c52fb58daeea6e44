// Package rules holds the policy language and the decision engine: Compile turns
// a policy into a Table, and a Table decides which model serves a request.
//
// The package does no I/O and keeps no global state. A Table is read-only and
// may be shared; everything that belongs to one request lives in a Session.
package rules

//go:generate sh -c "go run ../cmd/rules json default.yaml > default.json.new && mv default.json.new default.json"
