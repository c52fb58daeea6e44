package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
)

const (
	wantedAlarms = 0.005 // of the harmless texts of a source, in the mean over the sources
	enoughRows   = 50    // of a source, to say which is the worst
	pieceWords   = 200   // of a published system prompt, as people paste parts of one
)

// leftOut are the sources of attacks that are left out in turn: those with enough rows for a figure.
var leftOut = []string{"garak", "giskard", "neuralchemy", "s-labs", "yanismiraoui", "bastioncorpus", "agentdojo", "garak-multilingual", "own"}

// caught is a text with what the patterns of the default policy and a learned score make of it.
type caught struct {
	text    string
	pattern bool
	score   float32
}

// groups are texts by the name of their group.
type groups map[string][]caught

// share is how many of some texts are flagged at a threshold, by pattern or score.
func share(list []caught, bound float32) float64 {
	n := 0
	for i := range list {
		count(&n, list[i].pattern || list[i].score >= bound)
	}
	return float64(n) / float64(max(1, len(list)))
}

func (g groups) add(name string, text caught) { g[name] = append(g[name], text) }

// sources works out what carries over from source to source.
type sources struct {
	report
	rows     []row // whatever they are for
	learn    []row // those to learn from
	measure  map[string]bool
	patterns map[uint64]bool // what patterns find, by the hash of a row
	others   groups          // what is no row: published system prompts, whole and in pieces, and the hand-written sets by kind
}

// outcome is what one way to learn makes of all that it did not learn from.
type outcome struct {
	bound             float32 // the lowest tenth at which wantedAlarms are not passed
	attacks, harmless groups  // by source
	languages         groups  // attacks in other languages than English: those of the source that was left out, or all
	jailbreaks        []caught
	others            groups
}

// evaluateSources prints the figures of docs/evaluation-sources.md, and keeps them in a file if one is named.
func evaluateSources(data, file string) error {
	var kept bytes.Buffer
	s, err := newSources(data, io.MultiWriter(os.Stdout, &kept))
	if err != nil {
		return err
	}
	if err := s.print(); err != nil || file == "" {
		return err
	}
	return os.WriteFile(file, kept.Bytes(), 0o644)
}

func newSources(data string, w io.Writer) (*sources, error) {
	list, err := readLicences(licenceList)
	if err != nil {
		return nil, err
	}
	s := &sources{report: report{w: w, root: ".", data: data}, measure: map[string]bool{}, patterns: map[uint64]bool{}, others: groups{}}
	if s.rows, err = load(data, list); err != nil {
		return nil, err
	}
	if s.learn, err = list.learnable(s.rows); err != nil {
		return nil, err
	}
	if s.e, err = newEngine(); err != nil {
		return nil, err
	}
	for name, of := range list.sources {
		s.measure[name] = of.measure
	}
	for i := range s.rows {
		s.patterns[s.rows[i].hash] = s.steers(s.rows[i].Text)
	}
	prompts, err := s.published("system-prompts.jsonl.gz")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, text := range prompts {
		s.others.add("prompts", caught{text: text, pattern: s.steers(text)})
		words := strings.Fields(text)
		for len(words) >= pieceWords {
			piece := strings.Join(words[:pieceWords], " ")
			s.others.add("pieces", caught{text: piece, pattern: s.steers(piece)})
			words = words[pieceWords:]
		}
	}
	for _, name := range []string{"attacks_own.jsonl", "benign_own.jsonl"} {
		own, err := s.own(name)
		if err != nil {
			return nil, err
		}
		for _, o := range own {
			s.others.add(o.Kind, caught{text: o.Text, pattern: s.steers(o.Text)})
		}
	}
	roles, err := s.own("user_roles.jsonl")
	if err != nil {
		return nil, err
	}
	for _, o := range roles {
		s.others.add("user roles", caught{text: o.Text, pattern: s.steers(o.Text)})
	}
	return s, nil
}

// steers reports whether a pattern of the default policy finds something in a user's text.
func (s *sources) steers(text string) bool {
	s.e.policy.hear(prompt.RoleUser, text)
	return s.e.policy.pattern()
}

