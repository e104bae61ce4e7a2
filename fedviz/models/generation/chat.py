"""Questions as a chat model reads them (ChatML, as SmolLM2-Instruct was taught): what is asked, what the graph says beside it, and the answer's place."""

import re
from collections.abc import Iterable, Sequence

from fedviz.core.errors import InputError
from fedviz.core.text import clean
from fedviz.models.backbone import Backbone
from fedviz.models.families import Tokens

SYSTEM = "Answer the question in one short sentence."
LONGEST_QUESTION = 400
_MARK = re.compile(r"<\|[^|<>]{0,40}\|>")
_ANSWER = "<|im_start|>assistant\n"
_NO_LIMIT = 1 << 20


def prompt(question: str, facts: Iterable[str] = ()) -> str:
    """The text before the answer; `facts` are sentences that stand before the question. What looks like a mark of the format is taken out. `InputError` for a question that is none."""
    asked = _MARK.sub("", clean(question, LONGEST_QUESTION, "question"))
    if not asked.strip():
        raise InputError("A question must have at least one visible character, but this one is empty.")
    told = "".join(f"- {_MARK.sub('', fact)}\n" for fact in facts)
    user = f"Facts:\n{told}\nQuestion: {asked}" if told else asked
    return framed(SYSTEM, user)


def framed(system: str, user: str) -> str:
    """One turn of a conversation, up to the place of the answer."""
    return f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n{_ANSWER}"


def parted(text: str) -> tuple[str, str]:
    """A prompt with its answer behind it as the two."""
    prompt, mark, answer = text.rpartition(_ANSWER)
    return prompt + mark, answer


def prompt_tokens(backbone: Backbone, prompts: Sequence[str]) -> list[Tokens]:
    """Token ids of texts that something follows: without the end token."""
    return [tokens[:-1] for tokens in backbone.tokenize(prompts, _NO_LIMIT)]


def answer_tokens(backbone: Backbone, answers: Sequence[str]) -> list[Tokens]:
    """Token ids of answers, with the end token that stops the writing."""
    return backbone.tokenize(answers, _NO_LIMIT)


def end_token(backbone: Backbone) -> int:
    """The token at which an answer ends."""
    return backbone.tokenize([""], _NO_LIMIT)[0][-1]
