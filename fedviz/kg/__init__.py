"""The knowledge graph: entities and triples, linking of texts to entities, neighbourhoods, the shuffled control."""
