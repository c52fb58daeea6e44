# Everything that people run. Each target works from a fresh clone with Go and
# Python 3 installed, and nothing else.
GO ?= go
WASM := dist/mom-router.wasm

.PHONY: build run serve image test test-sdks test-istio test-envoy-gateway test-java test-toolchains eval envoy redteam bench bench-draw bench-stages bench-v8 profile test-extproc fuzz fmt clean
.DEFAULT_GOAL := build

build: ## dist/mom-router.wasm, bin/hostsim and bin/rules
	@command -v $(GO) >/dev/null || { echo "make: Go is missing: install Go 1.24 or newer from your package manager or go.dev" >&2; exit 2; }
	@echo "building $(WASM)"
	@mkdir -p dist bin
	@GOOS=wasip1 GOARCH=wasm $(GO) build -trimpath -buildmode=c-shared -ldflags='-s -w' -o $(WASM) ./plugin
	@$(GO) run ./internal/compact $(WASM)
	@echo "building bin/hostsim and bin/rules"
	@$(GO) build -trimpath -o bin/hostsim ./hostsim/cmd/hostsim
	@$(GO) build -trimpath -o bin/rules ./rules/cmd/rules

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

test: build envoy ## unit tests, the module in hostsim, the module in the real Envoy
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "make: these files are not gofmt'ed: run make fmt" >&2; exit 1; }
	$(GO) vet ./...
	GOOS=wasip1 GOARCH=wasm $(GO) vet -unsafeptr=false ./plugin
	$(GO) test -timeout 15m ./...

test-sdks: build envoy ## the official OpenAI and Anthropic SDKs, several major versions each, against the real Envoy
	e2e/sdk/run
	MOM_SDKS=1 $(GO) test -timeout 15m -count=1 -run RealSDKs -v ./e2e/sdk

redteam: build envoy ## the whole attack suite in hostsim and in Envoy, failures on demand, the table of classes
	MOM_REDTEAM=1 MOM_REDTEAM_TABLE=$(CURDIR)/dist/redteam.txt $(GO) test -timeout 15m -count=1 ./redteam
	MOM_REDTEAM=1 $(GO) test -timeout 30m -count=1 -run 'Attacks|Capabilities|Faults' ./e2e
	@cat dist/redteam.txt

test-istio: build envoy ## the shipped manifests in the real control plane of Istio, with the real Envoy (needs Go 1.26, Linux)
	@e2e/istio/get-istio >/dev/null
	cd e2e/istio && $(GO) vet -trimpath ./... && $(GO) test -trimpath -timeout 15m -count=1 ./...

test-envoy-gateway: build envoy ## the shipped manifest in Envoy Gateway, with the real Envoy (needs Go 1.26, Linux)
	@e2e/envoygateway/get-envoy-gateway >/dev/null
	cd e2e/envoygateway && $(GO) vet -trimpath ./... && $(GO) test -trimpath -timeout 15m -count=1 ./...

test-extproc: build ## the ext_proc service that the bench compares with: it answers as the module does (fetches gRPC)
	cd e2e/extproc && $(GO) vet ./... && $(GO) test -count=1 ./...

TOOLCHAINS ?= go1.24.0 go1.25.0 go1.26.0
test-toolchains: envoy ## the module as other releases of Go build it, in the real Envoy (fetches those releases)
	@for v in $(TOOLCHAINS); do \
	  echo "building the module with $$v"; \
	  GOTOOLCHAIN=$$v GOOS=wasip1 GOARCH=wasm $(GO) build -trimpath -buildmode=c-shared -ldflags='-s -w' -o dist/$$v.wasm ./plugin && \
	  MOM_ROUTER_WASM=$(CURDIR)/dist/$$v.wasm $(GO) test -count=1 -run 'TestEnvoy/.*/(the_eight|a_body_arrives|what_turns_up|the_outcome)' ./e2e || exit 1; \
	done

test-java: build ## the module in a Proxy-Wasm host for the JVM (needs Java 17 and Maven)
	MOM_JAVA=1 $(GO) test -timeout 15m -count=1 -v ./e2e/javahost

BENCH ?=
bench: build envoy ## what the router costs in Envoy beside other ways to do it, about 10 minutes; BENCH='-quick' takes 2, BENCH=-help says more
	$(GO) run ./e2e/cmd/bench $(BENCH)
	$(GO) test -run '^$$' -bench Latency -benchtime 1000x ./hostsim/internal/proxy
	$(GO) test -run '^$$' -bench 'Replay|Host' -benchtime 20000x ./hostsim/cmd/hostsim
	@$(MAKE) --no-print-directory bench-stages COUNT=1

STAGES = -run '^$$' -bench Stage -benchtime 200x -count $(or $(COUNT),6) ./rules
bench-stages: ## what each stage of the engine costs by itself, natively, in a form for benchstat
	@$(GO) test $(STAGES)

bench-v8: build ## the same in V8, and what a request costs there without a proxy (needs Node.js 20)
	@command -v node >/dev/null || { echo "make: node is missing: install Node.js 20 or newer; bench-v8 and profile run the module in its V8" >&2; exit 2; }
	@GOOS=wasip1 GOARCH=wasm $(GO) test -exec 'node --no-liftoff --no-wasm-tier-up --no-warnings $(CURDIR)/e2e/v8/wasi.mjs' $(STAGES)
	@$(GO) run ./e2e/cmd/v8 bench

PROFILE ?=
profile: ## the functions in which the module spends its time in V8; PROFILE='-kind code -size 4096' looks at others (needs Node.js 20)
	@$(GO) run ./e2e/cmd/v8 profile $(PROFILE)

bench-draw: ## the drawings of docs/bench from its figures.json
	$(GO) run ./e2e/cmd/bench -draw

eval: ## how good and how fast the signals are, on data that was not learned from (rules/EVALUATION.md)
	@$(GO) run ./rules/train eval rules/EVALUATION.md

FUZZTIME ?= 5m
fuzz: ## every fuzz target for FUZZTIME each
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' $$pkg/*_test.go | cut -c6-); do \
	    echo "fuzzing $$pkg $$target for $(FUZZTIME)"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$pkg || exit 1; \
	  done; \
	done

fmt:
	gofmt -w .

clean:
	rm -rf bin dist .cache
