// Package quote writes strings as JSON, for the commands and tests that build bodies. The engine has
// strictjson.AppendQuoted, which needs no reflection.
package quote

import "encoding/json"

// JSON is a string as encoding/json writes it: <, > and & are escaped, and invalid UTF-8 is replaced.
func JSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}
