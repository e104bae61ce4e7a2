"""*Generate*: a model that writes, before and after the federation taught it, and its claims held against the graph."""

from fedviz.ui import generate

generate.show()
