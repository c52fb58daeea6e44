package main

import "io"

func evaluate(string, io.Writer) error { return nil }
