# Everything that is built or checked has a target here; `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# What .ci/deps had to fetch comes before what the system has.
export PATH := $(CURDIR)/out/tools/go/bin:$(CURDIR)/out/tools/node/node_modules/.bin:$(PATH)

OUT := out
APP := $(OUT)/app
# The roles of the one program, by build tag: agent, window, and on Windows both in one.
TRAY := tray
WINDOW := desktop,production,webkit2_41
LOG := $(OUT)/log
STATICCHECK := $(OUT)/tools/staticcheck-0.7.0
VERSION := $(patsubst v%,%,$(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null))
LDFLAGS := -s -w $(if $(VERSION),-X main.version=$(VERSION))
GOTEST := .ci/gotest

PAGE_SOURCES := $(shell git ls-files -co --exclude-standard frontend 2>/dev/null | grep -vE '^frontend/(dist|test)/|\.go$$')
CLIENTS := $(patsubst %/package.json,%,$(wildcard test/clients/install/*/package.json))
KILLS ?= 50
SAMPLE ?= 300
SEED ?= 1
SCALE ?= 1000000
FUZZTIME ?= 20s

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- building -----------------------------------------------------------------------------------

.PHONY: run
run: ## Build what is missing and start Weir: tray and window where there is a display, else the server
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then $(MAKE) app && exec $(APP)/weir; else $(MAKE) build && exec $(OUT)/weir serve; fi

.PHONY: build
build: build-deps page ## Build the page and the server: out/weir
	@mkdir -p $(OUT)
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o $(OUT)/weir .

.PHONY: app app-deps
app: app-deps page ## Build the desktop app: out/app/weir, the agent, and out/app/weir-window beside it
	@mkdir -p $(APP)
	CGO_ENABLED=1 go build -tags $(TRAY) -ldflags '$(LDFLAGS)' -o $(APP)/weir .
	CGO_ENABLED=1 go build -tags $(WINDOW) -trimpath -ldflags '$(LDFLAGS)' -o $(APP)/weir-window .

app-deps: build-deps
	@.ci/deps app

.PHONY: windows
windows: build-deps page ## Build for Windows: out/windows/weir.exe and weir-app.exe
	LDFLAGS='$(LDFLAGS)' VERSION='$(VERSION)' build/windows/programs $(OUT)/windows

.PHONY: page
page: frontend/dist/index.html

frontend/dist/index.html: frontend/node_modules/.package-lock.json $(PAGE_SOURCES)
	cd frontend && npm run --silent build
	@touch $@

# npm writes .package-lock.json last, so it is the stamp of a complete installation.
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: build-deps
build-deps:
	@.ci/deps build

.PHONY: prices
prices: ## Import the price book anew (needs the npm registry); review the difference
	go run ./tools/pricebook

# --- checking -----------------------------------------------------------------------------------

.PHONY: check
check: build-deps gofmt vet staticcheck unit page-check ## Format, vet, lint, unit tests: under two minutes, no network once warm

.PHONY: gofmt vet staticcheck unit page-check
gofmt:
	@files=$$(git ls-files -co --exclude-standard '*.go' | xargs -r gofmt -l); \
	[ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }

vet:
	go vet ./...

staticcheck: $(STATICCHECK)
	$(STATICCHECK) ./...

# What is built for a desktop needs GTK's headers here, and for Windows nothing.
.PHONY: vet-app
vet-app: app-deps $(STATICCHECK)
	go vet -tags $(TRAY) . ./backend/... && go vet -tags $(WINDOW) . && go vet -tags bindings,webkit2_41 .
	$(STATICCHECK) -tags $(TRAY) . ./backend/tray ./backend/window ./backend/notify
	$(STATICCHECK) -tags $(WINDOW) .
	GOOS=windows go vet ./... && GOOS=windows go vet -tags $(TRAY),desktop,production . ./backend/tray ./backend/window
	GOOS=darwin go vet ./...

$(STATICCHECK):
	@mkdir -p $(@D)
	GOBIN=$(CURDIR)/$(@D) go install honnef.co/go/tools/cmd/staticcheck@v0.7.0
	@mv $(@D)/staticcheck $@

# The tests below test/ drive the built program, which Go's test cache cannot see: they always run.
unit:
	$(GOTEST) unit $$(go list ./... | grep -v '/test/')
	$(GOTEST) outside -short -count=1 $$(go list ./test/... | grep -vE '/test/(desktop|wine)$$')

page-check: frontend/node_modules/.package-lock.json
	@mkdir -p $(LOG)
	cd frontend && npm run --silent check 2>&1 | tee ../$(LOG)/page.log

# --- testing ------------------------------------------------------------------------------------

.PHONY: test
test: test-deps build check race browser contract crash limits sdk vet-app desktop windows ## Everything that a change must pass

.PHONY: test-long
test-long: KILLS := 1000
test-long: export WEIR_PICTURES := all
test-long: test fuzz ## The same with 1,000 kills, and every fuzz test for 20 seconds

.PHONY: test-deps race browser contract crash limits sdk desktop fuzz
test-deps:
	@.ci/deps test

# SQLite, which is C that was translated, has locks of its own that the detector only slows down.
race:
	$(GOTEST) race -race -short -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false ./backend/... ./billing/...

browser: test-deps build test/browser/node_modules/.package-lock.json
	@mkdir -p $(LOG)
	node test/browser/run.mjs 2>&1 | tee $(LOG)/browser.log

contract: build
	WEIR_BIN=$(CURDIR)/$(OUT)/weir $(GOTEST) contract -count=1 ./test/contract

crash: build
	WEIR_BIN=$(CURDIR)/$(OUT)/weir $(GOTEST) crash -count=1 -timeout 60m ./test/crash -kills $(KILLS)

desktop: test-deps app
	WEIR_BIN=$(CURDIR)/$(APP)/weir $(GOTEST) desktop -count=1 ./test/desktop

limits: build
	WEIR_BIN=$(CURDIR)/$(OUT)/weir $(GOTEST) limits -count=1 ./test/limits

sdk: build test/sdk/node_modules/.package-lock.json
	@mkdir -p $(LOG)
	WEIR_BIN=$(CURDIR)/$(OUT)/weir node --test --test-reporter=spec test/sdk/*.test.mjs 2>&1 | tee $(LOG)/sdk.log

fuzz:
	@for f in $$(grep -rlE '^func Fuzz' --include='*_test.go' backend billing); do \
	  for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]+).*/\1/p' "$$f"); do \
	    echo "fuzz $$name in $$(dirname "$$f")"; \
	    go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$f")"; \
	  done; done

# Each mutant is one run of the package's tests, so all of them take minutes.
.PHONY: mutate
mutate: ## Small changes of billing and ledger, of which tests must notice 90 %; SAMPLE=0: all of them
	go run ./tools/mutate -sample $(SAMPLE) -seed $(SEED) ./billing ./backend/ledger

.PHONY: test-clients
test-clients: build $(CLIENTS:%=%/node_modules/.package-lock.json) ## Seven assistants through Weir, as people install them (1.9 GB from npm)
	@mkdir -p $(LOG)
	WEIR_BIN=$(CURDIR)/$(OUT)/weir node --test --test-concurrency=1 --test-reporter=spec test/clients/*.test.mjs 2>&1 | tee $(LOG)/clients.log

# npm ci wants every platform's packages in the lock, and not each platform has its own on npm.
test/clients/install/%/node_modules/.package-lock.json: test/clients/install/%/package-lock.json
	cd test/clients/install/$* && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-wine
test-wine: windows ## The Windows program under Wine (installs it: 700 MB)
	@.ci/deps wine
	WEIR_EXE=$(CURDIR)/$(OUT)/windows/weir.exe $(GOTEST) wine -count=1 ./test/wine

.PHONY: bench
bench: build app test-deps test/browser/node_modules/.package-lock.json ## The relay against a bare reverse proxy, in turns; then the desktop's memory and times
	WEIR_BIN=$(CURDIR)/$(OUT)/weir go run ./test/bench -calls $(SCALE)
	WEIR_BIN=$(CURDIR)/$(APP)/weir go run ./test/bench/desktop

.PHONY: icons deb installer
icons: ## Draw the icons anew from build/icons
	go run ./tools/icons

deb: app ## Make a Debian package: out/weir_VERSION_ARCH.deb
	VERSION='$(VERSION)' build/linux/deb $(APP) $(OUT)

installer: windows ## Make the Windows installer: out/weir-setup.exe (needs makensis)
	VERSION='$(VERSION)' build/windows/installer/pack $(OUT)/windows $(OUT)/weir-setup.exe

.PHONY: clean
clean: ## Remove what was built
	rm -rf $(OUT) frontend/node_modules test/*/node_modules test/clients/install/*/node_modules
	git clean -qfdX frontend/dist
