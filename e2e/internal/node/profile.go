package node

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Share is how much of the time a function has taken by itself, callees apart.
type Share struct {
	Function string
	Part     float64 // of 1
}

// ReadProfile reads a .cpuprofile, the greatest share first.
func ReadProfile(file string) ([]Share, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parseProfile(text)
}

// parseProfile adds up the samples of each function. The form is that of the DevTools protocol, Profiler.Profile.
func parseProfile(text []byte) ([]Share, error) {
	var p struct {
		Nodes []struct {
			ID        int
			CallFrame struct{ FunctionName string }
		}
		Samples    []int
		TimeDeltas []float64 // microseconds
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	names := map[int]string{}
	for _, n := range p.Nodes {
		names[n.ID] = n.CallFrame.FunctionName
	}
	took, all := map[string]float64{}, 0.0
	for i, id := range p.Samples {
		if i < len(p.TimeDeltas) {
			took[names[id]] += p.TimeDeltas[i]
			all += p.TimeDeltas[i]
		}
	}
	if all <= 0 {
		return nil, fmt.Errorf("profile: no samples")
	}
	var shares []Share
	for name, t := range took {
		shares = append(shares, Share{name, t / all})
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Part, a.Part), cmp.Compare(a.Function, b.Function))
	})
	return shares, nil
}
