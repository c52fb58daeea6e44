//go:build !wasip1

package main_test

import "github.com/mom-router/mom-router/internal/routertest"

type (
	router = routertest.Router
	answer = routertest.Answer
)

// defaultPolicy is the configuration that people begin with.
const defaultPolicy = routertest.DefaultPolicy

var (
	start     = routertest.Start
	startPair = routertest.StartPair
	post      = routertest.Post
	requests  = routertest.Shapes
)

// canary is a word of prompts that the router must never repeat.
const canary = "cormorant"
