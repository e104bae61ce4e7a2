"""Sentences made in English reach a viewer in their own language: every message is found again in the sentence that was made from it."""

import re
from string import Formatter

import pytest

from fedviz.carriers.records import BENCH_CARRIERS, CARRIERS
from fedviz.carriers.store import carrier_path
from fedviz.core.assignments import parse_assignments
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.registry import ALL
from fedviz.core.text import clean
from fedviz.runs.folder import open_run
from fedviz.runs.presets import preset
from fedviz.scenarios import load as scenarios
from fedviz.ui import foreign, i18n
from fedviz.ui.sentences import MAX_SENTENCE, sentence

CHINESE = i18n.catalogue("zh")
NO_WORDS = "{rule}."
"""The one message that says nothing by itself."""
VALUES = {
    "numbers": [str(number) for number in range(7, 20)],
    "quoted": [f"'a{number} b'" for number in range(9)],
    "names": [f"Blue lamp no. {number}, old" for number in range(9)],
    "paths": [f"/srv/some folder/x{number}.toml" for number in range(9)],
    "nothing": [""] * 9,
}
ENGLISH = re.compile(r"[A-Za-z]\w+", re.ASCII)


def filled(message: str, values: list[str]) -> dict[str, str]:
    names = [name for _literal, name, *_rest in Formatter().parse(message) if name]
    return dict(zip(names, values, strict=False))


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_every_message_is_found_again_with_its_values(values):
    assert len(CHINESE.sentences) > 100
    for message, translation in CHINESE.sentences.items():
        if message != NO_WORDS:
            inside = filled(message, values)
            assert sentence(message.format(**inside)) == translation.format(**inside)


@pytest.mark.usefixtures("chinese")
def test_every_rule_of_pydantic_is_found_again():
    for theirs, ours in foreign.told_rules():
        inside = filled(theirs, VALUES["numbers"])
        assert sentence(theirs.format(**inside)) == CHINESE.gettext(ours).format(**inside)


def toy(**federation):
    return {"scenario": {"name": "toy"}, "model": "toy", "federation": federation}


def refused(act, *arguments):
    with pytest.raises(FedvizError) as refusal:
        act(*arguments)
    return str(refusal.value)


REFUSALS = {
    "unknown strategy": (RunConfig.parse, toy(strategy="nope")),
    "unknown scenario": (RunConfig.parse, {"scenario": "nope"}),
    "unknown knowledge": (RunConfig.parse, {"scenario": "toy", "knowledge": "nope"}),
    "unknown preset": (preset, "nope"),
    "unknown option": (RunConfig.parse, toy(rouns=3)),
    "nothing given": (RunConfig.parse, {}),
    "too small": (RunConfig.parse, toy(clients=0)),
    "two rules": (RunConfig.parse, toy(clients=0, rounds="many")),
    "no number": (RunConfig.parse, toy(rounds="many")),
    "a fraction": (RunConfig.parse, toy(rounds=1.5)),
    "a huge number": (RunConfig.parse, toy(rounds="9" * 5000)),
    "no choice": (RunConfig.parse, toy(optimizer="nope")),
    "no list": (RunConfig.parse, toy(absent_clients=3)),
    "no table": (RunConfig.parse, {"scenario": "toy", "federation": 3}),
    "nobody trains": (RunConfig.parse, toy(clients=2, absent_clients=[0, 1])),
    "no such client": (RunConfig.parse, toy(clients=2, faulty_clients=[5])),
    "impossible number of clients": (lambda: scenarios.preview(RunConfig.parse(toy(clients=50))),),
    "more shards than texts": (lambda: scenarios.preview(RunConfig.parse(toy(clients=50) | {"partition": {"name": "shards", "shards_per_client": 20}})),),
    "no TOML": (RunConfig.from_toml, "rounds = "),
    "no TOML either": (RunConfig.from_toml, "x = {a = 1, a = 2}"),
    "no setting": (parse_assignments, ["nope"]),
    "empty text": (clean, " "),
    "endless text": (clean, "x" * 30_000),
    "missing carrier": (carrier_path, "hpo"),
    "unknown carrier": (carrier_path, "nope"),
    "unknown file": (carrier_path, "hpo", "nope"),
}


