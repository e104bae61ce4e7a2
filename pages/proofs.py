"""Proofs: what the algorithms must do by their papers, and that they do."""

from fedviz.ui import proofs

proofs.show()
