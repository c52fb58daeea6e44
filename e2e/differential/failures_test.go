package differential

import "testing"

// failureScenes: what becomes of requests when the module traps, by failure policy and callback. The VM has run for more
// than the back-off when it traps, or it traps again at once.
func failureScenes() []*scene {
	var all []*scene
	for _, policy := range []string{"FAIL_CLOSED", "FAIL_OPEN"} {
		for _, at := range []string{"request_headers", "request_body", "request_trailers", "response_headers", "response_body", "response_trailers", "log"} {
			s := single("a trap in "+at+" under "+policy, watching((&program{}).in(at, trap)), to(request{body: "hello", chunked: true,
				trailer: [][2]string{{"x-tail", "t"}}, answer: answer{body: "world", trailer: [][2]string{{"x-tail", "u"}}}})...)
			s.filters[0].failure = policy
			s.keep = true
			all = append(all, s)
		}
	}
	return all
}

func TestFailuresGoAsInEnvoy(t *testing.T) { play(t, failureScenes()) }
