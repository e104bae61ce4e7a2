"""Unit vectors of texts from the frozen language model: for names of entities, spans and classes, not for training."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fedviz.models.backbone import Backbone
from fedviz.models.frozen import FrozenLayers


def unit_vectors(backbone: Backbone, texts: Sequence[str], max_tokens: int = 64) -> NDArray[np.float32]:
    """Mean-pooled last layer of unit length, [texts, width]; cached like all frozen activations."""
    if not texts:
        return np.zeros((0, backbone.width), np.float32)
    frozen = FrozenLayers(backbone, len(backbone.layers), pooled=True)
    rows = np.stack([row.cpu().numpy() for row in frozen.activations(backbone.tokenize(texts, max_tokens))])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
