"""Leakage: what the server could read from one client's update."""

from fedviz.ui import leakage

leakage.show()
