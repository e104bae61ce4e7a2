"""Configure: what shall be trained, by whom, on what."""

from fedviz.ui import configure

configure.show()
