// Package version says which release this is: the one place for module, commands, images and archives.
package version

// Number is the release, by Semantic Versioning, without a v.
const Number = "0.1.0"
