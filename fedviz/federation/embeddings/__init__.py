"""Embeddings of graphs that stay with their owners: FedE, FedR, isolation and pooling, and what a server infers from what it is sent."""
