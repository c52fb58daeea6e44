package labelled

import (
	"bytes"
	"compress/gzip"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestWrongLinesAreToldByLineAndLeftOut(t *testing.T) {
	data, err := os.ReadFile("testdata/mixed.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, wrong, err := Read("mixed.csv", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range wrong {
		got = append(got, w.String())
	}
	want := []string{
		"mixed.csv:6: the same text stands in line 5 already: remove one of them",
		`mixed.csv:7: the same text has the domain "biology" in line 5, and "history" here: keep the one that is right`,
		"mixed.csv:9: the line does not say what is right: add domain, intent, complexity, language, signals or not_signals",
		"mixed.csv:10: the text is empty",
		"mixed.csv:11: 2 columns, where the first row names 6: put texts with commas in quotes",
		"mixed.csv:12: byte 16 (0xe9) is no UTF-8: save the file as UTF-8, all lines in one encoding",
		`mixed.csv:13: "Ã©" looks like UTF-8 that was read as Latin-1 and written once more: take the text from where it was still whole`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if len(rows) != 5 || rows[0].Class["domain"] != "math" || !rows[0].Signals["intent.deep_thinking"] || rows[4].Line != 8 {
		t.Errorf("%d rows: %+v", len(rows), rows)
	}
	if is, known := rows[1].Signals["intent.coding"]; is || !known {
		t.Error("an intent of none does not say that it asks for no code")
	}
	if is, known := rows[1].Signals["jailbreak.score"]; is || !known {
		t.Error("not_signals does not say what must not be true")
	}
}

func TestLinesOfJSONAreReadAsTheyAreMeant(t *testing.T) {
	for name, c := range map[string]struct {
		line, want string // want is a part of the mistake, or "" if there is none
	}{
		"a text and a class":             {`{"text": "Hi", "domain": "other"}`, ""},
		"another name of it":             {`{"prompt": "Hi", "label": "computer science"}`, ""},
		"with its type":                  {`{"text": "Hi", "class": "domain.other", "source": "mail"}`, ""},
		"a body":                         {`{"body": {"messages": []}, "signals": "pii.email", "headers": {"X-Team": "a"}}`, ""},
		"no intent":                      {`{"text": "Hi", "intent": []}`, ""},
		"no JSON":                        {`{"text": "Hi"`, "this is not JSON"},
		"no object":                      {`["Hi", "other"]`, "a JSON object is expected"},
		"no text":                        {`{"domain": "other"}`, `there is no "text"`},
		"an empty text":                  {`{"text": " \n", "domain": "other"}`, "the text is empty"},
		"a text and a body":              {`{"text": "Hi", "body": {}, "domain": "other"}`, `both "text" and "body": drop one`},
		"two classes":                    {`{"text": "Hi", "domain": "other", "label": "math"}`, `both "domain" and "label": drop one`},
		"a class that is no text":        {`{"text": "Hi", "domain": 7}`, `member "domain": a string is expected`},
		"two wrong classes":              {`{"text": "Hi", "language": "", "complexity": 7, "domain": ""}`, `member "domain" is empty`},
		"an empty class":                 {`{"text": "Hi", "domain": ""}`, `member "domain" is empty`},
		"an unknown intent":              {`{"text": "Hi", "intent": "chat"}`, `there is no intent "chat": known are deep_thinking`},
		"true and not":                   {`{"text": "Hi", "signals": ["pii.email"], "not_signals": ["pii.email"]}`, `signal "pii.email" is said to be true and not to be`},
		"nothing that is right":          {`{"text": "Hi", "domian": "other"}`, "the line does not say what is right"},
		"another encoding":               {"{\"text\": \"caf\xe9\", \"domain\": \"other\"}", "byte 14 (0xe9) is no UTF-8"},
		"letters that were lost already": {`{"text": "caf` + "\uFFFD" + `", "domain": "other"}`, "has lost letters"},
		"zero bytes":                     {"{\x00\"\x00", "not UTF-16"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, wrong, err := Read("some.jsonl", strings.NewReader("\n"+c.line+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == "" && (len(rows) != 1 || len(wrong) != 0):
				t.Errorf("%d rows, %v", len(rows), wrong)
			case c.want != "" && (len(rows) != 0 || len(wrong) != 1 || wrong[0].Line != 2 || !strings.Contains(wrong[0].Why, c.want)):
				t.Errorf("%d rows, %v, want %s", len(rows), wrong, c.want)
			}
		})
	}
}

func TestFilesMayBePackedAndBeginWithAMark(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte("\xef\xbb\xbftext,domain\r\n\"one, two\",math\r\n\"three\nlines\",other\r\nbad,row,here\r\n"))
	w.Close()
	rows, wrong, err := Read("a.csv.gz", &packed)
	if err != nil || len(rows) != 2 || rows[0].Text != "one, two" || rows[1].Line != 3 || len(wrong) != 1 || wrong[0].Line != 5 {
		t.Errorf("%+v, %v, %v", rows, wrong, err)
	}
}

func TestAFileWithoutColumnsIsRefusedAsAWhole(t *testing.T) {
	for content, want := range map[string]string{"": "the file is empty", "a,b\n1,2\n": `no column is called "text"`} {
		if _, _, err := Read("a.csv", strings.NewReader(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestQuotesInTheWrongPlaceAreToldByLine(t *testing.T) {
	rows, wrong, err := Read("a.csv", strings.NewReader("text,domain\nthe 3\" pipe,math\nwhole,math\n\"he said \"hi\" there\",law\nas well,other\n\"open,law\n"))
	var lines []int
	for _, w := range wrong {
		lines = append(lines, w.Line)
	}
	if err != nil || len(rows) != 2 || rows[0].Line != 3 || rows[1].Line != 5 || !slices.Equal(lines, []int{2, 4, 6}) {
		t.Errorf("%+v, %v, %v", rows, wrong, err)
	}
}

func FuzzLabelledFilesAreReadOrRefused(f *testing.F) {
	f.Add(true, []byte("text,domain\na\"b,math\n"))
	f.Add(false, []byte(" \n{\"text\":\"a\",\"domain\":\"math\",\"intent\":[\"none\"]}\n{\"body\":{},\"headers\":{\"a\":1}}\n"))
	f.Fuzz(func(t *testing.T, csv bool, data []byte) {
		name := "a.jsonl"
		if csv {
			name = "a.csv"
		}
		rows, _, _ := Read(name, bytes.NewReader(data))
		for _, r := range rows {
			if r.Line < 1 || len(r.Class)+len(r.Signals) == 0 {
				t.Errorf("%+v", r)
			}
		}
	})
}
