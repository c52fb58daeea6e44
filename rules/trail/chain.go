package trail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Verifier checks the chains of records: each VM counts its records from 1, and each record carries the digest of the one before. Records may come in any
// order, from any number of files.
type Verifier struct {
	// Key is that of the records' HMAC; empty for records without one.
	Key []byte
	// Partial lets a chain begin later than with its first record: older logs are gone.
	Partial bool
	// Provisional counts records that are in no chain: each was the last word of a request whose VM died.
	Provisional int64

	vms map[string]*chain
}

// chain is what is known of the records of one VM: stretches without a gap, in any order.
type chain struct{ stretches []stretch }

// stretch is a run of records in which each follows the one before.
type stretch struct {
	first, last  int64
	prev         string // of the first record
	digest       string // of the last one
	begins, ends string // when
	from, to     place  // where the first and last record stand
	broken       []string
}

// place is where a record stands.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// mostTold bounds the broken links that are told of one stretch.
const mostTold = 20

// Digest is what the record behind this one has as prev: the first half of its SHA-256, or of its HMAC-SHA-256 under a key, in hexadecimal.
func Digest(record, key []byte) string {
	h := sha256.New()
	if len(key) > 0 {
		h = hmac.New(sha256.New, key)
	}
	h.Write(record)
	return hex.EncodeToString(h.Sum(nil)[:sha256.Size/2])
}

// Add takes a record.
func (v *Verifier) Add(l *Line) {
	if v.vms == nil {
		v.vms = map[string]*chain{}
	}
	r := &l.Record
	if r.VM == "" && r.Seq == 0 {
		v.Provisional++
		return
	}
	c := v.vms[r.VM]
	if c == nil {
		c = &chain{}
		v.vms[strings.Clone(r.VM)] = c
	}
	digest, at := Digest(l.Raw, v.Key), place{l.File, l.Number}
	for i := len(c.stretches) - 1; i >= 0; i-- { // nearly always the last one
		s := &c.stretches[i]
		if r.Seq == s.last+1 {
			if r.Prev != s.digest && len(s.broken) < mostTold {
				s.broken = append(s.broken, fmt.Sprintf("record %d (%s) does not follow record %d as that stands here: one of them was altered, or the key is another one", r.Seq, at, s.last))
			}
			s.last, s.digest, s.ends, s.to = r.Seq, digest, r.Time, at
			return
		}
	}
	c.stretches = append(c.stretches, stretch{first: r.Seq, last: r.Seq, prev: r.Prev, digest: digest, begins: r.Time, ends: r.Time, from: at, to: at})
}

// VM is how the chain of one VM stands.
type VM struct {
	Name     string   `json:"vm"`
	Records  int64    `json:"records"`
	First    int64    `json:"first"`
	Last     int64    `json:"last"`
	Begins   string   `json:"begins"`
	Ends     string   `json:"ends"`
	Missing  int64    `json:"missing"`
	Twice    int64    `json:"twice"` // records that are there again: a file was given twice
	Problems []string `json:"problems"`
}

// Verify says how all chains stand, by the time at which they begin. What came behind the last record of a VM shows nowhere.
func (v *Verifier) Verify() (vms []VM) {
	for name, c := range v.vms {
		vms = append(vms, c.verify(name, v.Partial))
	}
	slices.SortFunc(vms, func(a, b VM) int {
		if n := strings.Compare(a.Begins, b.Begins); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return vms
}

func (c *chain) verify(name string, partial bool) VM {
	slices.SortStableFunc(c.stretches, func(a, b stretch) int {
		switch {
		case a.first != b.first:
			return compare(a.first, b.first)
		}
		return compare(b.last, a.last)
	})
	vm := VM{Name: name, First: c.stretches[0].first, Last: c.stretches[0].last, Begins: c.stretches[0].begins, Problems: []string{}}
	problem := func(format string, values ...any) { vm.Problems = append(vm.Problems, fmt.Sprintf(format, values...)) }
	switch first := &c.stretches[0]; {
	case first.first < 1:
		problem("record %d (%s) cannot be: records count from 1", first.first, first.from)
	case first.first > 1 && !partial:
		vm.Missing += first.first - 1
		problem("%s before %s (%s): name the older files, or say --partial", missing(1, first.first-1), first.begins, first.from)
	case first.first == 1 && first.prev != "":
		problem("record 1 (%s) says that another one came before it", first.from)
	}
	var before *stretch
	for i := range c.stretches {
		s := &c.stretches[i]
		vm.Problems = append(vm.Problems, s.broken...)
		switch {
		case before == nil:
		case s.first <= before.last:
			n := min(s.last, before.last) - s.first + 1
			vm.Twice += n
			if s.last == before.last && s.digest != before.digest || s.first == before.first && s.prev != before.prev {
				problem("records %d to %d stand twice and differ: %s and %s", s.first, min(s.last, before.last), before.from, s.from)
			}
			if s.last <= before.last {
				continue
			}
		case s.first > before.last+1:
			vm.Missing += s.first - before.last - 1
			problem("%s between %s (%s) and %s (%s)", missing(before.last+1, s.first-1), before.ends, before.to, s.begins, s.from)
		case s.prev != before.digest:
			problem("record %d (%s) does not follow record %d (%s) as that stands here: one of them was altered, or the key is another one", s.first, s.from, before.last, before.to)
		}
		vm.Records += s.last - s.first + 1
		vm.Last, vm.Ends = s.last, s.ends
		before = s
	}
	return vm
}

func missing(from, to int64) string {
	if from == to {
		return fmt.Sprintf("record %d is missing", from)
	}
	return fmt.Sprintf("records %d to %d are missing", from, to)
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
