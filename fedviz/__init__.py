"""fedviz: watch several parties train one language model together, and what a knowledge graph adds to it."""

__version__ = "0.1.0"
