# Everything that people run. From a fresh clone, Go and Python 3 are enough; a target that needs more says so, and how to
# get it, before it starts work.
GO ?= go
WASM := dist/mom-router.wasm

.PHONY: build run serve image help test test-rest test-all test-sdks test-istio test-envoy-gateway test-java test-fleet test-toolchains eval eval-sources eval-peers answers envoy redteam soak bench bench-draw bench-stages bench-v8 profile test-extproc test-monitoring test-packages test-warehouse fuzz man release lint fmt clean
.DEFAULT_GOAL := build

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 20

# What a machine may lack: a target names it as need-NAME, before all that does work.
HOW_go      := install Go 1.24 or newer from your package manager or go.dev/dl
HOW_python3 := install Python 3 with venv, such as the packages python3 and python3-venv
HOW_java    := install a JDK 17 or newer, such as the package openjdk-17-jdk, or from adoptium.net
HOW_mvn     := install Maven, such as the package maven, or from maven.apache.org
HOW_node    := install Node.js 20 or newer, such as the package nodejs, or from nodejs.org
HOW_npm     := install npm, which comes with Node.js or as a package of its own
HOW_redis-server := install Redis 6 or newer, such as the package redis-server

need-%:
	@command -v $(if $(filter go,$*),$(GO),$*) >/dev/null || { echo "make: $* is missing: $(HOW_$*)" >&2; exit 2; }

need-linux:
	@[ "$$(uname -s)" = Linux ] || { echo "make: this needs Linux, and here is $$(uname -s): use a Linux machine, virtual machine or container" >&2; exit 2; }

# The modules below e2e ask for it; older releases of Go fetch it by themselves where they may.
need-go1.26: need-go
	@cd e2e/istio && $(GO) version >/dev/null 2>&1 || { echo "make: Go 1.26 is missing: install it from go.dev/dl, or let your Go fetch it: GOTOOLCHAIN=auto" >&2; exit 2; }

need-go1.25.6: need-go
	@cd e2e/fleet && $(GO) version >/dev/null 2>&1 || { echo "make: Go 1.25.6 is missing: install it from go.dev/dl, or let your Go fetch it: GOTOOLCHAIN=auto" >&2; exit 2; }

build: need-go ## dist/mom-router.wasm, bin/hostsim and bin/rules
	@echo "building $(WASM)"
	@mkdir -p dist bin
	@rm -f $(WASM).new # or go build leaves it alone, as one that is up to date, and it is rewritten twice
	@GOOS=wasip1 GOARCH=wasm $(GO) build -trimpath -buildmode=c-shared -ldflags='-s -w -X=runtime.godebugDefault=gcstoptheworld=2' -o $(WASM).new ./plugin
	@$(GO) run ./internal/compact $(WASM).new
	@mv $(WASM).new $(WASM)
	@echo "building bin/hostsim and bin/rules"
	@$(GO) build -trimpath -o bin/hostsim ./cmd/hostsim
	@$(GO) build -trimpath -o bin/rules ./cmd/rules

