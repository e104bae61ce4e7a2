"""The command generate: a streamed answer, one document with --json, one sentence for what cannot be asked."""

import json
import threading

import pytest

from fedviz.bench.every import tiny_run
from fedviz.cli.main import WRONG, main
from fedviz.runs.folder import create
from fedviz.runs.worker import work


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folder of a run that was taught to write, and of one that was not, with their ids."""
    root = tmp_path_factory.mktemp("runs")
    writes = tiny_run("objective", "instruct", **{"model.tuning": "lora", "model.max_tokens": 512, "scenario.train_texts": 64, "federation.rounds": 1, "federation.clients": 2})
    reads = tiny_run("objective", "classify", **{"federation.rounds": 1})
    folders = [create(root, config, "A run") for config in (writes, reads)]
    for folder in folders:
        work(folder, threading.Event())
    return root, [folder.id for folder in folders]


def asked(runs, *more, which=0):
    root, ids = runs
    return main(["generate", ids[which], "--runs", str(root), "--question", "What kind of part is spoke?", "--tokens", "6", *more])


def test_the_answer_is_streamed_and_told_again_as_json(runs, capsys):
    assert asked(runs, "--triples") == 0
    words = capsys.readouterr().out
    assert "In the prompt: Spoke is a kind of Wheel part. (toy parts)" in words
    assert asked(runs, "--triples", "--json") == 0
    (document,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert "".join(token["text"] for token in document["tokens"]) == document["answer"]
    assert document["triples"][0]["triple"] == ["toy:spoke", "is_a", "toy:wheel-part"]
    assert all(0 < token["probability"] <= 1 and len(token["likeliest"]) == 5 for token in document["tokens"])


def test_every_model_of_the_run_can_be_asked(runs, capsys):
    answers = []
    for more in (("--model", "pretrained"), (), ("--client", "1"), ("--round", "0")):
        assert asked(runs, *more, "--json") == 0
        answers.append(json.loads(capsys.readouterr().out)["tokens"][0]["probability"])
    assert answers[0] == pytest.approx(answers[3])  # before any training the adapters add nothing
    assert answers[1] != answers[0]


def test_what_cannot_be_asked_is_one_sentence(runs, capsys):
    assert asked(runs, which=1) == WRONG
    assert "must have trained adapters of a model that writes" in capsys.readouterr().err
    assert asked(runs, "--client", "7") == WRONG
    assert "is not kept" in capsys.readouterr().err
