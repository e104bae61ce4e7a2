"""The text's part of a model as one ONNX file: token ids in, logits out. It is kept only where ONNX Runtime gives the same logits."""

import warnings
from pathlib import Path

import torch

from fedviz.core.errors import InputError
from fedviz.models.exchange import Whole
from fedviz.models.learner import Classifier

FILE = "model.onnx"
TOLERANCE = 1e-3
"""Greatest difference between the file's logits and the model's, absolute, relative to the largest logit where that is above 1."""
OPSET = 18
_TRIED = ((1, 3), (2, 11), (3, 24))
"""Texts and tokens of the inputs that the file is tried with."""


def write_onnx(model: Classifier, into: Path) -> float:
    """Write `model.onnx` and give the greatest difference in logits. `InputError` where a package is missing or the family does not export; nothing is left then."""
    try:
        import onnx  # noqa: F401 - torch writes with it
        import onnxruntime
    except ImportError:
        raise InputError("Exporting as ONNX needs the packages onnx and onnxruntime, but they are not installed.") from None
    whole, file = Whole(model), into / FILE
    family = model.encoder.frozen.family
    names = {"input_ids": {0: "texts", 1: "tokens"}, "attention_mask": {0: "texts", 1: "tokens"}, "logits": {0: "texts"}}
    ids, mask = _inputs(whole, 2, 7, family.pad)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer's remarks on shapes, which the trial below answers
            torch.onnx.export(whole, (ids, mask), str(file), dynamo=False, input_names=["input_ids", "attention_mask"], output_names=["logits"], dynamic_axes=names, opset_version=OPSET)
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        difference = max(_difference(whole, session, *_inputs(whole, *shape, family.pad)) for shape in _TRIED)
    except Exception as error:  # the exporter raises nearly anything for operations that it does not know
        file.unlink(missing_ok=True)
        raise InputError(f"A model of the family {family.name} could not be exported as ONNX ({type(error).__name__}).") from None
    if not difference <= TOLERANCE:
        file.unlink()
        raise InputError(f"An ONNX file must give the model's logits up to {TOLERANCE:g}, but that of this model is {difference:.1e} away and was not kept.")
    return difference


def _inputs(whole: Whole, texts: int, tokens: int, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Any token ids, every text one token shorter than the one before it."""
    generator = torch.Generator().manual_seed(tokens)
    vocabulary = whole.encoder.get_input_embeddings().weight.shape[0]
    ids = torch.randint(0, vocabulary, (texts, tokens), generator=generator)
    ids = torch.where(ids == pad, (ids + 1) % vocabulary, ids)  # the padding's id is no word: RoBERTa would count places past it
    mask = (torch.arange(tokens)[None] < tokens - torch.arange(texts)[:, None]).long()
    return torch.where(mask > 0, ids, pad), mask


@torch.no_grad()
def _difference(whole: Whole, session: object, ids: torch.Tensor, mask: torch.Tensor) -> float:
    (found,) = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})  # type: ignore[attr-defined]
    told = whole(ids, mask)
    return float((told - torch.from_numpy(found)).abs().max() / told.abs().max().clamp_min(1.0))
