"""Questions and answers from a graph: pairs to teach, and claims of an answer held against the graph."""
