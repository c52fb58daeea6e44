package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// adminFlag defines the flag by which commands name a proxy.
func (c *command) adminFlag() *string {
	return c.Flags().String("admin", "127.0.0.1:9901", "`HOST:PORT` or URL of the proxy's admin interface")
}

// Bounds on what a proxy answers.
const (
	patience  = 30 * time.Second
	mostStats = 64 << 20 // bytes
)

// askProxy asks an admin interface for statistics.
func askProxy(admin, query string) (io.ReadCloser, error) {
	full := admin
	if !strings.Contains(full, "://") {
		full = "http://" + full
	}
	base, err := url.Parse(full)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("--admin %q is no address of an admin interface: write one such as 127.0.0.1:9901", admin)
	}
	base.RawQuery = query
	client := &http.Client{Timeout: patience}
	answer, err := client.Get(base.JoinPath("stats").String())
	if err != nil {
		return nil, fmt.Errorf("the proxy does not answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s answers %s: is that the admin interface of Envoy?", admin, answer.Status)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, mostStats), answer.Body}, nil
}
