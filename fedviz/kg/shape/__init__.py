"""The schema of a graph checked with SHACL: a starter set of shapes made from the graph, and the report."""
