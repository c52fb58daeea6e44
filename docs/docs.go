// Package docs holds pages that commands print parts of.
package docs

import _ "embed"

// Check is docs/check.md: the codes of rules check, a heading each.
//
//go:embed check.md
var Check string
