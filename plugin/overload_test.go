//go:build !wasip1

package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

// Requests that are held at once can take all the memory of a VM. The limit on it refuses those that come too many, and
// leaves the others and the VM as they are.
func TestRequestsThatAreTooManyAtOnceAreRefusedAndTheOthersServed(t *testing.T) {
	const crowd, limit, piece = 60, 1 << 20, 32 << 10
	for mode, r := range map[string]*router{
		"flag": start(t, defaultPolicy+fmt.Sprintf(`,"memory":%d`, limit)),
		"pair": startPair(t, defaultPolicy+fmt.Sprintf(`,"memory":%d`, limit)),
	} {
		t.Run(mode, func(t *testing.T) {
			for round := range 3 { // what is given back can be used again
				body := `{"model":"auto","user":"` + strings.Repeat("u", piece) + `","messages":[{"role":"user","content":"Who are you?"}]}`
				var streams []*hostsim.Stream
				answers, upstream := make([]hostsim.Message, crowd), make([]hostsim.Message, crowd)
				for i := range crowd {
					s := r.Open(hostsim.StreamOptions{Client: &answers[i], Upstream: &upstream[i]})
					s.Headers(hostsim.NewHeaders(hostsim.Field{Name: ":method", Value: "POST"}, hostsim.Field{Name: ":path", Value: "/v1/chat/completions"}), false)
					s.Data([]byte(body[:piece]), false)
					streams = append(streams, s)
				}
				served, refused := 0, 0
				for i, s := range streams {
					if !s.Done() {
						s.Data([]byte(body[piece:]), true)
					}
					switch {
					case upstream[i].Complete && s.Cluster() == "mi355x-gpt-oss-20b":
						served++
						s.RespondHeaders(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "200"}), true)
					case answers[i].Head.Value(":status") == "503" && strings.Contains(string(answers[i].Body), `"router_overloaded"`) && upstream[i].Head == nil:
						refused++
					default:
						t.Fatalf("request %d: %v %s", i, answers[i].Head, answers[i].Body)
					}
				}
				// A held request takes 64 KiB, and in flag mode its body as well.
				most := map[string]int{"flag": limit / (96 << 10), "pair": limit / (64 << 10)}[mode]
				if served == 0 || refused == 0 || served > most {
					t.Errorf("round %d: %d served and %d refused, want at most %d served", round, served, refused, most)
				}
				if r.Failed() != nil {
					t.Fatal(r.Failed())
				}
			}
		})
	}
}