def without_data(text: str) -> str:
    """A sentence without what no language changes: code, quoted values, settings, names of entries and places."""
    known = {name for registry in ALL for name in registry.names()} | {"TOML", "Unicode", "fedviz", "HPO", "LICENSE", *CARRIERS, *BENCH_CARRIERS}
    rest = re.sub(r"`[^`]*`|'[^']*'|\w+=\S*|[\w./-]*[/.-][\w./-]+|_+\w+|\w+_\w+", " ", text)
    return ENGLISH.sub(lambda word: "" if word[0] in known else word[0], rest)


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_no_english_word(name, tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    act, *arguments = REFUSALS[name]
    english = refused(act, *arguments)
    told = sentence(english)
    assert ENGLISH.search(without_data(english)), "the check itself finds English"
    assert not ENGLISH.search(without_data(told)), told
    assert told.endswith("。")


@pytest.mark.usefixtures("chinese")
def test_a_run_that_is_not_there(tmp_path):
    assert sentence(refused(open_run, tmp_path, "nope")) == f"{tmp_path} 中没有运行 'nope'。"


@pytest.mark.usefixtures("chinese")
def test_parts_of_a_sentence_are_translated():
    fails = "This client fails in every round, as the configuration asks (`faulty_clients`)."
    round_3 = f"Round 3 has no surviving client: all 2 failed; the first reason: {fails}"
    assert sentence(round_3) == "第 3 轮没有客户端幸存：2 个全部失败；第一个原因：按照配置的要求（`faulty_clients`），这个客户端每轮都会出错。"
    damaged = "The run ab12 is damaged: `federation.rounds`: the value must be greater than or equal to 1, but got rounds=0 (1 more)."
    assert sentence(damaged) == "运行 ab12 已损坏：`federation.rounds` 必须至少为 1，但得到的是 rounds=0（另有 1 处错误）。"
    stopped = "Only a run that is paused, interrupted, cancelled or failed can go on, but ab12 is finished."
    assert sentence(stopped) == "只有状态为已暂停、已中断、已取消或失败的运行才能继续，但 ab12 的状态是“已完成”。"
    assert sentence("Human Phenotype Ontology is not in the data folder; run `python -m fedviz fetch`.").startswith("数据文件夹中没有“人类表型本体（HPO）”")
    assert sentence("The run stopped because of the system: No space left on device.") == "这次运行因系统原因而停止：磁盘上没有剩余空间。"


@pytest.mark.usefixtures("chinese")
def test_data_stays_what_it_is_even_where_it_is_a_word_of_ours():
    assert sentence("`rounds` is not an option here; got rounds=mean.") == "这里没有 `rounds` 这个选项；得到的是 rounds=mean。"
    assert sentence("There is no strategy named 'none'; known: fedavg.") == "没有名为 'none' 的策略；已知的有：fedavg。"
    assert sentence("`scenario`: the value must be a valid string, but got scenario=none.") == "`scenario` 必须是文本，但得到的是 scenario=none。"


@pytest.mark.usefixtures("chinese")
def test_what_no_message_fits_stays():
    for text in ("", "ValueError: something odd.", "Nothing of ours (1 thing)", "{name}", "There is no spoon.", "x" * (MAX_SENTENCE + 1) + "."):
        assert sentence(text) == text


@pytest.mark.usefixtures("chinese")
def test_a_hostile_text_comes_back():
    shapes = "The weights must have this model's shapes, but "
    for text in ("a, but got a=a " * 60, "'a' or " * 140, "The journal " + "/" * 900, shapes + " is " * 150 + " and not " * 30):
        assert sentence(text) == text


def test_english_stays():
    for message in CHINESE.sentences:
        inside = filled(message, VALUES["names"])
        assert sentence(message.format(**inside)) == message.format(**inside)
