package differential

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// The configurations of plugins and VMs are a google.protobuf.Any each: what plugins get of it, and what is refused.

const protobuf = "type.googleapis.com/google.protobuf."

// accepted are configurations as they stand in a file, by what they are. Structs have one member an object: Envoy has no
// order for more.
var accepted = map[string]string{
	"a string":                       `{"@type":"` + protobuf + `StringValue","value":"a\"\u00e9\nb"}`,
	"a string without a value":       `{"@type":"` + protobuf + `StringValue"}`,
	"a string that is null":          `{"@type":"` + protobuf + `StringValue","value":null}`,
	"a string of another host":       `{"@type":"example.com/google.protobuf.StringValue","value":"x"}`,
	"bytes":                          `{"@type":"` + protobuf + `BytesValue","value":"aGVsbG8="}`,
	"bytes without padding":          `{"@type":"` + protobuf + `BytesValue","value":"aGVsbG8"}`,
	"bytes in the alphabet for URLs": `{"@type":"` + protobuf + `BytesValue","value":"-_-_"}`,
	"bytes without a value":          `{"@type":"` + protobuf + `BytesValue"}`,
	"a Struct with a text":           `{"@type":"` + protobuf + `Struct","value":{"policy":"default"}}`,
	"a Struct of everything":         `{"@type":"` + protobuf + `Struct","value":{"":[true,false,null,"<x>é",1.5,1e30,-7,12345678901234567890,{"z":{}},[]]}}`,
	"a long Struct":                  `{"@type":"` + protobuf + `Struct","value":{"long":"` + strings.Repeat("x", 300) + `"}}`,
	"an empty Struct":                `{"@type":"` + protobuf + `Struct","value":{}}`,
	"a Struct without a value":       `{"@type":"` + protobuf + `Struct"}`,
	"a Struct that is null":          `{"@type":"` + protobuf + `Struct","value":null}`,
	"a Value":                        `{"@type":"` + protobuf + `Value","value":"x"}`,
	"a Value that is null":           `{"@type":"` + protobuf + `Value","value":null}`,
	"a Value without a value":        `{"@type":"` + protobuf + `Value"}`,
	"a ListValue":                    `{"@type":"` + protobuf + `ListValue","value":[1,"a"]}`,
	"a ListValue that is null":       `{"@type":"` + protobuf + `ListValue","value":null}`,
	"an Empty":                       `{"@type":"` + protobuf + `Empty"}`,
	"an empty object":                `{}`,
	"null":                           `null`,
}

var refused = map[string]string{
	"a string that is a number":         `{"@type":"` + protobuf + `StringValue","value":7}`,
	"a string that is an object":        `{"@type":"` + protobuf + `StringValue","value":{"policy":"default"}}`,
	"a string with another member":      `{"@type":"` + protobuf + `StringValue","value":"x","policy":"default"}`,
	"bytes that are no base64":          `{"@type":"` + protobuf + `BytesValue","value":"a!b"}`,
	"a Struct whose members are inline": `{"@type":"` + protobuf + `Struct","policy":"default"}`,
	"a Struct that is a list":           `{"@type":"` + protobuf + `Struct","value":[1]}`,
	"a Struct that is a string":         `{"@type":"` + protobuf + `Struct","value":"x"}`,
	"a ListValue that is an object":     `{"@type":"` + protobuf + `ListValue","value":{"a":1}}`,
	"an Empty with a value":             `{"@type":"` + protobuf + `Empty","value":{}}`,
	"no type":                           `{"value":"x"}`,
	"no type, only members":             `{"policy":"default"}`,
	"a type that is a number":           `{"@type":7,"value":"x"}`,
	"a type that is empty":              `{"@type":"","value":"x"}`,
	"a type without a host":             `{"@type":"google.protobuf.StringValue","value":"x"}`,
	"a type with an empty host":         `{"@type":"/google.protobuf.StringValue","value":"x"}`,
	"a type that is unknown":            `{"@type":"type.googleapis.com/my.Own","value":"x"}`,
	"a string alone":                    `"x"`,
	"a list":                            `[]`,
	"a number":                          `7`,
}

