# Everything a newcomer needs: `make run` shows it, `make test` proves it. No other set-up.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN := $(VENV)/.run
NODE := $(VENV)/node
RELEASE := $(VENV)/release
CHART := $(VENV)/chart
DOCS := $(VENV)/docs
NODE_READY := $(NODE)/.ready
BIDS_READY := $(NODE)/bids-validator/.ready
COMPILED := $(VENV)/.compiled

# Where it is set, every program that a run or a test starts would compile all its modules again.
unexport PYTHONDONTWRITEBYTECODE

# The files that go deeper with DREAMD_LONG=1 (`tests/depth.py`).
LONG_TESTS = $(addprefix tests/integration/test_,chart_pod.py compose_services.py console_night.py console_page.py console_scopes.py devices_process.py docsite.py exchange_page.py faces.py fleet_200.py joined_houses.py kept_orders.py ledger_killed.py other_systems.py owner_elsewhere.py people_killed.py people_night.py plugs.py proxy.py rehearse.py restart.py restarts.py sessions.py site_fleet.py stage_page.py takeover.py two_brokers.py up.py) \
	$(addprefix tests/sim/test_,access_faults.py anchors.py congestion.py crowds.py gateways.py guests.py houses.py kept_orders.py leads.py lost_ledgers.py moratoria.py people.py pulses.py restarts.py rounds.py shared.py slow_disks.py stories.py watch.py) \
	$(addprefix tests/lsl/test_,lsl_streams.py marker_writer.py sender.py) \
	tests/conformance/test_batch.py tests/conformance/test_cohort_engine.py tests/conformance/test_ray_session.py tests/api/test_any_request.py tests/api/test_exchange_verification.py tests/app/test_clinic_model.py tests/app/test_slot_keeping.py tests/app/test_severed_leaders.py tests/core/test_watch.py tests/core/test_assignment_model.py tests/edge/test_alpha_peak.py tests/edge/test_recordings.py tests/edge/test_tether_model.py tests/festival/test_play.py tests/fusion/test_crowd_loop.py tests/sim/test_pooled.py tests/fusion/test_pooled_fusion.py tests/foreign/test_services.py tests/stage/test_osc.py tests/stage/test_score.py


.PHONY: docs help run festival test soak check bench rehearse sim mutate screenshots proto tables boards lock chart release system-packages

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: $(RUN) ## eight simulated sleepers share a Dreamscape on this machine; ARGS="--duration 20 --json" passes flags
	@$(BIN)/dreamd up $(ARGS)

festival: $(RUN) ## a whole festival in virtual time, shown at 127.0.0.1:8082, and its account; ARGS="--seed 3"
	@$(BIN)/dreamd festival --page 8082 --out $(VENV)/festival $(ARGS)

test: $(READY) ## all tests; ARGS="-k tether" passes flags to pytest
	@$(MAKE) --no-print-directory -j3 $(NODE_READY) $(BIDS_READY) $(COMPILED)
	@$(BIN)/pytest -q $(or $(ARGS),-n 6 --dist loadfile --no-loadscope-reorder)

soak: $(READY) ## what `make test` leaves out for its time: more seeds, longer nights, bad lines; with figures
	@DREAMD_LONG=1 $(BIN)/pytest -q -s $(or $(ARGS),$(LONG_TESTS))

check: $(READY) ## lint, format, types, import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

rehearse: $(READY) ## every failure there is, with 200 sleepers, as a table; ARGS="--sleepers 20 --report night.html"
	@$(BIN)/dreamd rehearse festival --all --no-view --sleepers 200 $(ARGS)

bench: $(READY) ## the numbers of docs/limits-and-numbers.md, measured here
	@$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(READY) ## the pictures of the documents, from a real run: its night is kept beside the set-up
	@PYTHONPATH=tests $(BIN)/python -m screens --night $(VENV)/night.svg $(ARGS)

sim: $(READY) ## fresh nights in virtual time, each from a seed, until stopped; ARGS="--seed 1000"
	@$(BIN)/dreamd simulate --endless --seed $$(date +%s) $(ARGS)

mutate: $(READY) ## each detector and guard broken once, and the test that fails for it; ARGS="--only tether.lease"
	@PYTHONPATH=tests $(BIN)/python -m mutate $(ARGS)

