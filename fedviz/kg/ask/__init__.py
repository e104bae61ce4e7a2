"""Questions to a graph on disk: SPARQL under a time limit, examples and templates made for the graph, paths between two entities."""
