package trail

import "math"

// Sketch estimates quantiles of numbers above zero with an error of one in a hundred, in memory that does not grow with their count: it counts them in
// buckets whose bounds grow by two in a hundred (DDSketch: https://arxiv.org/abs/1908.10693).
type Sketch struct {
	counts []int64 // of the buckets from lowest on: those between the least and the most number that there was, at most some 2,000
	lowest int
	n      int64
	sum    float64
}

const growth = 1.01 / 0.99

var perBucket = math.Log(growth)

// Add takes a number; one that is not above zero is counted as the smallest.
func (s *Sketch) Add(v float64) {
	const least, most = 1e-6, 1e12
	v = min(max(v, least), most)
	s.bucket(int(math.Ceil(math.Log(v)/perBucket)), 1)
	s.n++
	s.sum += v
}

// bucket counts n numbers in a bucket.
func (s *Sketch) bucket(i int, n int64) {
	switch {
	case len(s.counts) == 0:
		s.counts, s.lowest = []int64{0}, i
	case i < s.lowest:
		s.counts = append(make([]int64, s.lowest-i, s.lowest-i+len(s.counts)), s.counts...)
		s.lowest = i
	case i >= s.lowest+len(s.counts):
		s.counts = append(s.counts, make([]int64, i+1-s.lowest-len(s.counts))...)
	}
	s.counts[i-s.lowest] += n
}

// Merge adds the numbers of another sketch.
func (s *Sketch) Merge(o *Sketch) {
	for i, n := range o.counts {
		if n > 0 {
			s.bucket(o.lowest+i, n)
		}
	}
	s.n += o.n
	s.sum += o.sum
}

// N is how many numbers there were.
func (s *Sketch) N() int64 { return s.n }

// Quantile is the number below which a share of all lies, 0 without any.
func (s *Sketch) Quantile(share float64) float64 {
	rank, seen := int64(math.Ceil(share*float64(s.n)))-1, int64(0)
	for i, n := range s.counts {
		if seen += n; seen > rank {
			return 2 * math.Pow(growth, float64(s.lowest+i)) / (growth + 1)
		}
	}
	return 0
}
