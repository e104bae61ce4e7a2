"""What moved a prediction: exact influence of triples, edits, comparison, and a check of both."""
