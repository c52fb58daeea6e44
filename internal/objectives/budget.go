package objectives

import (
	"math"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
)

// budget keeps the accounts of a policy's budget in one VM.
type budget struct {
	store  Store
	policy *rules.Budget
	faults *[Faults]int64
	prefix string // of the keys in shared data
	named  map[string]*purse
	others map[string]*purse // found among those that are not named
	rest   *purse            // of all others, and of requests without a key
	late   []*purse          // with something that is not written yet
	since  int64             // when the first of them came, by the even clock
	listed []*purse          // that are told of, one after the other
	told   int               // so many of them have been
	value  [accountSize]byte
}

// purse is what a VM knows of an account.
type purse struct {
	name       string // in metrics and records
	of         string // whose it is
	key        string // in shared data
	id         uint64
	soft, hard int64
	owed       int64 // spent, and not written yet
	window     int64 // in which it was
	back       int64 // that is reserved in a slice, and is to be taken out there
	slice      int64
	wrote      int64 // when the account was last written, by the even clock
	late       bool  // it is among those that are still to be written
}

func newBudget(name string, policy *rules.Budget, store Store, faults *[Faults]int64) *budget {
	b := &budget{store: store, policy: policy, faults: faults, named: map[string]*purse{}, others: map[string]*purse{}}
	b.prefix = "mom-router.budget." + name + "." + strconv.FormatInt(policy.Window, 10) + "."
	b.rest = b.purse("rest", "r", "", policy.Soft, policy.Hard)
	if policy.Key == "" {
		b.rest = b.purse("all", "a", "", policy.Soft, policy.Hard)
	}
	for _, k := range policy.Keys {
		b.named[k.Name] = b.purse(k.Name, "k."+k.Name, k.Name, k.Soft, k.Hard)
	}
	return b
}

func (b *budget) purse(name, key, of string, soft, hard int64) *purse {
	return &purse{name: name, of: of, key: b.prefix + key, id: identity(of), soft: soft, hard: hard}
}

// identity tells keys apart.
func identity(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return h ^ h>>31 | 1
}

// mostFound bounds what a VM remembers of keys that are not named.
const mostFound = 4096

// of finds the purse of a key.
func (b *budget) of(key string, now int64) *purse {
	if b.policy.Key == "" || key == "" {
		return b.rest
	}
	if p := b.named[key]; p != nil {
		return p
	}
	if p := b.others[key]; p != nil {
		return p
	}
	key = strings.Clone(key) // it may be the memory of a request
	p := b.find(key, now)
	if len(b.others) >= mostFound {
		b.forget()
	}
	b.others[key] = p
	return p
}

// forget makes room, but for purses that owe something.
func (b *budget) forget() {
	for key, p := range b.others {
		if p.owed == 0 && p.back == 0 || p == b.rest {
			delete(b.others, key)
		}
	}
}

// next are at most so many purses that are to be told of: all of them in turn, those that are named first.
func (b *budget) next(most int) []*purse {
	if b.told == len(b.listed) {
		b.listed, b.told = b.listed[:0], 0
		for _, k := range b.policy.Keys {
			b.listed = append(b.listed, b.named[k.Name])
		}
		for _, p := range b.others {
			if p != b.rest {
				b.listed = append(b.listed, p)
			}
		}
	}
	list := b.listed[b.told:]
	list = list[:min(len(list), most)]
	b.told += len(list)
	return list
}

// find looks for the account of a key that the policy does not name, and takes a free one if it has none. Free is also one that nobody has used for a window.
func (b *budget) find(key string, now int64) *purse {
	n, id := b.policy.Others, identity(key)
	var free *purse
	var cas uint32
	for i := range n {
		slot := int((id>>8 + uint64(i)) % uint64(n))
		p := b.purse("other-"+strconv.Itoa(slot), "o."+strconv.Itoa(slot), key, b.policy.Soft, b.policy.Hard)
		value, at, status := b.store.Get(p.key)
		var a account
		switch {
		case status == Failed:
			return p
		case status == NotFound:
			at = Anew
		case !a.read(value):
		case a.id == id:
			return p
		case a.window >= now/b.policy.Window-1 || a.open() > 0:
			continue
		}
		if free == nil {
			free, cas = p, at
		}
		if status == NotFound {
			break // behind it there is nobody either
		}
	}
	if free == nil {
		return b.rest
	}
	a := b.fresh(free, now)
	a.write(&b.value)
	if b.store.Set(free.key, b.value[:], cas) == Mismatch {
		return b.find(key, now)
	}
	return free
}

