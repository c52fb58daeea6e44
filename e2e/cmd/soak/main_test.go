package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWrongArgumentsAreOneClearLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"10m"}, `unexpected argument "10m"`},
		{[]string{"-for", "soon"}, `invalid value "soon"`},
		{[]string{"-for", "1s"}, "between 5s and a week"},
		{[]string{"-for", "-1m"}, "between 5s and a week"},
		{[]string{"-clients", "0"}, "between 1 and 256"},
		{[]string{"-growth", "NaN"}, "not a percentage"},
		{[]string{"-growth", "-1"}, "not a percentage"},
		{[]string{"-update", "-1s"}, "times above 0"},
		{[]string{"-request", "5"}, "needs the -seed"},
		{[]string{"-minutes", "5"}, "-minutes"},
	} {
		_, err := parse(c.args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
	}
}

func TestDefaultsAreThoseOfTheHelp(t *testing.T) {
	var help bytes.Buffer
	if _, err := parse([]string{"-help"}, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "(default 10m0s)") {
		t.Errorf("%v, %s", err, &help)
	}
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.long != 10*time.Minute || o.seed == 0 || o.updateEvery != 30*time.Second || o.crashEvery != 30*time.Second || o.request != -1 {
		t.Errorf("%+v", o)
	}
	if o, err = parse([]string{"-for", "1m"}, io.Discard); err != nil || o.updateEvery != 3*time.Second || o.crashEvery != 5*time.Second {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestWhatIsMissingIsToldBeforeAnythingStarts(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    options
		want string
	}{
		{"no Envoy", options{envoy: filepath.Join(dir, "none"), module: file, out: file}, "-envoy"},
		{"no module", options{envoy: file, module: filepath.Join(dir, "none"), out: file}, "no module at"},
		{"a folder as the module", options{envoy: file, module: dir, out: file}, "is a folder"},
		{"a file as the folder of what is written", options{envoy: file, module: file, out: filepath.Join(file, "soak")}, "-out"},
	} {
		if err := check(&c.o); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if err := check(&options{envoy: file, module: file, out: file}); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
}

func TestWhereThereIsNoDataItIsSaid(t *testing.T) {
	var said string
	data, err := loadData(filepath.Join(t.TempDir(), "checkout"), func(s string) { said = s })
	if data != nil || err != nil || !strings.Contains(said, "no data at") {
		t.Errorf("%v, %v, said %q", data, err, said)
	}
}
