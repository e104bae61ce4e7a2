"""Secure aggregation: the server learns the sum of a round's updates and nothing of a single one.

Bonawitz et al. 2017, Practical Secure Aggregation for Privacy-Preserving Machine Learning, CCS 2017 (doi:10.1145/3133956.3133982), in the
variant against an honest-but-curious server: whoever runs the protocol follows it and looks at everything it gets. Without the paper's
signatures and its round of consistency checks, a server that lies about who takes part or who dropped out is not defended against.

Beside it, sums under homomorphic encryption (`ckks`, `cipher_client`, `cipher_server`), for the same honest-but-curious server, as long as it is in league with no client.
"""
