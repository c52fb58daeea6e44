package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// options are the flags that all commands with a module take.
type options struct {
	command            string
	wasm, policy, hold string
	config             string // a file
	envoy              hostsim.Envoy
	holdBytes          int
	output             cli.Output
	upstream, verbose  bool
	trace              bool
	deadline           time.Duration
	files              []string
	prompt, model      string
	format             string // of files with a request a line
	filterFile         string
	capabilities       string
	upstreams          upstreams
	any                bool // the plugins may be others than mom-router's
}

// add adds the flags to a command.
func (o *options) add(c *cobra.Command) {
	o.command = c.Name()
	o.addModule(c)
	f := c.Flags()
	f.BoolVar(&o.verbose, "verbose", false, "print what the module logs")
	f.Var(&o.upstreams, "upstream", "`CLUSTER=URL`, once for each cluster that a plugin calls over HTTP: where it is (requests are answered by a stand-in)")
	o.output.Add(c, "one JSON object a request instead of a table")
	f.BoolVar(&o.upstream, "upstream-request", false, "with --json: also what the backend got")
	f.StringVar(&o.format, "format", requests.Auto, "of lines: auto (by the first one), jsonl (bodies, wrappers, OpenAI batches), prompts, or bodies (whatever they are)")
	cli.Choices(c, "format", requests.Auto, requests.JSON, requests.Prompts, requests.Bodies)
}

// addModule adds the flags that say which module runs, and how: serve has them, too.
func (o *options) addModule(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.wasm, "wasm", "", "the `module` (default: dist/mom-router.wasm, or $MOM_ROUTER_WASM)")
	f.StringVar(&o.policy, "policy", "", "a policy in this `file`, in YAML or JSON (default: the one in the module)")
	f.StringVar(&o.config, "config", "", "the plugin's whole configuration in this `file`: mom-router's in YAML or JSON, over which --policy, --hold and --hold-bytes win; any other module's as it is")
	f.StringVar(&o.hold, "hold", "", "how headers are held: flag, or pair (slower, the same results) (default: as in --config, else flag); for other modules flag sets\nallow_on_headers_stop_iteration, and pair puts the module there twice, the second time without configuration")
	f.IntVar(&o.holdBytes, "hold-bytes", 0, "decide on the first so many bytes of a body (default: the module's)")
	f.Func("envoy", "be like this `release` of Envoy, 1.36 (to 1.38) or 1.40 (and 1.39): what modules can import, and their WASI (default 1.40)",
		func(name string) (err error) {
			o.envoy, err = hostsim.ParseEnvoy(name)
			return err
		})
	f.DurationVar(&o.deadline, "deadline", 0, "end the module if one callback takes longer; it runs slower then (default: 1m for other modules, in serve none)")
	f.BoolVar(&o.trace, "trace", false, "print every call between host and module, with arguments and results")
	f.StringVar(&o.filterFile, "filters", "", "the Wasm filters of an Envoy configuration in this `file` (YAML or JSON), each with its module, instead of --wasm")
	f.StringVar(&o.capabilities, "capabilities", "", "all that the module may import and export (allowed_capabilities): `names` with commas between them, or a file with names")
	cli.Choices(c, "hold", "flag", "pair")
	cli.Choices(c, "envoy", "1.36", "1.40")
}

// check finds mistakes in the flags.
func (o *options) check() error {
	switch {
	case o.hold != "" && o.hold != "flag" && o.hold != "pair":
		return fmt.Errorf("--hold %q: want flag or pair", o.hold)
	case o.filterFile != "" && (o.wasm != "" || o.config != "" || o.policy != "" || o.hold != "" || o.holdBytes != 0 || o.capabilities != ""):
		return errChain
	case o.policy == "-" && o.config == "-":
		return errors.New("--policy and --config are both standard input, which can be read once: name a file in one of the two places")
	case o.filterFile != "" && o.command == "explain":
		return errors.New("explain is about mom-router's own module: drop --filters")
	case o.format != "" && !slices.Contains([]string{requests.Auto, requests.JSON, requests.Prompts, requests.Bodies}, o.format):
		return fmt.Errorf("--format %q is none: want auto, jsonl, prompts or bodies", o.format)
	case o.holdBytes < 0:
		return fmt.Errorf("--hold-bytes %d: want 1 or more", o.holdBytes)
	case o.deadline < 0:
		return fmt.Errorf("--deadline %v: want more than 0", o.deadline)
	case o.upstream && !o.output.Data():
		return errors.New("--upstream-request needs --json")
	}
	return nil
}

var errChain = errors.New("--filters says all about the plugins: drop --wasm, --config, --policy, --hold, --hold-bytes and --capabilities")

// loadPolicy reads a policy as the plugin can be given it: the module can read no file that it extends.
func loadPolicy(file string, data []byte) (*tree.Node, error) {
	root, err := source.Load(file, data)
	if err == nil && rules.ExtendsFile(root) {
		root, err = rules.Extend(root, source.Beside(file))
	}
	return root, err
}

// readPolicy reads the policy in a file. An error names the file, before each line of one that has several problems.
func readPolicy(file string, s streams) (*tree.Node, error) {
	data, err := s.read("policy", file)
	if err != nil {
		return nil, err
	}
	root, err := loadPolicy(file, data)
	if err != nil {
		return nil, inFile(file, err)
	}
	return root, nil
}

// filters are the plugin configurations of the ways to hold headers.
func filters(config []byte, hold string) []hostsim.Filter {
	if hold == "pair" {
		return []hostsim.Filter{{Name: "lead", Configuration: config}, {Name: "gate"}}
	}
	return []hostsim.Filter{{Name: "mom-router", Configuration: config, AllowOnHeadersStop: hold == "flag"}}
}

// findModule is where the module lies: as told, else in dist beside the command or in this directory.
func (o *options) findModule() (string, error) {
	if o.wasm != "" {
		return o.wasm, nil
	}
	if name := os.Getenv("MOM_ROUTER_WASM"); name != "" {
		return name, nil
	}
	const name = "mom-router.wasm"
	places := []string{filepath.Join("dist", name)}
	if exe, err := os.Executable(); err == nil {
		dir := filepath.Dir(exe)
		places = append([]string{filepath.Join(dir, "..", "dist", name), filepath.Join(dir, name)}, places...)
	}
	for _, p := range places {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", errors.New("no module found in dist/: build it with `make build`, or name one with --wasm FILE")
}

// cacheDir is where compiled modules are kept; empty, for none, if there is no place.
func cacheDir() string {
	dir := os.Getenv("MOM_ROUTER_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(user, "mom-router", "wazero")
	}
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}
