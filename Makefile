# Every target first builds the environment that it needs in .venv. Start with `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test test-slow lint lab studies gsm8k prm-labels bench pictures docs release licences chaos clean

help:           ## list the targets
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/demo  ## solve held-out problems with the shipped models, compare presets
	$(BIN)/hintree demo

test: .venv/dev   ## run the fast tests
	@sh tests/support/browser.sh
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

test-slow: .venv/dev  ## run all tests, slow ones too
	@sh tests/support/browser.sh
	$(BIN)/python -m pytest -m "slow or not slow"

lint: .venv/dev   ## check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: .venv/demo   ## train all shipped models from scratch into build/lab and measure them
	$(BIN)/hintree lab train --out build/lab
	$(BIN)/hintree lab evaluate --models build/lab

studies: .venv/dev | build/books build/twins.jsonl  ## run the shipped studies (about a day) and copy their reports to docs/reports
	for study in hints default equal_accuracy escalation smart_threshold trim_threshold students twins retrieval decomposition tuning scorers \
	    search_at_equal_cost hintree_mcts actions methods; do \
	    $(BIN)/hintree run $$study --out build/studies/$$study --resume --workers 2 && \
	    $(BIN)/hintree report build/studies/$$study && mkdir -p docs/reports/$$study && \
	    cp build/studies/$$study/report/report.md build/studies/$$study/report/*.svg \
	      build/studies/$$study/report/plot_*.csv docs/reports/$$study || exit 1; \
	done

# Problems beside their counterfactuals and with one fact too many, for the study "twins".
build/twins.jsonl: | .venv/dev
	mkdir -p build
	$(BIN)/hintree lab problems --steps 4-8 --n 200 > build/originals.jsonl
	$(BIN)/hintree lab perturb build/originals.jsonl > build/counterfactuals.jsonl
	$(BIN)/hintree lab perturb --variant distractor build/originals.jsonl > build/distractors.jsonl
	cat build/originals.jsonl build/counterfactuals.jsonl build/distractors.jsonl > $@.part && mv $@.part $@

# The fact book and the books that mislead, for the study "retrieval".
build/books: | .venv/dev
	rm -rf $@.part && mkdir -p $@.part
	for kind in answer control names; do $(BIN)/hintree lab book --poison $$kind --out $@.part/$$kind.jsonl || exit 1; done
	$(BIN)/hintree lab book --out $@.part/plain.jsonl
	for book in plain answer control names; do \
	    $(BIN)/hintree index $@.part/$$book.jsonl --out $@.part/$$book.index || exit 1; \
	done
	mv $@.part $@

# Training and test problems of prm-labels; docs/scorers.md has smaller sizes for a first try.
LABELLED ?= lab:train?steps=2-8&n=1000&seed=1
TESTED ?= lab:test?steps=4-8&n=500
PRMS := build/prm-labels/exact build/prm-labels/hard build/prm-labels/soft embedded:prm
COMMA := ,
LISTED = $(subst $() ,$(COMMA),$(PRMS))

gsm8k: .venv/dev  ## run the studies of GSM8K on real models, or the rest of them (needs HINTREE_MODELS and HINTREE_DATA)
	for study in greedy pool votes judges hints teachers searches; do \
	    $(BIN)/hintree run gsm8k/$$study --out runs/gsm8k/$$study --resume --record runs/gsm8k/recordings || exit 1; \
	done
	$(BIN)/python -m hintree.experiments.gsm8k --runs runs/gsm8k --out docs/gsm8k.md

prm-labels: .venv/dev  ## train PRMs on exact and on Monte-Carlo labels and compare them (hours; resumes)
	test -d build/prm-labels/judge || $(BIN)/hintree lab judge --out build/prm-labels/judge
	for labels in exact hard soft; do \
	    test -d build/prm-labels/$$labels || $(BIN)/hintree train prm --labels $$labels --problems '$(LABELLED)' \
	        --base build/prm-labels/judge --prm-spec lab --layers 1 --rate 1e-3 --epochs 4 --validate 0 \
	        --out build/prm-labels/$$labels || exit 1; \
	done
	$(BIN)/hintree prm measure $(PRMS) --problems '$(TESTED)'
	$(BIN)/hintree run prms --set 'problems=$(TESTED)' --set 'arms.beam.grid.scorer=[$(LISTED),random,exact]' \
	    --set 'arms.smart.grid.scorer=[$(LISTED),random]' --out build/studies/prm_labels --resume
	$(BIN)/hintree report build/studies/prm_labels

CHAOS ?= --seconds 600

chaos: .venv/dev  ## kill, stop and starve studies for ten minutes and compare their results (CHAOS="--seconds 60 --seed 3")
	$(BIN)/python -m tests.support.chaos $(CHAOS)

bench: .venv/demo  ## measure the local runtime
	$(BIN)/hintree bench

pictures: .venv/dev  ## make the pictures of docs/ anew, but those of studies
	HINTREE_PICTURES=write $(BIN)/python -m pytest tests/view/test_pictures.py
	$(BIN)/python -m hintree.experiments.search_picture --out docs/searches.svg
	$(BIN)/python -m hintree.experiments.bench.picture --table docs/runtime.md --out docs/bench.svg

clean:          ## remove the environment and all build outputs
	rm -rf .venv build dist *.egg-info

# The extras that a release lists; tools of its own, so that they are not among what they list.
RELEASED := serve study data gguf export
TOOLS := build/release-tools/bin
INSTALLED := build/release/bin

docs: .venv/docs   ## build the site of README.md and docs/ into build/site
	$(BIN)/python -m sphinx -q -W --keep-going -c docs -b html . build/site
	@echo "open build/site/index.html"

release: build/release-tools  ## build dist: wheel, requirements with hashes, bill of materials, licences
	rm -rf dist build/release
	$(PYTHON) -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(TOOLS)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --constraint constraints.txt \
	    $(RELEASED:%=--extra %) --output-file dist/requirements.lock pyproject.toml
	$(PYTHON) -m venv build/release
	$(INSTALLED)/pip install --quiet --require-hashes --requirement dist/requirements.lock
	$(INSTALLED)/pip install --quiet --no-deps --no-index --find-links dist hintree  # a path would stand in the bill
	$(TOOLS)/cyclonedx-py environment --output-reproducible --output-file dist/bill-of-materials.json $(INSTALLED)/python
	$(TOOLS)/pip-licenses --python $(INSTALLED)/python --format markdown --output-file dist/licences.md
	cd dist && sha256sum *.* > SHA256SUMS

licences: .venv/demo build/release-tools  ## list the licence of every installed dependency
	@$(TOOLS)/pip-licenses --python $(BIN)/python

build/release-tools:
	$(PYTHON) -m venv $@
	$(TOOLS)/pip install --quiet cyclonedx-bom pip-licenses pip-tools || (rm -rf $@; exit 1)

.venv/demo: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

.venv/docs: .venv/demo
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@

.venv/dev: .venv/demo
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@
