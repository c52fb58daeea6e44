package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// readCapabilities reads the value of --capabilities: names with commas between them, or a file with names between white
// space and commas, where # begins a comment.
func readCapabilities(value string) ([]string, error) {
	text := value
	if data, err := os.ReadFile(value); err == nil {
		text = ""
		for line := range strings.Lines(string(data)) {
			line, _, _ = strings.Cut(line, "#")
			text += line + "\n"
		}
	} else if strings.ContainsAny(value, "./\\") {
		return nil, fmt.Errorf("read the capabilities: %w", err)
	}
	names := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c <= ' ' })
	if len(names) == 0 {
		return nil, errors.New("--capabilities: no name in it: an empty list would restrict nothing")
	}
	for _, name := range names {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, fmt.Errorf("--capabilities: %q is no capability: want names such as proxy_log, proxy_on_request_headers, fd_write", name)
		}
	}
	return names, nil
}
