"""The curves of texts and graphs that are wrong, and their sentences: they say what the rows say, most of all where the graph harms."""

import pytest

from fedviz.charts.stress import KINDS, NONE, WAYS, seeds_text, span, stress_record, stress_spec
from fedviz.charts.stress_words import curve_words, stated_words
from fedviz.charts.theme import figure


def rows(stress, level, graph, trust, spread=1.0, p=0.001, least=None, apart=None, task="medicine-vignettes"):
    """Three rows of one place as the measurement writes them, text alone at 50 %; `graph` and `trust` are gains."""
    made = []
    for way, gain in zip(WAYS, (None, graph, trust), strict=True):
        other = gain is not None
        made.append({
            "task": task, "stress": stress, "level": level, "model": way, "seeds": 5, "accuracy": 50.0 + (gain or 0.0), "spread": 1.0, "gain": gain, "gain spread": spread if other else None,
            "least gain": (gain if least is None else least) if other else None, "p": p if other else None, "accuracy apart": apart,
        })  # fmt: skip
    return made


RIGHT = rows(NONE, 0.0, 11.0, 11.0)


def said(*places, stress="rewired"):
    curves = {curve.stress: curve for curve in stress_record({"rows": [*RIGHT, *(row for place in places for row in place)]})}
    return " ".join(curve_words(curves[stress]))


def test_a_graph_that_helps_in_spite_of_all_is_said_to_help():
    words = said(rows("typos", 0.1, 9.0, 9.0), rows("typos", 0.3, 4.0, 3.0), stress="typos")
    assert "The graph still helps: +9.0 ± 1.0 points at 10%, +4.0 ± 1.0 points at 30%." in words
    assert "There is no sure harm to limit; validated trust brings +9.0" in words and "harms" not in words
    assert "There is no sure harm to limit; validated trust brings the same." in said(rows("typos", 0.1, 9.0, 9.0), stress="typos")


def test_harm_that_validated_trust_limits_is_said_to_be_limited():
    words = said(rows("rewired", 0.1, 5.0, 5.0), rows("rewired", 0.5, -10.8, -0.4))
    assert "The graph still helps: +5.0" in words and "The graph harms: −10.8 ± 1.0 points at 50%." in words
    assert "Validated trust limits the harm: −0.4 ± 1.0 points at 50%." in words and "worst seed" not in words


def test_harm_that_validated_trust_does_not_limit_is_not_talked_away():
    words = said(rows("rewired", 0.25, -4.0, 0.0), rows("rewired", 0.5, -10.8, -2.5))
    assert "Validated trust does not limit the harm enough: 0.0 ± 1.0 points at 25%, −2.5 ± 1.0 points at 50%." in words and "limits the harm" not in words


def test_a_gain_that_may_be_chance_is_neither_help_nor_harm():
    words = said(rows("rewired", 0.25, 4.0, 4.0, spread=5.4, p=0.2), rows("rewired", 0.5, -4.0, 0.5, spread=5.4, p=0.051))
    assert "makes no sure difference: +4.0 ± 5.4 points at 25%, −4.0 ± 5.4 points at 50%." in words and "harms" not in words


def test_a_mean_within_the_limit_does_not_hide_a_seed_beyond_it():
    assert "On its worst seed it loses 3.2 points (50%)." in said(rows("rewired", 0.5, 0.6, 4.4, spread=5.4, p=0.1, least=-3.2))


def test_harm_that_trust_alone_does_is_told():
    words = said(rows("rewired", 0.25, 3.0, -3.0), rows("rewired", 0.5, -5.0, -0.5))
    assert "Validated trust itself harms: −3.0 ± 1.0 points at 25%." in words and "Validated trust limits the harm: −0.5" in words


def test_the_stated_figure_counts_the_scenarios_on_which_it_holds():
    curves = stress_record({"rows": [*rows("rewired", 0.5, -9.0, -0.9), *rows("rewired", 0.5, -9.0, -1.1, task="medicine-coding"), *rows("stale", 0.5, -9.0, -9.0)]})
    assert "at most 1 point" in stated_words(curves) and "this holds on 1 of 2 scenarios" in stated_words(curves)
    assert stated_words([curve for curve in curves if curve.stress == "stale"]) == ""


def test_counted_levels_and_the_texts_concerned_have_words_of_their_own():
    words = said(rows("unseen classes", 6.0, 2.0, 2.0, apart=7.0), stress="unseen classes")
    assert "points with 6 unseen classes" in words and "Of the texts concerned 7 % are right with the graph, 7 % with text alone." in words


def test_a_curve_begins_where_nothing_is_wrong_unless_it_has_a_beginning_of_its_own():
    curves = {one.stress: one for one in stress_record({"rows": [*RIGHT, *rows("rewired", 0.5, 1.0, 1.0), *rows("missing client", 0.0, 7.0, 7.0), *rows("missing client", 1.0, 3.0, 3.0)]})}
    assert list(curves) == ["rewired", "missing client"]
    assert [found["with graph"].gain for found in curves["rewired"].levels.values()] == [11.0, 1.0]
    assert [found["with graph"].gain for found in curves["missing client"].levels.values()] == [7.0, 3.0]


def test_the_number_of_seeds_is_told_also_where_levels_differ():
    fewer = [row | {"seeds": 3} for row in rows("rewired", 0.1, 1.0, 1.0)]
    (same,), (other,) = stress_record({"rows": rows("rewired", 0.5, 1.0, 1.0)}), stress_record({"rows": [*fewer, *rows("rewired", 0.5, 1.0, 1.0)]})
    assert (seeds_text(same), seeds_text(other)) == ("5", "3–5")


def test_what_was_not_measured_is_no_curve():
    part = rows("stale", 0.5, 1.0, 1.0)[:2]
    assert stress_record({"rows": [*RIGHT, *part, *rows("missing client", 0.0, 7.0, 7.0), *rows("unknown", 1.0, 7.0, 7.0)]}) == ()


@pytest.mark.parametrize("stress", KINDS)
def test_charts_show_all_three_ways_with_their_spreads_within_the_range(stress):
    (curve,) = stress_record({"rows": [*RIGHT, *rows(stress, 0.5, -3.0, 1.0)]})
    low, high = between = span([curve])
    lines = figure(stress_spec(curve, between)).data
    assert [line.name for line in lines] == ["text alone", "with the graph", "validated trust"]
    assert [list(line.y) for line in lines] == [[50.0, 50.0], [61.0, 47.0], [61.0, 51.0]]
    for line in lines:
        assert list(line.error_y.array) == [1.0, 1.0] and all(low <= y - 1 and y + 1 <= high for y in line.y)
        assert line.x[1] - line.x[0] == pytest.approx(0.5 if KINDS[stress].level else 50)


@pytest.mark.parametrize("damaged", [{}, {"rows": 3}, {"rows": [{}]}, {"rows": [RIGHT[1] | {"gain": "x"}]}, {"rows": [RIGHT[0] | {"level": None}]}])
def test_what_is_no_measurement_is_refused(damaged):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        stress_record(damaged)
