// Command record stands in for an inference engine and writes down what a client sends to it.
//
//	record -o FILE COMMAND [ARGUMENT...]
//
// It listens on a free port of 127.0.0.1, runs the command with its URL as the last argument, answers every request in
// the shape of the API that was called, and writes each as one line in the form that `hostsim replay` reads. The lines
// are the same on every run and machine, and free of secrets: only the headers in kept are written. The exit code is
// the command's, or 2 if record itself failed.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"

	"github.com/mom-router/mom-router/internal/standin"
)

func main() {
	out := flag.String("o", "", "write the requests to `FILE`")
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: record -o FILE COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(*out, flag.Args())
	if err != nil {
		fmt.Fprintf(os.Stderr, "record: %v\n", err)
		os.Exit(2)
	}
	os.Exit(code)
}

// run records what the command sends and returns the command's exit code. The file is written only if that is 0.
func run(file string, command []string) (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	recorder := new(recorder)
	server := &http.Server{Handler: recorder}
	go server.Serve(listener)
	defer server.Close()

	cmd := exec.Command(command[0], append(command[1:], "http://"+listener.Addr().String())...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err = cmd.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode(), nil
	}
	if err != nil {
		return 0, err
	}
	lines, err := recorder.lines()
	if err != nil {
		return 0, err
	}
	return 0, os.WriteFile(file, lines, 0o644)
}

// recorder answers requests and keeps them, in the order in which they came.
type recorder struct {
	mu   sync.Mutex
	kept bytes.Buffer
	err  error // the first one
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	var line []byte
	if err == nil {
		line, err = encode(request, body)
	}
	r.mu.Lock()
	r.kept.Write(line)
	if r.err == nil {
		r.err = err
	}
	r.mu.Unlock()
	if err == nil && !refused(w, body) {
		standin.Answer(w, request, body)
	}
}

func (r *recorder) lines() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.Bytes(), r.err
}
