package labelled

import (
	_ "embed" // the texts are part of the program
	"math/rand/v2"
)

//go:embed everyday.txt
var everyday string

// order is the order in which samples are learned from.
type order struct {
	*rand.Rand
	n int
}

func newOrder(n int) *order { return &order{rand.New(rand.NewPCG(20261130, uint64(n))), n} }

func (o *order) permutation() []int { return o.Perm(o.n) }
func (o *order) float() float64     { return o.Float64() }
