"""How DP-SGD goes through a client's texts; numbers that the accounts and the training share, and that need no torch."""


def plan(texts: int, epochs: int, batch_size: int) -> tuple[float, int]:
    """With which probability a text is in a step's batch (Poisson), and how many steps there are: those of plain training, whose batches are as large on average."""
    if not texts:
        return 1.0, 0
    return min(1.0, batch_size / texts), epochs * -(-texts // batch_size)
