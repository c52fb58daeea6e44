package trail

import "math"

// Sketch estimates quantiles of numbers above zero with an error of one in a hundred, in memory that does not grow with their count: it counts them in
// buckets whose bounds grow by two in a hundred (DDSketch: https://arxiv.org/abs/1908.10693).
type Sketch struct {
	counts map[int]int64
	n      int64
	sum    float64
}

const growth = 1.01 / 0.99

// Add takes a number; one that is not above zero is counted as the smallest.
func (s *Sketch) Add(v float64) {
	if s.counts == nil {
		s.counts = map[int]int64{}
	}
	const least, most = 1e-6, 1e12
	v = min(max(v, least), most)
	s.counts[int(math.Ceil(math.Log(v)/math.Log(growth)))]++
	s.n++
	s.sum += v
}

// N is how many numbers there were.
func (s *Sketch) N() int64 { return s.n }

// Quantile is the number below which a share of all lies, 0 without any.
func (s *Sketch) Quantile(share float64) float64 {
	if s.n == 0 {
		return 0
	}
	low, high := math.MaxInt, math.MinInt
	for i := range s.counts {
		low, high = min(low, i), max(high, i)
	}
	rank, seen := int64(math.Ceil(share*float64(s.n)))-1, int64(0)
	for i := low; i <= high; i++ {
		if seen += s.counts[i]; seen > rank {
			return 2 * math.Pow(growth, float64(i)) / (growth + 1)
		}
	}
	return 0
}
