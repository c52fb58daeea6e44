package envoy

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func load(t *testing.T, mode string) *Example {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	x, err := LoadExample(filepath.Join(root, "examples", "envoy", mode+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func text(t *testing.T, x *Example) string {
	t.Helper()
	b, err := x.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var ports = map[string]int{
	"mi355x-gpt-oss-20b": 1001, "mi355x-gpt-oss-120b": 1002, "mi355x-qwen3-235b": 1003,
	"mi355x-deepseek-v3-2": 1004, "mi355x-glm-4-7": 1005, "mi355x-kimi-k2-thinking": 1006,
}

func TestOnLoopbackReplacesAddressesAndNothingElse(t *testing.T) {
	for _, mode := range []string{"flag", "pair"} {
		x := load(t, mode)
		before := text(t, x)
		if err := x.OnLoopback(ports); err != nil {
			t.Fatal(err)
		}
		after := text(t, x)
		if strings.Contains(after, "0.0.0.0") || strings.Contains(after, ".internal") || strings.Contains(after, "8080") {
			t.Errorf("%s: an address was left", mode)
		}
		var changed []string
		a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
		if len(a) != len(b) {
			t.Fatalf("%s: %d lines have become %d", mode, len(a), len(b))
		}
		for i := range a {
			if a[i] != b[i] {
				changed = append(changed, strings.TrimSpace(b[i]))
			}
		}
		for _, line := range changed {
			if !strings.HasPrefix(line, `"address": "127.0.0.1"`) && !strings.HasPrefix(line, `"port_value": `) {
				t.Errorf("%s: changed to %s", mode, line)
			}
		}
	}
}

func TestAClusterWithoutABackendIsRefused(t *testing.T) {
	err := load(t, "flag").OnLoopback(map[string]int{"mi355x-gpt-oss-20b": 1})
	if err == nil || !strings.Contains(err.Error(), "mi355x-") {
		t.Errorf("error %v", err)
	}
}

func TestModuleIsReplacedInEveryFilter(t *testing.T) {
	x := load(t, "pair")
	x.Module("/tmp/m.wasm")
	if got := text(t, x); strings.Count(got, `"/tmp/m.wasm"`) != 2 || strings.Contains(got, "dist/") {
		t.Errorf("in %s", got)
	}
}

func TestACloneLeavesTheOriginalAlone(t *testing.T) {
	x := load(t, "pair")
	before, err := json.Marshal(x.Listener("llm").listener)
	if err != nil {
		t.Fatal(err)
	}
	l, err := x.CloneListener("llm", "other")
	if err != nil {
		t.Fatal(err)
	}
	l.Swap("mom-router-lead", "mom-router-gate")
	l.VM("mom-router-lead", "apart")
	l.Configure("mom-router-lead", "{}")
	l.Set(true, "http_protocol_options", "enable_trailers")
	l.Drop("mom-router-gate")
	after, err := json.Marshal(x.Listener("llm").listener)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("the original has become %s", after)
	}
	if x.Listener("other") == nil || x.Listener("other").Filter("mom-router-gate") != nil || x.Listener("third") != nil {
		t.Error("the clone is not what it was made")
	}
	if _, err := x.CloneListener("third", "fourth"); err == nil {
		t.Error("a listener that is not there was cloned")
	}
}

func TestAFilterIsReplacedWhereItStood(t *testing.T) {
	x := load(t, "flag")
	l := x.Listener("llm")
	l.Replace("mom-router", map[string]any{"name": "other", "typed_config": map[string]any{"@type": "t"}})
	if l.Filter("mom-router") != nil || l.Filter("other")["@type"] != "t" || l.index("other") != 0 || l.index("envoy.filters.http.router") != 1 {
		t.Errorf("the filters are %v", l.filters())
	}
}

func TestAClusterIsAddedBehindTheOthers(t *testing.T) {
	x := load(t, "flag")
	if err := x.OnLoopback(ports); err != nil {
		t.Fatal(err)
	}
	x.AddCluster(map[string]any{"name": "service"})
	all := list(dig(x.root, "static_resources", "clusters"))
	if len(all) != len(ports)+1 || dig(all[len(ports)], "name") != "service" {
		t.Errorf("%d clusters, the last is %v", len(all), all[len(all)-1])
	}
}

func TestTheAccessLogKeepsItsFormatInAFile(t *testing.T) {
	x := load(t, "flag")
	before := dig(list(x.Listener("llm").manager["access_log"])[0], "typed_config", "log_format")
	x.Listener("llm").LogTo("/tmp/log")
	log := list(x.Listener("llm").manager["access_log"])[0]
	if dig(log, "typed_config", "path") != "/tmp/log" || dig(log, "name") != "envoy.access_loggers.file" || before == nil {
		t.Errorf("the log is %v", log)
	}
	if after := dig(log, "typed_config", "log_format"); !reflect.DeepEqual(after, before) {
		t.Errorf("the format has become %v", after)
	}
}

func TestNoEnvoyIsOneLineThatSaysWhatToDo(t *testing.T) {
	t.Setenv("ENVOY", "/nowhere/envoy")
	if _, err := Installations(); err == nil || !strings.Contains(err.Error(), "make envoy") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
