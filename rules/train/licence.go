package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed licences.txt
var licenceList string

// licences says from which sources weights may be learned.
type licences struct {
	allowed []string
	sources map[string]source
}

// source is what licences.txt says of a set of data.
type source struct {
	licence string
	measure bool // figures are made with it, and nothing is learned
}

// readLicences reads a list as licences.txt explains it.
func readLicences(list string) (*licences, error) {
	l := &licences{sources: map[string]source{}}
	for n, line := range strings.Split(list, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.SplitN(line, ", ", 3)
		switch {
		case f[0] == "allow" && len(f) == 2:
			l.allowed = append(l.allowed, f[1])
		case (f[0] == "learn" || f[0] == "measure") && len(f) == 3:
			if _, ok := l.sources[f[2]]; ok {
				return nil, fmt.Errorf("licences.txt:%d: source %q stands twice: keep one line", n+1, f[2])
			}
			l.sources[f[2]] = source{f[1], f[0] == "measure"}
		default:
			return nil, fmt.Errorf("licences.txt:%d: %q: want \"allow, LICENCE\", \"learn, LICENCE, SOURCE\" or \"measure, LICENCE, SOURCE\"", n+1, line)
		}
	}
	return l, nil
}

// learnable returns the rows that weights are learned from: not the held ones, and none of a source
// that is there for measuring only. All learning goes through it, for what was once learned cannot
// be told from the weights any more.
func (l *licences) learnable(rows []row) ([]row, error) {
	var list []row
	for i := range rows {
		r := &rows[i]
		s, ok := l.sources[r.Source]
		switch {
		case !ok:
			return nil, fmt.Errorf("%s: source %q has no licence: name it in rules/train/licences.txt, to learn from it or to measure only", r.place, r.Source)
		case s.measure:
			continue
		case r.Licence != "" && r.Licence != s.licence:
			return nil, fmt.Errorf("%s: source %q: the row's licence is %q, but rules/train/licences.txt says %q: mend the one that is wrong", r.place, r.Source, r.Licence, s.licence)
		case !slices.Contains(l.allowed, s.licence):
			return nil, fmt.Errorf("%s: source %q: licence %q is not allowed: make the source one to measure only in rules/train/licences.txt", r.place, r.Source, s.licence)
		}
		if !r.held() {
			list = append(list, *r)
		}
	}
	return list, nil
}
