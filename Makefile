# make app   the page on http://127.0.0.1:8501
# make test  everything that CI runs

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
APP_STAMP := $(VENV)/.installed-$(shell cat requirements.txt constraints.txt | cksum | cut -d' ' -f1)
TEST_STAMP := $(VENV)/.tests-$(shell cat requirements.txt constraints.txt requirements-test.txt | cksum | cut -d' ' -f1)
PIP := $(BIN)/python -m pip --disable-pip-version-check
export FLWR_TELEMETRY_ENABLED := 0
export FLWR_DISABLE_UPDATE_CHECK := 1
export HF_HUB_OFFLINE := 1
# Empty: Python keeps what it compiled, so that the four parts of the tests do not each compile everything anew.
export PYTHONDONTWRITEBYTECODE :=
# What is in one file shares its fixtures, so that it stays with one of two workers.
FAST := -m "not slow" -q -n 2 --dist loadfile
# Browser tests have a process of their own, since Playwright leaves an event loop running in it. One more try for tests of clocks and of a real browser, which neighbours on a shared machine disturb; -rR names each test that needed it.
AGAIN := --reruns 1 -raR

.PHONY: app test test-fast lint fetch messages bench clean

app: $(APP_STAMP) fetch
	@echo "fedviz: http://127.0.0.1:$(PORT)"
	@$(BIN)/streamlit run app.py --server.port $(PORT)

fetch: $(APP_STAMP)
	@$(BIN)/python -m fedviz fetch

test: $(TEST_STAMP) fetch
	@$(BIN)/python -m fedviz fetch e5-small
	@sh tests/browser/chromium.sh
	$(BIN)/ruff check .
	$(BIN)/python -m pytest $(FAST)
	$(BIN)/python -m pytest -m "slow and not browser and not alone" -q -n 2 --dist loadfile $(AGAIN)
	$(BIN)/python -m pytest -m "slow and alone and not browser" -q $(AGAIN)
	$(BIN)/python -m pytest -m "slow and browser" -q $(AGAIN)

test-fast: $(TEST_STAMP)
	$(BIN)/python -m pytest $(FAST)

lint: $(TEST_STAMP)
	$(BIN)/ruff check .

messages: $(APP_STAMP)
	$(BIN)/python -m fedviz.ui.messages

bench: $(APP_STAMP) fetch
	$(BIN)/python -m fedviz bench all --quick

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"fedviz needs Python 3.11 to 3.13, but $(PYTHON) is {v[0]}.{v[1]}; say: make app PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(APP_STAMP): requirements.txt constraints.txt | $(VENV)/bin/python
	@echo "Installing the libraries (once, some minutes)"
	@$(PIP) install -q -r requirements.txt -c constraints.txt
	@rm -f $(VENV)/.installed-* && touch $@

$(TEST_STAMP): requirements-test.txt $(APP_STAMP)
	@$(PIP) install -q -r requirements-test.txt -c constraints.txt
	@rm -f $(VENV)/.tests-* && touch $@