proto: $(READY) ## generate the Python code of proto/
	@$(BIN)/python -m grpc_tools.protoc -I proto --python_out=proto --pyi_out=proto proto/dreamwire/v1/*.proto
	@$(BIN)/python -m grpc_tools.protoc -I proto --python_out=proto --pyi_out=proto --grpc_python_out=proto proto/dreamapi/v1/*.proto

tables: $(READY) ## the tables of docs/reference.md that are made from code
	@PYTHONPATH=tests $(BIN)/python -m tests.tables

boards: $(READY) ## Grafana's boards and Prometheus' alerts, from deploy/grafana/boards
	@PYTHONPATH=deploy/grafana $(BIN)/python -m boards

system-packages: ## what some tests need and Debian packages: brokers, databases, a browser, instruments, node
	@as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	$$as_root apt-get update -qq && $$as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -qq --no-install-recommends python3-venv mosquitto mosquitto-clients prometheus prometheus-alertmanager postgresql chromium systemd libportaudio2 iproute2 \
	liblo-tools puredata-core supercollider-language supercollider-server \
	$$(command -v npm >/dev/null || echo nodejs npm) >/dev/null

lock: $(READY) ## renew requirements/*.txt: the newest versions that pyproject.toml allows, with their hashes
	@for extra in up dev chart docs release; do $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --extra $$extra pyproject.toml requirements/build.in \
	-o requirements/$$extra.txt; done

chart: $(READY) $(CHART) ## the Helm chart: lint, render, validate for three minors of Kubernetes; ARGS=--write renews the renderings
	@PYTHONPATH=deploy $(CHART)/bin/python -m chartcheck $(ARGS)

docs: $(READY) $(DOCS) ## the documentation as a site, in build/docs/site; ARGS="serve" shows it while you write
	@PYTHONPATH=deploy $(DOCS)/bin/python -m docsite $(ARGS)

release: $(READY) $(RELEASE) ## sdist, wheel, SBOM, checksums in dist/, the same bytes each time; ARGS="--key FILE" signs, "--try" without a tag
	@PYTHONPATH=deploy $(BIN)/python -m release build --tools $(RELEASE) $(ARGS)

# A run needs the extra `up`; the tests need `dev` as well. Both come from locks with hashes.
$(RUN): pyproject.toml requirements/up.txt
	@$(call install,up,half a minute)
	@touch $@

$(READY): pyproject.toml requirements/dev.txt
	@$(call install,dev,a minute or three)
	@$(BIN)/python -m compileall -q daemon edge proto # once: a program that compiles is slow and keeps the memory
	@$(BIN)/python -c 'import dreamd.cli.up, dreamd.composition, dreamedge.main, dreamedge.adapters.implants.simulated.implant'
	@touch $(RUN) $@

# $(1): the lock's name; $(2): how long it takes with pip alone. A lock that names uv (`dev`) brings it first: uv installs
# the rest in a quarter of pip's time. Where uv cannot, pip does.
define install
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
echo "dreamd needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
if command -v uv >/dev/null; then uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV); \
else $(PYTHON) -m venv $(VENV) || { \
echo "this Python cannot make virtual environments: on Debian, apt-get install python3-venv" >&2; exit 2; }; fi
uv=$$(command -v uv || { sed -n '/^uv==/,/[^\]$$/p' requirements/$(1).txt >$(VENV)/uv.txt; [ -s $(VENV)/uv.txt ] && \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt >&2 && echo $(BIN)/uv; }); \
if [ -n "$$uv" ] && echo "setting up $(VENV) from requirements/$(1).txt with uv, once: some seconds" && \
$$uv pip install --python $(BIN)/python --require-hashes -r requirements/$(1).txt && \
$$uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; then :; \
else \
echo "setting up $(VENV) from requirements/$(1).txt, once: $(2)"; \
$(BIN)/python -m ensurepip --upgrade >/dev/null && set -o pipefail && \
$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/$(1).txt \
| grep --line-buffered -E '^(Collecting|Installing|Successfully)' | cut -c1-100 && \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
fi
endef

$(RELEASE) $(CHART) $(DOCS): $(VENV)/%: requirements/%.txt | $(READY)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@ && $(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes -r $<

# Each worker of a test run would rewrite all test modules for itself, so two processes write them once, at the same
# time as npm loads. An error of theirs is the test run's to tell.
$(COMPILED): | $(READY)
	@$(BIN)/pytest -q --collect-only tests/[a-e]*/ >/dev/null 2>&1 & \
	$(BIN)/pytest -q --collect-only tests/[f-z]*/ >/dev/null 2>&1; wait; touch $@

# Clients in another language, for tests/foreign: left out where npm is missing or reaches no registry, and then
# those tests are skipped. The lock names no registry: npm asks the one it is set to.
$(NODE_READY): tests/foreign/package.json tests/foreign/package-lock.json | $(READY)
	@mkdir -p $(NODE) && cp tests/foreign/package.json tests/foreign/package-lock.json $(NODE)
	@if ! command -v npm >/dev/null; then echo "npm is missing: the tests of foreign clients will be skipped"; \
	elif npm ci --prefix $(NODE) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then touch $@; \
	else echo "npm could not install: the tests of foreign clients will be skipped"; fi

# The validator of BIDS exports: one bundle of 12 MB. Its package names 30 others, 600 MB, which the bundle holds or
# does not need; so `npm ci` is not the way. The file beside the lock names the archive, its version and its hash.
$(BIDS_READY): tests/foreign/bids-validator.sha512 | $(READY)
	@mkdir -p $(@D) && cp $< $(@D) && cd $(@D) && archive=$$(cut -d ' ' -f 3 bids-validator.sha512) && \
	version=$${archive#bids-validator-} && \
	if ! command -v npm >/dev/null; then echo "npm is missing: the test of BIDS exports will be skipped"; \
	elif ! npm pack --silent "bids-validator@$${version%.tgz}" >/dev/null; then \
	echo "npm could not load the validator of BIDS: the test of BIDS exports will be skipped"; \
	else sha512sum --quiet -c bids-validator.sha512 && \
	tar -xzf $$archive --strip-components=1 package/bin package/package.json package/dist/commonjs/cli.js && \
	rm $$archive && touch .ready; fi
