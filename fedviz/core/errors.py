"""Errors that a user can cause. Each message is one sentence that names the rule and the value."""

from collections.abc import Iterable


class FedvizError(Exception):
    """Base of every error that reaches a user as one sentence; anything else is a bug of ours."""


class ConfigError(FedvizError):
    """A run configuration breaks a rule; the message names the rule, the key and the value."""


class UnknownNameError(ConfigError):
    """A name that no registry, preset, run or entity has; the message lists what is known."""

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = ", ".join(known) or "none"
        super().__init__(f"There is no {kind} named {str(name)[:80]!r}; known: {names}.")


class CarrierError(FedvizError):
    """A data or model package is missing, damaged or cannot be fetched."""


class InputError(FedvizError):
    """A text, file or edit that a user gave cannot be used."""


class RunError(FedvizError):
    """A run cannot be started, resumed, read or finished."""


_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the machine's memory did not suffice: Python's own, or torch's, which is a `RuntimeError` like many others."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _NO_MEMORY))
