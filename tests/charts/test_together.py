"""The chart of fates and the picture of a fused graph."""

from fedviz.charts.graph_view import picture
from fedviz.charts.together import fates_record, fates_spec, fused_picture
from fedviz.runs.together import FusedRow, LocalRow, PartyStory, Story

ROWS = tuple(LocalRow(head="a", relation="r", tail=str(n), support=n, fate="released" if n < 2 else "few") for n in range(5))
PARTIES = tuple(PartyStory(client=k, name=f"<b>party {k}</b>", texts=9, rows=ROWS[k:], new_triples=0, new_entities=0, known_before=0, known_after=0, test_texts=0) for k in range(3))
FUSED = (
    FusedRow(head="x:1", relation="r", tail="x:2", head_name="one", tail_name="two", parties=(0, 2), count=2, disputed=True),
    FusedRow(head="x:1", relation="r", tail="x:3", head_name="one", tail_name="<script>", parties=(1,), count=1, disputed=True),
    FusedRow(head="x:2", relation="q", tail="x:3", head_name="two", tail_name="<script>", parties=(), count=7, disputed=False),
)
STORY = Story(id="0123456789ab", title="t", scenario="toy", party_word="client", graph="g", digest="d", options={"rule": "parties"}, threshold=0, parties=PARTIES, fused=FUSED)


def test_the_bars_add_up_to_the_triples_of_each_party():
    record = fates_record(STORY)
    assert [sum(row) for row in zip(*record.counts.values(), strict=True)] == [len(party.rows) for party in PARTIES]
    assert set(record.counts) == {"released", "few"} and all("<b>" not in name for name in record.parties)
    assert [bar["x"] for bar in fates_spec(record)["data"]] == [list(row) for row in record.counts.values()]


def test_a_triple_has_one_line_for_each_party_side_by_side():
    graph, record = fused_picture(STORY)
    assert len(graph.triples) == 3 and graph.entities["x:3"].name == "<script>"
    edges = picture(record)["edges"]
    lines = {(edge["from"], edge["to"]): [] for edge in edges}
    for edge in edges:
        lines[edge["from"], edge["to"]].append((edge.get("party"), edge.get("bend")))
    assert sorted(lines["n:x:1", "n:x:2"]) == [(0, -0.045), (2, 0.045)] and lines["n:x:1", "n:x:3"] == [(1, 0.0)] and lines["n:x:2", "n:x:3"] == [(None, None)]
    assert len({edge["id"] for edge in edges}) == 4
    tips = {edge["tip"] for edge in edges if edge["to"] == "n:x:2"}
    assert all("party 0" in tip and "party 2" in tip and "disputed" in tip for tip in tips) and any("7" in edge["tip"] for edge in edges)


def test_contradictions_group_what_disagrees():
    ((subject, relation, choices),) = STORY.contradictions()
    assert (subject, relation) == ("one", "r") and [row.tail_name for row in choices] == ["two", "<script>"]
