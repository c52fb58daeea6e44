package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
)

// Peers are models of sentences that a package brings, each with a linear head that is learned from rows that our weights are learned
// from, too: peers.py embeds the texts that `train peers` prints, and keeps its figures in peers.json, which the report shows beside ours.
const peersFile = "rules/train/peers.json"

// How many rows of each source a peer learns from or is judged by, those with the lowest hashes: a peer takes 20 to 60 ms a text.
const (
	peerLearn = 200  // for domains, and of other languages' words a fifth
	peerExam  = 2500 // the same, of exam questions
	peerScore = 80   // attacks, and harmless texts
	peerJudge = 80   // of public sets; all of MMLU-Pro and of our own
)

// peerText is a text for peers.py: to learn from, if it has a weight, or to be judged by.
type peerText struct {
	Task   string  `json:"task"` // domain or attack
	Set    string  `json:"set"`  // of the judged ones, as the report names it; of others, the family of sources
	Label  string  `json:"label"`
	Weight float32 `json:"weight,omitempty"`
	Fold   int     `json:"fold"` // of the cross-validation by which the head's strength and the threshold are chosen
	Text   string  `json:"text"`
	key    uint64  // a hash of the text: the lowest are chosen
	place  int     // of its set
}

const attackLabel, harmlessLabel = "attack", "harmless"

// printPeers prints what peers.py reads, a JSON object a line.
func printPeers(data string) error {
	list, err := readLicences(licenceList)
	if err != nil {
		return err
	}
	rows, err := load(data, list)
	if err != nil {
		return err
	}
	learn, err := list.learnable(rows)
	if err != nil {
		return err
	}
	texts, err := peersLearn(learn, ".")
	if err != nil {
		return err
	}
	judged, err := (&report{rows: judgedRows(rows, list), root: "."}).peersJudged()
	if err != nil {
		return err
	}
	w := json.NewEncoder(os.Stdout)
	for _, t := range slices.Concat(texts, judged) {
		if err := w.Encode(t); err != nil {
			return err
		}
	}
	return nil
}

// judgedRows are the rows that the report is about.
func judgedRows(rows []row, list *licences) (judged []row) {
	for i := range rows {
		if rows[i].held() || rows[i].attack() && list.sources[rows[i].Source].measure {
			judged = append(judged, rows[i])
		}
	}
	return judged
}

// peersLearn chooses the texts that a peer's heads are learned from.
func peersLearn(rows []row, root string) ([]peerText, error) {
	samples, err := domainSamples(rows, root, false)
	if err != nil {
		return nil, err
	}
	var list []peerText
	add := func(task, set, label, text string, weight float32) {
		t := newPeerText(task, set, label, text)
		t.Weight = weight
		list = append(list, t)
	}
	for i := range samples {
		if s := &samples[i]; !strings.HasSuffix(s.source, " with answers") && s.source != "abroad templates" {
			add("domain", s.source, domains[s.label], s.text, s.weight)
		}
	}
	for i := range rows {
		switch r := &rows[i]; {
		case r.attack():
			add("attack", family(r.Source), attackLabel, r.Text, 1)
		case r.file != "learn/attack":
			add("attack", family(r.Source), harmlessLabel, r.Text, 1)
		}
	}
	return fewest(list, func(t *peerText) int {
		switch {
		case t.Task == "attack":
			return peerScore
		case strings.HasPrefix(t.Set, "MMLU"):
			return peerExam
		case strings.HasPrefix(t.Set, "abroad"):
			return peerLearn / 5
		}
		return peerLearn
	}), nil
}

