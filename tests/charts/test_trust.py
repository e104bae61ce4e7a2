"""The chart of trust: every trial once, the kept one ringed, nothing where nobody was asked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.charts.trust import trust_figure, trust_record
from fedviz.core.types import GraphTrust, TrustTried

LOSSES = st.floats(0, 20, allow_nan=False)


@settings(max_examples=40, deadline=None)  # the first figure imports plotly
@given(st.lists(LOSSES, min_size=8, max_size=8), st.sampled_from([(0.0, 1.0), (1.0,)]), st.integers(0, 7))
def test_every_trial_is_drawn_once_and_the_kept_one_is_ringed(losses, factors, place):
    pairs = [(evidence, structure) for evidence in factors for structure in (0.0, 0.25, 0.5, 1.0)]
    tried = tuple(TrustTried(evidence=evidence, structure=structure, loss=loss, accuracy=0.5, texts=9) for (evidence, structure), loss in zip(pairs, losses, strict=False))
    kept = tried[place % len(tried)]
    record = trust_record(GraphTrust(evidence=kept.evidence, structure=kept.structure, tried=tried))
    *lines, ring = trust_figure(record).data
    assert sorted(x for line in lines for x in line.x) == sorted(structure for _, structure in pairs)
    assert ring.x == (kept.structure,) and abs(ring.y[0] - kept.loss) <= 1e-4 * max(kept.loss, 1e-9)
    least = record.nothing
    assert least is None if kept is tried[0] else (least.evidence, least.structure) == pairs[0]


def test_nobody_asked_is_no_record():
    assert trust_record(GraphTrust()) is None
