"""The page Configure: form, TOML and address say the same; a slip is one sentence and loses nothing."""

import pytest

from fedviz.core.config import RunConfig
from fedviz.federation.secure import ckks
from fedviz.runs.folder import list_runs, open_run, runs_root
from fedviz.runs.launcher import launcher
from fedviz.ui import link
from tests.pages.conftest import TOY, parameter


def box(at, kind, label):
    return next(element for element in getattr(at, kind) if element.label == label)


def toml(at):
    return at.text_area[0]


def opened(open_page, config=TOY):
    return open_page("configure", config=link.encode(config))


def test_a_link_fills_the_form(open_page):
    at = opened(open_page, TOY.updated({"federation.rounds": 7, "partition": {"name": "dirichlet", "alpha": 0.25}}))
    assert box(at, "number_input", "Rounds").value == 7
    assert box(at, "selectbox", "Partition").value == "dirichlet"
    assert RunConfig.from_toml(toml(at).value) == TOY.updated({"federation.rounds": 7, "partition": {"name": "dirichlet", "alpha": 0.25}})


@pytest.mark.parametrize("damage", ["x", "%00", "A" * 5000, link.encode(TOY)[:-9], "<script>alert(1)</script>"])
def test_a_damaged_link_is_one_sentence_beside_a_form_that_works(open_page, damage):
    at = open_page("configure", config=damage)
    assert len(at.error) == 1
    assert at.number_input
    box(at, "number_input", "Rounds").set_value(4).run()
    assert not at.error
    assert link.decode(parameter(at, "config")).federation.rounds == 4


def test_the_address_follows_the_form(open_page):
    at = opened(open_page)
    box(at, "number_input", "Rounds").set_value(9).run()
    assert link.decode(parameter(at, "config")) == TOY.updated({"federation.rounds": 9})


def test_the_form_survives_a_visit_to_another_page(open_page):
    at = opened(open_page)
    box(at, "number_input", "Rounds").set_value(9).run()
    at.switch_page("pages/start.py").run()
    at.switch_page("pages/configure.py").run()
    assert box(at, "number_input", "Rounds").value == 9


def test_toml_fills_the_form(open_page):
    at = opened(open_page)
    toml(at).set_value(TOY.updated({"federation.rounds": 12}).to_toml()).run()
    assert box(at, "number_input", "Rounds").value == 12
    assert not at.error


@pytest.mark.parametrize("slip", ["rounds = [", "[federation]\nrounds = 0\n[scenario]\nname = 'toy'", "[scenario]\nname = 'nothing'", "", "\x00", "🙂" * 50])
def test_a_slip_in_the_toml_keeps_the_text(open_page, slip):
    at = opened(open_page)
    toml(at).set_value(slip).run()
    assert len(at.error) == 1
    assert toml(at).value == slip
    box(at, "number_input", "Rounds").set_value(6).run()
    assert toml(at).value == slip
    box(at, "button", "Drop the edit").click().run()
    assert not at.error
    assert RunConfig.from_toml(toml(at).value).federation.rounds == 6


def test_a_broken_rule_stops_the_launch(open_page):
    at = opened(open_page)
    box(at, "number_input", "Learning rate").set_value(0.0).run()
    assert at.button(key="configure-launch").disabled
    assert any("Learning rate" in error.value for error in at.error)


def test_a_preset_fills_the_form(open_page):
    at = opened(open_page)
    chooser = box(at, "selectbox", "Ready-made configuration")
    assert chooser.value is None
    chooser.set_value("toy").run()
    assert box(at, "selectbox", "Ready-made configuration").value == "toy"


def test_the_preview_counts_who_holds_what(open_page):
    at = opened(open_page)
    frame = at.dataframe[0].value
    assert frame["Training texts"].sum() == 32
    assert frame["Test texts"].sum() == 16
    assert len(frame) == 2


def test_an_impossible_partition_is_one_sentence(open_page):
    at = opened(open_page, TOY.updated({"scenario.train_texts": 8, "federation.clients": 50, "partition": "iid"}))
    assert any("clients" in error.value for error in at.error)
    assert at.button(key="configure-launch")


def test_missing_carriers_can_be_fetched_from_here(open_page):
    at = open_page("configure")
    assert at.button(key="configure-launch").disabled
    assert any(button.key and button.key.startswith("fetch-") for button in at.button)


def test_launching_the_toy_turns_to_live(open_page):
    at = opened(open_page)
    box(at, "text_input", "Title of the run").set_value("<b>Mine</b>")
    at.button(key="configure-launch").click().run()
    assert not at.exception
    (run,) = list_runs(runs_root())
    assert parameter(at, "run") == run.id
    assert launcher(runs_root()).wait(run.id, 60)
    assert open_run(runs_root(), run.id).config() == TOY
    assert run.title == "<b>Mine</b>"


