package rules

// Coverage is what of a policy some requests have shown: the routes that decided, the guards that matched, the signals that were true.
type Coverage struct {
	table   *Table
	decided map[string]bool
	matched guardSet
	signals map[string]bool
}

// NewCoverage is the coverage of no requests.
func (t *Table) NewCoverage() *Coverage {
	return &Coverage{table: t, decided: map[string]bool{}, signals: map[string]bool{}}
}

// Add adds what one decision shows.
func (c *Coverage) Add(d *Decision) {
	c.decided[d.Name] = true
	for i := range d.matched {
		c.matched[i] |= d.matched[i]
	}
	for _, s := range d.Signals {
		c.signals[s] = true
	}
}

// Covered is how many of the routes, guards or signals of a policy were shown, and which were not.
type Covered struct {
	What    string   `json:"what"` // "routes", "guards" or "signals"
	Of      int      `json:"of"`
	Covered int      `json:"covered"`
	Missing []string `json:"missing"` // in the order of the policy
}

// Report tells of routes, where the policy's default counts as one, of guards, and of the signals that either use.
func (c *Coverage) Report() []Covered {
	t := c.table
	list := []Covered{{What: "routes", Missing: []string{}}, {What: "guards", Missing: []string{}}, {What: "signals", Missing: []string{}}}
	count := func(kind int, name string, covered bool) {
		of := &list[kind]
		if of.Of++; covered {
			of.Covered++
		} else {
			of.Missing = append(of.Missing, name)
		}
	}
	for i := range t.routes {
		count(0, t.routes[i].name, c.decided[t.routes[i].name])
	}
	count(0, NameDefault, c.decided[NameDefault])
	for i := range t.guards {
		count(1, t.guards[i].name, c.matched.has(i))
	}
	for _, i := range t.used {
		count(2, t.signals.Name(i), c.signals[t.signals.Name(i)])
	}
	return list
}
