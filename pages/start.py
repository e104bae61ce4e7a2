"""Start: what this is, and one button per demonstration."""

from fedviz.ui import start

start.show()
