"""Fusion: which things of several sources are the same, which statements contradict each other, and who is right."""
