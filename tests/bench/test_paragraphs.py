"""The control of the bench of paragraphs: a number that is changed is another one, and nothing else is."""

from fedviz.bench import paragraphs


def test_only_the_first_number_is_changed():
    assert paragraphs.changed("It counts +2.27 and 41 %, then -1.83.") == "It counts +2.64 and 41 %, then -1.83."
    assert paragraphs.changed("No number here.") == "No number here."


def test_the_check_is_judged_and_the_model_is_not():
    rows = [{"written by": writer, "pass, %": share} for writer, share in ((paragraphs.TEMPLATE, 100.0), (paragraphs.CHANGED, 0.0), (paragraphs.MODEL, 10.0))]
    assert [check.passed for check in paragraphs._checks(rows)] == [True, True]
    assert [check.passed for check in paragraphs._checks([rows[0] | {"pass, %": 90.0}, rows[1] | {"pass, %": 10.0}, rows[2]])] == [False, False]
