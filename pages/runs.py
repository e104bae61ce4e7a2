"""Runs: what was trained, and what can be done with it."""

from fedviz.ui import runs

runs.show()
