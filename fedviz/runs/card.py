"""The model card of an exported model: where it comes from, what was measured, what it cannot do, and how to load it.

The front matter is that of the Hugging Face hub (huggingface.co/docs/hub/model-cards).
"""

import json
import re
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import tomli_w

from fedviz import __version__
from fedviz.carriers.records import CARRIERS, Carrier
from fedviz.core.config import RunConfig
from fedviz.core.registry import MODELS, PRIVACY, SCENARIOS, STRATEGIES
from fedviz.core.types import PrivacySpent
from fedviz.models.languages import unread
from fedviz.runs.run_view import RunView
from fedviz.runs.versions import Version
from fedviz.scenarios.base import Provenance, ScenarioData

_ABSOLUTE, _PATH = re.compile(r"[~/\\]|[A-Za-z]:"), re.compile(r".*[/\\](?=.)", re.DOTALL)
METRICS = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "loss": "Loss (nats)"}
LOAD = '''import json
import unicodedata
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer
{imports}
folder = Path(".")  # where this file lies
about = json.loads((folder / "classifier.json").read_text("utf-8"))
weights = load_file(folder / "classifier.safetensors")
tokenizer = AutoTokenizer.from_pretrained(folder)
{model}


def logits(text):
    """What the text says for each class."""
    ids = tokenizer(about["prefix"] + unicodedata.normalize("NFC", text).strip(), add_special_tokens=about["end"] is None)["input_ids"]
    if about["end"] is not None:
        ids = [*ids[: about["max_tokens"] - 1], about["end"]]
    elif len(ids) > about["max_tokens"]:
        ids = [*ids[: about["max_tokens"] - 1], ids[-1]]
    with torch.no_grad():
        states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        vector = states[-1] if about["pooling"] == "last" else states.mean(0)
        if about["centre"] is not None:  # what the texts of all languages share
            vector = vector / vector.norm().clamp_min(1e-12) - torch.tensor(about["centre"])
        vector = vector * (about["scale"] / vector.norm().clamp_min(1e-12))
        return weights["head.weight"] @ vector + weights["head.bias"]


scores = logits("Put a text here.").softmax(0)
print(about["classes"][int(scores.argmax())], float(scores.max()))'''
"""The program of the card. It needs transformers, torch and safetensors, with adapters also peft."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What a card is written from. `base`: the name of the model below; `pooler`: whether the library would add one; `onnx`: greatest difference of the ONNX file in logits."""

    config: RunConfig
    view: RunView
    data: ScenarioData
    chosen: Version
    base: str
    adapter: bool
    pooler: bool
    onnx: float | None

    @property
    def client(self) -> str:
        """The name of the client whose model this is; empty for the global one."""
        index = self.chosen.client
        return next((client.info.name for client in self.view.clients if client.info.index == index), "") if index is not None else ""


def card(facts: Facts) -> str:
    """`README.md` of the folder."""
    sections = (
        ("", _what(facts)), ("Load it", _load(facts)), ("Measured", _measured(facts)), ("Training", _training(facts)), ("Privacy", _privacy(facts)),
        ("Data and licences", _sources(facts)), ("Limits", _limits(facts)), ("Configuration", ("```toml\n" + _told(facts.config).replace("```", "'''") + "```",)),
    )  # fmt: skip
    body = "\n\n".join(f"## {title}\n\n{_joined(lines)}" if title else _joined(lines) for title, lines in sections)
    return f"{_front(facts)}\n# {_line(facts.view.title) or 'A federated model'}\n\n{body}\n"


def _front(facts: Facts) -> str:
    """Metadata in YAML; JSON is YAML, so that names of any letters are safe."""
    measured = dict(facts.view.global_metrics).get(facts.chosen.round, {}) if facts.chosen.kind == "global" else {}
    rows: dict[str, object] = {
        "library_name": "peft" if facts.adapter else "transformers", "pipeline_tag": "text-classification", "license": "other", "base_model": facts.base,
        "tags": ["federated-learning", "fedviz"], "metrics": [name for name in METRICS if name in measured],
    }  # fmt: skip
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in rows.items() if value]
    return "\n".join(["---", *lines, "---", ""])


