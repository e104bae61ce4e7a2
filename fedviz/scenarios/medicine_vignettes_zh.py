"""`medicine-vignettes-zh`: the patients of `medicine-vignettes`, told in Chinese, with a graph under Chinese names.

Same patients for the same seed: findings, diseases, hospitals. Age and sex are drawn after the words are, so that these may differ.
"""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.kg.hpo import hpo_graph
from fedviz.scenarios.base import Provenance, ScenarioData, ScenarioEntry
from fedviz.scenarios.vignettes.cases import WARNINGS, WHY, VignettesOptions, cases, diseases, references
from fedviz.scenarios.vignettes.chinese import CHINESE, chinese_graph, disease_names
from fedviz.scenarios.vignettes.words import note

HOSPITALS = ("心脏中心", "肺科医院", "神经专科医院", "眼科医院", "骨与肌肉病医院", "肾脏病中心", "免疫学研究所", "代谢病门诊部")
"""Invented hospitals, in the order of the specialties."""


class MedicineVignettesZhOptions(VignettesOptions):
    """Options of `medicine-vignettes-zh`."""

    name: Literal["medicine-vignettes-zh"] = "medicine-vignettes-zh"


def load(options: MedicineVignettesZhOptions, seed: int) -> ScenarioData:
    """The notes, drawn anew for each seed; more notes contain the fewer. `CarrierError` where the carrier is not fetched, or our table of names is damaged."""
    graph, chosen, called = chinese_graph(hpo_graph()), diseases(), disease_names()
    lay = {key: item.synonyms for key, item in graph.entities.items() if item.synonyms}
    train, test = cases(options, seed, lambda found, style, generator: note(graph, found, style, lay, generator, CHINESE))
    return ScenarioData(
        name="medicine-vignettes-zh",
        classes=tuple(called[disease.id] for disease in chosen),
        parties=HOSPITALS,
        train=train,
        test=test,
        graph=graph,
        lay_names=lay,
        carriers=("hpo",),
        warnings=(
            N_("The Chinese names are a translation by fedviz' authors from the HPO's English names; no clinician has reviewed it. They are neither CHPO's nor CMeKG's, whose origin or terms are unclear. Ids and relations are the HPO's own."),
            N_("The graph is the part of the HPO above the findings of these notes, so that it is smaller than the English scenario's, and figures of the two cannot be compared one to one."),
            *WARNINGS,
        ),
        samples=(
            "34岁男性，因升主动脉瘤和晶状体异位就诊。查体见蜘蛛指和脊柱侧凸。",
            "我的女儿今年5岁，反复肺部感染，汗氯高。我们还注意到她体重不长。",
            "我今年41岁，肾功能不好。医生还发现痛风和血压高。",
            "女童，2岁。所见：眼球震颤和视力差；畏光。",
            "患者，男性，19岁。主诉：湿疹、皮肤反复长脓包。另见：肺炎和血IgE升高。",
        ),
        references=references(chosen),
        provenance=Provenance(
            N_("Chinese names of phenotypes and diseases"), "fedviz/scenarios/vignettes/names_zh.csv, fedviz/scenarios/vignettes/diseases_zh.csv", "Apache-2.0", "2026-11-28",
        ),
    )


MEDICINE_VIGNETTES_ZH = ScenarioEntry(
    "medicine-vignettes-zh",
    N_("Medicine: which disease? (in Chinese)"),
    N_("The generated patients with one of 24 rare diseases once more, told in Chinese, with Chinese names in the graph. It needs a model that reads Chinese."),
    MedicineVignettesZhOptions,
    load,
    N_("hospital"),
    ("hpo",),
    WHY,
    language="zh",
    model="e5-small",
)