def test_attackers_are_picked_by_name_and_cannot_be_everybody(open_page):
    at = opened(open_page)
    box(at, "selectbox", "Adversary").set_value("sign-flip").run()
    assert any("pick the attackers" in told.value for told in at.info)
    everybody = box(at, "multiselect", "Attackers")
    everybody.set_value(everybody.options and list(range(TOY.federation.clients))).run()
    assert any("at least one honest client" in error.value for error in at.error)
    box(at, "multiselect", "Attackers").set_value([1]).run()
    assert not at.error and not at.exception
    assert link.decode(parameter(at, "config")).adversary.clients == (1,)


def test_a_strategy_of_plain_steps_asks_for_sgd_in_one_sentence(open_page):
    at = opened(open_page)
    box(at, "selectbox", "Strategy").set_value("scaffold").run()
    assert any("must be sgd" in error.value for error in at.error)
    box(at, "selectbox", "Client optimiser").set_value("sgd").run()
    assert not at.error and link.decode(parameter(at, "config")).federation.strategy.name == "scaffold"


def test_privacy_is_counted_before_the_launch(open_page):
    at = opened(open_page, TOY.updated({"federation.weighting": "even", "privacy": {"name": "central", "noise_multiplier": 20.0}}))
    (told,) = [metric for metric in at.metric if metric.label == "Privacy"]
    epsilon = float(told.value.split()[-1])
    box(at, "number_input", "Epsilon after the last round").set_value(epsilon).run()
    (answer,) = [text.value for text in at.markdown if "noise multiplier of" in text.value]
    assert float(answer.split("noise multiplier of ")[1].split("*")[0]) == pytest.approx(20, rel=0.02)
    box(at, "number_input", "Noise multiplier").set_value(0.0).run()
    assert not [metric for metric in at.metric if metric.label == "Privacy"]


def test_privacy_with_weights_by_examples_is_one_sentence(open_page):
    at = opened(open_page)
    box(at, "selectbox", "Privacy").set_value("central").run()
    assert any("even" in error.value for error in at.error) and at.button(key="configure-launch").disabled


def test_participation_and_network_have_their_fields_and_the_estimate_tells_virtual_time(open_page):
    at = opened(open_page, TOY.updated({"participation": {"availability": "diurnal", "late_joiners": [1]}, "network": {"stragglers": [0], "slowdown": 7.0}}))
    assert box(at, "selectbox", "Availability").value == "diurnal" and box(at, "number_input", "Slowdown of stragglers").value == 7.0
    assert box(at, "multiselect", "Late joiners").value == [1] and box(at, "multiselect", "Stragglers").value == [0]
    before = float(box(at, "metric", "Virtual time").value.split()[0])
    box(at, "number_input", "Slowdown of stragglers").set_value(70.0).run()
    assert not at.error and float(box(at, "metric", "Virtual time").value.split()[0]) > before
    box(at, "selectbox", "Late clients").set_value("partial").run()
    kept = link.decode(parameter(at, "config"))
    assert kept.network.late == "partial" and kept.network.stragglers == (0,) and kept.participation.availability.name == "diurnal"


def test_homomorphic_sums_say_who_could_read_an_update_and_what_is_missing(open_page, monkeypatch):
    at = opened(open_page, TOY.updated({"federation.clients": 3}))
    box(at, "checkbox", "Secure aggregation").check().run()
    assert not at.info
    box(at, "selectbox", "Secure protocol").set_value("ckks").run()
    assert link.decode(parameter(at, "config")).federation.secure_protocol == "ckks"
    assert any("together with any one of them could read every update" in info.value for info in at.info) and not at.warning
    monkeypatch.setattr(ckks, "installed", lambda: False)
    at.run()
    assert any("pip install tenseal==" in warning.value for warning in at.warning)


def test_a_model_of_ones_own_shows_its_facts_and_one_that_is_none_stops_the_launch(open_page, tmp_path):
    from tests.models.small_folders import small_folder

    place = small_folder("roberta", tmp_path / "m")
    (place / "README.md").write_text("---\nlicense: mit\nlanguage: de\n---\n")
    at = opened(open_page, TOY.updated({"model": {"name": "pretrained", "source": str(place)}}))
    told = " ".join(caption.value for caption in at.caption)
    assert "Licence: mit" in told and "Languages: de" in told and "Memory that this run needs" in told
    assert not at.button(key="configure-launch").disabled
    (place / "model.safetensors").rename(place / "pytorch_model.bin")
    at.run()
    assert at.button(key="configure-launch").disabled
    assert any("a pickle, which could run code" in error.value.replace("\\", "") for error in at.error)


def test_a_run_that_is_too_large_for_this_machine_is_said_before_the_launch(open_page, monkeypatch):
    from fedviz.runs import fits

    monkeypatch.setattr(fits, "machine_bytes", lambda: 1000)
    at = opened(open_page)
    assert at.button(key="configure-launch").disabled
    assert any("must fit into this machine" in error.value for error in at.error)