// configured is a scene whose module logs its two configurations.
func configured(name, plugin, vm string) *scene {
	got := func(buffer int) call {
		return call{"configuration", "proxy_get_buffer_bytes", []any{buffer, 0, 1000, out1, out2}, bytes, ""}
	}
	s := single(name, (&program{}).in("vm_start", got(6)).in("configure", got(7)))
	s.filters[0].rawConfig, s.filters[0].rawVMConfig = json.RawMessage(plugin), json.RawMessage(vm)
	return s
}

// told are the lines in which a module of configured says how it began.
var told = regexp.MustCompile(`wasm log \S+: (.*)`)

// filtersOf runs hostsim with the filters of a scene in a file, and returns what the module logs and the exit code.
func filtersOf(t *testing.T, command string, s *scene, version string) (log []string, errs string, code int) {
	t.Helper()
	dir := t.TempDir()
	file, module := filepath.Join(dir, "filters.json"), filepath.Join(dir, "m.wasm")
	f := s.filters[0]
	content, err := json.Marshal([]any{object{"name": "the filter", "typed_config": f.object(map[string]string{f.module: module})}})
	for name, text := range map[string][]byte{file: content, module: s.modules[f.module]} {
		if err == nil {
			err = os.WriteFile(name, text, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(command, "route", "--filters", file, "--verbose", "--envoy", version, "--prompt", "x")
	cmd.Env = append(os.Environ(), "MOM_ROUTER_CACHE="+compiled)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(said.String(), "\n") {
		if m := told.FindStringSubmatch(line); m != nil {
			log = append(log, m[1])
		}
	}
	return log, said.String(), cmd.ProcessState.ExitCode()
}

func TestPluginsGetOfAConfigurationWhatEnvoyGivesThem(t *testing.T) {
	if os.Getenv("MOM_E2E") == "0" {
		t.Skip("MOM_E2E=0: the tests with the real Envoy are skipped")
	}
	t.Parallel()
	command := filepath.Join(t.TempDir(), "hostsim")
	if out, err := exec.Command("go", "build", "-o", command, "../../cmd/hostsim").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	all, err := envoy.Installations()
	if err != nil {
		t.Fatal(err)
	}
	var scenes []*scene
	for name, text := range accepted {
		scenes = append(scenes, configured(name, text, text))
	}
	for _, installation := range all {
		version := profile(installation.Name).String()
		t.Run("Envoy "+installation.Name, func(t *testing.T) {
			st := raise(t, installation, scenes)
			for _, s := range scenes {
				log, errs, code := filtersOf(t, command, s, version)
				real := st.fresh(s.id(), 4)
				if n := len(real) - 4; code == 2 || n < 0 || strings.Join(real[n:], "\n") != strings.Join(log, "\n") {
					t.Errorf("%s:\nEnvoy   %q\nhostsim %q, exit %d: %s", s.name, real, log, code, errs)
				}
			}
			for name, text := range refused {
				for where, s := range map[string]*scene{"configuration: ": configured(name, text, "null"), "vm_config.configuration: ": configured(name, "null", text)} {
					t.Run(name+" as "+where, func(t *testing.T) { bothRefuse(t, installation, command, version, where, s) })
				}
			}
		})
	}
}

// bothRefuse checks that neither Envoy nor hostsim begins with a scene's filters.
func bothRefuse(t *testing.T, installation envoy.Installation, command, version, where string, s *scene) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	f := s.filters[0]
	files := map[string]string{f.module: "none.wasm"} // nobody comes so far
	p, err := envoy.Start(ctx, envoy.Options{Binary: installation.Path, Dir: t.TempDir(), Workers: 1,
		Config: bootstrap([]listener{{name: "l", filters: s.filters}}, files, map[string]int{"a": 1, "b": 1})})
	if err == nil {
		p.Stop()
		t.Error("Envoy begins")
	} else if !strings.Contains(err.Error(), "INVALID_ARGUMENT") {
		t.Errorf("Envoy refuses something else: %v", err)
	}
	if log, errs, code := filtersOf(t, command, s, version); code != 2 || log != nil || !strings.Contains(errs, "HTTP filter 1: "+where) || strings.Count(errs, "\n") != 1 {
		t.Errorf("hostsim: exit %d: %s", code, errs)
	}
}
