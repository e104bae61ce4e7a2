"""The settings that a sentence is attacked under, from no defence on: rows of the table on the page and of `bench leakage`."""

from dataclasses import dataclass

from fedviz.core.i18n import N_
from fedviz.federation.leakage.sight import Setting

CLIP = 0.01


@dataclass(frozen=True)
class Defence:
    """A setting with a name for files and a title for the page (a message)."""

    name: str
    title: str
    setting: Setting


DEFENCES = (
    Defence("none", N_("No defence: every weight is trained, one text, one step"), Setting()),
    Defence("batch-4", N_("4 texts in the step"), Setting(batch=4)),
    Defence("batch-16", N_("16 texts in the step"), Setting(batch=16)),
    Defence("steps-5", N_("5 local steps"), Setting(steps=5)),
    Defence("steps-20", N_("20 local steps"), Setting(steps=20)),
    Defence("adamw", N_("5 local steps with AdamW"), Setting(steps=5, optimizer="adamw")),
    Defence("first", N_("The first round, when the head is still zero"), Setting(first=True)),
    Defence("float16", N_("Sent in half precision"), Setting(compression="float16")),
    Defence("top-k", N_("Only the largest hundredth of the numbers is sent"), Setting(compression="top-k")),
    Defence("clip", N_("Clipped, without noise"), Setting(clip=CLIP)),
    Defence("noise-0.001", N_("Clipped, noise multiplier 0.001"), Setting(clip=CLIP, noise=0.001)),
    Defence("noise-0.003", N_("Clipped, noise multiplier 0.003"), Setting(clip=CLIP, noise=0.003)),
    Defence("noise-0.01", N_("Clipped, noise multiplier 0.01"), Setting(clip=CLIP, noise=0.01)),
    Defence("noise-1", N_("Clipped, noise multiplier 1"), Setting(clip=CLIP, noise=1.0)),
    Defence("masked", N_("Secure aggregation: the client's own message"), Setting(secure="masked")),
    Defence("sum", N_("Secure aggregation: the sum of eight clients"), Setting(secure="sum")),
    Defence("lora", N_("Only adapters (LoRA) and the head are trained"), Setting(tuning="lora")),
    Defence("head", N_("Only the head is trained"), Setting(tuning="head")),
    Defence("head-noise-0.01", N_("Only the head, clipped, noise multiplier 0.01"), Setting(tuning="head", clip=CLIP, noise=0.01)),
    Defence("head-noise-0.1", N_("Only the head, clipped, noise multiplier 0.1"), Setting(tuning="head", clip=CLIP, noise=0.1)),
    Defence("head-noise-1", N_("Only the head, clipped, noise multiplier 1"), Setting(tuning="head", clip=CLIP, noise=1.0)),
)
"""Each row changes the first one in what it names."""
