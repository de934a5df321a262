# The one door. `make` alone lists the doors.
#
# Everything is built once, in the profile `ci` (optimised, with its checks on). CARGO_TARGET_DIR is respected.

TARGET    := $(or $(CARGO_TARGET_DIR),target)
BIN       := $(TARGET)/ci
CARGO     := cargo
PROFILE   := --profile ci
CORPORA   := $(or $(HSIGN_CORPORA),../shared/corpora)
DEMO      := demo
export HSIGN_CORPORA := $(abspath $(CORPORA))
export HSIGN_BIN     := $(abspath $(BIN))

.PHONY: help prerequisites build release test check conformance interop bench fuzz mutants crash scale simulate dist demo doc advisories clean

help:            ## list the doors
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

prerequisites:   ## install (as root on Debian) or name what the other doors need
	@sh tests/tools/prerequisites.sh

build: prerequisites  ## build everything once
	$(CARGO) build $(PROFILE) --workspace --bins --lib

release: prerequisites  ## build the hsign command for use
	$(CARGO) build --release -p hsign-cli

demo: build      ## sign, stamp and verify a scanned prescription with a throw-away HPKI
	@rm -rf $(DEMO)
	@$(BIN)/hsign demo $(DEMO)

test: prerequisites  ## all tests but the corpora
	$(CARGO) test $(PROFILE) --workspace -- --skip conformance_

check: prerequisites  ## formatting, lints, licences, documentation
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path tests/fuzz/Cargo.toml --check
	$(CARGO) fmt --manifest-path tests/differential/Cargo.toml --check
	$(CARGO) clippy $(PROFILE) --workspace --all-targets -- -D warnings
	sh tests/tools/cargo-deny.sh check licenses bans sources
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(PROFILE) --workspace --no-deps

conformance: prerequisites  ## the corpora, set by set; CORPORA=folder for others, SET=dss for one
	OTHER_CORPORA=$(if $(filter command%,$(origin CORPORA)),1) sh tests/conformance/run.sh

interop: build   ## other implementations judge ours, ours judges theirs; ONLY="part ..." for some, FULL=1 for thousands of changes
	sh tests/interop/run.sh $(ONLY)

bench: prerequisites  ## our speed beside the peers' and the physical limit; ROWS=xml,tree some of it, SMOKE=1 a trial run
	sh tests/bench/run.sh

fuzz:            ## SECONDS=n for each parser; SMOKE=1 for a quick build
	sh tests/fuzz/run.sh

mutants:         ## do the tests notice changes in the judging crates? SEED=n COUNT=n KEEP=1
	@sh tests/mutation/run.sh

scale:           ## the archive with a million files and the batches of a billion documents (7 GB); SCALE=n a part of it, KEEP=1
	sh tests/bench/scale.sh

crash:           ## kill a worker of the archive at every named point of its work; SEED=n
	CRASH_ALL=1 HSIGN_SEED=$(or $(SEED),1) $(CARGO) test $(PROFILE) -p hsign --test archive_crash -- --nocapture

simulate:        ## thirty years of an archive, by seeds; SEEDS=n, or SEED=n for one of them
	HSIGN_SEEDS=$(or $(SEEDS),20) $(if $(SEED),HSIGN_SEED=$(SEED)) $(CARGO) test $(PROFILE) -p hsign --test archive_simulation -- --nocapture

dist:            ## package, archive and lists of materials into dist/; VERIFY=1 twice, TRY=1 in bare folders (root)
	@sh tests/dist/dist.sh

doc:             ## the documentation of the libraries
	$(CARGO) doc $(PROFILE) --workspace --no-deps --open

advisories:      ## known vulnerabilities of dependencies (needs the network)
	sh tests/tools/cargo-deny.sh check advisories

clean:           ## remove what was built
	$(CARGO) clean
	rm -rf $(DEMO)