run: build ## the eight demo requests through the module
	@bin/hostsim route examples/requests/*.json
	@echo
	@echo 'Go on with a prompt of your own:'
	@echo '  bin/hostsim route --prompt "Why is the sky blue?"'

serve: build ## a reverse proxy with the module in it and six stand-in engines behind it
	@bin/hostsim serve

image: build ## the OCI images that Istio and Envoy Gateway pull, in dist/image: the same source, the same digests
	@$(GO) run ./image -module $(WASM) -out dist/image

envoy: ## the real Envoys that the tests need, into .cache
	@e2e/get-envoy >/dev/null

test: need-go need-python3 build envoy ## unit tests, the module in hostsim, the module in the real Envoy: all that is quick
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "make: these files are not gofmt'ed: run make fmt" >&2; exit 1; }
	$(GO) vet ./...
	cd hostsim && $(GO) vet ./... # a module of its own
	GOOS=wasip1 GOARCH=wasm $(GO) vet -unsafeptr=false ./plugin
	cd hostsim && $(GO) test -timeout 15m ./...
	$(GO) test -p 3 -timeout 30m ./... # a third package, since some wait more than they work

test-rest: need-go need-python3 envoy ## what test leaves out: long loads, large bodies, capabilities one by one
	MOM_TESTS=rest $(GO) test -timeout 30m -count=1 ./e2e
	MOM_TESTS=rest $(GO) test -timeout 15m -count=1 -run TestTheRouterDoesTheSame ./e2e/differential
	MOM_TESTS=rest $(GO) test -timeout 15m -count=1 -run TestAttacksDoNotWork ./redteam
	MOM_TESTS=rest $(GO) test -timeout 15m -count=1 -run TestBadMembersAndBodiesHaveOneOutcomeInEveryShape ./plugin
	cd release && $(GO) vet ./... && $(GO) test -count=1 ./...

test-all: test test-rest ## both: what CI runs

test-sdks: need-python3 need-node need-npm build envoy ## the official OpenAI and Anthropic SDKs, several major versions each, against the real Envoy (needs Node.js)
	e2e/sdk/run
	MOM_SDKS=1 $(GO) test -timeout 15m -count=1 -run RealSDKs -v ./e2e/sdk

redteam: build envoy ## the whole attack suite in hostsim and in Envoy, failures on demand, the table of classes
	MOM_REDTEAM=1 MOM_REDTEAM_TABLE=$(CURDIR)/dist/redteam.txt $(GO) test -timeout 15m -count=1 ./redteam
	MOM_REDTEAM=1 $(GO) test -timeout 30m -count=1 -run 'Attacks|Capabilities|Faults' ./e2e
	@cat dist/redteam.txt

test-istio: need-linux need-go1.26 build envoy ## the shipped manifests in the real control plane of Istio, with the real Envoy (needs Go 1.26, Linux)
	@e2e/istio/get-istio >/dev/null
	cd e2e/istio && $(GO) vet -trimpath ./... && $(GO) test -trimpath -timeout 15m -count=1 ./...

test-envoy-gateway: need-linux need-go1.26 build envoy ## the shipped manifest in Envoy Gateway, with the real Envoy (needs Go 1.26, Linux)
	@e2e/envoygateway/get-envoy-gateway >/dev/null
	cd e2e/envoygateway && $(GO) vet -trimpath ./... && $(GO) test -trimpath -timeout 15m -count=1 ./...

test-monitoring: need-go envoy ## the dashboard and the alerts: every query parses, and finds series in a Prometheus that scrapes Envoy (fetches a parser; the package prometheus)
	cd e2e/monitoring && $(GO) vet ./... && $(GO) test -count=1 ./...

test-fleet: need-linux need-go1.25.6 need-redis-server build envoy ## docs/fleet.md: one budget over two Envoys, with the real rate limit service (fetches it) and Redis (needs Go 1.25.6, redis-server, Linux)
	@e2e/fleet/get-ratelimit >/dev/null
	cd e2e/fleet && $(GO) vet ./... && $(GO) test -timeout 15m -count=1 ./...

test-packages: need-go1.26 ## charts and kustomizations of rules render, linted and built with the libraries of helm and kustomize (fetches both, needs Go 1.26)
	cd e2e/packages && $(GO) vet ./... && $(GO) test -count=1 ./...

WAREHOUSE ?= 1000000
test-warehouse: need-go need-python3 ## examples/warehouse: WAREHOUSE=1000000 records in DuckDB, beside what rules audit report says of them (fetches DuckDB from PyPI)
	@[ -x .cache/duckdb/bin/python ] || { echo "fetching DuckDB from PyPI"; python3 -m venv .cache/duckdb && .cache/duckdb/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: duckdb==2.0.1 || { rm -rf .cache/duckdb; exit 2; }; }
	MOM_WAREHOUSE=$(WAREHOUSE) $(GO) test -timeout 30m -count=1 -run Warehouse -v ./examples

test-extproc: need-go ## the ext_proc service that the bench compares with: it answers as the module does (fetches gRPC)
	cd e2e/extproc && $(GO) vet ./... && $(GO) test -count=1 ./...

TOOLCHAINS ?= go1.24.0 go1.25.0 go1.26.0
test-toolchains: need-go envoy ## the module as other releases of Go build it, in the real Envoy (fetches those releases)
	@for v in $(TOOLCHAINS); do \
	  echo "building the module with $$v"; rm -f dist/$$v.wasm; \
	  GOTOOLCHAIN=$$v GOOS=wasip1 GOARCH=wasm $(GO) build -trimpath -buildmode=c-shared -ldflags='-s -w -X=runtime.godebugDefault=gcstoptheworld=2' -o dist/$$v.wasm ./plugin && \
	  $(GO) run ./internal/compact dist/$$v.wasm && \
	  MOM_ROUTER_WASM=$(CURDIR)/dist/$$v.wasm $(GO) test -count=1 -run 'TestEnvoy/.*/(the_eight|a_body_arrives|what_turns_up|the_outcome)' ./e2e || exit 1; \
	done

test-java: need-java need-mvn build ## the module in a Proxy-Wasm host for the JVM (needs Java 17 and Maven)
	MOM_JAVA=1 $(GO) test -timeout 15m -count=1 -v ./e2e/javahost

SOAK ?= 10m
SOAKFLAGS ?=
soak: need-go need-linux build envoy ## everything at once against the real Envoy for SOAK=10m, every answer judged; SOAKFLAGS=-help says more (needs Linux)
	@$(GO) build -trimpath -o bin/soak ./e2e/cmd/soak
	@bin/soak -for $(SOAK) $(SOAKFLAGS)

