package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// pets is a command to try things on.
func pets(s Streams) *cobra.Command {
	top := &cobra.Command{Use: "pets COMMAND", Short: "Keep pets"}
	var out Output
	feed := &cobra.Command{Use: "feed [flags] PET...", Short: "Give food to pets", Long: "feed gives food.\n\n.It is -- well -- food.", Example: Examples("pets feed --food hay rabbit")}
	food := feed.Flags().String("food", "hay", "this `food`")
	feed.Flags().IntP("portions", "p", 1, "so many")
	out.Add(feed, "one JSON object a pet", Form{"xml", "one document"})
	feed.RunE = Action(func(names []string) int {
		w, done := out.Open(s.Out)
		defer done()
		for _, name := range names {
			switch {
			case out.Data():
				fmt.Fprintf(w, `{"pet":%q,"food":%q,"many words":["%s"]}`+"\n", name, *food, strings.Repeat("x", 100))
			case out.Is("xml"):
				fmt.Fprintf(w, "<pet/>\n")
			default:
				fmt.Fprintf(w, "%s eats %s\n", s.Paint(Green, name), *food)
			}
		}
		if len(names) == 0 {
			return s.Fail("pets feed", errors.New("name a pet"))
		}
		if names[0] == "dog" {
			return No
		}
		return OK
	})
	walk := Group(&cobra.Command{Use: "walk COMMAND", Short: "Go out with pets"})
	dog := &cobra.Command{Use: "dog", Short: "Go out with a dog", Run: func(*cobra.Command, []string) {}}
	dog.Flags().Bool("far", false, "for hours")
	walk.AddCommand(dog)
	top.AddCommand(feed, walk)
	return top
}

func petsVersion(w io.Writer) { fmt.Fprintln(w, "pets 7") }

