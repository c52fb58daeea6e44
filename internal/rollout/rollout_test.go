package rollout

import (
	"math/rand/v2"
	"testing"
)

// trial is a stream of conversations of two arms, each of some requests, in any of which an event may happen. Conversations differ: in some nearly every
// request is denied, in most none is.
type trial struct {
	r     *rand.Rand
	share int64
	rates [arms]float64 // of conversations in which an event happens
	kinds []Kind
	marks [Shards][]byte
	c     Counts
}

// next has one conversation, whose requests are told one after the other, with all marks and counts kept as the plugin keeps them. It reports whether
// anything happened.
func (t *trial) next() bool {
	hash := t.r.Uint64()
	arm := ArmOf(hash, t.share)
	var unlucky Events
	for i, k := range t.kinds {
		rate := t.rates[Active]
		if i == 0 {
			rate = t.rates[arm]
		}
		if t.r.Float64() < rate {
			unlucky = unlucky.With(k)
		}
	}
	requests := 1 + t.r.IntN(6)
	if t.r.IntN(100) == 0 {
		requests = 50 // a caller who asks again and again under one key
	}
	for request := range requests {
		events := unlucky // a conversation that is denied is denied again and again
		if request < requests-1 && t.r.IntN(2) == 0 {
			events = 0
		}
		marked, fresh, first := Mark(t.marks[ShardOf(hash)], hash, events)
		t.marks[ShardOf(hash)] = marked
		t.c.Add(arm, fresh, first)
	}
	return unlucky != 0
}

// found says after how many conversations a candidate was taken for worse, looking after each in which something happened (after others the verdict cannot
// have become one); 0 if never. The rates of the first kind are told, and the others' are those of the active policy in both arms.
func found(seed uint64, most int, share int64, active, candidate float64, kinds ...Kind) int {
	t := &trial{r: rand.New(rand.NewPCG(seed, 22)), share: share, rates: [arms]float64{active, candidate}, kinds: kinds}
	b := Bounds{Conversations: DefaultConversations}
	for _, k := range kinds {
		b.Ratio[k] = 1
	}
	for n := 1; n <= most; n++ {
		if t.next() && b.Judge(&t.c, share).State == Worse {
			return n
		}
	}
	return 0
}

func TestEqualArmsAreTakenForWorseInOneOfAHundredRollOutsAtMost(t *testing.T) {
	const runs = 1000
	five := []Kind{Denied, Defaulted, Failed, Slow, Dear}
	for _, c := range []struct {
		name  string
		share int64
		rate  float64
		kinds []Kind
	}{
		{"half of the traffic, 5 % of conversations", 5000, 0.05, five[:1]},
		{"a tenth, 5 %", 1000, 0.05, five[:1]},
		{"half, 40 %", 5000, 0.4, five[:1]},
		{"a twentieth, 1 %", 500, 0.01, five[:1]},
		{"half, 5 %, five bounds", 5000, 0.05, five},
		{"nine tenths, 5 %, five bounds", 9000, 0.05, five},
	} {
		t.Run(c.name, func(t *testing.T) {
			alarms := 0
			for seed := range uint64(runs) {
				if found(seed, 2000, c.share, c.rate, c.rate, c.kinds...) > 0 {
					alarms++
				}
			}
			t.Logf("%d false alarms in %d roll-outs of 2,000 conversations, looked at after each", alarms, runs)
			if alarms > runs/100 {
				t.Errorf("%d false alarms in %d", alarms, runs)
			}
		})
	}
}

func TestAWorseCandidateIsFound(t *testing.T) {
	const runs = 400
	for _, c := range []struct {
		name              string
		most              int
		share             int64
		active, candidate float64
		kinds             []Kind
		least             float64 // of the roll-outs
	}{
		{"5 % against 10 % in 1,500 conversations of both arms", 1500, 5000, 0.05, 0.1, []Kind{Denied}, 0.65},
		{"5 % against 10 % in 1,500 conversations an arm", 3000, 5000, 0.05, 0.1, []Kind{Denied}, 0.95},
		{"the same with three bounds", 3000, 5000, 0.05, 0.1, []Kind{Denied, Failed, Slow}, 0.9},
		{"1 % against 2 % in 8,000 conversations of both arms", 8000, 5000, 0.01, 0.02, []Kind{Denied}, 0.65},
		{"1 % against 2 % in 8,000 conversations an arm", 16000, 5000, 0.01, 0.02, []Kind{Denied}, 0.95},
		{"1 % against 50 % with a tenth of the traffic", 1500, 1000, 0.01, 0.5, []Kind{Denied}, 0.99},
	} {
		t.Run(c.name, func(t *testing.T) {
			hits := 0
			for seed := range uint64(runs) {
				if found(seed, c.most, c.share, c.active, c.candidate, c.kinds...) > 0 {
					hits++
				}
			}
			power := float64(hits) / runs
			t.Logf("found in %.1f %% of %d roll-outs", 100*power, runs)
			if power < c.least {
				t.Errorf("found in %.1f %% alone", 100*power)
			}
		})
	}
}

