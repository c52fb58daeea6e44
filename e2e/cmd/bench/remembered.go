package main

import "github.com/mom-router/mom-router/e2e/internal/figures"

// remembered says how much of what came to a contender its memory of pieces has spared it.
func (s *stand) remembered() ([]figures.Extra, error) {
	const prefix = "wasmcustom.mom_router_pieces_"
	n, err := s.envoy.Stats("mom_router_pieces")
	if err != nil {
		return nil, err
	}
	hits, misses := n[prefix+"hit_total"], n[prefix+"missed_total"]
	return []figures.Extra{
		{What: "pieces of the sessions that were remembered", Value: figures.Rounded(100 * float64(hits) / float64(max(hits+misses, 1))), Unit: "%"},
		{What: "bytes of the sessions that were not read again", Value: figures.Rounded(float64(n[prefix+"bytes_saved_total"]) / 1e6), Unit: "MB"},
		{What: "remembered pieces that were dropped for want of room", Value: float64(n[prefix+"evicted_total"])},
	}, nil
}
