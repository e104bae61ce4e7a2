"""Rules over a graph on disk: run to a fixed point, each conclusion with its proofs, and taken back when its premises go."""
