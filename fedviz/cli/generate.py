"""`generate`: a question to the models of a run that write, answered token by token, with every claim held against the graph."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from fedviz.cli.common import add_json, add_runs, plain, print_json

if TYPE_CHECKING:
    from fedviz.kg.qa.claims import Claim
    from fedviz.kg.qa.recall import Recalled
    from fedviz.runs.writing import Ground

_SIGNS = {"supported": "+", "contradicted": "-", "unknown": "?"}


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "generate",
        help="ask the models of a run that write",
        description="Ask a model that a run taught to write (objective instruct or causal, model.tuning lora). The answer is streamed; then each of its claims is told as supported (+), contradicted (-) or unknown (?) to the graph.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    parser.add_argument("--question", required=True, help="the question, in English")
    parser.add_argument("--model", choices=("federated", "pretrained"), default="federated", help="the federation's model, or the pretrained one (default: federated)")
    parser.add_argument("--client", type=int, metavar="K", help="the model that client K sent in the round, instead")
    parser.add_argument("--round", type=int, dest="number", metavar="N", help="the model after round N (default: the newest)")
    parser.add_argument("--triples", action="store_true", help="put what the graph says of the question's entities before it")
    parser.add_argument("--temperature", type=_temperature, default=0.0, metavar="T", help="0 takes the likeliest token each time (default)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="start of the chance where the temperature is above 0")
    parser.add_argument("--tokens", type=_tokens, default=48, metavar="N", help="at most so many tokens (default: 48)")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write one answer."""
    from fedviz.models import compute
    from fedviz.models.generation import chat
    from fedviz.models.generation.writer import Sampling, Written, kept_writer, pieces
    from fedviz.runs.folder import open_run, runs_root
    from fedviz.runs.writing import adapter_of, ground_of

    compute.take(1)
    folder = open_run(runs_root(arguments.runs), arguments.run_id)
    pretrained = arguments.model == "pretrained" and arguments.client is None
    adapter = None if pretrained else adapter_of(folder, arguments.number, arguments.client)
    config = folder.config()
    ground = ground_of(config)
    recalled = ground.recalled(arguments.question) if arguments.triples else ()
    writer = kept_writer(config)
    (prompt,) = chat.prompt_tokens(writer.backbone, [chat.prompt(arguments.question, [one.sentence for one in recalled])])
    if recalled and not arguments.json:
        print("\n".join(f"In the prompt: {plain(one.sentence)} ({plain(one.source)})" for one in recalled))
    written: list[Written] = []
    said = 0
    for (one,) in writer.write([prompt], [adapter], Sampling(arguments.temperature, arguments.seed, arguments.tokens)):
        if one is not None:
            written.append(one)
            text = writer.text([token.token for token in written]).rstrip("\ufffd")
            if not arguments.json:
                print(plain(text[said:]), end="", flush=True)
            said = len(text)
    found = pieces(writer, written)
    answer = "".join(piece.text for piece in found)
    claims = ground.checker.claims(answer)
    if arguments.json:
        print_json(_document(arguments.question, answer, found, claims, recalled))
        return 0
    print()
    for claim in claims:
        print(f"{_SIGNS[claim.verdict]} {claim.verdict}: {plain(_words(ground, claim))}")
    if not claims:
        print("The answer claims nothing that the graph could be asked about.", file=sys.stderr)
    return 0


def _document(question: str, answer: str, tokens: Any, claims: "tuple[Claim, ...]", recalled: "tuple[Recalled, ...]") -> dict[str, Any]:
    """Everything that is known of the answer, as plain data."""
    return {
        "question": question,
        "answer": answer,
        "tokens": [{"text": one.text, "probability": one.probability, "likeliest": [list(other) for other in one.likeliest]} for one in tokens],
        "claims": [{**claim._asdict(), "because": [list(triple) for triple in claim.because]} for claim in claims],
        "triples": [{"triple": list(one.triple), "sentence": one.sentence, "source": one.source} for one in recalled],
    }


def _words(ground: "Ground", claim: "Claim") -> str:
    from fedviz.kg.qa.wording import claimed

    names = [ground.graph.entities[end].name if end in ground.graph.entities else end for end in (claim.head, claim.tail)]
    return ("not: " if claim.denied else "") + claimed(claim.relation, *names)


def _temperature(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 2:
        raise argparse.ArgumentTypeError(f"`0 <= temperature <= 2` must hold, but got {text}")
    return value


def _tokens(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 512:
        raise argparse.ArgumentTypeError(f"`1 <= tokens <= 512` must hold, but got {text}")
    return value
