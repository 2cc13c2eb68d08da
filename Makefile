# Two commands matter: `make book` and `make test`.  Both make what they need.
PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.ok-$(shell cat pyproject.toml constraints.txt | sha256sum | cut -c1-12)
PORT   ?= 8000

# One thread a process: notebooks and tests already run two at a time.
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help book pdf test check-book serve verify lint clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq -c constraints.txt -e '.[book,test]'
	rm -f .venv/.ok-* && touch $@

book: $(STAMP)  ## run the notebooks and build the book into _build/html
	$(BIN)/jupyter-book clean .
	$(BIN)/python tools/prebuild.py
	SYMPY_CACHE_SIZE=50000 $(BIN)/jupyter-book build . -W --keep-going -n

pdf: book  ## the whole book as one PDF, _build/pdf/sgdtheory.pdf
	$(BIN)/python tools/make_pdf.py

test: $(STAMP)  ## the test-suite, then every notebook against the installed wheel
	$(BIN)/python -m pytest -q -n 2 --dist loadfile
	$(BIN)/python tools/run_nbval.py
	$(BIN)/python tools/run_colab_versions.py

check-book: $(STAMP)  ## links, alt text, maths and accessibility of the built book
	$(BIN)/python tools/check_book.py

serve: $(STAMP)  ## the built book on http://127.0.0.1:8000 (PORT=...)
	$(BIN)/python -m http.server -b 127.0.0.1 -d _build/html $(PORT)

verify: $(STAMP)  ## every statement: symbols, numbers, mutants
	$(BIN)/python -m sgdtheory verify

lint: $(STAMP)  ## ruff, mypy, and whether the notebooks' twins agree
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tools/pair.py --check
	$(BIN)/python tools/colab_cells.py --check

clean:  ## remove what was built, the notebooks' cache included
	rm -rf _build build dist pkg/sgdtheory.egg-info
