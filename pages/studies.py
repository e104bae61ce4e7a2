"""Studies: one configuration along two axes, and the matrix of its results."""

from fedviz.ui import studies

studies.show()
