"""Names of a scenario in another language: what the catalogue knows is translated, data stays data."""

import pytest

from fedviz.core.types import ClientInfo
from fedviz.runs.client_view import ClientView
from fedviz.runs.run_view import RunView
from fedviz.ui.names import in_words
from fedviz.ui.sentences import called


@pytest.mark.usefixtures("chinese")
def test_known_names_and_numbered_parties_are_translated():
    assert called("Cardiology") == "心血管科"
    assert called("Hospital 3") == "医院 3"
    assert called("Sankt Anna 3") == "Sankt Anna 3"
    assert called("Heart Centre + Lung Clinic") == "心脏中心 + 肺病专科医院"
    assert called("Heart Centre and 3 more") == "心脏中心和另外 3 家"
    assert called("Sankt Anna and 3 more") == "Sankt Anna and 3 more"
    assert called("<b>unknown</b>") == "<b>unknown</b>"


def test_english_names_stay():
    for name in ("Cardiology", "Hospital 3", "", "Client 0", "Heart Centre + Lung Clinic", "Heart Centre and 3 more"):
        assert called(name) == name


@pytest.mark.usefixtures("chinese")
def test_reasons_of_a_view_are_in_words_too():
    fails = "This client fails in every round, as the configuration asks (`faulty_clients`)."
    info = ClientInfo(index=0, name="Hospital 1", train_examples=5, test_examples=2)
    client = ClientView(info, failures=((1, fails), (2, "ValueError: odd"), (3, fails)))
    view = RunView(reason=f"Round 3 has no surviving client: all 1 failed; the first reason: {fails}", clients=(client,))
    spoken = in_words(view)
    told = "按照配置的要求（`faulty_clients`），这个客户端每轮都会出错。"
    assert spoken.reason == f"第 3 轮没有客户端幸存：1 个全部失败；第一个原因：{told}"
    assert spoken.clients[0].failures == ((1, told), (2, "ValueError: odd"), (3, told))


@pytest.mark.usefixtures("chinese")
def test_a_view_in_words_differs_in_names_alone():
    client = ClientView(ClientInfo(index=0, name="Hospital 1", train_examples=5, test_examples=2), batches=((1, 1, 0.5),))
    view = RunView(title="Cardiology", classes=("Oncology", "other"), clients=(client,))
    spoken = in_words(view)
    assert spoken.classes == ("肿瘤科", "other")
    assert spoken.clients[0].info.name == "医院 1"
    assert spoken.title == "Cardiology"
    assert spoken.clients[0].batches is client.batches
    assert spoken.clients[0].info is in_words(view).clients[0].info
