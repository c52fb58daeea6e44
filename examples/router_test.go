package examples

import "github.com/mom-router/mom-router/internal/routertest"

type (
	router = routertest.Router
	answer = routertest.Answer
)

// defaultPolicy is the configuration that people begin with.
const defaultPolicy = routertest.DefaultPolicy

var (
	start    = routertest.Start
	post     = routertest.Post
	requests = routertest.Shapes
)