BENCH ?=
bench: need-linux build envoy ## what the router costs in Envoy beside other ways to do it, about 10 minutes; BENCH='-quick' takes 2, BENCH=-help says more
	$(GO) run ./e2e/cmd/bench $(BENCH)
	$(GO) test -run '^$$' -bench Latency -benchtime 1000x ./cmd/hostsim/internal/proxy
	$(GO) test -run '^$$' -bench 'Replay|Host' -benchtime 20000x ./cmd/hostsim
	@$(MAKE) --no-print-directory bench-stages COUNT=1

STAGES = -run '^$$' -bench Stage -benchtime 200x -count $(or $(COUNT),6) ./rules
bench-stages: need-go ## what each stage of the engine costs by itself, natively, in a form for benchstat
	@$(GO) test $(STAGES)

bench-v8: need-node build ## the same in V8, and what a request costs there without a proxy (needs Node.js 20)
	@GOOS=wasip1 GOARCH=wasm $(GO) test -exec 'node --no-liftoff --no-wasm-tier-up --no-warnings $(CURDIR)/e2e/v8/wasi.mjs' $(STAGES)
	@$(GO) run ./e2e/cmd/v8 bench

PROFILE ?=
profile: need-go need-node ## the functions in which the module spends its time in V8; PROFILE='-kind code -size 4096' looks at others (needs Node.js 20)
	@$(GO) run ./e2e/cmd/v8 profile $(PROFILE)

bench-draw: need-go ## the drawings of docs/bench from its figures.json
	$(GO) run ./e2e/cmd/bench -draw

eval: need-go ## how good and how fast the signals are, on data that was not learned from (docs/evaluation.md)
	@$(GO) run ./rules/train eval docs/evaluation.md

eval-sources: need-go ## how well attacks are found of which no source was learned (docs/evaluation-sources.md)
	@$(GO) run ./rules/train sources docs/evaluation-sources.md

PEERS := .cache/peers
eval-peers: need-go need-python3 ## how good models of sentences with a linear head are on the same rows: rules/train/peers.json, ten minutes of a core (fetches them from PyPI)
	@[ -x $(PEERS)/venv/bin/python ] || { echo "fetching onnxruntime, scikit-learn and tokenizers from PyPI"; python3 -m venv $(PEERS)/venv && $(PEERS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: numpy==2.4.6 onnxruntime==1.32.0 scikit-learn==1.9.1 tokenizers==0.23.3 || { rm -rf $(PEERS)/venv; exit 2; }; }
	@[ -d $(PEERS)/models ] || $(PEERS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes --target $(PEERS)/models -r rules/train/peers.txt || { rm -rf $(PEERS)/models; exit 2; }
	@$(GO) run ./rules/train peers >$(PEERS)/texts.jsonl
	@$(PEERS)/venv/bin/python rules/train/peers.py $(PEERS)/models <$(PEERS)/texts.jsonl >$(PEERS)/figures.json
	@mv $(PEERS)/figures.json rules/train/peers.json

ANSWERS ?= .cache/answers/new.jsonl.gz
answers: need-go ## what the engine answers to all public texts, recorded in ANSWERS; OLD=FILE tells how earlier answers differ
	@$(GO) build -trimpath -o bin/answers ./rules/answers
	@bin/answers record -o $(ANSWERS)
	@if [ -n "$(OLD)" ]; then bin/answers compare "$(OLD)" $(ANSWERS); fi

FUZZTIME ?= 5m
fuzz: need-go ## every fuzz target for FUZZTIME each
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' $$pkg/*_test.go | cut -c6-); do \
	    echo "fuzzing $$pkg $$target for $(FUZZTIME)"; \
	    $(GO) test -C $$pkg -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x . || exit 1; \
	  done; \
	done

man: build ## the manual pages of the commands, in dist/man/man1: man -M dist/man hostsim-route
	@bin/hostsim man dist/man/man1
	@bin/rules man dist/man/man1

release: need-go image ## archives for linux and darwin with manual pages and completions, the module, the images, checksums and the list of parts, in dist/release
	@cd release && $(GO) run .
	@ls dist/release

STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.6.1
GOVULNCHECK ?= golang.org/x/vuln/cmd/govulncheck@v1.1.4
LINTED := . hostsim release # the modules that people get; those below e2e are for tests
lint: need-go ## staticcheck as staticcheck.conf says, the checksums of all modules, known holes where their database can be had (fetches both tools)
	@for m in $(LINTED); do (cd $$m && $(GO) run $(STATICCHECK) ./... && $(GO) mod verify) || exit 1; done
	@if curl -sf --max-time 10 -o /dev/null https://vuln.go.dev/index/db.json; then for m in $(LINTED); do $(GO) run -C $$m $(GOVULNCHECK) ./... || exit 1; done; else echo "make: vuln.go.dev cannot be reached: known holes were not looked for" >&2; fi

fmt:
	gofmt -w .

clean:
	rm -rf bin dist .cache
