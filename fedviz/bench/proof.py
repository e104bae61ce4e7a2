"""One row of the proofs: an algorithm, a law or a published figure, what we get, what must come out, and whether it does."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.bench.report import Check, at_least, at_most
from fedviz.federation.messages import weights_digest

UNPRINTED = ("equation", "paper", "side", "limit")
"""Columns that are for the page: too wide for a terminal, or said by the checks."""


@dataclass(frozen=True)
class Proof:
    """A row. `law` is a message, `equation` LaTeX, `ours` and `expected` are figures as text; `error` must be `side` `limit`."""

    algorithm: str
    law: str
    equation: str
    paper: str
    ours: str
    expected: str
    error: float
    limit: float
    side: Literal["at most", "at least"] = "at most"

    def check(self) -> Check:
        """The row as a check."""
        return {"at most": at_most, "at least": at_least}[self.side](f"{self.algorithm}: {self.law}", self.error, self.limit)

    def row(self) -> dict[str, Any]:
        """The row as plain data."""
        return vars(self) | {"holds": self.check().passed}


def near(algorithm: str, law: str, equation: str, paper: str, reached: NDArray[Any], expected: NDArray[Any], limit: float) -> Proof:
    """A row that says: the weights reached are these, with the largest difference of a weight as its error and the lengths as its figures."""
    error = float(np.abs(reached - expected).max())
    return Proof(algorithm, law, equation, paper, _length(reached), _length(expected), error, limit)


def same_bits(algorithm: str, law: str, equation: str, paper: str, reached: NDArray[Any], expected: NDArray[Any]) -> Proof:
    """A row that says: the same weights to the bit. The error counts the weights that differ, the figures are digests of the bits."""
    differ = (reached.view(np.uint8).reshape(reached.size, -1) != expected.view(np.uint8).reshape(expected.size, -1)).any(axis=1).sum()
    return Proof(algorithm, law, equation, paper, weights_digest({"w": reached}), weights_digest({"w": expected}), float(differ), 0.0)


def lines(*equations: str) -> str:
    """Equations below each other, so that they fit on a narrow page."""
    return r"\begin{gathered} " + r" \\[6pt] ".join(equations) + r" \end{gathered}"


def _length(weights: NDArray[Any]) -> str:
    return f"|w| = {np.linalg.norm(weights):.12f}"
