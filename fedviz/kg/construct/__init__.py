"""Construction of a graph from texts: mentions, relations, attributes; what is denied or doubtful is held back. Each step can be used alone."""
