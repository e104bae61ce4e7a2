"""Writing with a language model: prompts, tokens with their probabilities, adapters on shared weights, and how well it writes."""
