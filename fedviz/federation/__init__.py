"""Local training, messages, strategies and the round loop of a federation."""
