package objectives

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// models is the beginning of a policy whose requests cost what they say: a dollar a token.
const models = `"version":"1","models":{
	"big":{"cluster":"b","price":{"input":1000000,"output":1000000},"max_output":10},
	"small":{"cluster":"s","price":{"input":100000,"output":100000},"max_output":10}},"default":["big","small"],"objectives":`

func table(t testing.TB, objectives string) *rules.Table {
	t.Helper()
	root, err := tree.ParseJSON([]byte("{" + models + objectives + "}"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const dollar = 1_000_000_000_000

// at is so many milliseconds after the beginning of some hour.
func at(ms int64) Time { return Time{Unix: 500_000*3600_000 + ms, Mono: ms * 1e6} }

func TestQuantilesAreWithinTheStatedErrorOfTheSampleAtTheirRank(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() int64{
		"even":       func() int64 { return 1000 + random.Int64N(5_000_000) },
		"log-normal": func() int64 { return int64(200_000 * (1 + random.ExpFloat64()*random.ExpFloat64())) },
		"two peaks":  func() int64 { return []int64{90_000, 8_000_000}[min(random.IntN(20), 1)^1] + random.Int64N(5000) },
		"all alike":  func() int64 { return 123_456 },
		"far apart":  func() int64 { return int64(1000 * float64(int64(1)<<random.IntN(20))) },
	} {
		for _, n := range []int{1, 2, 19, 20, 21, 1000, 20_000} {
			p := pace{period: 100}
			var all []int64
			for range n {
				v := draw()
				all = append(all, v)
				p.add(sample{period: 100 - random.Int64N(periods), bucket: uint16(bucket(v)), add: 1}, 1)
			}
			slices.Sort(all)
			for _, q := range []float64{0.01, 0.5, 0.9, 0.95, 0.99, 1} {
				got, count := p.quantile(q)
				rank := max(int(float64(n)*q+0.999999999)-1, 0)
				want := all[rank]
				if count != int64(n) || float64(got) < float64(want)*(1-Error)-1 || float64(got) > float64(want)*(1+Error)+1 {
					t.Errorf("%s, %d samples: the quantile %v is %d of %d, want about %d", name, n, q, got, count, want)
				}
			}
		}
	}
}

// busy is a store in which others write between every read and write, so often.
type busy struct {
	Store
	random *rand.Rand
	often  float64
}

func (b *busy) Set(key string, value []byte, cas uint32) Status {
	if b.random.Float64() < b.often {
		return Mismatch
	}
	return b.Store.Set(key, value, cas)
}

// locked is a store for many goroutines.
type locked struct {
	mu sync.Mutex
	m  *Memory
}

// view is what one goroutine has of it: what Get returns is its own.
type view struct {
	*locked
	buf []byte
}

func (v *view) Get(key string) ([]byte, uint32, Status) {
	v.mu.Lock()
	defer v.mu.Unlock()
	value, cas, s := v.m.Get(key)
	v.buf = append(v.buf[:0], value...)
	return v.buf, cas, s
}

func (v *view) Set(key string, value []byte, cas uint32) Status {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.m.Set(key, value, cas)
}

func TestEightWorkersSpendToThePicodollar(t *testing.T) {
	p := table(t, `{"budget":{"window":"1h","key":"x-tenant","hard":1000,"keys":{"acme":{}},"others":2}}`)
	shared := &locked{m: &Memory{}}
	keys := []string{"acme", "beta", "gamma", "delta", ""}
	const each = 5000
	var want [8]map[string]int64
	var wait sync.WaitGroup
	for worker := range 8 {
		want[worker] = map[string]int64{}
		wait.Add(1)
		go func() {
			defer wait.Done()
			random := rand.New(rand.NewPCG(uint64(worker), 7))
			k := New("", p, &view{locked: shared})
			for i := range each {
				var r Request
				key := keys[random.IntN(len(keys))]
				r.Begin(k, key, at(int64(i)))
				if !r.Reserve(100) {
					t.Error("refused far below the bound")
				}
				spent := random.Int64N(200)
				want[worker][r.Key()] += spent
				r.Done(spent, false, at(int64(i)))
			}
			for i, n := range k.Faults() {
				if n > 0 && Fault(i) != Contended {
					t.Errorf("%s: %d", FaultNames[i], n)
				}
			}
			// What was owed is written with the next request of the key, and what has waited with the next tick.
			for _, key := range keys {
				var r Request
				r.Begin(k, key, at(each))
				r.Reserve(1)
				r.Done(0, false, at(each))
			}
			k.Tick(at(each))
		}()
	}
	wait.Wait()
	all := map[string]int64{}
	for _, m := range want {
		for key, n := range m {
			all[key] += n
		}
	}
	k := New("", p, &view{locked: shared})
	for _, key := range keys {
		var r Request
		r.Begin(k, key, at(each))
	}
	got := map[string]int64{}
	k.Accounts(at(each), func(a Account) {
		got[a.Name] = a.Spent
		if a.Reserved != 0 {
			t.Errorf("%s: %d is still reserved", a.Name, a.Reserved)
		}
	})
	if len(got) != 4 || fmt.Sprint(got) != fmt.Sprint(all) {
		t.Errorf("spent %v, want %v", got, all)
	}
}

func TestABudgetIsKeptInItsWindow(t *testing.T) {
	p := table(t, `{"budget":{"window":"1h","soft":5,"hard":10}}`)
	k := New("", p, &Memory{})
	ask := func(now Time, cost, spent int64) (soft, hard int64, ok bool) {
		var r Request
		r.Begin(k, "", now)
		soft, hard = r.Left()
		if ok = r.Reserve(cost * dollar); ok {
			r.Done(spent*dollar, false, now)
		}
		return soft / dollar, hard / dollar, ok
	}
	for i, step := range []struct {
		ms, cost, spent int64
		soft, hard      int64
		ok              bool
	}{
		{0, 4, 3, 5, 10, true},
		{1000, 4, 3, 2, 7, true},
		{2000, 5, 0, -1, 4, false}, // more than is left
		{3000, 4, 6, -1, 4, true},  // what it took counts, and not what it might have
		{4000, 1, 0, -7, -2, false},
		{3600_000, 1, 1, 5, 10, true}, // the next hour
	} {
		soft, hard, ok := ask(at(step.ms), step.cost, step.spent)
		if soft != step.soft || hard != step.hard || ok != step.ok {
			t.Errorf("step %d: %d before soft, %d before hard, %v; want %+v", i, soft, hard, ok, step)
		}
	}
	var r Request
	r.Begin(k, "", at(3600_000-1500))
	if got := r.Wait(); got != 2 {
		t.Errorf("wait %d s, want 2", got)
	}
}

func TestWhatIsReservedIsNotThereForOthersUntilItsVMIsGone(t *testing.T) {
	p := table(t, `{"budget":{"window":"1d","hard":10}}`)
	store := &Memory{}
	crashed, lives := New("", p, store), New("", p, store)
	var lost, r Request
	lost.Begin(crashed, "", at(0))
	if !lost.Reserve(8 * dollar) {
		t.Fatal("refused")
	}
	try := func(ms int64) bool {
		r.Begin(lives, "", at(ms))
		ok := r.Reserve(8 * dollar)
		if ok {
			r.Done(0, false, at(ms))
		}
		return ok
	}
	if try(1000) || try(reserveFor-1) {
		t.Error("what another VM has reserved was given away")
	}
	if !try(reserveFor + sliceLength) {
		t.Error("it is never free again")
	}
	if n := lives.Faults()[Expired]; n != 1 {
		t.Errorf("expired %d times, want 1", n)
	}
	// The VM was only slow: what it has spent counts, and nothing is taken out twice.
	lost.Done(3*dollar, false, at(reserveFor+2*sliceLength))
	r.Begin(lives, "", at(reserveFor+2*sliceLength))
	if _, hard := r.Left(); hard != 7*dollar {
		t.Errorf("%d is left, want 7 dollars", hard)
	}
}

func TestWhatIsWrongWithSharedDataIsCountedAndFailsNothing(t *testing.T) {
	p := table(t, `{"budget":{"window":"1h","hard":10},"first_token":{"p95":100}}`)
	k := New("", p, &Memory{})
	var r Request
	spend := func(ms, cost int64) bool {
		r.Begin(k, "", at(ms))
		ok := r.Reserve(cost * dollar)
		r.Done(cost*dollar, false, at(ms))
		return ok
	}
	only := func(what string, want ...Fault) {
		t.Helper()
		for i, n := range k.Faults() {
			if (n > 0) != slices.Contains(want, Fault(i)) {
				t.Errorf("%s: %s was counted %d times", what, FaultNames[i], n)
			}
		}
	}
	spend(0, 4)
	only("all is well")
	for name, value := range k.store.(*Memory).values {
		for what, bad := range map[string][]byte{"cut": value.value[:20], "empty": {}, "another plugin's": []byte("hello, world"), "a bit was flipped": append([]byte{1}, value.value[1:]...)} {
			k.store.Set(name, bad, 0)
			if !spend(1, 4) {
				t.Errorf("%s: refused", what)
			}
			only(what, Foreign)
		}
		if !spend(2, 4) || spend(3, 4) {
			t.Error("after that the budget is not kept")
		}
	}
	k.Faults()
	if !spend(4*3600_000, 9) || spend(4*3600_000, 9) {
		t.Error("a later window has a budget of its own")
	}
	k.Faults()
	if spend(3*3600_000, 9) {
		t.Error("a clock that was set back a little gave a second budget")
	}
	only("a little back")
	if !spend(0, 9) {
		t.Error("a clock that was wrong stops all for hours")
	}
	only("far back", Clock)

	k.store = none{}
	k.budget.store = none{}
	if !spend(0, 1000) || r.Active() {
		t.Error("without shared data nothing can be bounded, and nobody is to be refused")
	}
	only("none", Unavailable)

	store := &busy{&Memory{}, rand.New(rand.NewPCG(1, 1)), 1}
	k.store, k.budget.store = store, store
	if !spend(0, 7) {
		t.Error("refused because of others' writing")
	}
	only("contended", Contended)
	store.often = 0
	if spend(0, 4) {
		t.Error("what could not be written was forgotten")
	}
}

// none is a host without shared data.
type none struct{}

func (none) Get(string) ([]byte, uint32, Status) { return nil, 0, Failed }
func (none) Set(string, []byte, uint32) Status   { return Failed }

func TestOnlyRequestsThatWouldGoToASlowModelAreLetThrough(t *testing.T) {
	p := table(t, `{"first_token":{"p95":100}}`)
	k := New("", p, &Memory{})
	m := p.Models()[0]
	g := k.gauge(m, 0)
	g.seen, g.fresh, g.mode, g.probed = true, at(0).Mono, passed, at(0).Unix
	slow := func(sends bool) bool {
		var r Request
		r.Begin(k, "", at(0))
		first := r.Slow(m, 10, sends)
		return first && r.Slow(m, 10, sends)
	}
	for range probeEvery - 1 {
		if !slow(true) {
			t.Fatal("let through too soon")
		}
	}
	for range 2 * probeEvery {
		if !slow(false) {
			t.Fatal("one that goes elsewhere took the turn of one that is to see")
		}
	}
	if slow(true) {
		t.Error("nobody is let through")
	}
}

// Requests of one key that are under way when another key gets the account find the same new one.
func TestNoRequestSpendsFromAnotherKeysAccount(t *testing.T) {
	p := table(t, `{"budget":{"window":"1h","key":"x-tenant","hard":100,"others":1}}`)
	k := New("", p, &Memory{})
	var first, second, new Request
	first.Begin(k, "a", at(0))
	second.Begin(k, "a", at(0))
	const later = 9 * 3600_000
	another := New("", p, k.store) // in another VM
	new.Begin(another, "b", at(later))
	new.Reserve(7 * dollar)
	new.Done(7*dollar, false, at(later))
	another.Tick(at(later))
	first.Done(dollar, false, at(later))
	second.Done(dollar, false, at(later))
	got := map[string]int64{}
	other := New("", p, k.store)
	other.budget.of("b", at(later).Unix)
	other.Accounts(at(later), func(a Account) { got[a.Name] = a.Spent / dollar })
	if got["other-0"] != 7 || got["rest"] != 2 {
		t.Errorf("spent: %v, want 7 by the new key and 2 by those without an account", got)
	}
}

func TestAccountsOfKeysThatAreNotNamedAreGivenToTheFirst(t *testing.T) {
	p := table(t, `{"budget":{"window":"1h","key":"x-tenant","hard":10,"keys":{"acme":{"hard":20}},"others":2}}`)
	k := New("", p, &Memory{})
	name := func(ms int64, key string) string {
		var r Request
		r.Begin(k, key, at(ms))
		r.Reserve(dollar)
		defer r.Done(dollar, false, at(ms))
		return r.Key()
	}
	a, b := name(0, "a"), name(0, "b")
	if a == b || a == "rest" || b == "rest" || name(0, "c") != "rest" || name(0, "") != "rest" || name(0, "acme") != "acme" || name(5, "a") != a {
		t.Errorf("a has %s, b %s, c %s, acme %s, and a then %s", a, b, name(0, "c"), name(0, "acme"), name(5, "a"))
	}
	other := New("", p, k.store)
	var r Request
	if r.Begin(other, "a", at(9)); r.Key() != a {
		t.Errorf("another VM finds %s for a, want %s", r.Key(), a)
	}
	k.Tick(at(10))
	// Hours later the accounts are free, and whoever had one is told by the id that stands there.
	k.budget.others = map[string]*purse{"b": k.budget.others["b"]}
	for _, key := range []string{"x", "y"} {
		if got := name(9*3600_000, key); got == "rest" {
			t.Errorf("%s has no account though those that had one are gone", key)
		}
	}
	if got := name(9*3600_000, "b"); got == b {
		// The name is looked up when the account is read.
		t.Errorf("b spends from the account of another key, %s", got)
	}
}

// dollarsLeft is what a VM sees before the hard bound.
func dollarsLeft(k *Keeper, ms int64) int64 {
	var r Request
	r.Begin(k, "", at(ms))
	_, hard := r.Left()
	return hard / dollar
}

func TestWhatComesToLightLaterIsReservedInPlaceOfWhatWas(t *testing.T) {
	p := table(t, `{"budget":{"window":"1d","hard":10}}`)
	store := &Memory{}
	k, other := New("", p, store), New("", p, store)
	left := func(ms int64) int64 { return dollarsLeft(other, ms) }
	var r Request
	r.Begin(k, "", at(0))
	for i, step := range []struct {
		ms, cost, left int64
		ok             bool
	}{
		{0, 2, 8, true},
		{0, 5, 5, true}, // three more
		{0, 3, 5, true}, // no less
		{0, 11, 5, false},
		{50_000, 8, 2, true}, // in another slice of time
		{50_000, 10, 0, true},
	} {
		r.Now(at(step.ms))
		if ok := r.Reserve(step.cost * dollar); ok != step.ok || left(step.ms) != step.left {
			t.Errorf("step %d: %v, %d dollars are left, want %v and %d", i, ok, left(step.ms), step.ok, step.left)
		}
	}
	if got := left(reserveFor + 45_000); got != 0 {
		t.Errorf("%d dollars are free again, by the time of the first reservation", got)
	}
	r.Done(4*dollar, false, at(reserveFor+45_000))
	if got := left(reserveFor + 45_000); got != 6 {
		t.Errorf("%d dollars are left at the end, want 6", got)
	}
	if r.Reserve(100 * dollar); r.Active() || left(reserveFor+45_000) != 6 {
		t.Error("a request that is done reserved something")
	}
}

func TestATimeCountsForTheModelThatWasWaitedFor(t *testing.T) {
	p := table(t, `{"first_token":{"p95":100}}`)
	for name, c := range map[string]struct {
		failed, answered int64  // milliseconds
		want             string // milliseconds of both models
	}{
		"one that fails soon says nothing of the first":  {20, 50, "0 30"},
		"one that was silent for longer than it may":     {150, 180, "150 30"},
		"nor does the first's time count for the second": {90, 95, "0 5"},
	} {
		k := New("", p, &Memory{})
		var r Request
		r.Begin(k, "", at(0))
		r.Sent(p.Models()[0], 10, true, at(0))
		r.Switch(p.Models()[1], at(c.failed))
		r.First(at(c.answered))
		r.Done(0, false, at(c.answered+1000))
		if len(k.waiting) > 0 {
			t.Errorf("%s: %d still wait", name, len(k.waiting))
		}
		k.Tick(at(c.answered + 2000))
		got := map[string]int64{}
		k.Paces(func(p Pace) {
			if p.Class == 0 {
				got[p.Model.Key] = p.P95
			}
		})
		var first, second int64
		fmt.Sscan(c.want, &first, &second)
		if near := func(micros, ms int64) bool {
			return float64(micros) <= float64(ms)*1000*(1+Error) && float64(micros) >= float64(ms)*1000*(1-Error)
		}; !near(got["big"], first) || !near(got["small"], second) {
			t.Errorf("%s: %v microseconds, want %s", name, got, c.want)
		}
	}
	k := New("", p, &Memory{})
	var whole Request
	whole.Begin(k, "", at(0))
	whole.Sent(p.Models()[0], 10, false, at(0))
	if whole.Switch(p.Models()[1], at(1)); len(k.waiting) > 0 {
		t.Error("an answer that comes as a whole is waited for after a failure")
	}
}

func TestAccountsAreToldInTurn(t *testing.T) {
	p := table(t, `{"budget":{"window":"1h","key":"x-tenant","hard":10,"keys":{"acme":{}},"others":1000}}`)
	store := &counting{Store: &Memory{}}
	k := New("", p, store)
	var r Request
	const many = 300
	r.Begin(k, "acme", at(0))
	r.Reserve(1)
	for i := range many {
		r.Begin(k, fmt.Sprint("tenant", i), at(0))
		r.Reserve(1)
	}
	seen := map[string]bool{}
	for range (many+1)/mostTold + 1 {
		store.reads = 0
		k.Accounts(at(1), func(a Account) { seen[a.Name] = true })
		if store.reads > mostTold+1 {
			t.Errorf("%d values are read at once", store.reads)
		}
	}
	if len(seen) != many+2 || !seen["acme"] || !seen["rest"] {
		t.Errorf("%d accounts are told of, want %d", len(seen), many+2)
	}
}

// counting counts what is read.
type counting struct {
	Store
	reads int
}

func (c *counting) Get(key string) ([]byte, uint32, Status) {
	c.reads++
	return c.Store.Get(key)
}

func TestWhatEnginesSayOfTheirLoadIsRead(t *testing.T) {
	var l loads
	for _, tt := range []struct {
		header, metric string
		want           int64 // -1 is nothing
	}{
		{"12", "", 12_000_000},
		{" 0.25 ", "", 250_000},
		{"TEXT cpu_utilization=0.3,named_metrics.waiting=7", "named_metrics.waiting", 7_000_000},
		{"TEXT cpu_utilization=0.3, named_metrics.waiting = 7 ", "cpu_utilization", 300_000},
		{"named_metrics.waiting=7, named_metrics.wait=8", "named_metrics.wait", 8_000_000},
		{`JSON {"cpu_utilization": 0.3, "named_metrics": {"waiting": 7}}`, "named_metrics.waiting", 7_000_000},
		{`JSON {"named_metrics": {"waiting": 7, "a.b": 4}, "cpu_utilization": 3e-1}`, "cpu_utilization", 300_000},
		{`JSON {"named_metrics": {"waiting": 7, "a.b": 4}}`, "named_metrics.a.b", 4_000_000},
		{`JSON {"named_metrics.waiting": 5}`, "named_metrics.waiting", 5_000_000},
		{`JSON {"utilization": {"named_metrics": 1, "waiting": 2}, "named_metrics": {"x": {"waiting": 3}}}`, "named_metrics.waiting", -1},
		{`JSON {"named_metrics": {"waiting": "7"}}`, "named_metrics.waiting", -1},
		{`JSON {"named_metrics": {"waiting": 7}`, "named_metrics.waiting", -1},
		{`JSON`, "a", -1},
		{"TEXT", "a", -1},
		{"BIN CgQIA==", "a", -1},
		{"TEXT a=-1", "a", -1},
		{"TEXT a=NaN", "a", -1},
		{"TEXT a=Inf", "a", -1},
		{"1e13", "", -1},
		{"", "", -1},
		{"many", "", -1},
		{"TEXT a=1", "", -1},
	} {
		got, ok := l.read(tt.header, tt.metric)
		if !ok {
			got = -1
		}
		if got != tt.want {
			t.Errorf("%q of %q: %d, want %d", tt.metric, tt.header, got, tt.want)
		}
	}
}

func TestAnEngineThatSaysThatItIsBusyIsPassedOver(t *testing.T) {
	p := table(t, `{"first_token":{"p95":100,"samples":20,"load":{"header":"x-queue","above":10}}}`)
	k := New("", p, &Memory{})
	m := p.Models()[0]
	now := int64(0)
	send := func(load string, streams bool) {
		var r Request
		r.Begin(k, "", at(now))
		r.Sent(m, 10, streams, at(now))
		now += 20 // it is fast all the same
		r.Now(at(now))
		r.Load(load)
		r.First(at(now))
		r.Done(0, false, at(now))
	}
	slow := func() bool {
		now += 300
		var r Request
		r.Begin(k, "", at(now))
		return r.Slow(m, 10, false)
	}
	for range 30 {
		send("11", false) // of which nobody knows when it begins, and so not whether it is fast again
		send("10", true)
	}
	if slow() {
		t.Error("passed over at its bound")
	}
	for range 10 {
		send("11", true)
	}
	if !slow() {
		t.Error("it is used though it says that it is busy")
	}
	now += rest
	for range 25 {
		send("9", true) // that is near the bound
	}
	if !slow() {
		t.Error("used again though its load is near the bound")
	}
	for range 20 {
		send("3", true)
	}
	if slow() {
		t.Error("passed over though its load is low again")
	}
	send("soon", true)
	faults := k.Faults()
	if faults[Unread] != 1 || faults[Foreign] != 0 {
		t.Errorf("faults %v", faults)
	}
	if slow() {
		t.Error("a header that cannot be read counts as busy")
	}
}

// Under load what became of a request is written with what the next one reserves: half of the calls to the host.
func TestWhatBecameOfARequestIsWrittenWithTheNextOne(t *testing.T) {
	p := table(t, `{"budget":{"window":"1h","hard":100}}`)
	store := &counting{Store: &Memory{}}
	k, other := New("", p, store), New("", p, store.Store)
	left := func(ms int64) int64 { return dollarsLeft(other, ms) }
	send := func(ms, cost, spent, lasts int64) {
		var r Request
		r.Begin(k, "", at(ms))
		r.Reserve(cost * dollar)
		r.Done(spent*dollar, false, at(ms+lasts))
	}
	send(1, 10, 3, 1)
	if got := left(2); got != 90 {
		t.Errorf("%d dollars are left for others, want what was reserved", got)
	}
	send(10, 20, 4, 1)
	if got := left(11); got != 77 || store.reads != 2 {
		t.Errorf("%d dollars are left for others after %d reads, want 77 after 2", got, store.reads)
	}
	var same Request
	same.Begin(k, "", at(12))
	if _, hard := same.Left(); hard != 93*dollar {
		t.Errorf("%d dollars are left for the VM itself, want 93", hard/dollar)
	}
	same.Done(0, false, at(12))
	k.Tick(at(13))
	if got := left(13); got != 93 {
		t.Errorf("%d dollars are left after a tick, want 93", got)
	}
	send(20, 10, 5, 400) // that took a while: maybe nobody comes for long
	if got := left(420); got != 88 {
		t.Errorf("%d dollars are left after a long answer, want 88", got)
	}
	send(500, 10, 5, 1)
	var next Request
	if next.Begin(k, "", at(800)); left(800) != 83 {
		t.Errorf("%d dollars are left when the next request comes, want 83", left(800))
	}
	next.Done(0, false, at(800))
	send(3600_000-1, 10, 5, 0)
	k.Tick(at(3600_000 + 5))
	if got := left(3600_000 + 5); got != 100 {
		t.Errorf("%d dollars are left in a new window, want 100", got)
	}
}