def _what(facts: Facts) -> Iterator[str]:
    chosen, view = facts.chosen, facts.view
    whose = {"global": "The global model", "sent": f"The model that the client {_line(facts.client)} sent", "personal": f"The personalised model of the client {_line(facts.client)}"}
    yield (
        f"{whose[chosen.kind]} after round {chosen.round} of {facts.config.federation.rounds} of the run {view.run_id} of fedviz {__version__}. "
        f"It puts a text into one of {len(facts.data.classes)} classes: {', '.join(map(_line, facts.data.classes[:12]))}{' and others' if len(facts.data.classes) > 12 else ''}."
    )


def _load(facts: Facts) -> Iterator[str]:
    if facts.adapter:
        yield f"This folder holds adapters and no language model: `base` must name the model that they were trained on, {facts.base}."
    pooler = ", add_pooling_layer=False" if facts.pooler else ""
    if facts.adapter:
        imports = "from peft import PeftModel\n"
        model = f'base = "{facts.base}"\nmodel = PeftModel.from_pretrained(AutoModel.from_pretrained(base{pooler}), folder).eval()'
    else:
        imports, model = "", f"model = AutoModel.from_pretrained(folder{pooler}).eval()"
    yield f"```python\n{LOAD.format(imports=imports, model=model)}\n```".replace("\n\n\n\n", "\n\n\n")
    yield (
        "These are the logits of the text alone. In fedviz the knowledge graph adds terms of its own to them, which need the graph: "
        f"{_line(facts.data.graph.source) or _line(facts.data.graph.name)}. `graph.weight` in `classifier.safetensors` is the matrix that reads them, "
        "`class_entities` in `classifier.json` says which entity of the graph leads to which class."
    )
    if facts.onnx is not None:
        yield f"`model.onnx` takes `input_ids` and `attention_mask` [texts, tokens] and gives the same logits, as ONNX Runtime computed them up to {facts.onnx:.0e}."


def _measured(facts: Facts) -> Iterator[str]:
    number, kind = facts.chosen.round, facts.chosen.kind
    yield f"On test texts of the federation, with the terms of the graph, after round {number}."
    if kind == "sent":
        yield "What a client sends is not tested by itself; the figures are of the global model of that round."
    rows = ["| | all test texts | lowest client | median client | highest client |", "|---|---|---|---|---|"]
    whole = dict(facts.view.global_metrics).get(number, {})
    clients = [dict(client.personal if kind == "personal" else client.metrics).get(number, {}) for client in facts.view.clients]
    if kind == "personal" and (own := dict(facts.view.clients[facts.chosen.client or 0].personal).get(number)):
        rows, whole = ["| | this client's test texts | lowest client | median client | highest client |", rows[1]], own
    for name, title in METRICS.items():
        values = [float(found[name]) for found in clients if name in found]
        spread = [f"{value:.3f}" for value in (min(values), statistics.median(values), max(values))] if values else ["", "", ""]
        rows.append(f"| {title} | {_number(whole, name)} | {' | '.join(spread)} |")
    yield "\n".join(rows)


def _number(found: Mapping[str, float], name: str) -> str:
    return f"{float(found[name]):.3f}" if name in found else ""


def _training(facts: Facts) -> Iterator[str]:
    config = facts.config
    scenario, strategy, model = SCENARIOS.get(config.scenario.name), STRATEGIES.get(config.federation.strategy.name), MODELS.get(config.model.name)
    yield "\n".join((
        f"- Scenario: {scenario.title}. {scenario.summary}",
        f"- Language model: {model.title}; trained: {config.model.tuning}; {facts.view.trainable_parameters:,} of {facts.view.total_parameters:,} weights.",
        f"- Federation: {config.federation.clients} clients, {facts.chosen.round} rounds so far, {strategy.title}, combination {config.federation.aggregation.name}, seed {config.seed}.",
        f"- Knowledge: {config.knowledge.name}.",
        f"- Who took part: {', '.join(f'{_line(client.info.name)} ({client.info.train_examples} texts)' for client in facts.view.clients)}.",
    ))  # fmt: skip


