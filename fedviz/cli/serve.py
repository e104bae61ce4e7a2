"""`serve`: a run's model over HTTP, on this machine alone."""

import argparse
import socket
from typing import Any

from fedviz.cli.common import add_json, add_runs, print_json

PORT = 8600


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "serve",
        help="answer for a trained model over HTTP on this machine",
        description="Answer POST /predict with {\"text\": ...} on 127.0.0.1: the class, the probabilities, and what the text and each triple add to the logits. "
        "GET /health says which model answers, GET /openapi.json describes everything. No text is kept.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    parser.add_argument("--round", type=int, dest="number", metavar="N", help="the model after round N (default: the newest)")
    parser.add_argument("--client", type=int, metavar="K", help="the personalised model of client K, or what it sent in that round where it has none")
    parser.add_argument("--deployed", type=int, metavar="K", help="whatever client K serves by the page's Deploy, and after a change there that; without --round and --client")
    parser.add_argument("--port", type=_port, default=PORT, metavar="P", help=f"port, 0 for any that is free (default: {PORT})")
    parser.add_argument("--characters", type=_count, default=5_000, metavar="N", help="longest text (default: 5000)")
    parser.add_argument("--per-minute", type=_count, default=120, metavar="N", help="predictions a minute (default: 120)")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until somebody stops it."""
    from fedviz.core.errors import InputError
    from fedviz.runs.folder import open_run, runs_root
    from fedviz.runs.served import deployed, fixed
    from fedviz.runs.serving import Limits

    root = runs_root(arguments.runs)
    folder = open_run(root, arguments.run_id)
    if arguments.deployed is None:
        source = fixed(folder, arguments.number, arguments.client)
    elif arguments.number is None and arguments.client is None:
        source = deployed(root, folder, arguments.deployed)
    else:
        raise InputError("A version is named by --deployed or by --round and --client, but both were given.")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", arguments.port))
        listening.listen()  # whoever reads the address may ask at once
        address, (served, _model) = f"http://127.0.0.1:{listening.getsockname()[1]}", source()
        if arguments.json:
            print_json({"url": address, **served.model_dump()})
        else:
            print(f"The model of {served.run} after round {served.round} answers at {address}/predict; Ctrl-C ends it.", flush=True)
        _serve(listening, source, Limits(characters=arguments.characters, per_minute=arguments.per_minute))
    return 0


def _serve(listening: socket.socket, source: Any, limits: Any) -> None:
    import uvicorn

    from fedviz.runs.serving import application

    server = uvicorn.Server(uvicorn.Config(application(source, limits), log_level="warning", access_log=False, server_header=False, timeout_keep_alive=5))
    server.run(sockets=[listening])


def _port(text: str) -> int:
    return _whole(text, 0, 65_535)


def _count(text: str) -> int:
    return _whole(text, 1, 1_000_000)


def _whole(text: str, least: int, most: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"it must be a whole number from {least} to {most}, but got {text[:20]!r}")
    return number
