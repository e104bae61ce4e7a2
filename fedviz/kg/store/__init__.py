"""Knowledge graphs on disk: RDF terms, the one place that imports pyoxigraph, graphs with sources, versions, evidence and statuses."""