// without learns from all sources but one, or from all, and judges what was not learned from: the held rows, those of sources to measure
// only, and all rows of the source that was left out.
func (s *sources) without(out string) (*outcome, error) {
	texts, err := attackTexts(s.learn, s.root, func(r *row) bool { return family(r.Source) != out })
	if err != nil {
		return nil, err
	}
	m := learnAttacks(texts, io.Discard)
	o := &outcome{attacks: groups{}, harmless: groups{}, languages: groups{}, others: groups{}}
	for i := range s.rows {
		r := &s.rows[i]
		source := family(r.Source)
		if !r.held() && !s.measure[r.Source] && source != out {
			continue
		}
		t := caught{r.Text, s.patterns[r.hash], m.score(r.Text)}
		switch {
		case r.attack():
			o.attacks.add(source, t)
			if (out == "" || out == source) && r.Lang != "" && r.Lang != "en" && r.Lang != "multi" {
				o.languages.add(r.Lang, t)
			}
			if r.Kind == "jailbreak" && r.file == "attacks" {
				o.jailbreaks = append(o.jailbreaks, t)
			}
		case r.file != "learn/attack":
			o.harmless.add(source, t)
		}
	}
	for name, list := range s.others {
		for _, t := range list {
			t.score = m.score(t.text)
			o.others.add(name, t)
		}
	}
	for step := 0; o.alarms(o.bound) > wantedAlarms; step++ {
		o.bound = float32(step) / 10
	}
	return o, nil
}

// alarms is the share of the harmless texts of a source that are flagged at a threshold, in the mean over the sources.
func (o *outcome) alarms(bound float32) float64 {
	sum := 0.0
	for _, source := range slices.Sorted(maps.Keys(o.harmless)) {
		sum += share(o.harmless[source], bound)
	}
	return sum / float64(max(1, len(o.harmless)))
}

// worst is the source of which most harmless texts are flagged at a threshold.
func (o *outcome) worst(bound float32) string {
	name, most := "none", 0.0
	for _, source := range slices.Sorted(maps.Keys(o.harmless)) {
		if v := share(o.harmless[source], bound); v > most && len(o.harmless[source]) >= enoughRows {
			name, most = source, v
		}
	}
	return fmt.Sprintf("%s %s", name, tenths(most))
}

// tenths is a share in percent.
func tenths(v float64) string { return fmt.Sprintf("%.1f %%", math.Round(v*1000)/10) }

func (s *sources) print() error {
	whole, err := s.without("")
	if err != nil {
		return err
	}
	s.line("# Attacks, source by source\n")
	s.line("Weights %s, default policy %.12s. `make eval-sources` prints this and keeps it here: it learns the score of attacks anew without", signal.WeightsHash, s.e.table.Hash())
	s.line("each source in turn. Flagged means by a pattern of the default policy, which steers, or by the score, which flags. The figures are about")
	s.line("rows that nothing was learned from: the held fifth, and all rows of the sources that are left out or there to measure only. They")
	s.line("are those of the learned numbers before they are rounded to 8 bits, so they differ a little from evaluation.md.")
	s.frontier(whole)
	var ways []*outcome
	for _, source := range leftOut {
		o, err := s.without(source)
		if err != nil {
			return err
		}
		ways = append(ways, o)
	}
	s.sourcesLeftOut(whole, ways)
	s.languagesLeftOut(whole, ways[slices.Index(leftOut, "own")])
	s.falseAlarms(whole, ways)
	return nil
}

// frontier prints what each threshold finds and at what cost.
func (s *sources) frontier(o *outcome) {
	s.title("Thresholds")
	s.line("The score is jailbreak.score from %.1f on and jailbreak.strong from %.1f on. Harmless: the share of a source, in the mean over the sources, and", signal.AttackThreshold, signal.AttackStrong)
	s.line("the source with the greatest, of those with %d rows. System prompts: %d published ones as a user's words, whole and in pieces of %d words;", enoughRows, len(s.others["prompts"]), pieceWords)
	s.line("own roles: own/user_roles.jsonl, what front ends and people put into a user's message. Jailbreaks: those of attacks.jsonl; injections: all other public attacks in English, in the mean over their sources; languages: in the mean over the languages.\n")
	s.head("threshold", "harmless", "worst source", "system prompts", "in pieces", "own roles", "own role play", "own talk of models", "jailbreaks", "injections", "languages", "own jailbreaks", "own injections")
	for _, b := range []float32{3, 3.5, signal.AttackThreshold, 4.5, 5, signal.AttackStrong, 6, 7, 8, 10, 12} {
		injections := 0.0
		var from []string
		for _, source := range slices.Sorted(maps.Keys(o.attacks)) {
			if source != "garak" && source != "garak-multilingual" && source != "own" && source != "yanismiraoui" && source != "PyRIT" {
				injections += share(o.attacks[source], b)
				from = append(from, source)
			}
		}
		languages := 0.0
		for _, lang := range slices.Sorted(maps.Keys(o.languages)) {
			languages += share(o.languages[lang], b)
		}
		s.cells(fmt.Sprintf("%.1f", b), tenths(o.alarms(b)), o.worst(b), tenths(share(o.others["prompts"], b)), tenths(share(o.others["pieces"], b)),
			tenths(share(o.others["user roles"], b)), tenths(share(o.others["roleplay"], b)), tenths(share(o.others["meta"], b)), tenths(share(o.jailbreaks, b)),
			tenths(injections/float64(max(1, len(from)))), tenths(languages/float64(max(1, len(o.languages)))), tenths(share(o.others["jailbreak"], b)), tenths(share(o.others["injection"], b)))
	}
	s.line("\nPatterns alone flag %s of the system prompts, %s of their pieces.", tenths(share(o.others["prompts"], math.MaxFloat32)), tenths(share(o.others["pieces"], math.MaxFloat32)))
}