// fresh is an account that nothing has been spent from.
func (b *budget) fresh(p *purse, now int64) account {
	return account{id: p.id, window: now / b.policy.Window, slice: now / sliceLength}
}

// again finds the purse of a key anew, after another key was found in its place.
func (b *budget) again(p *purse, now int64) *purse {
	if b.others[p.of] == p {
		delete(b.others, p.of)
	}
	return b.of(p.of, now)
}

// load reads an account as it is now.
func (b *budget) load(p *purse, now int64) (a account, cas uint32, ok bool) {
	value, cas, status := b.store.Get(p.key)
	switch status {
	case Failed:
		b.faults[Unavailable]++
		return a, 0, false
	case NotFound:
		a, cas = b.fresh(p, now), Anew
	default:
		if !a.read(value) {
			b.faults[Foreign]++
			a = b.fresh(p, now)
		}
	}
	behind, expired := a.advance(now, b.policy.Window)
	if behind {
		b.faults[Clock]++
	}
	if expired > 0 {
		b.faults[Expired]++
	}
	return a, cas, true
}

// save writes an account, with what the VM still owes.
func (b *budget) save(p *purse, a *account, cas uint32, now Time) Status {
	if p.window < a.window {
		p.owed = 0 // that window is over
	}
	a.settle(p.slice, p.back, p.owed)
	a.write(&b.value)
	status := b.store.Set(p.key, b.value[:], cas)
	switch status {
	case OK:
		p.owed, p.back, p.wrote = 0, 0, now.Mono
	case Failed:
		b.faults[Unavailable]++
	}
	return status
}

// delay is for how long, in nanoseconds, a VM keeps to itself what became of requests: it is written with what the next one reserves.
const delay = 250e6

// recent reports whether a time by the even clock is no longer ago than that.
func recent(since int64, now Time) bool { return now.Mono >= since && now.Mono-since <= delay }

// put notes what became of a request for the next time that the account is written, and reports whether it may: not where that was some time ago, as nobody may come for long, nor
// where what is reserved stands in another slice than what is noted.
func (b *budget) put(p *purse, slice, reserved, spent int64, now Time) bool {
	if p.wrote == 0 || !recent(p.wrote, now) || p.back > 0 && p.slice != slice {
		return false
	}
	b.owe(p, spent, now)
	p.back, p.slice = p.back+reserved, slice
	if !p.late {
		if p.late = true; len(b.late) == 0 {
			b.since = now.Mono
		}
		b.late = append(b.late, p)
	}
	return true
}

// owe notes what was spent, and is to be written.
func (b *budget) owe(p *purse, spent int64, now Time) {
	if window := now.Unix / b.policy.Window; p.window != window {
		p.window, p.owed = window, 0
	}
	p.owed = min(p.owed+spent, mostOfMoney)
}

// flushOld is flush where something has waited for so long that nobody may come.
func (b *budget) flushOld(now Time) {
	if len(b.late) > 0 && !recent(b.since, now) {
		b.flush(now)
	}
}

// flush writes what has waited for the next request of its key.
func (b *budget) flush(now Time) {
	for _, p := range b.late {
		p.late = false
		if p.owed == 0 && p.back == 0 {
			continue
		}
		for range attempts {
			a, cas, ok := b.load(p, now.Unix)
			if !ok {
				break
			}
			if a.id != p.id { // another key has the account now, in which nothing of ours is reserved any more
				other := b.again(p, now.Unix)
				b.owe(other, p.owed, now)
				p.owed, p.back = 0, 0
				if p = other; p.late {
					break
				}
				continue
			}
			if b.save(p, &a, cas, now) != Mismatch {
				break
			}
		}
	}
	clear(b.late)
	b.late = b.late[:0]
}

// bounds are what is left of an account before both bounds.
func (p *purse) bounds(a *account) (soft, hard int64) {
	taken := a.taken() + p.owed - p.back
	soft, hard = math.MaxInt64, math.MaxInt64
	if p.soft > 0 {
		soft = p.soft - taken
	}
	if p.hard > 0 {
		hard = p.hard - taken
	}
	return soft, hard
}
