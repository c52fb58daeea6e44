package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// options are the flags that all commands take.
type options struct {
	command                 string
	wasm, policy, hold      string
	config                  string // a file
	envoy                   hostsim.Envoy
	holdBytes               int
	json, upstream, verbose bool
	trace                   bool
	deadline                time.Duration
	files                   []string
	prompt, model           string
	format                  string // of files with a request a line
	filterFile              string
	capabilities            string
	upstreams               upstreams
}

// parse reads flags and file names in any order. More flags may be added.
func (o *options) parse(command string, args []string, s streams, more ...func(*flag.FlagSet)) error {
	o.command = command
	f := flag.NewFlagSet("hostsim "+command, flag.ContinueOnError)
	f.SetOutput(s.err)
	f.StringVar(&o.wasm, "wasm", "", "the module (default: dist/mom-router.wasm, or $MOM_ROUTER_WASM)")
	f.StringVar(&o.policy, "policy", "", "a policy in YAML or JSON (default: the one in the module)")
	f.StringVar(&o.config, "config", "", "the plugin's whole configuration, in a `file` that is passed on as it is: for any module given with --wasm")
	o.addProfile(f)
	o.addChain(f)
	f.Var(&o.upstreams, "upstream", "`CLUSTER=URL`, once for each cluster that a plugin calls over HTTP: where it is (requests are answered by a stand-in)")
	f.StringVar(&o.hold, "hold", "", "how headers are held: flag, the default, or pair (slower, the same results); with --config, flag sets\nallow_on_headers_stop_iteration, and pair puts the module there twice, the second time without configuration")
	f.IntVar(&o.holdBytes, "hold-bytes", 0, "decide on the first so many bytes of a body (default: the module's)")
	f.BoolVar(&o.json, "json", false, "one JSON object a request instead of a table")
	f.BoolVar(&o.upstream, "upstream-request", false, "with --json: also what the backend got")
	f.BoolVar(&o.verbose, "verbose", false, "print what the module logs")
	f.DurationVar(&o.deadline, "deadline", 0, "end the module if one callback takes longer; it runs slower then (default: 1m with --config, else none)")
	f.BoolVar(&o.trace, "trace", false, "print every call between host and module, with arguments and results")
	f.StringVar(&o.format, "format", requests.Auto, "of lines: auto (by the first one), jsonl (bodies, wrappers, OpenAI batches), prompts, or bodies (whatever they are)")
	if command == "route" || command == "explain" {
		f.StringVar(&o.prompt, "prompt", "", "route this prompt instead of a file")
		f.StringVar(&o.model, "model", "", "with --prompt: the model that the client names (default: auto)")
	}
	for _, add := range more {
		add(f)
	}
	for {
		if err := f.Parse(args); err != nil {
			return err
		}
		if args = f.Args(); len(args) == 0 {
			break
		}
		o.files, args = append(o.files, args[0]), args[1:]
	}
	if o.deadline == 0 && o.others() {
		o.deadline = time.Minute // some ten times what the slowest module takes on a busy machine
	}
	if o.hold == "" && !o.others() {
		o.hold = "flag"
	}
	if err := o.check(); err != nil {
		return err
	}
	switch {
	case o.filterFile != "" && command == "explain":
		return errors.New("explain is about mom-router's own module: drop --filters")
	case o.config != "" && (o.policy != "" || o.holdBytes != 0):
		return errors.New("--config is the whole configuration: drop --policy and --hold-bytes")
	case o.upstream && !o.json:
		return errors.New("--upstream-request needs --json")
	}
	return nil
}

// others reports whether the plugins may be others than mom-router's.
func (o *options) others() bool { return o.config != "" || o.filterFile != "" }

// check finds mistakes in the flags that all commands with a plugin share.
func (o *options) check() error {
	switch {
	case o.hold != "" && o.hold != "flag" && o.hold != "pair":
		return fmt.Errorf("--hold %q: want flag or pair", o.hold)
	case o.filterFile != "" && (o.wasm != "" || o.config != "" || o.policy != "" || o.hold != "" || o.holdBytes != 0 || o.capabilities != ""):
		return errChain
	case o.format != "" && !slices.Contains([]string{requests.Auto, requests.JSON, requests.Prompts, requests.Bodies}, o.format):
		return fmt.Errorf("--format %q is none: want auto, jsonl, prompts or bodies", o.format)
	case o.holdBytes < 0:
		return fmt.Errorf("--hold-bytes %d: want 1 or more", o.holdBytes)
	case o.deadline < 0:
		return fmt.Errorf("--deadline %v: want more than 0", o.deadline)
	}
	return nil
}

// addProfile adds the flag for Envoy's release.
func (o *options) addProfile(f *flag.FlagSet) {
	f.Func("envoy", "be like this `release` of Envoy, 1.36 (to 1.38) or 1.40 (and 1.39): what modules can import, and their WASI (default 1.40)",
		func(name string) (err error) {
			o.envoy, err = hostsim.ParseEnvoy(name)
			return err
		})
}

var errChain = errors.New("--filters says all about the plugins: drop --wasm, --config, --policy, --hold, --hold-bytes and --capabilities")

// addChain adds the flags for several filters and for what modules may do.
func (o *options) addChain(f *flag.FlagSet) {
	f.StringVar(&o.filterFile, "filters", "", "the Wasm filters of an Envoy configuration in this `file` (YAML or JSON), each with its module, instead of --wasm")
	f.StringVar(&o.capabilities, "capabilities", "", "all that the module may import and export (allowed_capabilities): `names` with commas between them, or a file with names")
}

// loadPolicy reads a policy as the plugin can be given it: the module can read no file that it extends.
func loadPolicy(file string, data []byte) (*tree.Node, error) {
	root, err := source.Load(file, data)
	if err == nil && rules.ExtendsFile(root) {
		root, err = rules.Extend(root, source.Beside(file))
	}
	return root, err
}

// readPolicy reads the policy in a file. An error names the file, before each line of one that has several problems.
func readPolicy(file string) (*tree.Node, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	root, err := loadPolicy(file, data)
	if err != nil {
		return nil, inFile(file, err)
	}
	return root, nil
}

// configuration is the plugin's.
func (o *options) configuration() ([]byte, error) {
	if o.config != "" {
		data, err := os.ReadFile(o.config)
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		return data, nil
	}
	c := struct {
		Policy    json.RawMessage `json:"policy"`
		Hold      string          `json:"hold"`
		HoldBytes int             `json:"hold_bytes,omitempty"`
		Trusted   []string        `json:"trusted,omitempty"` // all that the policy looks at: on a laptop, who runs it sends the requests
	}{Policy: json.RawMessage(`"default"`), Hold: o.hold, HoldBytes: o.holdBytes}
	if o.policy != "" {
		node, err := readPolicy(o.policy)
		if err != nil {
			return nil, err
		}
		c.Policy = source.JSON(node)
		if table, err := rules.Compile(node); err == nil { // the module says what is wrong
			for _, h := range table.Headers() {
				c.Trusted = append(c.Trusted, h.Name)
			}
			if b := table.Budget(); b != nil && b.Key != "" {
				c.Trusted = append(c.Trusted, b.Key)
			}
		}
	}
	return json.Marshal(c)
}

// filters are the plugin configurations of mom-router's two ways to hold headers.
func (o *options) filters(config []byte) []hostsim.Filter {
	if o.hold == "pair" {
		return []hostsim.Filter{{Name: "lead", Configuration: config}, {Name: "gate"}}
	}
	return []hostsim.Filter{{Name: "mom-router", Configuration: config, AllowOnHeadersStop: o.hold == "flag"}}
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
