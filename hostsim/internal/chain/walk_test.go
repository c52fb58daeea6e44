package chain

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Whatever filters answer and do, and whenever, the rules hold that fakes and takers look at: nobody is called after the end
// or twice, and every stream ends once. There are no trailers here: a filter that goes on though it does not wait, or waits
// again in the middle of going on, is given them twice, in Envoy's filter_manager.cc as here.
func TestTheRulesHoldWhateverFiltersDo(t *testing.T) {
	kinds := []string{"request headers", "request body", "response headers", "response body"}
	ended := 0
	var trace []string
	for seed := range uint64(20_000) {
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed-1, strings.Join(trace, "\n"))
		}
		random := rand.New(rand.NewPCG(seed, 1))
		var p *play
		does := 0
		do := func(f *fake, callback bool) {
			if does++; does > 40 {
				return
			}
			switch random.IntN(14) {
			case 0:
				f.reply()
			case 1:
				f.c.Reset("gone")
			case 2, 3:
				if i := random.IntN(len(p.filters)); !callback && p.m.dec.steps[i].state != running {
					p.say(p.filters[i].name + " continues the request")
					p.filters[i].continueRequest()
				}
			case 4, 5:
				if i := random.IntN(len(p.filters)); !callback && p.m.enc.steps[len(p.filters)-1-i].state != running {
					p.say(p.filters[i].name + " continues the response")
					p.filters[i].continueResponse()
				}
			case 6:
				f.c.ClearRouteCache()
			}
		}
		var all []acts
		for range 1 + random.IntN(3) {
			on := acts{}
			for _, kind := range kinds {
				on[kind] = func(f *fake) int {
					do(f, true)
					status := 0
					if random.IntN(2) == 0 {
						status = random.IntN(4)
					}
					if status != 0 {
						p.say(fmt.Sprint(f.name, " answers ", status))
					}
					return status
				}
			}
			all = append(all, on)
		}
		p = newPlay(t, random.IntN(3)*4, all...)
		outside := func() {
			for random.IntN(3) == 0 {
				do(p.filters[random.IntN(len(p.filters))], false)
			}
		}
		p.head(random.IntN(6) == 0)
		outside()
		for !p.m.requestComplete && !p.m.Done() {
			p.data("piece"[:random.IntN(6)], random.IntN(3) == 0)
			outside()
		}
		if !p.m.Done() {
			p.respond(random.IntN(6) == 0)
			outside()
		}
		for !p.m.responseComplete && !p.m.Done() {
			p.respondData("piece"[:random.IntN(6)], random.IntN(3) == 0)
			outside()
		}
		for range 20 {
			outside()
		}
		if p.m.Done() {
			ended++
		}
		p.m.Reset("the test is over")
		trace = p.seen
		if p.ends != 1 {
			t.Errorf("seed %d: the stream ended %d times", seed, p.ends)
		}
	}
	if ended < 5000 {
		t.Errorf("only %d streams ended by themselves: the walk says little", ended)
	}
}
