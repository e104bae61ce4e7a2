"""How far an attack has got with the global model, as one number beside its accuracy.

It is measured by the demonstration itself, which knows what the attackers want, in the process of the run, after the clients have evaluated the model. In a
real federation nobody could: the honest do not know the aim, and the attackers lack the others' test texts. No message carries it and no combination reads it.
For the share of triggered or relabelled texts as the measure, see Bagdasaryan et al. 2020 (arXiv 1807.00459) and Tolpegin et al. 2020 (arXiv 2007.08432).
"""

from typing import TYPE_CHECKING

import numpy as np

from fedviz.core.registry import ADVERSARIES
from fedviz.federation.client_app import measured

if TYPE_CHECKING:
    from fedviz.federation.assemble import Experiment
    from fedviz.federation.messages import Arrays
    from fedviz.federation.task import Evaluation

NAME = "attack_success"
"""The metric's name."""


def attack_success(experiment: "Experiment", arrays: "Arrays", evaluation: "Evaluation") -> dict[str, float]:
    """`{NAME: share}` in [0, 1] for a model and what the clients measured of it together; empty where nobody attacks, or where the attack has no aim but harm.

    "next class": the share of all test texts that the model takes for the class after the true one; an honest model does so too, now and then.
    "trigger": the share of the test texts of other classes that it takes for the attackers' class once they bear the trigger.
    """
    aim = ADVERSARIES.get(experiment.config.adversary.name).aim
    if not experiment.config.adversary.clients or not aim or not evaluation.examples:
        return {}
    if aim == "trigger":
        rows = experiment.beside.triggered
        return {NAME: measured(experiment.own_learner, arrays, rows).metrics()["accuracy"]} if len(rows) else {}
    classes = np.arange(len(evaluation.confusion))
    return {NAME: float(evaluation.confusion[classes, (classes + 1) % len(classes)].sum()) / evaluation.examples}
