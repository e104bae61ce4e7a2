"""Which tokens are hidden, and under what: the rule of BERT with the ways that others have added.

Devlin et al. 2019 (arXiv 1810.04805): of the tokens chosen, 80 % become the mask, 10 % another token and 10 % stay. Whole words: their release of May 2019 chooses
the tokens of a word together. RoBERTa (Liu et al. 2019, arXiv 1907.11692) chooses anew at every reading. ERNIE (Sun et al. 2019, arXiv 1904.09223) hides
names of entities as units.
"""

from collections.abc import Sequence

import numpy as np

from fedviz.models.token_learner import Question
from fedviz.models.vocabulary import Marked, Vocabulary

MASKED, REPLACED = 0.8, 0.1


def units(text: Marked, whole_words: bool, spans: Sequence[tuple[int, int]] = ()) -> tuple[list[list[int]], list[list[int]]]:
    """The places of a text that are hidden together: first those that overlap one of `spans` (characters), then the others, word by word or one by one."""
    named: list[list[int]] = []
    taken: set[int] = set()
    for start, end in spans:
        unit = [i for i, (a, b) in enumerate(text.spans) if text.words[i] >= 0 and a < end and b > start and i not in taken]
        if unit:
            named.append(unit)
            taken.update(unit)
    others: list[list[int]] = []
    last = -1
    for place, word in enumerate(text.words):
        if word < 0 or place in taken:
            last = -1
        elif whole_words and word == last:
            others[-1].append(place)
        else:
            others.append([place])
            last = word
    return named, others


def hidden(text: Marked, vocabulary: Vocabulary, rate: float, first: Sequence[list[int]], others: Sequence[list[int]], generator: np.random.Generator) -> Question:
    """A question about a share `rate` of the text's tokens, at least one where it has any, and whole units; those of `first` come before the others.

    The share is met on average over texts: a part of a token is rounded by chance. A unit that is longer than what is left is passed over, unless nothing
    was chosen yet.
    """
    all_units = [*(first[i] for i in generator.permutation(len(first))), *(others[i] for i in generator.permutation(len(others)))]
    most = max(1, int(rate * sum(map(len, all_units)) + generator.random()))
    chosen: list[int] = []
    for unit in all_units:
        if len(chosen) >= most:
            break
        if not chosen or len(chosen) + len(unit) <= most:
            chosen += unit
    chosen.sort()
    tokens = list(text.tokens)
    for place, coin in zip(chosen, generator.random(len(chosen)), strict=True):
        if coin < MASKED:
            tokens[place] = vocabulary.mask  # type: ignore[call-overload]
        elif coin < MASKED + REPLACED:
            tokens[place] = _another(vocabulary, generator)
    return Question(tuple(tokens), tuple(chosen), tuple(text.tokens[place] for place in chosen))


def _another(vocabulary: Vocabulary, generator: np.random.Generator) -> int:
    """Any token that stands for text."""
    while (token := int(generator.integers(vocabulary.size))) in vocabulary.special:
        pass
    return token