// peersJudged are the texts that peers are judged by, and ours beside them.
func (r *report) peersJudged() ([]peerText, error) {
	var list []peerText
	for i := range r.rows {
		if o := &r.rows[i]; o.about() != "" {
			list = append(list, newPeerText("domain", o.Source, o.about(), o.Text))
		}
	}
	for _, name := range []string{"short_questions.jsonl", "short_questions_zh.jsonl", "everyday.jsonl"} {
		own, err := r.own(name)
		if err != nil {
			return nil, err
		}
		for _, o := range own {
			set := "own/" + name
			if name == "everyday.jsonl" {
				set += ", " + o.Lang
				for _, k := range kindsOfRequest {
					if k.name == o.Kind {
						o.Domain = k.domain
					}
				}
			}
			if o.Domain != "" {
				list = append(list, newPeerText("domain", set, o.Domain, o.Text))
			}
		}
	}
	for i := range r.rows {
		switch o := &r.rows[i]; {
		case o.file == "attacks":
			list = append(list, newPeerText("attack", "attacks.jsonl, "+o.Kind, attackLabel, o.Text))
		case o.attack():
			list = append(list, newPeerText("attack", "learn/attack.jsonl, "+family(o.Source), attackLabel, o.Text))
		case o.file == "benign":
			list = append(list, newPeerText("attack", "benign.jsonl", harmlessLabel, o.Text))
		case o.file == "learn/benign":
			list = append(list, newPeerText("attack", "learn/benign.jsonl, "+family(o.Source), harmlessLabel, o.Text))
		}
	}
	for _, name := range []string{"attacks_own.jsonl", "benign_own.jsonl"} {
		own, err := r.own(name)
		if err != nil {
			return nil, err
		}
		label := map[bool]string{true: attackLabel, false: harmlessLabel}[name == "attacks_own.jsonl"]
		for _, o := range own {
			list = append(list, newPeerText("attack", "own/"+name, label, o.Text))
		}
	}
	return fewest(list, func(t *peerText) int {
		if strings.HasPrefix(t.Set, "own/") || t.Set == "MMLU-Pro" {
			return math.MaxInt
		}
		return peerJudge
	}), nil
}

func newPeerText(task, set, label, text string) peerText {
	h := fnv.New64a()
	h.Write([]byte(text))
	key := h.Sum64() * 0x9E3779B97F4A7C15
	return peerText{Task: task, Set: set, Label: label, Text: text, Fold: int(key >> 33 % folds), key: key}
}

// fewest keeps of each set, and of attacks' sets of each label, at most so many texts, in the order of sets.
func fewest(list []peerText, most func(*peerText) int) []peerText {
	order := map[string]int{}
	for i := range list {
		t := &list[i]
		name := t.Task + " " + t.Set
		if t.Task == "attack" {
			name += " " + t.Label
		}
		if _, ok := order[name]; !ok {
			order[name] = len(order)
		}
		t.place = order[name]
	}
	slices.SortStableFunc(list, func(a, b peerText) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.key, b.key)) })
	taken := make([]int, len(order))
	return slices.DeleteFunc(list, func(t peerText) bool {
		taken[t.place]++
		return taken[t.place] > most(&t)
	})
}

// peerFigures is what peers.py keeps.
type peerFigures struct {
	Peers []struct {
		Name, Package string
		Tasks         []string // that it was asked
	}
	Sets []peerSet
}

// peerSet are the figures of peers about the judged texts of one set.
type peerSet struct {
	Task, Set, Label string
	Rows             int
	Sum              string    // of the texts: peerSum
	Right            []*[2]int // by peer: of 14 classes and of the demo's 4, or, in the first, those called attacks; null where it was not asked
}

func readPeers(root string) (kept peerFigures, err error) {
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(peersFile)))
	if err != nil {
		return kept, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&kept); err != nil {
		return kept, fmt.Errorf("%s: %w", peersFile, err)
	}
	for _, s := range kept.Sets {
		if len(s.Right) != len(kept.Peers) {
			return kept, fmt.Errorf("%s: set %q has figures of %d peers, want %d: run make eval-peers", peersFile, s.Set, len(s.Right), len(kept.Peers))
		}
	}
	return kept, nil
}

// texts are the judged texts that a set's figures are about, or nothing if these are others now.
func (s *peerSet) texts(judged []peerText) []peerText {
	var list []peerText
	for _, t := range judged {
		if t.Task == s.Task && t.Set == s.Set && (s.Label == "" || t.Label == s.Label) {
			list = append(list, t)
		}
	}
	if len(list) != s.Rows || peerSum(list) != s.Sum {
		return nil
	}
	return list
}

