"""Readers of graphs: one file a format. A reader streams: it gives blocks of N-Triples lines, and tells what it could not use."""

ENTRIES = {"n-triples": "ntriples:NTRIPLES", "rdf": "rdf:RDF", "table": "table:TABLE"}
