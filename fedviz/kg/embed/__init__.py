"""Links predicted from a graph's own structure: embeddings of its entities and relations, how well they rank held-out triples, and what they propose."""
