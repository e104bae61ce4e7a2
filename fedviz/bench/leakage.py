"""What a server can read from one client's update: words, order and label of a sentence under each defence, a search where no rows travel, and statements about all texts.

Vignettes of patients with the pretrained MiniLM and a head that was trained on ten texts of each class; every sentence is attacked as the
client's only text, or beside other training texts. The search runs on titles of diagnoses, which are short enough.
"""

import statistics
from typing import Any

from fedviz.bench.leakage_members import member_rows, property_rows
from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.core.config import RunConfig
from fedviz.federation.leakage import inversion, sight, study, vectors
from fedviz.federation.leakage.defences import DEFENCES, Defence
from fedviz.federation.leakage.study import Text
from fedviz.federation.leakage.subject import Subject, subject, warm_head
from fedviz.models import compute
from fedviz.scenarios.load import load

CONFIG = {"scenario": "medicine-vignettes", "knowledge": "none", "model": {"name": "minilm", "tuning": "full"}}
SENTENCES, CANDIDATES, SEARCHED, SHORT = 12, 200, 6, 12
QUICK = ("none", "batch-4", "noise-0.003", "masked", "head")
COLUMNS = ("value", "spread", "control", "control spread", "precision", "order", "placed", "labels", "first", "TPR", "TPR spread", "loss AUC")


def measure(quick: bool, say: Say) -> Result:
    """Every attack. `quick`: fewer sentences, defences and shadows, and no LoRA."""
    compute.take(1)
    config = RunConfig.parse(CONFIG)
    rows = reading_rows(config, quick, say)
    rows += search_rows(config.updated({"scenario": "medicine-coding"}), quick, say)
    rows += [_told(row) for row in member_rows(config, quick, say)]
    rows += [_told(row) for row in property_rows(config, quick, say)]
    notes = [
        "words: value is the share of a sentence's words that are read, control what the same number of words drawn at random has; order, placed, labels and first (the sentence comes first of all candidates) are shares.",
        "search: value is the share of words, control the same of a search by another sentence's gradients. membership: value is LiRA's AUC, control of texts that the model never saw.",
        "epsilon is of one update at delta 1e-5, where everything the client holds is replaced; empty where the noise promises nothing.",
    ]
    return Result("leakage", rows, judged(rows), notes, unprinted=("spread", "control spread", "TPR spread", "models", "placed", "loss AUC"))


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """The stated figures."""
    by = {row["setting"]: row for row in rows if row["attack"] == "words"}
    members = [row for row in rows if row["attack"] == "membership"]
    return [
        at_least("share of a sentence's words read from its embedding gradient, every weight trained, no defence", by["none"]["value"], 1.0),
        at_least("share of these sentences read in their exact order", by["none"]["order"], 1.0),
        at_most("share of the words read with secure aggregation", by["masked"]["value"], 0.0),
        at_most("farthest that a control of membership lies from 0.5", max(abs(row["control"] - 0.5) for row in members), 0.1),
    ]


def reading_rows(config: RunConfig, quick: bool, say: Say) -> list[dict[str, Any]]:
    """Words, order, labels and the place among candidates, by defence; means and deviations over sentences."""
    data, count = load(config), 3 if quick else SENTENCES
    head = warm_head(config, data)
    subjects: dict[tuple[str, bool], Subject] = {}
    rows = []
    for defence in [one for one in DEFENCES if not quick or one.name in QUICK]:
        kind = (defence.setting.tuning, defence.setting.first)
        if kind not in subjects:
            subjects = {kind: subject(config.updated({"model.tuning": kind[0]}), data, None if kind[1] else head)}
        some = subjects[kind]
        texts = [Text(tokens, int(label)) for tokens, label in zip(some.tokens(data.test.texts[: 50 if quick else CANDIDATES]), data.test.labels, strict=False)]
        others = [Text(tokens, int(label)) for tokens, label in zip(some.tokens(data.train.texts[:200]), data.train.labels, strict=False)]
        candidates = vectors.vectors(some, [text.tokens for text in texts])
        found = [study.studied(some, texts[row], others[row * 16 % 64 :], defence.setting, row) for row in range(count)]
        places = [vectors.rank(reading.vector, candidates, row) for row, (reading, _) in enumerate(found)]
        rows.append(_reading_row(defence, [score for _, score in found], places, some, texts[:count]))
        say(f"words, {defence.name}: recall {rows[-1]['value']:.2f}, exact {rows[-1]['order']:.2f}, labels {rows[-1]['labels']:.2f}, first of {len(texts)}: {rows[-1]['first']:.2f}")
    return rows


