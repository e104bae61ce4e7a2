"""The endpoint gives the numbers of Explain, and what it refuses it refuses in one sentence."""

import numpy as np
import pytest
from fastapi.testclient import TestClient

from fedviz.core.errors import InputError, RunError
from fedviz.explain.influence import explain
from fedviz.runs import deployments
from fedviz.runs.deployments import deploy, history, roll_back, stack
from fedviz.runs.served import deployed, fixed, names_of
from fedviz.runs.serving import Limits, ServedVersion, application
from tests.models.small import trained_predictor
from tests.runs.exported import finished
from tests.runs.small import small

TEXT = "The aerial came loose. Also check the cord."
SERVED = ServedVersion(run="0123456789abcdef", round=2, client=None, kind="global")


def client(limits: Limits = Limits(), source=None) -> TestClient:  # noqa: B008 - frozen
    return TestClient(application(source or (lambda: (SERVED, trained_predictor())), limits), base_url="http://127.0.0.1:8600")


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return client(Limits(characters=200))


def refused(answer, code: int, part: str) -> None:
    assert answer.status_code == code
    (key, sentence), = answer.json().items()
    assert key == "error" and part in sentence and sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence


def test_a_prediction_is_the_explanation_and_adds_up(asked: TestClient) -> None:
    answer = asked.post("/predict", json={"text": TEXT}).json()
    here = explain(trained_predictor(), TEXT)
    assert answer["logits"] == list(here.logits) and answer["probabilities"] == list(here.probabilities)
    assert answer["predicted"] == here.classes[here.predicted] and answer["probability"] == max(answer["probabilities"])
    assert [(one["head"], one["relation"], one["tail"]) for one in answer["contributions"]] == [(c.triple.head, c.relation, c.triple.tail) for c in here.contributions]
    assert answer["contributions"] and all(one["mention"] in TEXT for one in answer["contributions"])
    total = np.array(answer["text_logits"]) + sum(np.array(one["values"]) for one in answer["contributions"])
    np.testing.assert_allclose(total, answer["logits"], atol=1e-9)
    assert answer["model"] == SERVED.model_dump()


def test_health_and_description(asked: TestClient) -> None:
    assert asked.get("/health").json() == {"status": "ok", "model": SERVED.model_dump(), "classes": list(trained_predictor().classes)}
    document = asked.get("/openapi.json").json()
    assert set(document["paths"]) == {"/predict", "/health"}
    assert set(document["paths"]["/predict"]["post"]["responses"]) >= {"200", "413", "422", "429", "503"}
    for name in ("Prediction", "Part", "ServedVersion", "Asked"):
        assert all(field["description"] for field in document["components"]["schemas"][name]["properties"].values()), name


@pytest.mark.parametrize(
    ("sent", "code", "part"),
    [
        ({"json": {"text": ""}}, 422, "at least one visible character"),
        ({"json": {"text": "x" * 201}}, 422, "at most 200 characters"),
        ({"json": {"text": 3}}, 422, "`text` as a string"),
        ({"json": {"text": TEXT, "more": 1}}, 422, "nothing else"),
        ({"json": [TEXT]}, 422, "JSON object"),
        ({"content": b"\xff{"}, 422, "JSON object"),
        ({"content": b" " * 4000}, 413, "at most 3,424 bytes"),
        ({"json": {"text": TEXT}, "headers": {"Host": "example.org"}}, 400, "127.0.0.1 or localhost"),
    ],
    ids=["empty", "long", "number", "more", "list", "no JSON", "large", "another host"],
)
def test_what_cannot_be_answered_is_one_sentence(asked: TestClient, sent: dict, code: int, part: str) -> None:
    refused(asked.post("/predict", **sent), code, part)


def test_other_addresses_are_one_sentence(asked: TestClient) -> None:
    refused(asked.get("/docs"), 404, "POST /predict")
    refused(asked.get("/predict"), 405, "POST /predict")


