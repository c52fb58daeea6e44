package objectives

import "math"

// A sketch counts times by size: a bucket holds those that differ by at most Error from the time that stands for it. Times below 1 ms and above 1,000 s are
// counted in the first and the last bucket. (DDSketch, Masson, Rim and Lee, VLDB 2019, has the same buckets.)

// Error is by how much a quantile differs at most from the sample at its rank, as a part of it.
const Error = 0.02

// buckets is how many there are: enough for 1 ms to 1,000 s.
const buckets = 347

// gamma is by how much the bounds of buckets grow, in logarithm.
var gamma = math.Log((1 + Error) / (1 - Error))

// edges are the upper bounds of the buckets, in microseconds.
var edges = func() (e [buckets]int64) {
	for i := range e {
		e[i] = int64(1000 * math.Exp(gamma*float64(i)))
	}
	return e
}()

// bucket is where a time in microseconds is counted.
func bucket(micros int64) int {
	low, high := 0, buckets-1
	for low < high {
		if mid := (low + high) / 2; micros <= edges[mid] {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// middle is the time that stands for a bucket, in microseconds.
func middle(bucket int) int64 {
	if bucket == 0 {
		return 1000
	}
	return int64(1000 * math.Exp(gamma*float64(bucket)) * (1 - Error))
}