// sourcesLeftOut prints what is found of the attacks of a source with and without learning from it.
func (s *sources) sourcesLeftOut(whole *outcome, ways []*outcome) {
	s.title("Sources left out")
	s.line("For each way to learn, the threshold is the lowest tenth at which at most 0.5 %% of the harmless texts of a source are flagged, in the mean. Learned: the")
	s.line("held rows of the source, by what was learned from its others, at the threshold %.1f.\n", whole.bound)
	s.head("source", "held rows", "learned", "all rows", "left out", "by patterns", "threshold", "its harmless rows", "flagged", "worst source")
	for i, source := range leftOut {
		o := ways[i]
		s.cells(source, strconv.Itoa(len(whole.attacks[source])), tenths(share(whole.attacks[source], whole.bound)), strconv.Itoa(len(o.attacks[source])), tenths(share(o.attacks[source], o.bound)),
			tenths(share(o.attacks[source], math.MaxFloat32)), fmt.Sprintf("%.1f", o.bound), strconv.Itoa(len(o.harmless[source])), tenths(share(o.harmless[source], o.bound)), o.worst(o.bound))
	}
	s.cells("PyRIT", "", "", strconv.Itoa(len(whole.attacks["PyRIT"])), tenths(share(whole.attacks["PyRIT"], whole.bound)), tenths(share(whole.attacks["PyRIT"], math.MaxFloat32)), fmt.Sprintf("%.1f", whole.bound), "0", "", whole.worst(whole.bound))
}

// languagesLeftOut prints the same by language of the one source that has most of them.
func (s *sources) languagesLeftOut(whole, out *outcome) {
	s.title("Languages left out")
	s.line("The attacks of the source own, which has 26 languages, by language. Left out, what is known of a language is rules/train/phrases alone.\n")
	s.head("language", "held rows of all sources", "learned", "rows of own", "left out")
	mean := 0.0
	for _, lang := range slices.Sorted(maps.Keys(out.languages)) {
		mean += share(out.languages[lang], out.bound)
		s.cells(lang, strconv.Itoa(len(whole.languages[lang])), tenths(share(whole.languages[lang], whole.bound)), strconv.Itoa(len(out.languages[lang])), tenths(share(out.languages[lang], out.bound)))
	}
	s.cells("mean", "", "", "", tenths(mean/float64(max(1, len(out.languages)))))
}

// falseAlarms prints for each source of harmless texts how many are flagged, by each way to learn.
func (s *sources) falseAlarms(whole *outcome, ways []*outcome) {
	s.title("False alarms by source")
	s.line("Harmless texts that are flagged, at each way's own threshold of 0.5 %%: a column for the source that was left out.\n")
	s.head(append([]string{"harmless", "rows", "none left out"}, leftOut...)...)
	for _, source := range slices.Sorted(maps.Keys(whole.harmless)) {
		cells := []string{source, strconv.Itoa(len(whole.harmless[source])), tenths(share(whole.harmless[source], whole.bound))}
		for _, o := range ways {
			cells = append(cells, tenths(share(o.harmless[source], o.bound)))
		}
		s.cells(cells...)
	}
	cells := []string{"published system prompts", strconv.Itoa(len(whole.others["prompts"])), tenths(share(whole.others["prompts"], whole.bound))}
	for _, o := range ways {
		cells = append(cells, tenths(share(o.others["prompts"], o.bound)))
	}
	s.cells(cells...)
}