def _reading_row(defence: Defence, scores: list[study.Score], places: list[int], some: Subject, texts: list[Text]) -> dict[str, Any]:
    setting = defence.setting
    rows = setting.tuning == "full"
    table = some.model.encoder.embeddings.word_embeddings.num_embeddings if rows else None
    return _row(
        "words", defence.name, setting.tuning, sight.epsilon(setting.noise), len(scores),
        value=statistics.mean(one.recall for one in scores),
        spread=statistics.stdev(one.recall for one in scores),
        control=statistics.mean(len(set(text.tokens) - some.special) / table for text in texts) if table else None,
        precision=statistics.mean(one.precision for one in scores),
        order=statistics.mean(one.exact for one in scores),
        placed=statistics.mean(one.placed for one in scores),
        labels=statistics.mean(one.labels for one in scores),
        first=statistics.mean(place == 1 for place in places),
    )  # fmt: skip


def search_rows(config: RunConfig, quick: bool, say: Say) -> list[dict[str, Any]]:
    """The search for words where only adapters or the head are trained; the control scores each guess against the next sentence."""
    data, rows = load(config), []
    head = warm_head(config, data)
    for tuning in ("head",) if quick else ("head", "lora"):
        some = subject(config.updated({"model.tuning": tuning}), data, head)
        tokens = some.tokens(data.test.texts)
        chosen = [row for row, text in enumerate(tokens) if 7 <= len(text) <= SHORT][: 2 if quick else SEARCHED]
        guesses = []
        for row in chosen:
            target = Text(tokens[row], int(data.test.labels[row]))
            seen = study.seen(some, target, [], sight.Setting(tuning=tuning), row)  # type: ignore[arg-type]
            label = int(study.read(some, seen, 1, 0).labels.argmax())
            guesses.append(inversion.searched(some, seen, label, len(target.tokens), (target.tokens[:1], target.tokens[-1:]), row, inversion.Effort(40, 15) if quick else inversion.Effort()))
        right = [inversion.overlap(guess.tokens, tokens[row], some.special) for guess, row in zip(guesses, chosen, strict=True)]
        wrong = [inversion.overlap(guess.tokens, tokens[row], some.special)[0] for guess, row in zip(guesses, [*chosen[1:], chosen[0]], strict=True)]
        value = [one for one, _ in right]
        rows.append(_row(
            "search", tuning, tuning, None, len(chosen), value=statistics.mean(value), spread=statistics.stdev(value), control=statistics.mean(wrong),
            **{"control spread": statistics.stdev(wrong)}, precision=statistics.mean(one for _, one in right),
        ))  # fmt: skip
        say(f"search, {tuning}: recall {rows[-1]['value']:.2f} ± {rows[-1]['spread']:.2f}, control {rows[-1]['control']:.2f}")
    return rows


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A row of membership or properties in the columns of all."""
    main = "LiRA" if row["attack"] == "membership" else "bias"
    values = {"value": row[f"{main} AUC"], "spread": row[f"{main} AUC spread"], "control": row["control AUC"], "control spread": row["control AUC spread"]}
    if row["attack"] == "membership":
        values |= {"TPR": row["LiRA TPR"], "TPR spread": row["LiRA TPR spread"], "loss AUC": row["loss AUC"]}
    return _row(row["attack"], f"{row['epochs']} epochs" + (f", noise {row['noise']:g}" if row["noise"] else ""), row["trained"], row["epsilon"], row["models"], **values)


def _row(attack: str, setting: str, trained: str, epsilon: float | None, models: int, **values: float | None) -> dict[str, Any]:
    """A row with all columns; `models`: sentences, attacked models or clients behind it."""
    return {"attack": attack, "setting": setting, "trained": trained, "epsilon": epsilon, "models": models, **{column: values.get(column) for column in COLUMNS}}
