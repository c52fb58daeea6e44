package volatile

import (
	"strings"
	"testing"
)

type heard struct{ strings.Builder }

func (h *heard) Write(p []byte) { h.Builder.Write(p) }

func steady(pieces ...string) string {
	var t Text
	var h heard
	t.Begin()
	for _, p := range pieces {
		t.Write([]byte(p), &h)
	}
	t.End(&h)
	return h.String()
}

func TestLinesThatChangeAreLeftOut(t *testing.T) {
	for _, line := range []string{
		"Today's date: 2031-05-07", "- Today is Wednesday.", "Current date: Wednesday", "The current time is noon", "# Current Time", "* CWD: somewhere",
		"Current Working Directory: C:/work", " - Primary working directory: `x`", "Is directory a git repo: Yes", "Platform: linux", "OS Version: 7", "Current branch: fix",
		"x-anthropic-billing-header: cc_version=1; cch=a1b2c;", "Session ID: 77", "You may read files below /home/ann/project.", `The files are in C:\Users\ann\x.`,
		"Logs go to /tmp/agent-17.", "It was built at 9:05 in the morning.", "Started: 23:59", "Released on 7 May 2031.", "Version of 2031", "<env>all of it</env>",
	} {
		if got := steady("Be kind.\n", line, "\nBe short."); got != "Be kind.\nBe short." {
			t.Errorf("%q: got %q", line, got)
		}
		if got := steady(line); got != "" {
			t.Errorf("%q alone: got %q", line, got)
		}
	}
}

func TestLinesThatStayAreKept(t *testing.T) {
	for _, line := range []string{
		"You are a helpful assistant.", "- Answer in at most 120 words.", "Use ISO/IEC 27001:2 as it stands.", "Scores from 1:1 to 9:99", "Port 8080 of the service, error 2010234.",
		"Ratio 16:9", "GET /users/{id}/home", "a/tmp", "date of birth is personal data", "Dates are written with their year.", "", "   ", "---", "Gitmoji are welcome.",
		"<environment>", strings.Repeat("a paragraph of which 2031 is a part ", 20),
	} {
		text := "Be kind.\n" + line + "\nBe short."
		if got := steady(text); got != text {
			t.Errorf("%q: got %q", line, got)
		}
	}
}

func TestRegionsAreLeftOutToTheirEnd(t *testing.T) {
	for text, want := range map[string]string{
		"a\n<env>\nShell: x\nanything\n</env>\nb":                              "a\nb",
		"a\n<environment_context>\n  <cwd>x</cwd>\n</environment_context>b\nc": "a\nc",
		"a\ngitStatus: clean\nM file.go\n":                                     "a\n",
		"a\n<env>\nnever closed":                                               "a\n",
	} {
		if got := steady(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	long := strings.Repeat("x", 2*longest)
	if got := steady("a\n<env>\n" + long + "\nb"); strings.Contains(got, "x") {
		t.Errorf("a long line inside a region is kept: %q", got)
	}
}

func TestCutsMakeNoDifference(t *testing.T) {
	text := "You are an agent.\n<env>\n" + strings.Repeat("inside ", longest/5) + "\nToday's date: 2031-05-07\n</env>\nBe kind.\n" + strings.Repeat("long ", longest/5) + "2031\nPlatform: x\nlast"
	want := steady(text)
	for i := range text {
		if got := steady(text[:i], text[i:]); got != want {
			t.Fatalf("cut at %d: got %q, want %q", i, got, want)
		}
	}
	pieces := strings.Split(text, "")
	if got := steady(pieces...); got != want {
		t.Errorf("byte by byte: got %q, want %q", got, want)
	}
}

func FuzzCutsMakeNoDifference(f *testing.F) {
	f.Add("a\n<env>\nb</env>\nc 2031", uint16(5), uint16(9))
	f.Fuzz(func(t *testing.T, text string, i, j uint16) {
		a := int(i) % (len(text) + 1)
		b := a + int(j)%(len(text)-a+1)
		if got, want := steady(text[:a], text[a:b], text[b:]), steady(text); got != want {
			t.Errorf("%q cut at %d and %d: got %q, want %q", text, a, b, got, want)
		}
	})
}
