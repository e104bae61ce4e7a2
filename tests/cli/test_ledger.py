"""`ledger` prints what left the clients of a run, for reading and for other programs."""

import csv
import io

from fedviz.core.events import RoundEnded, event_from_json
from fedviz.runs.ledger import Ledger
from tests.cli.conftest import call


def test_the_ledger_of_a_run(finished, run_id):
    book = Ledger.model_validate_json(call("ledger", run_id, "--json").out)
    ends = [event for line in finished.out.splitlines() if isinstance(event := event_from_json(line), RoundEnded)]
    before = sum(c.bytes for c in book.contents if c.direction == "sent" and c.message == "evaluate") // 3  # of round 0, the first of three alike
    assert book.total_bytes("sent") == sum(end.sent_bytes for end in ends) + before
    lines = list(csv.DictReader(io.StringIO(call("ledger", run_id, "--csv").out)))
    assert sum(int(line["bytes"]) for line in lines if line["direction"] == "sent") == book.total_bytes("sent")
    shown = call("ledger", run_id)
    assert shown.code == 0 and "Never sent:" in shown.out and "head.weight" in shown.out


def test_two_formats_at_once_are_refused(run_id):
    said = call("ledger", run_id, "--csv", "--json")
    assert (said.code, said.out) == (2, "") and "JSON or as CSV" in said.err
