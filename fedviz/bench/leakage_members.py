"""Membership and properties for `bench leakage`: models on random halves of some texts, each attacked with the others as its shadows."""

import statistics
from typing import Any

import numpy as np

from fedviz.bench.report import Say
from fedviz.core.config import RunConfig
from fedviz.core.seeds import derive, generator
from fedviz.federation import task
from fedviz.federation.leakage import membership, properties, sight
from fedviz.federation.leakage.subject import Subject, subject, warm_head, warm_rows
from fedviz.federation.task import FitSettings
from fedviz.scenarios.load import load

PLANS: tuple[tuple[str, int, int, int, tuple[float, ...]], ...] = (
    ("head", 400, 16, 1, (0.0,)),
    ("head", 400, 16, 5, (0.0,)),
    ("head", 400, 16, 20, (0.0, 0.01, 0.1, 1.0)),
    ("lora", 120, 8, 1, (0.0,)),
    ("lora", 120, 8, 5, (0.0, 0.01, 0.1, 1.0)),
)
QUICK_PLANS: tuple[tuple[str, int, int, int, tuple[float, ...]], ...] = (("head", 200, 4, 5, (0.0,)),)
"""What is trained, on halves of how many texts, how many models, for how many epochs, and the noise multipliers of what they send."""
CLIP = 1.0
"""Longest update where noise is added; the updates are longer."""
CLASSES_OF_CLIENT = 0.3
"""Dirichlet concentration of the clients whose classes are guessed."""


