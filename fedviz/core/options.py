"""One declaration of an option drives TOML, CLI help, form, docs and validation."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, ValidationError, create_model

from fedviz.core.errors import ConfigError
from fedviz.core.registry import Registry


class Options(BaseModel):
    """Base of every group of options: frozen, and an unknown key is an error.

    A field is declared `mu: Annotated[float, Field(ge=0, title="Proximal weight", description="...")] = 0.01`; title and
    description are English messages of the catalogue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


T = TypeVar("T", bound=Options)


def parse(options: type[T], data: Mapping[str, Any], section: str = "") -> T:
    """Validate plain data; `ConfigError` names the first rule that is broken, the dotted key and the value."""
    try:
        return options.model_validate(dict(data))
    except ValidationError as error:
        raise ConfigError(_sentence(error, section)) from None


def plugin(registry: Registry, section: str) -> Any:
    """The type of a config section whose `name` picks an entry of `registry` and whose other keys are that entry's options.

    The registry itself lies in the type's metadata, where a form or a help text finds it.
    """

    def pick(value: object) -> object:
        if isinstance(value, Options):
            return value
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or "name" not in value:
            raise ConfigError(f"`{section}` must be a table with a name, but got {str(value)[:80]!r}.")
        return parse(registry.get(str(value["name"])).options, value, section)

    return Annotated[SerializeAsAny[Options], BeforeValidator(pick), registry]


def group(registry: Registry, name: str) -> type[Options]:
    """A section in which every entry of `registry` has a table of its own, by its name: they do not exclude each other. The entries are imported at once."""
    fields = {entry.name: (entry.options, Field(default=entry.options(), title=entry.title, description=entry.summary)) for entry in registry}
    return create_model(name, __base__=Options, __doc__=f"Every {registry.kind}, each with its own options.", **fields)  # type: ignore[call-overload]


def _sentence(error: ValidationError, section: str) -> str:
    """The first problem of a pydantic error as one sentence with key, rule and value."""
    problem = error.errors(include_url=False)[0]
    key = ".".join([*([section] if section else []), *map(str, problem["loc"])]) or "the configuration"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    value = " ".join(str(problem.get("input"))[:80].split())
    rule = problem["msg"].removeprefix("Value error, ").rstrip(".")
    match problem["type"]:
        case "extra_forbidden":
            return f"`{key}` is not an option here; got {key.split('.')[-1]}={value}{more}."
        case "missing":
            return f"`{key}` must be given{more}."
        case "value_error":
            return f"{rule}{more}."
        case _:
            rule = rule.replace("Input should", "the value must", 1)
            return f"`{key}`: {rule}, but got {key.split('.')[-1]}={value}{more}."
