"""Low rank (PowerSGD; Vogels et al. 2019, arXiv 1905.13727): a matrix travels as the product of two narrow ones.

PowerSGD averages the factors of all workers and goes on from the last round's; here every client factors its own update, so that strategies and
combinations see single updates as ever. A fresh random start and one more power iteration (Halko et al. 2011) stand in for the warm start.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.seeds import generator
from fedviz.federation.compression.base import FEEDBACK, CompressionEntry, Feedback, Form
from fedviz.federation.compression.flat import Flat, Shapes, Vector, parts

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


class LowRankOptions(Options):
    """The rank, and whether the rest is remembered."""

    name: Literal["low-rank"] = "low-rank"
    rank: Annotated[int, Field(ge=1, le=256, title="Rank of an update", description="Rank of the product that stands for the update of a matrix. A matrix that it would not make smaller goes as it is.")] = 1
    error_feedback: Feedback = True


class LowRank(Flat):
    """`P (M^T P)^T` for every matrix M [n, m], with P [n, r] orthonormal: exact where M has no higher rank. Vectors and small matrices go as they are."""

    def __init__(self, rank: int, feedback: bool) -> None:
        super().__init__(feedback)
        self._rank = rank

    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> dict[str, NDArray[Any]]:
        """The factors of the matrices, P and Q in turn, and the rest; both as one vector each."""
        factors, rest = [np.zeros(0, vector.dtype)], [np.zeros(0, vector.dtype)]
        for number, (part, shape) in enumerate(zip(parts(vector, shapes), shapes, strict=True)):
            if not self._factored(shape):
                rest.append(part)
                continue
            matrix = part.reshape(shape[0], -1)
            start = generator(seed, "low-rank", number).standard_normal((matrix.shape[1], self._rank), dtype=vector.dtype)
            for _ in range(2):
                base = np.linalg.qr(matrix @ start)[0]
                start = matrix.T @ base
            factors += [base.ravel(), start.ravel()]
        return {"factors": np.concatenate(factors), "rest": np.concatenate(rest)}

    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """The products, and the rest, each in its place."""
        factors, rest, found = payload["factors"], payload["rest"], [np.zeros(0, dtype)]
        for shape in shapes:
            size = int(np.prod(shape))
            if self._factored(shape):
                rows, columns = shape[0] * self._rank, size // shape[0] * self._rank
                base, start = factors[:rows].reshape(-1, self._rank), factors[rows : rows + columns].reshape(-1, self._rank)
                found.append((base @ start.T).ravel())
                factors = factors[rows + columns :]
            else:
                found.append(rest[:size])
                rest = rest[size:]
        return np.concatenate(found)

    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """`r (n + m)` numbers a matrix, and the rest."""
        factors = sum(self._rank * (shape[0] + int(np.prod(shape)) // shape[0]) for shape in shapes if self._factored(shape))
        return {"factors": (dtype, (factors,)), "rest": (dtype, (sum(int(np.prod(shape)) for shape in shapes if not self._factored(shape)),))}

    def _factored(self, shape: tuple[int, ...]) -> bool:
        size = int(np.prod(shape))
        return len(shape) > 1 and size > 0 and self._rank * (shape[0] + size // shape[0]) < size


LOW_RANK = CompressionEntry(
    name="low-rank",
    title=N_("Low rank (PowerSGD)"),
    summary=N_("The update of a matrix travels as the product of two narrow ones; what was left out is added to the next update."),
    options=LowRankOptions,
    equation=r"C(M) = P Q^\top, \quad P = \mathrm{orth}(M Q_0), \quad Q = M^\top P, \quad P \in \mathbb{R}^{n \times r}, \ Q \in \mathbb{R}^{m \times r}; \qquad " + FEEDBACK,
    paper="Vogels et al. 2019, PowerSGD: Practical Low-Rank Gradient Compression for Distributed Optimization, arXiv:1905.13727",
    when=N_("When large matrices are trained. An adapter of LoRA has a low rank already, and there is less to gain. Unlike the paper's, every client factors its own update anew."),
    build=lambda options: LowRank(options.rank, options.error_feedback),
    remembered=lambda options: float(options.error_feedback),
)