def member_rows(config: RunConfig, quick: bool, say: Say) -> list[dict[str, Any]]:
    """AUC and hits at 1 % false alarms, by what is trained, local epochs and noise; mean and deviation over the attacked models."""
    data = load(config)
    head = warm_head(config, data)
    pool = np.setdiff1d(np.arange(len(data.train.labels)), warm_rows(data, config.seed))
    rows: list[dict[str, Any]] = []
    for tuning, texts, models, epochs, noises in QUICK_PLANS if quick else PLANS:
        some = subject(config.updated({"model.tuning": tuning}), data, head)
        chosen = generator(config.seed, "members", tuning).permutation(pool)[:texts].tolist()
        chosen.sort(key=lambda row: len(some.tokens([data.train.texts[row]])[0]))  # the order in which the learner measures them
        halves = np.stack([generator(config.seed, "half", model).permutation(texts) < texts // 2 for model in range(models)])
        for noise, found in _confidences(some, chosen, halves, epochs, noises).items():
            row = {"attack": "membership", "trained": tuning, "epochs": epochs, "noise": noise, "epsilon": sight.epsilon(noise), "models": models}
            rows.append(row | _attacked(config.seed, found, halves))
            say(f"membership, {tuning}, {epochs} epochs, noise {noise}: loss {rows[-1]['loss AUC']:.3f}, LiRA {rows[-1]['LiRA AUC']:.3f}, control {rows[-1]['control AUC']:.3f}")
    return rows


def _confidences(some: Subject, rows: list[int], halves: np.ndarray, epochs: int, noises: tuple[float, ...]) -> dict[float, np.ndarray]:
    """By noise, the confidences [models, texts] of models that were trained on halves of the texts in `rows`."""
    tokens, labels = some.tokens([some.data.train.texts[row] for row in rows]), some.data.train.labels[rows]
    learner = some.learner(tokens, labels.tolist())
    settings = FitSettings(epochs=epochs, batch_size=16, learning_rate=5e-3 if some.config.model.tuning == "head" else 1e-3)
    found: dict[float, list[np.ndarray]] = {noise: [] for noise in noises}
    for model, half in enumerate(halves):
        learner.load(some.weights)
        task.fit(learner, np.flatnonzero(half).tolist(), settings, derive(some.config.seed, "model", model))
        sent = {name: values - some.weights[name] for name, values in learner.arrays().items()}
        for noise in noises:
            update = sight.clipped(sent, CLIP, noise, derive(some.config.seed, "noise", model)) if noise else sent
            learner.load({name: some.weights[name] + values for name, values in update.items()})
            logits = learner.logits(next(learner.batches("train", range(len(labels)), len(labels)))).detach().numpy()
            found[noise].append(membership.confidence(logits, labels))
    return {noise: np.stack(each) for noise, each in found.items()}


def _attacked(seed: int, found: np.ndarray, halves: np.ndarray) -> dict[str, float]:
    """Mean and deviation over the models of each attack's figures, each model with all others as its shadows."""
    told: dict[str, list[membership.Told]] = {"loss": [], "LiRA": [], "control": []}
    for model, half in enumerate(halves):
        rest = [other for other in range(len(halves)) if other != model]
        scores = membership.by_shadows(found[model], found[rest], halves[rest])
        told["loss"].append(membership.told(membership.by_loss(found[model]), half))
        told["LiRA"].append(membership.told(scores, half))
        never = np.flatnonzero(~half)  # the model saw none of these: whoever tells them apart tells nothing
        told["control"].append(membership.told(scores[never], generator(seed, "control", model).permutation(len(never)) < len(never) // 2))
    figures: dict[str, float] = {}
    for name, each in told.items():
        for key, values in (("AUC", [one.auc for one in each]), ("TPR", [one.tpr for one in each])):
            figures |= {f"{name} {key}": statistics.mean(values), f"{name} {key} spread": statistics.stdev(values)}
    return figures


def property_rows(config: RunConfig, quick: bool, say: Say) -> list[dict[str, Any]]:
    """How well the head's bias tells the classes of clients whose classes are dealt out unevenly; the control has the clients shuffled."""
    data = load(config)
    head = warm_head(config, data)
    pool = np.setdiff1d(np.arange(len(data.train.labels)), warm_rows(data, config.seed))
    pool = generator(config.seed, "members", "head").permutation(pool)[: 200 if quick else 480]
    some = subject(config.updated({"model.tuning": "head"}), data, head)
    tokens, labels = some.tokens([data.train.texts[row] for row in pool]), data.train.labels[pool]
    learner = some.learner(tokens, labels.tolist())
    classes, clients = len(data.classes), 10 if quick else 30
    rows = []
    for epochs, noise in ((1, 0.0),) if quick else ((1, 0.0), (5, 0.0), (5, 0.01), (5, 0.1), (5, 1.0)):
        found, control = [], []
        for repeat in range(2 if quick else 4):
            updates, counts = [], []
            for client in range(clients):
                draw = generator(config.seed, "property", repeat, client)
                shares = draw.dirichlet(np.full(classes, CLASSES_OF_CLIENT))[labels]
                held = draw.choice(len(labels), 40, replace=False, p=shares / shares.sum()) if (shares > 0).sum() >= 40 else np.argsort(-shares)[:40]
                learner.load(some.weights)
                task.fit(learner, held.tolist(), FitSettings(epochs=epochs, batch_size=16), derive(config.seed, "property", repeat, client))
                update = {name: values - some.weights[name] for name, values in learner.arrays().items()}
                update = sight.clipped(update, CLIP, noise, derive(config.seed, "property noise", repeat, client)) if noise else update
                updates.append(update[sight.BIAS])
                counts.append(np.bincount(labels[held], minlength=classes))
            real = np.stack(counts)
            found.append(properties.revealed(np.stack(updates), real))
            control.append(properties.revealed(np.stack(updates), np.roll(real, 1, axis=0)))
        row = {"attack": "property", "trained": "head", "epochs": epochs, "noise": noise, "epsilon": sight.epsilon(noise), "models": clients}
        for name, told in (("bias", found), ("control", control)):
            row |= {f"{name} AUC": statistics.mean(one.auc for one in told), f"{name} AUC spread": statistics.stdev(one.auc for one in told)}
            row |= {f"{name} correlation": statistics.mean(one.correlation for one in told)}
        rows.append(row)
        say(f"property, {epochs} epochs, noise {noise}: {row['bias AUC']:.3f}, correlation {row['bias correlation']:.2f}, control {row['control AUC']:.3f}")
    return rows