func TestWhatIsAskedIsAnsweredWithTheRightCodeOnTheRightStream(t *testing.T) {
	for _, tt := range []struct {
		name      string
		args      string
		code      int
		out, errs string // a part of each; "" is nothing at all
	}{
		{"a command does its work", "feed cat", OK, "cat eats hay\n", ""},
		{"no is 1", "feed dog", No, "dog eats hay\n", ""},
		{"what cannot run is 2", "feed", Cannot, "", "pets feed: name a pet\n"},
		{"flags stand before and behind", "feed cat --food=fish", OK, "cat eats fish\n", ""},
		{"no command shows what there is, as words", "", Cannot, "", "Keep pets"},
		{"a group alone shows what it has", "walk", Cannot, "", "Go out with a dog"},
		{"help is data", "--help", OK, "Give food to pets", ""},
		{"help of a command", "feed --help", OK, "pets feed --food hay rabbit", ""},
		{"help as a command", "help feed", OK, "pets feed --food hay rabbit", ""},
		{"help below a group", "help walk dog", OK, "pets walk dog", ""},
		{"help of nothing", "help fed", Cannot, "", `pets help: there is no command "fed": did you mean "feed"?` + "\n"},
		{"the version", "--version", OK, "pets 7\n", ""},
		{"the version as a command", "version", OK, "pets 7\n", ""},
		{"a command that is misspelt", "fede cat", Cannot, "", `pets: unknown command "fede": did you mean "feed"?` + "\n"},
		{"a command that is none", "swim", Cannot, "", `pets: unknown command "swim": pets --help lists what there is` + "\n"},
		{"a command of a group that is misspelt", "walk dig", Cannot, "", `pets walk: unknown command "dig": did you mean "dog"?` + "\n"},
		{"a flag that is misspelt", "feed --fod hay cat", Cannot, "", `pets feed: unknown flag "--fod": did you mean "--food"?` + "\n"},
		{"a flag that is none", "feed --zzz cat", Cannot, "", `pets feed: unknown flag "--zzz": pets feed --help lists what there is` + "\n"},
		{"a long flag with one dash", "feed -food fish cat", OK, "cat eats fish\n", ""},
		{"one with one dash and its value", "feed cat -food=fish", OK, "cat eats fish\n", ""},
		{"one that is on or off", "feed -json cat", OK, `{"pet":"cat"`, ""},
		{"one that is off", "feed --json=false cat", OK, "cat eats hay\n", ""},
		{"one that is neither", "feed -json=maybe cat", Cannot, "", `pets feed: --json "maybe": `},
		{"a value that looks like a flag", "feed -food -json cat", OK, "cat eats -json\n", ""},
		{"a value that looks like the end of flags", "feed -food -- -portions 2 cat", OK, "cat eats --\n", ""},
		{"what looks like a flag behind all flags", "feed -- -food", OK, "-food eats hay\n", ""},
		{"standard input is no flag", "feed -", OK, "- eats hay\n", ""},
		{"a short flag", "feed -p 2 cat", OK, "cat eats hay\n", ""},
		{"a short flag with its value", "feed -p2 cat", OK, "cat eats hay\n", ""},
		{"a short flag with two dashes", "feed --p 2 cat", OK, "cat eats hay\n", ""},
		{"a short flag with two dashes and its value", "feed --p=2 cat", OK, "cat eats hay\n", ""},
		{"a long flag with one dash and no value", "feed cat -food", Cannot, "", "pets feed: flag needs an argument: --food\n"},
		{"a long flag with one dash that is misspelt", "feed -fod hay cat", Cannot, "", `pets feed: unknown flag "--fod": did you mean "--food"?` + "\n"},
		{"help with one dash", "feed -help", OK, "pets feed --food hay rabbit", ""},
		{"help with one dash of all", "-help", OK, "Give food to pets", ""},
		{"the version with one dash", "-version", OK, "pets 7\n", ""},
		{"a flag with one dash below a group", "walk dog -far", OK, "", ""},
		{"a flag of another kind", "feed --portions many cat", Cannot, "", `pets feed: --portions "many": `},
		{"a form that is none", "feed --output csv cat", Cannot, "", `pets feed: --output "csv": want text, json, yaml, xml` + "\n"},
		{"two forms", "feed --json --xml cat", Cannot, "", "--json and --xml exclude each other: choose one"},
		{"a form twice", "feed --json --output json cat", OK, `{"pet":"cat","food":"hay"`, ""},
		{"a form of its own", "feed --output xml cat", OK, "<pet/>\n", ""},
		{"YAML", "feed --output yaml cat rabbit", OK, "pet: cat\nfood: hay\nmany words:\n  - " + strings.Repeat("x", 100) + "\n---\npet: rabbit\n", ""},
		{"completion for bash", "completion bash", OK, "__start_pets", ""},
		{"completion for zsh", "completion zsh", OK, "#compdef pets", ""},
		{"completion for fish", "completion fish", OK, "complete -c pets", ""},
		{"what completes a flag", "__complete feed --output y", OK, "yaml", "Completion ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs strings.Builder
			code := Run(pets, strings.Fields(tt.args), Streams{Out: &out, Err: &errs}, petsVersion)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, stream := range []struct{ name, got, want string }{{"stdout", out.String(), tt.out}, {"stderr", errs.String(), tt.errs}} {
				if stream.want == "" && stream.got != "" || !strings.Contains(stream.got, stream.want) {
					t.Errorf("%s is %q, want %q", stream.name, stream.got, stream.want)
				}
			}
			if code == Cannot && tt.args != "" && tt.args != "walk" && strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("more than a line: %q", errs.String())
			}
		})
	}
}

// full is a disk without room.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestOutputThatCannotBeWrittenIsOneLineAndCode2(t *testing.T) {
	for _, args := range []string{"feed cat rabbit", "feed --output yaml cat rabbit", "feed dog", "--help", "--version", "completion bash"} {
		var errs strings.Builder
		code := Run(pets, strings.Fields(args), Streams{Out: &full{room: 3}, Err: &errs}, petsVersion)
		if code != Cannot || strings.Count(errs.String(), "\n") != 1 || !strings.HasSuffix(errs.String(), ": write standard output: no space left on device\n") {
			t.Errorf("%s: exit code %d, %q", args, code, errs.String())
		}
	}
}

// alone is a writer that finds out whether it is called while it is at work.
type alone struct {
	busy  atomic.Bool
	calls int
	mixed bool
}

func (a *alone) Write(p []byte) (int, error) {
	if a.busy.Swap(true) {
		a.mixed = true
	}
	for range 10 {
		runtime.Gosched()
	}
	a.calls++
	a.busy.Store(false)
	return len(p), nil
}

