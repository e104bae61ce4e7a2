"""The page *Configure*: a form in sections, what it means for the hospitals, and the button that starts it."""

from typing import Any

import streamlit as st

from fedviz.core.config import FederationConfig, RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.options import Options
from fedviz.core.participation import NetworkConfig, ParticipationConfig
from fedviz.core.registry import (
    ADAPTERS,
    ADVERSARIES,
    AGGREGATIONS,
    AVAILABILITY,
    COMPRESSION,
    KNOWLEDGE,
    MODELS,
    OBJECTIVES,
    PARTITIONS,
    PRIVACY,
    SCENARIOS,
    STRATEGIES,
    Registry,
)
from fedviz.federation.secure import ckks
from fedviz.runs.launcher import launcher
from fedviz.runs.presets import presets
from fedviz.ui import drafts, forms, knowledge_use, model_facts, own_texts, preview, privacy, provenance, scenario_card, shell, state, toml_editor
from fedviz.ui.drafts import Draft
from fedviz.ui.sentences import sentence
from fedviz.ui.text import clean, plain

ADVANCED = frozenset({
    "train_texts", "test_texts", "lora_rank", "lora_alpha", "lora_layers", "max_tokens", "cache", "bucket", "bf16", "train_bf16", "device", "lora_targets", "start_from", "width", "layers",
    "gate_slope", "gate_threshold", "dimensions", "weighting", "absent_clients", "faulty_clients", "secure_threshold", "beta_1", "beta_2", "tau", "align_threshold", "link_threshold",
    "clip_rate", "count_noise", "masks", "heads", "most_per_text", "temperature",
    "late_joiners", "join_round", "text_s", "up_mbit", "down_mbit", "latency_s", "link_spread", "device_watts", "joules_per_mb", "price_per_gb", "price_per_kwh",
})
"""Options that stand behind "More options": a first run needs none of them."""


def show() -> None:
    """The whole page."""
    st.title(_("Configure a run"))
    st.markdown(_(
        "Choose the texts, who holds them, what is trained and how it is averaged. "
        "The address of this page always holds the whole configuration: copy it to share it."
    ))
    draft = drafts.current()
    reason = drafts.trouble()
    if reason:
        st.error(plain(reason))
    left, right = st.columns([6, 7], gap="large")
    with left:
        _presets(draft)
        config, trouble = _form(draft)
    draft = drafts.keep(config) if config is not None else draft
    with right:
        launch = st.container(border=True)
        possible = preview.show(draft.config)
        with launch:
            _launch(draft, trouble, possible)
    scenario_card.show(draft.config, start)
    toml_editor.show(draft)
    provenance.show(draft.config)


def _presets(draft: Draft) -> None:
    """Fill the form from a ready-made configuration."""
    ready = {preset.name: preset for preset in presets()}
    names = list(ready)
    same = next((name for name in names if ready[name].config == draft.config), None)
    key = f"{draft.key}-preset-{same}"
    st.selectbox(
        _("Ready-made configuration"), names, index=names.index(same) if same else None, format_func=lambda name: _(ready[name].title), key=key,
        placeholder=_("None of these: changed by you"), on_change=lambda: drafts.fill(ready[st.session_state[key]].config) if st.session_state[key] else None,
    )
    if same:
        st.caption(_(ready[same].summary))


