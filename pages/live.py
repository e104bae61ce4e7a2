"""Live: one run while it happens."""

from fedviz.ui import live

live.show()
