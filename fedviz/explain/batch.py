"""Many texts of a file at once: predictions with their strongest triples, as CSV (RFC 4180)."""

import csv
import io
from collections.abc import Callable, Sequence

from fedviz.core.errors import FedvizError, InputError
from fedviz.core.types import Record
from fedviz.explain.influence import explain
from fedviz.models.predictor import Predictor

MAX_TEXTS, MAX_BYTES, TOP = 2_000, 5_000_000, 3
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class BatchRow(Record):
    """One text: the answer, its probability in [0, 1], what the text alone would answer, the strongest triples (words, logits of the answer); or why there is none."""

    text: str
    answer: str = ""
    probability: float = 0.0
    text_alone: str = ""
    triples: tuple[tuple[str, float], ...] = ()
    error: str = ""


def read_texts(data: bytes) -> tuple[str, ...]:
    """The column `text` of a CSV file in UTF-8, or its only column. `InputError` where there is none, or too much."""
    if len(data) > MAX_BYTES:
        raise InputError(f"A file of texts has at most {MAX_BYTES:,} bytes, but this one has {len(data):,}.")
    try:
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True) if any(cell.strip() for cell in row)]
    except UnicodeDecodeError:
        raise InputError("A file of texts must be UTF-8, but this one is not.") from None
    except csv.Error as error:
        raise InputError(f"A file of texts must be CSV, but this one cannot be read: {str(error)[:80]}.") from None
    if not rows:
        raise InputError("A file of texts must hold at least one text, but this one is empty.")
    header = [cell.strip().lower() for cell in rows[0]]
    if "text" in header:
        column, rows = header.index("text"), rows[1:]
    elif len(header) == 1:
        column = 0
    else:
        raise InputError(f"A file of texts with several columns needs one called `text`, but got {', '.join(header)[:80]!r}.")
    texts = tuple(row[column] if column < len(row) else "" for row in rows)
    if not 0 < len(texts) <= MAX_TEXTS:
        raise InputError(f"A file of texts holds 1 to {MAX_TEXTS:,} texts, but this one has {len(texts):,}.")
    return texts


def predict(
    predictor: Predictor, texts: Sequence[str], label: Callable[[str, str, str], str], progress: Callable[[int, int], None] = lambda done, total: None
) -> tuple[BatchRow, ...]:
    """A row for each text, in order; `label(head, relation, tail)` puts a triple into words. A text that cannot be read has a row that says why."""
    out = []
    for number, text in enumerate(texts):
        progress(number, len(texts))
        try:
            said = explain(predictor, text)
        except FedvizError as error:
            out.append(BatchRow(text=text[:1000], error=str(error)))
            continue
        alone = max(range(len(said.classes)), key=lambda place: said.text_logits[place])
        top = tuple((label(c.head_name, c.relation, c.tail_name), c.values[said.predicted]) for c in said.contributions[:TOP])
        out.append(
            BatchRow(
                text=said.text, answer=said.classes[said.predicted], probability=said.probabilities[said.predicted], text_alone=said.classes[alone], triples=top
            )
        )
    progress(len(texts), len(texts))
    return tuple(out)


def to_csv(rows: Sequence[BatchRow]) -> str:
    """The rows with a header. A cell that a spreadsheet would run as a formula gets a `'` in front."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(["text", "answer", "probability", "text_alone", *(part for place in range(1, TOP + 1) for part in (f"triple_{place}", f"logit_{place}")), "error"])
    for row in rows:
        triples = [part for words, value in row.triples for part in (_cell(words), f"{value:.6f}")]
        triples += [""] * (2 * TOP - len(triples))
        probability = f"{row.probability:.6f}" if row.answer else ""
        writer.writerow([_cell(row.text), _cell(row.answer), probability, _cell(row.text_alone), *triples, _cell(row.error)])
    return target.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text