func TestStates(t *testing.T) {
	all := Bounds{Conversations: 100}
	for k := range Kinds {
		all.Ratio[k] = 1
	}
	all.Ratio[Differs] = 0.2
	counts := func(active, candidate uint32, k Kind, a, c uint32) *Counts {
		n := &Counts{Conversations: [arms]uint32{active, candidate}}
		n.Events[Active][k], n.Events[Candidate][k] = a, c
		return n
	}
	twice := all
	twice.Ratio[Failed] = 2
	for _, c := range []struct {
		name   string
		bounds Bounds
		counts *Counts
		share  int64
		want   Verdict
	}{
		{"nothing yet", all, &Counts{}, 5000, Verdict{State: TooLittle}},
		{"one arm has too few, however bad they are", all, counts(5000, 99, Denied, 0, 99), 5000, Verdict{State: TooLittle}},
		{"enough, and nothing has happened", all, counts(100, 100, Denied, 0, 0), 5000, Verdict{State: Undecided}},
		{"worse", all, counts(1000, 1000, Failed, 10, 60), 5000, Verdict{Worse, Failed}},
		{"better", all, counts(1000, 1000, Failed, 60, 10), 5000, Verdict{Better, Failed}},
		{"no worse than the share says", all, counts(9000, 1000, Failed, 180, 20), 1000, Verdict{State: Undecided}},
		{"the same numbers at another share", all, counts(1000, 1000, Failed, 20, 180), 5000, Verdict{Worse, Failed}},
		{"within the ratio that is allowed", twice, counts(1000, 1000, Failed, 100, 190), 5000, Verdict{State: Undecided}},
		{"too often otherwise", all, counts(1000, 1000, Differs, 400, 400), 5000, Verdict{Worse, Differs}},
		{"otherwise as often as allowed", all, counts(1000, 1000, Differs, 200, 200), 5000, Verdict{State: Undecided}},
		{"nothing to compare with", all, counts(0, 5000, Failed, 0, 5000), 10_000, Verdict{State: TooLittle}},
		{"nobody looks", Bounds{Conversations: 100}, counts(1000, 1000, Failed, 0, 1000), 5000, Verdict{State: TooLittle}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.bounds.Judge(c.counts, c.share); got != c.want {
				t.Errorf("%v by %v, not %v by %v", got.State, got.Kind, c.want.State, c.want.Kind)
			}
		})
	}
}

func TestArmsHaveTheirShareAndStay(t *testing.T) {
	if hash := uint64(0x57a7afe5c5449f59); ArmOf(hash, 3424) != Active || ArmOf(hash, 3425) != Candidate {
		t.Error("an arm is not that of other versions of the module")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, share := range []int64{0, 1, 1000, 5000, 10_000} {
		n := 0
		for range 100_000 {
			hash := r.Uint64()
			arm := ArmOf(hash, share)
			if arm == Candidate {
				n++
				if ArmOf(hash, min(share+500, 10_000)) != Candidate {
					t.Fatal("a larger share takes a conversation back")
				}
			}
		}
		if want := float64(share) * 10; float64(n) < want-600 || float64(n) > want+600 || share == 0 && n > 0 || share == 10_000 && n < 100_000 {
			t.Errorf("a share of %d: %d of 100,000", share, n)
		}
	}
}

func TestOneKeyCountsOnce(t *testing.T) {
	var shard []byte
	var c Counts
	add := func(hash uint64, events Events) {
		var fresh bool
		var first Events
		shard, fresh, first = Mark(shard, hash, events)
		c.Add(Candidate, fresh, first)
	}
	for range 1000 {
		add(7<<8, Events(0).With(Denied))
	}
	add(7<<8, Events(0).With(Denied).With(Slow))
	if c.Conversations[Candidate] != 1 || c.Events[Candidate][Denied] != 1 || c.Events[Candidate][Slow] != 1 {
		t.Errorf("counts are %+v", c)
	}
	for i := range uint64(perShard) {
		add((100+2*i)<<8, 0)
	}
	if c.Conversations[Candidate] != 1+perShard || len(shard) != ShardSize {
		t.Errorf("counts are %+v in %d bytes", c, len(shard))
	}
	add(7<<8, 0)
	if c.Conversations[Candidate] != 2+perShard {
		t.Error("a shard remembers more than it has room for")
	}
}

func TestCountsAreReadAsTheyWereWritten(t *testing.T) {
	var c Counts
	for a := range arms {
		c.Conversations[a] = uint32(a) + 1<<30
		for k := range Kinds {
			c.Events[a][k] = uint32(a)<<8 | uint32(k)
		}
	}
	b := c.Append(nil)
	if got := ReadCounts(b); len(b) != CountsSize || got != c {
		t.Errorf("%d bytes: %+v, not %+v", len(b), got, c)
	}
	if got := ReadCounts(b[1:]); got != (Counts{}) {
		t.Errorf("of other bytes: %+v", got)
	}
}
