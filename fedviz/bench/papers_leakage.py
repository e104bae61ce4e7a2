"""What one client's update gives away, on the pretrained MiniLM: the words are the rows of the embedding gradient that are not zero, the label is its one negative sign."""

from collections.abc import Iterator

from fedviz.bench.leakage import CONFIG
from fedviz.bench.proof import Proof
from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.federation.leakage import sight, tokens
from fedviz.federation.leakage.sight import Setting
from fedviz.federation.leakage.study import Text, seen
from fedviz.federation.leakage.subject import subject, warm_head
from fedviz.scenarios.load import load

SENTENCES = 5
DLG = "Zhu, Liu and Han 2019, Deep Leakage from Gradients, arXiv:1906.08935 (gradients give texts away); the set of words follows from the chain rule"
IDLG = "Zhao, Mopuri and Bilen 2020, iDLG: Improved Deep Leakage from Gradients, arXiv:2001.02610"


def leakage_laws() -> Iterator[Proof]:
    """Two rows, of five patients' vignettes; `CarrierError` where the model is not in the data folder."""
    config = RunConfig.parse(CONFIG)
    data = load(config)
    some = subject(config, data, warm_head(config, data))
    words = signs = 0
    for row, text in enumerate(some.tokens(data.test.texts[:SENTENCES])):
        target = Text(text, int(data.test.labels[row]))
        gradient = seen(some, target, [], Setting(), row)
        words += set(tokens.changed_rows(gradient[sight.WORD]).tolist()) == set(text)
        signs += (gradient[sight.BIAS] < 0).nonzero()[0].tolist() == [target.label]
    counted = f"{SENTENCES} / {SENTENCES}"
    yield Proof(N_("Gradient leakage (DLG)"), N_("MiniLM: the set of a sentence's tokens is read exactly off the rows of the embedding gradient that are not zero (sentences)"),
                r"\frac{\partial \ell}{\partial E_v} = \sum_{i : x_i = v} \frac{\partial \ell}{\partial e_i}, \qquad v \notin x \Rightarrow \frac{\partial \ell}{\partial E_v} = 0",
                DLG, f"{words} / {SENTENCES}", counted, float(words), float(SENTENCES), "at least")  # fmt: skip
    yield Proof(N_("Gradient leakage (iDLG)"), N_("MiniLM: the class of a text is the only negative entry of the gradient of the head's bias (sentences)"),
                r"\frac{\partial \ell}{\partial b_c} = p_c - [c = y], \qquad \frac{\partial \ell}{\partial b_c} < 0 \Leftrightarrow c = y",
                IDLG, f"{signs} / {SENTENCES}", counted, float(signs), float(SENTENCES), "at least")  # fmt: skip