func TestSeveralGoroutinesMayWriteToBothStreams(t *testing.T) {
	var out, errs alone
	chatter := func(s Streams) *cobra.Command {
		top := &cobra.Command{Use: "pets COMMAND"}
		top.AddCommand(&cobra.Command{Use: "talk", Run: func(*cobra.Command, []string) {
			var all sync.WaitGroup
			for range 8 {
				for _, w := range []io.Writer{s.Out, s.Err} {
					all.Add(1)
					go func() {
						defer all.Done()
						for range 100 {
							fmt.Fprintln(w, "words")
						}
					}()
				}
			}
			all.Wait()
		}})
		return top
	}
	if code := Run(chatter, []string{"talk"}, Streams{Out: &out, Err: &errs}, petsVersion); code != OK || out.mixed || errs.mixed || out.calls != 800 || errs.calls != 800 {
		t.Errorf("exit code %d, written at once: %v, %v, calls: %d, %d", code, out.mixed, errs.mixed, out.calls, errs.calls)
	}
}

func TestColoursAreForThoseWhoSeeThem(t *testing.T) {
	for colour, want := range map[bool]string{true: "\x1b[32mcat\x1b[0m eats hay\n", false: "cat eats hay\n"} {
		var out strings.Builder
		Run(pets, []string{"feed", "cat"}, Streams{Out: &out, Err: io.Discard, Colour: colour}, petsVersion)
		if out.String() != want {
			t.Errorf("colour %v: %q", colour, out.String())
		}
	}
}

func TestAFileIsWrittenAsAWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report")
	fail := func(w io.Writer) error {
		io.WriteString(w, "half")
		return errors.New("no space left on device")
	}
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	is := func(want string) {
		t.Helper()
		if got, _ := os.ReadFile(name); string(got) != want {
			t.Errorf("the file is %q, want %q", got, want)
		}
		if files, _ := os.ReadDir(dir); len(files) > 1 || want == "" && len(files) > 0 {
			t.Errorf("what was to go stays: %v", files)
		}
	}
	if err := WriteFile(name, fail); err == nil || err.Error() != "write "+name+": no space left on device" {
		t.Errorf("got %v", err)
	}
	is("")
	if err := WriteFile(name, text("whole")); err != nil {
		t.Error(err)
	}
	is("whole")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("got %v, %v", info, err)
	}
	if err := WriteFile(name, fail); err == nil {
		t.Error("no error")
	}
	is("whole")
	if err := errors.Join(os.Chmod(name, 0o600), WriteFile(name, text("secret"))); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("what one alone may read is shown to others: %v, %v", info, err)
	}
	if err := WriteFile(filepath.Join(dir, "none", "report"), text("")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
	if err := WriteFile("/dev/full", text("x")); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
	if err := WriteFile(dir, text("x")); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("got %v", err)
	}
}

func TestProgressTellsRateAndTimeLeft(t *testing.T) {
	var told bytes.Buffer
	clock := time.Unix(1000, 0)
	p := NewProgress(Streams{Err: &told, Terminal: true}, "requests", 400)
	p.begin, p.now = clock, func() time.Time { return clock }
	clock = clock.Add(10 * time.Second)
	p.Show(50, 100)
	p.Show(60, 120) // too soon
	if want := "\r\x1b[K[#######                       ]  25 %  50 requests, 5/s, 30s left "; told.String() != want {
		t.Errorf("got %q, want %q", told.String(), want)
	}
	told.Reset()
	if p.Clear(); told.String() != "\r\x1b[K" {
		t.Errorf("got %q", told.String())
	}
	told.Reset()
	p = NewProgress(Streams{Err: &told}, "requests", 400)
	p.Show(1, 1)
	if p.Clear(); told.Len() > 0 {
		t.Errorf("what is no terminal is told %q", told.String())
	}
}

func TestManualPagesSayWhatHelpSays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	if code := Run(pets, []string{"man", dir}, Streams{Out: io.Discard, Err: io.Discard}, petsVersion); code != OK {
		t.Fatalf("exit code %d", code)
	}
	for name, words := range map[string][]string{
		"pets.1":          {`.TH "PETS" "1"`, "pets \\- Keep pets", "pets\\-feed(1)"},
		"pets-feed.1":     {"pets-feed \\- Give food to pets", ".PP\n\\&.It is \\-\\- well", ".TP\n\\fB\\-\\-food\\fR \\fIfood\\fR\nthis food (default hay)", ".SH EXAMPLES\n.nf\n  pets feed \\-\\-food hay rabbit", "pets(1)"},
		"pets-walk.1":     {"pets\\-walk\\-dog(1)"},
		"pets-walk-dog.1": {"pets\\-walk(1)"},
		"pets-version.1":  nil,
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		for _, word := range words {
			if !bytes.Contains(text, []byte(word)) {
				t.Errorf("%s lacks %q:\n%s", name, word, text)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "pets-man.1")); err == nil {
		t.Error("what is hidden has a page")
	}
}
