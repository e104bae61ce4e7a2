"""The form: every kind of option gets a widget that returns what was entered, and a broken rule is told at its field."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError
from streamlit.testing.v1 import AppTest

from fedviz.core.config import FederationConfig
from fedviz.core.options import Options
from fedviz.ui import forms


def script():
    from typing import Annotated, Literal

    import streamlit as st
    from pydantic import Field, model_validator

    from fedviz.core.options import Options
    from fedviz.ui import forms

    class Sample(Options):
        name: Literal["sample"] = "sample"
        count: Annotated[int, Field(ge=1, le=9, title="Count", description="How many.")] = 3
        rate: Annotated[float, Field(gt=0, le=10, title="Rate")] = 0.005
        tuning: Annotated[Literal["head", "lora"], Field(title="Tuning")] = "lora"
        cache: Annotated[bool, Field(title="Cache")] = True
        absent: Annotated[tuple[int, ...], Field(title="Absent")] = ()
        failing: Annotated[tuple[int, ...], Field(title="Failing")] = (1,)
        note: Annotated[str, Field(title="Note", max_length=5)] = "abc"

        @model_validator(mode="after")
        def _rule(self):
            if self.count == 9 and self.tuning == "head":
                raise ValueError("`count < 9` must hold with tuning=head, but got 9")
            return self

    value = forms.show(Sample, None, "sample", advanced=("note",), choices={"failing": {0: "First", 1: "Second"}})
    st.session_state["result"] = None if value is None else value.model_dump()


def run():
    return AppTest.from_function(script).run()


def result(at):
    assert not at.exception, at.exception
    return at.session_state["result"]


def test_defaults_come_back_unchanged():
    at = run()
    assert result(at) == {
        "name": "sample", "count": 3, "rate": 0.005, "tuning": "lora", "cache": True, "absent": (), "failing": (1,), "note": "abc",
    }
    assert not at.error


def test_each_widget_returns_what_was_entered():
    at = run()
    at.number_input(key="sample.count").set_value(7)
    at.number_input(key="sample.rate").set_value(0.1)
    at.selectbox(key="sample.tuning").set_value("head")
    at.checkbox(key="sample.cache").uncheck()
    at.text_input(key="sample.absent").set_value("0, 2")
    at.multiselect(key="sample.failing.2").set_value([0])
    at.text_input(key="sample.note").set_value("xyz")
    at.run()
    assert result(at) == {
        "name": "sample", "count": 7, "rate": 0.1, "tuning": "head", "cache": False, "absent": (0, 2), "failing": (0,), "note": "xyz",
    }


def test_titles_limits_and_help_follow_the_declaration():
    at = run()
    count = at.number_input(key="sample.count")
    assert (count.label, count.help, count.min, count.max, count.step) == ("Count", "How many.", 1, 9, 1)
    assert at.selectbox(key="sample.tuning").options == ["Classification head only", "LoRA adapters and head"]


def test_an_excluded_limit_is_told_at_its_field():
    at = run()
    at.number_input(key="sample.rate").set_value(0.0).run()
    assert result(at) is None
    assert [error.value for error in at.error] == ["Rate must be greater than 0, but got 0\\.0."]


def test_what_is_no_list_of_numbers_is_told_and_kept():
    at = run()
    at.text_input(key="sample.absent").set_value("one <b>").run()
    assert result(at) is None
    assert len(at.error) == 1
    assert at.text_input(key="sample.absent").value == "one <b>"


def test_a_rule_between_fields_is_one_sentence():
    at = run()
    at.number_input(key="sample.count").set_value(9)
    at.selectbox(key="sample.tuning").set_value("head")
    at.run()
    assert result(at) is None
    assert len(at.error) == 1
    assert "must hold with tuning" in at.error[0].value


class Sample(Options):
    """Every kind of option."""

    count: Annotated[int, Field(ge=1, le=9, title="Count")] = 3
    rate: Annotated[float, Field(title="Rate")] = 0.5
    tuning: Annotated[Literal["head", "lora"], Field(title="Tuning")] = "lora"
    cache: Annotated[bool, Field(title="Cache")] = True
    note: Annotated[str, Field(title="Note", max_length=5)] = ""
    tags: Annotated[tuple[int, ...], Field(title="Tags")] = ()


def told(options, changes):
    """What the form says of the first rule that is broken."""
    with pytest.raises(ValidationError) as broken:
        options.model_validate(changes)
    problem = broken.value.errors()[0]
    return forms._sentence(problem, options, str(problem["loc"][0]) if problem["loc"] else "")


@pytest.mark.parametrize(("changes", "words"), [
    ({"count": "many"}, "Count must be a whole number, but got many."),
    ({"count": 1.5}, "Count must be a whole number, but got 1\\.5."),
    ({"count": 10}, "Count must be at most 9, but got 10."),
    ({"rate": float("nan")}, "Rate must be a finite number, but got nan."),
    ({"rate": "high"}, "Rate must be a number, but got high."),
    ({"tuning": "both"}, "Tuning must be 'head' or 'lora', but got both."),
    ({"cache": "perhaps"}, "Cache must be yes or no (true or false), but got perhaps."),
    ({"note": "abcdef"}, "Note must have at most 5 characters, but got abcdef."),
    ({"note": 3}, "Note must be a text, but got 3."),
    ({"tags": 3}, "Tags must be a list, but got 3."),
])
def test_what_breaks_a_rule_is_said_by_the_name_of_the_option(changes, words):
    assert told(Sample, changes) == words


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(("changes", "words"), [
    ({"rounds": 0}, "轮数必须至少为 1，但得到的是 0。"),
    ({"fraction": "all"}, "每轮参与的客户端比例必须是数字，但得到的是 all。"),
    ({"optimizer": "both"}, "客户端优化器必须是 'adamw' 或 'sgd'，但得到的是 both。"),
    ({"clients": 2, "absent_clients": [0, 1]}, "\\`absent\\_clients\\` 必须至少留下一个参加训练的客户端，但得到的是 \\[0, 1\\]。"),
])
def test_the_same_in_another_language(changes, words):
    assert told(FederationConfig, changes) == words


def plugin_script():
    import streamlit as st

    from fedviz.core.registry import PARTITIONS
    from fedviz.ui import forms

    value = forms.show_plugin(PARTITIONS, None, "partition", "Partition")
    st.session_state["result"] = None if value is None else value.model_dump()


def test_a_plug_in_shows_the_options_of_the_chosen_entry():
    at = AppTest.from_function(plugin_script).run()
    assert result(at)["name"] == "natural"
    at.selectbox(key="partition.name").set_value("dirichlet").run()
    at.number_input(key="partition.dirichlet.alpha").set_value(0.05).run()
    assert result(at) == {"name": "dirichlet", "alpha": 0.05}
