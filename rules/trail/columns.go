package trail

import (
	"maps"
	"slices"
)

// Column sums neighbouring hours up, for a picture. Hours without records have no part in it.
type Column struct {
	From, To string // the first and the last hour
	Sum
}

// Columns are the hours in their order, as many of them together as it takes to have no more columns than so many.
func (r *Report) Columns(most int) (columns []Column) {
	hours := slices.Sorted(maps.Keys(r.Hours))
	together := (len(hours) + most - 1) / most
	for i, hour := range hours {
		if i%together == 0 {
			columns = append(columns, Column{From: hour})
		}
		c := &columns[len(columns)-1]
		c.To = hour
		c.merge(r.Hours[hour])
	}
	for i := range columns {
		c := &columns[i]
		c.FirstToken, c.Duration = c.first.times(), c.all.times()
	}
	return columns
}

// merge adds the sums of other requests.
func (s *Sum) merge(o *Sum) {
	s.Requests += o.Requests
	s.Routed += o.Routed
	s.Denied += o.Denied
	s.Passed += o.Passed
	s.Aborted += o.Aborted
	s.In += o.In
	s.Out += o.Out
	s.CostMost += o.CostMost
	s.CostActual += o.CostActual
	to := s.maps()
	for i, from := range o.maps() {
		if *to[i] == nil {
			*to[i] = map[string]int64{}
		}
		for name, n := range *from {
			(*to[i])[name] += n
		}
	}
	s.first.Merge(&o.first)
	s.all.Merge(&o.all)
}