def _form(draft: Draft) -> tuple[RunConfig | None, str]:
    """All sections; None while a rule is broken, which is told at its field, or, where it stands between two sections, given as a sentence."""
    base, key = draft.base, draft.key
    fields = RunConfig.model_fields
    tabs = st.tabs([_("Texts"), _("Who holds them"), _("Model"), _("Graph"), _("Federation"), _("Participation"), _("Network"), _("Adversaries"), _("Privacy")], key=f"{key}-tabs")
    answers: dict[str, Any] = {}
    for tab, name, registry in zip(tabs, ("scenario", "partition", "model", "knowledge"), (SCENARIOS, PARTITIONS, MODELS, KNOWLEDGE), strict=False):
        field = fields[name]
        with tab:
            answers[name] = _choice(base, name, registry, key)
            if name == "model" and answers[name] is not None:
                model_facts.show(draft.config, answers[name])
            if name == "scenario":
                if answers[name] is not None and answers[name].name == "own":
                    own_texts.show(draft)
                answers["seed"] = forms.show_field(RunConfig, "seed", base.seed, key)
                answers["texts"] = knowledge_use.texts(base, key)
    with tabs[2]:
        answers["objective"] = _choice(base, "objective", OBJECTIVES, key)
        objective = OBJECTIVES.get((answers["objective"] or base.objective).name)
        if not objective.labels:
            answers["knowledge"] = {"name": "none"}
            _method(objective)
            st.info(_("This objective reads no labels. So the graph has no evidence to add, and what is chosen for it under Graph does not count."))
    names = dict(enumerate(preview.client_names(draft.config)))
    with tabs[3]:
        knowing, looks = knowledge_use.show(base, key, names)
        answers |= knowing
    with tabs[4]:
        answers["federation"] = forms.show(
            FederationConfig, base.federation, f"{key}.federation", advanced=ADVANCED, choices={"absent_clients": names, "faulty_clients": names},
        )
        federation = answers["federation"] or base.federation
        _method(STRATEGIES.get(federation.strategy.name))
        if federation.aggregation.name != "mean":
            _method(AGGREGATIONS.get(federation.aggregation.name))
        _protocol(federation)
        if federation.compression.name != "none":
            _method(COMPRESSION.get(federation.compression.name))
        if federation.adapters.name != "fedit":
            _method(ADAPTERS.get(federation.adapters.name))
    with tabs[5]:
        st.markdown(_("Who can be asked, who leaves before the end, and whether texts come in over the rounds. As it stands, everybody is always there and stays."))
        answers["participation"] = forms.show(
            ParticipationConfig, base.participation, f"{key}.participation", advanced=ADVANCED, choices={"late_joiners": names},
        )
        pattern = (answers["participation"] or base.participation).availability.name
        if pattern != "always":
            _method(AVAILABILITY.get(pattern))
    with tabs[6]:
        st.markdown(_(
            "How fast devices and links are, and what they cost. Time is virtual: it is computed, and nobody waits for it. "
            "Speeds change what is learned only with a deadline, with over-selection or under an asynchronous strategy; else they change what it takes."
        ))
        answers["network"] = forms.show(NetworkConfig, base.network, f"{key}.network", advanced=ADVANCED, choices={"stragglers": names})
    with tabs[7]:
        field = fields["adversary"]
        answers["adversary"] = forms.show_plugin(
            ADVERSARIES, base.adversary, f"{key}.adversary", forms.title_of(field, "adversary"), forms.help_of(field), choices={"clients": names},
        )
        _attack(answers["adversary"] or base.adversary)
    with tabs[8]:
        field = fields["privacy"]
        answers["privacy"] = forms.show_plugin(
            PRIVACY, base.privacy, f"{key}.privacy", forms.title_of(field, "privacy"), forms.help_of(field), advanced=ADVANCED,
        )
        kept = answers["privacy"] or base.privacy
        mechanism = PRIVACY.get(kept.name)
        if kept.name == "none":
            _story(mechanism)
        else:
            _method(mechanism)
            privacy.calculator(mechanism, kept, federation, draft.config, key)  # its library takes a second to load, which a page without privacy need not wait for
    if any(answer is None for answer in answers.values()):
        return None, _("An option breaks a rule; the sentence stands at its field. The figures here belong to the last configuration without an error.")
    try:
        config = RunConfig.parse(answers)
    except FedvizError as error:
        return None, sentence(error)
    knowledge_use.look(looks, config, key, names)
    return config, ""


def _choice(base: RunConfig, name: str, registry: Registry, key: str) -> Options | None:
    """A section of the configuration that is a plug-in."""
    field = RunConfig.model_fields[name]
    return forms.show_plugin(registry, getattr(base, name), f"{key}.{name}", forms.title_of(field, name), forms.help_of(field), advanced=ADVANCED, first=("data",))


def _launch(draft: Draft, trouble: str, possible: bool) -> None:
    """Title and start button, with what the run will cost; `trouble` says which rule is broken, `possible` whether the texts can be dealt out as asked."""
    preview.show_estimate(draft.config)
    model_facts.language(draft.config, drafts.fill)
    title = st.text_input(_("Title of the run"), value=preview.title(draft.config), max_chars=120, key=f"{draft.key}-title-{draft.config.digest()}")
    trouble = trouble or model_facts.refusal(draft.config)
    if trouble:
        st.error(plain(trouble))
    missing = provenance.missing(draft.config)
    if missing:
        provenance.offer(missing)
    if st.button(_("Start the run"), type="primary", disabled=bool(trouble) or bool(missing) or not possible, key="configure-launch"):
        start(draft.config, title)


def _method(entry: Any) -> None:
    """What a strategy, a combination or a privacy mechanism computes, when it helps, and whose it is."""
    with st.expander(_("The rule of {strategy}").format(strategy=_(entry.title))):
        knowledge_use.rule(entry)


def _protocol(federation: FederationConfig) -> None:
    """What homomorphic sums keep and what they do not, where they are chosen."""
    if not federation.secure_aggregation or federation.secure_protocol != "ckks":
        return
    st.info(_(
        "Homomorphic sums: the server adds ciphertexts without a key, and one client decrypts the sum for it. All clients share the secret key, so that the server together "
        "with any one of them could read every update. Every client must follow the protocol: one that encrypts or decrypts wrongly spoils the round."
    ))
    if not ckks.installed():
        st.warning(_("The library for it is missing here: pip install tenseal==0.3.18, or choose masks."))


def _attack(adversary: Options) -> None:
    """Whether somebody attacks at all, and the attack's story."""
    if adversary.name != "none" and not adversary.clients:
        st.info(_("Nobody attacks yet: pick the attackers above."))
    _story(ADVERSARIES.get(adversary.name))


def _story(entry: Any) -> None:
    """When an attack works and what stops it, or what lies in wait without a guarantee; and who described it."""
    st.markdown(_(entry.when))
    st.caption(plain(entry.paper))


def fill(config: RunConfig) -> None:
    """Put a configuration into the form and turn to it."""
    drafts.fill(config)
    shell.go("configure")


def start(config: RunConfig, title: str) -> None:
    """Hand a configuration to the launcher and turn to the Live page; a refusal is one sentence."""
    try:
        run_id = launcher().submit(config, clean(title) or preview.title(config))
    except FedvizError as error:
        st.error(plain(error))
        return
    state.set_current_run(run_id)
    shell.go("live", run=run_id)
