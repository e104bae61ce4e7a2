"""A plausible whole run as events, without any training: for tests of views, charts and pages."""

import math

import numpy as np

from fedviz.core import events as e
from fedviz.core.types import ClientDrift, ClientInfo, Metric, MetricKey

CLASSES = ("heart", "skin", "nerves", "lungs")
NAMES = ("North", "South", "East", "West", "Harbour", "Hill", "River", "Forest", "Lake", "Meadow")
MESSAGE_BYTES = 26_240
STEPS = 6


def fake_events(
    clients: int = 8, rounds: int = 5, *, seed: int = 0, compare: bool = True, failing: int | None = None, absent: tuple[int, ...] = ()
) -> list[e.Event]:
    """All events of a finished run in order, with `seq` 1, 2, 3 ... and `at` growing. `failing` is a client that raises in round 2."""
    rng = np.random.default_rng(seed)
    out: list[e.Event] = []
    infos = tuple(
        ClientInfo(index=i, name=f"{NAMES[i % len(NAMES)]} {i // len(NAMES) + 1}", train_examples=96 + 8 * i, test_examples=40 + i) for i in range(clients)
    )
    training = tuple(i for i in range(clients) if i not in absent)

    def metrics(progress: float, client: int | None = None) -> tuple[Metric, ...]:
        accuracy = float(np.clip(0.25 + 0.6 * progress + rng.normal(0, 0.02), 0, 1))
        values = {"loss": float(1.4 * math.exp(-1.5 * progress)), "accuracy": accuracy, "macro_f1": max(0.0, accuracy - 0.03)}
        return tuple(Metric(key=MetricKey(name=n, client=client), value=v) for n, v in values.items())

    def evaluate(number: int) -> None:
        for info in infos:
            out.append(e.ClientStarted(round=number, client=info.index, phase="evaluate", received_bytes=MESSAGE_BYTES))
            out.append(
                e.ClientFinished(
                    round=number,
                    client=info.index,
                    phase="evaluate",
                    examples=info.test_examples,
                    elapsed_s=0.02,
                    sent_bytes=320,
                    metrics=metrics(number / rounds, info.index),
                )
            )
        out.append(e.GlobalEvaluated(round=number, metrics=metrics(number / rounds)))

    out.append(e.RunQueued(run_id="0123456789abcdef", title="Fake run", config_digest="00" * 8, fedviz_version="0.1.0"))
    out.extend(e.RunPreparing(step="read the scenario", done=done, total=4) for done in range(5))
    out.append(
        e.RunStarted(
            rounds=rounds, first_round=1, classes=CLASSES, clients=infos, trainable_parameters=6_500, total_parameters=22_713_216, message_bytes=MESSAGE_BYTES
        )
    )
    evaluate(0)
    for number in range(1, rounds + 1):
        out.append(e.RoundStarted(round=number, clients=training))
        drift = []
        for client in training:
            out.append(e.ClientStarted(round=number, client=client, phase="train", received_bytes=MESSAGE_BYTES))
            if client == failing and number == 2:
                out.append(e.ClientFailed(round=number, client=client, phase="train", reason="The disk of this client is full."))
                continue
            for step in range(1, STEPS + 1):
                done = (number - 1 + step / STEPS) / rounds
                loss = 1.4 * math.exp(-1.6 * done) + 0.1 * client / clients + float(rng.normal(0, 0.03))
                out.append(e.BatchTrained(round=number, client=client, step=step, steps=STEPS, examples=16, loss=loss))
            train_loss = Metric(key=MetricKey(name="loss", split="train", client=client), value=1.4 * math.exp(-1.6 * number / rounds))
            out.append(
                e.ClientFinished(
                    round=number, client=client, phase="train", examples=96 + 8 * client, elapsed_s=0.2, sent_bytes=MESSAGE_BYTES, metrics=(train_loss,)
                )
            )
            angle = 20 + 60 * client / clients
            drift.append(
                ClientDrift(client=client, norm=1 / number, distance=0.6 / number, angle_deg=angle, x=number + 0.3 * math.cos(client), y=0.3 * math.sin(client))
            )
        out.append(e.RoundAggregated(round=number, elapsed_s=0.01, update_norm=0.8 / number, drift=tuple(drift), x=number, y=0.1))
        evaluate(number)
        out.append(
            e.RoundEnded(
                round=number,
                elapsed_s=2.1,
                phases_s={"train": 1.6, "aggregate": 0.01, "evaluate": 0.4, "checkpoint": 0.05},
                sent_bytes=MESSAGE_BYTES * len(drift),
                received_bytes=MESSAGE_BYTES * (len(training) + clients),
                weights_digest=f"{number:016x}",
            )
        )
    if compare:
        for info in infos:
            out.append(
                e.Compared(
                    client=info.index,
                    examples=info.test_examples,
                    federated={"loss": 0.4, "accuracy": 0.85, "macro_f1": 0.82},
                    local={"loss": 0.9, "accuracy": 0.6 + 0.01 * info.index, "macro_f1": 0.5},
                    pooled={"loss": 0.35, "accuracy": 0.88, "macro_f1": 0.86},
                )
            )
    out.append(e.RunEnded(status="finished", rounds_done=rounds, elapsed_s=2.1 * rounds, weights_digest=f"{rounds:016x}"))
    return [event.model_copy(update={"seq": seq, "at": 1_700_000_000 + 0.05 * seq}) for seq, event in enumerate(out, 1)]