def test_half_letters_are_no_letters(asked: TestClient) -> None:
    refused(asked.post("/predict", content=b'{"text": "a \\ud800 cord"}'), 422, "`text` as a string")


def test_too_many_requests_wait() -> None:
    some = client(Limits(per_minute=2))
    assert [some.post("/predict", json={"text": TEXT}).status_code for _ in range(2)] == [200, 200]
    answer = some.post("/predict", json={"text": TEXT})
    refused(answer, 429, "At most 2 predictions a minute")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert some.get("/health").status_code == 200


def test_an_error_of_ours_tells_nothing_of_the_text(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fails(*arguments):
        raise ValueError(f"cannot read {TEXT}")

    monkeypatch.setattr("fedviz.runs.serving.explain", fails)
    refused(client().post("/predict", json={"text": TEXT}), 500, "error in fedviz itself")
    assert TEXT not in caplog.text


def test_a_model_that_is_gone_is_no_fault_of_the_text() -> None:
    def gone():
        raise RunError("There is no run.")

    refused(client(source=gone).post("/predict", json={"text": TEXT}), 503, "There is no run")
    refused(client(source=gone).get("/health"), 503, "There is no run")


@pytest.fixture
def home(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    return tmp_path


def test_versions_are_a_stack_of_which_nothing_is_forgotten(home) -> None:
    deploy("toy", ["A", "B"], "1" * 16, 3)
    deploy("toy", ["A"], "1" * 16, 5, own="sent")
    deploy("other", ["A"], "2" * 16, 1)
    assert [(one.round, one.own) for one in stack(history(), "toy", "A")] == [(3, ""), (5, "sent")]
    back = roll_back("toy", "A")
    assert (back.round, back.own, back.back) == (3, "", True)
    assert [one.round for one in stack(history(), "toy", "A")] == [3]
    assert [one.round for one in stack(history(), "toy", "B")] == [3]
    assert len(history()) == 5 and [one.at for one in history()] == sorted(one.at for one in history())
    with pytest.raises(InputError, match="'A' has served 1"):
        roll_back("toy", "A")
    deploy("toy", ["A"], "3" * 16, 7)
    assert [one.round for one in stack(history(), "toy", "A")] == [3, 7]


def test_a_damaged_file_is_one_sentence(home) -> None:
    deploy("toy", ["A"], "1" * 16, 3)
    deployments.deployments_path().write_text("[{")
    with pytest.raises(RunError, match="move deployments.json out of the data folder"):
        history()
    with pytest.raises(RunError, match="cannot be read"):
        deploy("toy", ["A"], "1" * 16, 3)


def test_an_endpoint_follows_what_its_client_serves(home) -> None:
    root = home / "runs"
    run = finished(root, small())
    name = names_of(run)[1]
    with pytest.raises(RunError, match="serves no model yet"):
        deployed(root, run, 1)
    with pytest.raises(RunError, match=r"`0 <= client < 3` must hold .* client=7"):
        deployed(root, run, 7)
    deploy("toy", [name], run.id, 1)
    source = deployed(root, run, 1)
    some = client(source=source)

    def logits():
        return some.post("/predict", json={"text": TEXT}).json()["logits"]

    first = logits()
    assert source()[1] is source()[1], "a version is loaded once"
    deploy("toy", [name], run.id, 2, own="sent")
    assert logits() == list(explain(fixed(run, 2, 1)()[1], TEXT).logits) != first
    assert some.get("/health").json()["model"] == {"run": run.id, "round": 2, "client": 1, "kind": "sent"}
    roll_back("toy", name)
    assert logits() == first
    deploy("toy", [name], run.id, 1, own="personal")
    refused(some.post("/predict", json={"text": TEXT}), 503, "is not kept any more")
    deploy("toy", [name], "f" * 16, 1)
    refused(some.post("/predict", json={"text": TEXT}), 503, "no run")
