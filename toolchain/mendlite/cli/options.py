"""Options of the command line from the fields of an options' dataclass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

import click

from mendlite.cli.finite import FiniteRange
from mendlite.cli.flags import flag, with_flags
from mendlite.cli.names import FILES, Name
from mendlite.errors import BadInputError
from mendlite.model.option import Option, options_of

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def options_from(group: type) -> Decorator:
    """Add an option for every field of ``group`` that is one."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(list(options_of(group))):
            function = _click_option(option)(function)
        return function

    return decorate


def given_values(group: type, options: Mapping[str, Any], table: object) -> dict[str, Any]:
    """The values that the command line gives, over those of a target's ``table``."""
    values: dict[str, Any] = {}
    for option in options_of(group):
        value = options.get(option.name)
        if value is None and option.info.in_toml:
            value = getattr(table, option.key)
        if value is not None:
            values[option.name] = value
    return values


def require_use(
    group: type, options: Mapping[str, Any], strategy: str, readers: Callable[[str], Sequence[str]]
) -> None:
    """Raise BadInputError for a given option that the strategy does not read.

    ``readers`` are the strategies that read an option.
    """
    for option in options_of(group):
        if option.info.checked and options.get(option.name) is not None:
            require_reader(option.name, strategy, readers(option.name))


def require_reader(option: str, strategy: str, readers: Sequence[str]) -> None:
    """Raise BadInputError where the strategy is none of ``readers``."""
    if strategy not in readers:
        raise BadInputError(
            f"`{option}` has no effect with strategy {strategy}: it belongs to "
            f"{' and '.join(readers)}"
        )


def _click_option(option: Option) -> Decorator:
    """One option; what is not given is None, so that a target's own value is seen."""
    if option.kind is bool:
        return click.option(
            _switch(option),
            option.name,
            flag_value=not option.default,
            type=bool,
            default=None,
            help=with_flags(option.info.help),
        )
    return click.option(
        flag(option.name),
        option.name,
        type=_click_type(option),
        default=None,
        metavar=option.info.metavar,
        help=with_flags(f"{option.info.help}{_default(option)}"),
    )


def _switch(option: Option) -> str:
    """The flag that sets the value which is not the default: --no-name where that is False."""
    name = flag(option.name)
    return f"--no-{name[2:]}" if option.default and not name.startswith("--no-") else name


def _click_type(option: Option) -> click.ParamType[Any] | None:
    if option.choices:
        return Name(list(option.choices))
    if "FILE" in (option.info.metavar or ""):
        return FILES
    if option.kind is int:
        return click.IntRange(option.info.at_least)
    if option.kind is float:
        return FiniteRange(option.info.above, min_open=True)
    return None


def _default(option: Option) -> str:
    value = option.default.value if isinstance(option.default, Enum) else option.default
    if isinstance(value, float):
        value = f"{value:g}"
    shown = option.info.otherwise or value
    return "" if shown is None else f"  [default: {shown}]"
