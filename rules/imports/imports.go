// Package imports makes policies of the configurations of other routers, and says of each of their parts what became of it: kept, replaced or dropped. It
// never guesses: what has no counterpart is dropped and named, and a policy that it returns compiles. Only the commands use it.
package imports

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Outcome says what became of a part of a configuration.
type Outcome string

// The outcomes.
const (
	Kept     Outcome = "kept"
	Replaced Outcome = "replaced" // by what does something like it
	Dropped  Outcome = "dropped"  // nothing does
	Defect   Outcome = "defect"   // a mistake of the original
)

// Remark says what became of one part of a configuration, or what was wrong with it.
type Remark struct {
	Line    int     `json:"line"` // in the file, from 1
	Part    string  `json:"part"` // "signal", "decision", "model", "plugin", "setting"
	Name    string  `json:"name"` // of the part, such as keyword.creative
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text"` // why, by what, and what to do instead
}

// Import is a policy and what became of the configuration that it was made of.
type Import struct {
	Format  string   // of the configuration
	Policy  []byte   // YAML that compiles
	Remarks []Remark // in the order of the file
}

// formats are what can be read, each with the members that only it has at its top.
var formats = []struct {
	name  string
	marks [][]string // paths, one of which must be there
	read  func(*node, *draft) error
}{
	{"vllm-sr", [][]string{{"decisions"}, {"routing", "decisions"}}, readVLLMSR},
	{"litellm", [][]string{{"model_list"}}, readLiteLLM},
}

// Formats are the names of what can be read.
func Formats() (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Read makes a policy of a configuration in YAML or JSON. format is one of Formats, or "" to go by what the file has at its top. The error
// says what the file is not.
func Read(data []byte, format string) (*Import, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	for _, f := range formats {
		if format == "" && !slices.ContainsFunc(f.marks, func(path []string) bool { return root.at(path...) != nil }) || format != "" && format != f.name {
			continue
		}
		d := &draft{}
		if err := f.read(root, d); err != nil {
			return nil, fmt.Errorf("this is no %s configuration that can be imported: %w", f.name, err)
		}
		policy, err := d.finish()
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(d.remarks, func(a, b Remark) int { return a.Line - b.Line })
		return &Import{f.name, policy, d.remarks}, nil
	}
	if format != "" {
		return nil, fmt.Errorf("unknown format %q: use %s", format, strings.Join(Formats(), " or "))
	}
	return nil, errors.New("this is neither a configuration of vllm-sr (it has no decisions) nor of litellm (no model_list)")
}

// Counts are how many remarks have each outcome.
func (i *Import) Counts() map[Outcome]int {
	counts := map[Outcome]int{}
	for _, r := range i.Remarks {
		counts[r.Outcome]++
	}
	return counts
}
