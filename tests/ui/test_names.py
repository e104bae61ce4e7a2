"""Names of a scenario in another language: what the catalogue knows is translated, data stays data."""

import pytest

from fedviz.core import i18n as core
from fedviz.core.types import ClientInfo
from fedviz.runs.client_view import ClientView
from fedviz.runs.view import RunView
from fedviz.ui import i18n
from fedviz.ui.names import called, in_words


@pytest.fixture
def chinese():
    core.use(i18n.catalogue("zh"))
    yield
    core.use(i18n.catalogue("en"))


@pytest.mark.usefixtures("chinese")
def test_known_names_and_numbered_parties_are_translated():
    assert called("Cardiology") == "心血管科"
    assert called("Hospital 3") == "医院 3"
    assert called("Sankt Anna 3") == "Sankt Anna 3"
    assert called("<b>unknown</b>") == "<b>unknown</b>"


def test_english_names_stay():
    for name in ("Cardiology", "Hospital 3", "", "Client 0"):
        assert called(name) == name


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
