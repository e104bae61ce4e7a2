"""Section *Embed together* of the page Graph, without a browser."""

import time

import pytest

from fedviz.federation.embeddings.options import FederatedOptions
from fedviz.runs import embeddings
from fedviz.ui import jobs
from tests.runs.test_embeddings import made


@pytest.fixture(autouse=True)
def no_jobs():
    yield
    for key in list(jobs._jobs()):
        jobs._jobs().pop(key)


def said(at):
    return " ".join(element.value for element in (*at.markdown, *at.caption, *at.error, *at.warning)).replace("\\", "")


@pytest.mark.slow
def test_a_comparison_is_shown_by_way_and_party_with_its_control(open_page, home):
    made("ring")
    told = embeddings.compare("ring", FederatedOptions(by="party", repetitions=2, width=8, epochs=6))
    at = open_page("graph", section="embeddings", graph="ring")
    assert not at.exception and "What the server is sent" in said(at)
    ways, parties, left = (frame.value for frame in at.dataframe[:3])
    assert len(ways) == 5 and ways["MRR"].iloc[0] == f"{told.over('isolation', 'mrr')[0]:.3f} ± {told.over('isolation', 'mrr')[1]:.3f}"
    assert list(ways["Attack, AUC"] != "") == [False, True, True, True, False]
    assert list(parties["Party"]) == ["Hospital 0", "Hospital 1"] and any("vectors of entities" in what for what in left["What is in it"])
    at.selectbox(key=f"kg-embeddings-way-{told.id}").select("isolation").run()
    assert not any("vectors" in what for what in at.dataframe[2].value["What is in it"])


@pytest.mark.slow
def test_a_comparison_is_begun_and_cancelled_on_the_page(open_page, home, monkeypatch):
    made("ring")
    seen = []

    def compare(graph, options, progress, cancelled):
        while not cancelled():
            progress(1, 2, "FedE")
            time.sleep(0.01)
        seen.append((graph, options.by))
        raise embeddings.Cancelled("The comparison was cancelled; what had passed by then stands in its journal.")

    monkeypatch.setattr(embeddings, "compare", compare)
    at = open_page("graph", section="embeddings", graph="ring")
    at.button(key="kg-embeddings-go").click().run()
    at.button(key="cancel-kg-embeddings").click().run()
    for _turn in range(6000):
        if not jobs.running("kg-embeddings"):
            break
        time.sleep(0.01)
    at.run()
    assert seen == [("ring", "triple")] and "was cancelled" in said(at) and not at.exception
