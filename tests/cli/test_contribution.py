"""`contribution` tells what each client brought, and refuses what makes no sense in one sentence."""

from fedviz.runs.contribution_record import Contribution
from tests.cli.conftest import call


def test_the_contributions_of_a_run(run_id):
    found = Contribution.model_validate_json(call("contribution", run_id, "--rounds", "1", "--json").out)
    assert (found.rounds, found.left_out, found.evaluations, found.exact) == ((2,), (1,), 8, True)
    assert abs(sum(one.shapley for one in found.clients) - found.gain) < 1e-9
    shown = call("contribution", run_id, "--rounds", "1")
    assert shown.code == 0 and "Not looked at: rounds 1." in shown.out


def test_no_round_is_no_number_of_rounds(run_id):
    said = call("contribution", run_id, "--rounds", "0")
    assert said.code == 2 and "at least 1" in said.err