// peerSum tells texts from others.
func peerSum(texts []peerText) string {
	h := fnv.New64a()
	for i := range texts {
		h.Write([]byte(texts[i].Label + "\n" + texts[i].Text + "\n"))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// peers prints our figures beside those of peers, about the same rows.
func (r *report) peers() error {
	kept, err := readPeers(r.root)
	if err != nil {
		return err
	}
	judged, err := r.peersJudged()
	if err != nil {
		return err
	}
	r.title("Beside models of sentences")
	r.line("The same held rows, of which at most %d of a public set but MMLU-Pro were taken, judged by our signals and by models of sentences that a", peerJudge)
	r.line("package brings. Such a model embeds at most 128 tokens of a text, and a logistic head for each task was learned from a part of the rows that")
	r.line("ours are learned from: up to %d of a source, of exam questions %d, and of attacks and harmless texts %d of each source. How much", peerLearn, peerExam, peerScore)
	r.line("a head is held back and, for attacks, the threshold were chosen by a cross-validation over those: like ours the lowest that 0.5 %% of a source's")
	r.line("harmless texts reach, in the mean over sources. A peer takes 20 to 60 ms of a core for a text. `make eval-peers` makes its figures.\n")
	for _, p := range kept.Peers {
		r.line("- %s: %s", p.Name, p.Package)
	}
	r.line("\nBest of 14 domains and of the demo's 4; of own/everyday.jsonl the rows that have one of the 4.\n")
	r.besidePeers(&kept, judged, "domain", "", "rows of", "ours")
	r.line("\nTaken for an attack, by jailbreak.score, and by that or the patterns of the default policy.\n")
	r.besidePeers(&kept, judged, "attack", attackLabel, "attacks of", "score", "score or patterns")
	r.line("")
	r.besidePeers(&kept, judged, "attack", harmlessLabel, "harmless texts of", "score", "score or patterns")
	return nil
}

// besidePeers prints one table. Sets whose texts have changed since the peers were asked are left out.
func (r *report) besidePeers(kept *peerFigures, judged []peerText, task, label string, head ...string) {
	columns := []string{head[0], "rows"}
	columns = append(columns, head[1:]...)
	var asked []int // the peers that know the task
	for i, p := range kept.Peers {
		if slices.Contains(p.Tasks, task) {
			asked = append(asked, i)
			columns = append(columns, p.Name)
		}
	}
	r.head(columns...)
	sums, sets, changed := make([]float64, len(columns)-2), 0, 0
	for i := range kept.Sets {
		s := &kept.Sets[i]
		if s.Task != task || s.Label != label {
			continue
		}
		texts := s.texts(judged)
		if texts == nil {
			changed++
			continue
		}
		shares := [][2]int{}
		if task == "domain" {
			shares = append(shares, r.domainRight(texts))
		} else {
			score, either := r.attacksFound(texts)
			shares = append(shares, [2]int{score}, [2]int{either})
		}
		for _, p := range asked {
			shares = append(shares, *s.Right[p])
		}
		cells := []string{s.Set, strconv.Itoa(s.Rows)}
		for k, n := range shares {
			sums[k] += float64(n[0]) / float64(s.Rows)
			switch {
			case task != "domain":
				cells = append(cells, percent(n[0], s.Rows))
			case strings.Contains(s.Set, "everyday"):
				cells = append(cells, "- / "+percent(n[1], s.Rows))
			default:
				cells = append(cells, percent(n[0], s.Rows)+" / "+percent(n[1], s.Rows))
			}
		}
		sets++
		r.cells(cells...)
	}
	if task != "domain" {
		cells := []string{"mean of sets", ""}
		for _, m := range sums {
			cells = append(cells, fmt.Sprintf("%.1f %%", 100*m/float64(max(sets, 1))))
		}
		r.cells(cells...)
	}
	if changed > 0 {
		r.line("\nLeft out: %d sets that have changed since the peers were asked. `make eval-peers` asks anew.", changed)
	}
}

// domainRight is how many of the texts get the right one of 14 domains, and of the demo's 4.
func (r *report) domainRight(texts []peerText) (right [2]int) {
	for _, t := range texts {
		r.e.builtin.hear(prompt.RoleUser, t.Text)
		got := r.e.builtin.st.Topic()
		count(&right[0], got == t.Label)
		count(&right[1], four(got) == four(t.Label))
	}
	return right
}

// attacksFound is how many of the texts the score takes for attacks, and the score or a pattern.
func (r *report) attacksFound(texts []peerText) (score, either int) {
	for _, t := range texts {
		r.e.builtin.hear(prompt.RoleUser, t.Text)
		r.e.policy.hear(prompt.RoleUser, t.Text)
		s := r.e.builtin.is("jailbreak.score")
		count(&score, s)
		count(&either, s || r.e.policy.pattern())
	}
	return score, either
}