def _privacy(facts: Facts) -> Iterator[str]:
    spent = [one for number, one in facts.view.privacy if number <= facts.chosen.round]
    if facts.config.privacy.name == "none" or not spent:
        yield "No differential privacy was asked for: nothing bounds what the weights tell about single texts."
        return
    yield _bound(spent[-1], facts)


def _bound(spent: PrivacySpent, facts: Facts) -> str:
    title = PRIVACY.get(facts.config.privacy.name).title
    if spent.epsilon is None:
        return f"{title} without noise, or with too little of it: updates were clipped, and no epsilon was promised."
    said = f"{title}: epsilon {spent.epsilon:.3g} at delta {spent.delta:g}, spent by the rounds up to {facts.chosen.round}."
    if facts.chosen.kind == "personal":
        return said + " That bound is of what leaves the clients; a personalised model never does, and nothing bounds what this one tells about its client's texts."
    if facts.chosen.kind == "sent" and spent.mechanism == "central":
        return said + " That bound is of the global models; nothing bounds what this client's own model tells about its texts."
    return said


def _sources(facts: Facts) -> Iterator[str]:
    keys = dict.fromkeys((*facts.data.carriers, *MODELS.get(facts.config.model.name).carriers))
    found = [_carrier(CARRIERS[key]) for key in keys]
    if facts.data.provenance is not None:
        found.append(_provenance(facts.data.provenance))
    found.append(f"- Graph: {_line(facts.data.graph.name)}, {_line(facts.data.graph.source)}; {len(facts.data.graph.triples):,} triples, digest {facts.data.graph.digest}.")
    yield "\n".join(found)


def _carrier(one: Carrier) -> str:
    return f"- {one.title} ({one.date}), package {one.package} {one.version}. Source: {one.source}. Licence: {one.licence}. Cite: {one.citation}"


def _provenance(one: Provenance) -> str:
    return f"- {_line(one.title)}. Source: {_line(one.source) or 'not said'}. Licence: {_line(one.licence) or 'not said'}. Date: {_line(one.date) or 'not said'}."


def _limits(facts: Facts) -> Iterator[str]:
    config = facts.config
    lines = [
        "It knows its classes and no other: every text gets one of them, also a text about something else.",
        f"A text is cut after {config.model.max_tokens} tokens.",
        "The figures above are of the run's own test texts; on other texts they say nothing. No answer of it is medical, financial or technical advice.",
        *filter(None, [unread(config)]),
        *facts.data.warnings,
    ]
    if config.model.start_from:  # type: ignore[attr-defined]
        lines.append("It began with the weights of another model, and neither the figures nor the privacy above speak of what went into those.")
    if config.adversary.name != "none" and config.adversary.clients:
        lines.append(f"In this run {len(config.adversary.clients)} of the clients attacked ({config.adversary.name}).")
    if config.graph.poisoned or config.graph.rewired or config.graph.stale or config.graph.control != "none":
        lines.append("The graph of this run was altered on purpose; see the section graph of the configuration.")
    yield "\n".join(f"- {line}" for line in lines)


def _told(config: RunConfig) -> str:
    """The configuration as TOML, with folders of this machine by their names alone."""
    data = config.to_data()
    data["model"] = {key: _PATH.sub("", value) if isinstance(value, str) and _ABSOLUTE.match(value) else value for key, value in data["model"].items()}
    return tomli_w.dumps(data)


def _joined(lines: Iterator[str] | tuple[str, ...]) -> str:
    return "\n\n".join(lines)


def _line(text: str) -> str:
    """A name of somebody's as one line of Markdown that is no markup."""
    return "".join("\\" + letter if letter in "\\`*_[]<>#|" else letter for letter in " ".join(text.split()) if letter.isprintable())
