"""An option of a job: one dataclass field with metadata, from which TOML, flags and API follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from enum import Enum
from math import isfinite
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mendlite.errors import BadInputError
from mendlite.reading.names import unknown

KEY = "option"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionInfo:
    """The description of a field.

    ``name`` is the API parameter (None: the field's own name), ``key`` the TOML key (None: the
    parameter's name). ``help`` is one sentence; ``otherwise`` states what holds where nothing is
    given. ``at_least`` and ``above`` bound a number. ``in_toml``: a target may set it;
    ``checked`` whether giving it to a strategy that does not read it is an error.
    """

    help: str
    name: str | None = None
    key: str | None = None
    otherwise: str | None = None
    at_least: int | None = None
    above: float | None = None
    metavar: str | None = None
    in_toml: bool = True
    checked: bool = False


def option(default: Any, help: str, **info: Any) -> Any:  # noqa: A002 - click's and argparse's word
    """A dataclass field that is an option, with ``OptionInfo``'s values."""
    return field(default=default, metadata={KEY: OptionInfo(help=help, **info)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: its place in the options' dataclass, its type and its field's description.

    ``kind`` is str, int, float, bool, tuple (of ``element``: str, int or float) or an Enum class;
    ``literals`` are the words that it accepts where it is no Enum; ``default`` its default.
    """

    name: str
    path: tuple[str, ...]
    kind: type
    default: Any
    info: OptionInfo
    element: type = str
    literals: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key in a target's table."""
        return self.info.key or self.name

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it accepts; empty where it accepts others."""
        if self.literals:
            return self.literals
        return tuple(one.value for one in self.kind) if issubclass(self.kind, Enum) else ()

    def read(self, value: Any) -> Any:
        """The value as its field holds it; raises BadInputError that names the option."""
        if value is None:
            return self.default
        if self.choices:
            return self._choice(value)
        if self.kind is tuple:
            return self._several(value)
        return self._scalar(value)

    def _choice(self, value: Any) -> Any:
        if isinstance(value, self.kind) and not self.literals:
            return value
        if value not in self.choices:
            raise BadInputError(f"{self.name} is one of {', '.join(self.choices)}, not {value!r}")
        return self.kind(value)

    def _several(self, value: Any) -> tuple[Any, ...]:
        """Words or numbers of a list, or of a text with commas; one number stands for itself."""
        alone = isinstance(value, int | float)
        given = [value] if alone else self._split(value) if isinstance(value, str) else value
        words = [str(word).strip() for word in given if str(word).strip()]
        if isinstance(value, str) and value.strip() and not words:
            raise BadInputError(f"`{self.name}` names nothing: {value!r}")
        try:
            elements = tuple(self.element(word) for word in words)
        except ValueError:
            elements = ()
        if (words and not elements) or (self.element is float and not all(map(isfinite, elements))):
            kind = "whole numbers" if self.element is int else "numbers"
            raise BadInputError(f"`{self.name}` are {kind} with commas between, not {value!r}")
        return elements

    def _split(self, text: str) -> list[str]:
        """The parts of a text; sizes may be written 96x96, too."""
        return (text.replace("x", ",") if self.element is int else text).split(",")

    def _scalar(self, value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        right = isinstance(value, self.kind) if self.kind in (bool, str) else whole
        if self.kind is float:
            right = (whole or isinstance(value, float)) and isfinite(value)
        if not right:
            raise BadInputError(f"{self.name} is a {self.kind.__name__}, not {value!r}")
        if self.info.at_least is not None and value < self.info.at_least:
            raise BadInputError(f"{self.name} is at least {self.info.at_least}, not {value}")
        if self.info.above is not None and value <= self.info.above:
            raise BadInputError(f"{self.name} is above {self.info.above:g}, not {value}")
        return float(value) if self.kind is float else value


def options_of(group: type, path: tuple[str, ...] = ()) -> Iterator[Option]:
    """The options of a dataclass and of the dataclasses in it, in the order of their fields."""
    hints = get_type_hints(group)
    for one in fields(group):
        kind = hints[one.name]
        if is_dataclass(kind):
            yield from options_of(kind, (*path, one.name))  # type: ignore[arg-type]
        elif KEY in one.metadata:
            info: OptionInfo = one.metadata[KEY]
            yield Option(
                name=info.name or one.name,
                path=(*path, one.name),
                kind=_plain(kind),
                default=None if one.default is MISSING else one.default,
                info=info,
                element=_element(kind),
                literals=_literals(kind),
            )


def _plain(kind: Any) -> type:
    """The type without its None; tuples of words are tuple."""
    inner = [part for part in getattr(kind, "__args__", ()) if part is not type(None)]
    if get_origin(kind) is tuple:
        return tuple
    if get_origin(kind) is Literal:
        return str
    return _plain(inner[0]) if inner else kind


def _parts(kind: Any) -> Iterator[Any]:
    """The type, or those of a union."""
    if get_origin(kind) in (tuple, Literal):
        yield kind
    for part in get_args(kind):
        yield from _parts(part)


def _element(kind: Any) -> type:
    """What a tuple holds; str for what is none."""
    tuples = [get_args(part)[0] for part in _parts(kind) if get_origin(part) is tuple]
    return tuples[0] if tuples else str


def _literals(kind: Any) -> tuple[str, ...]:
    return next((get_args(part) for part in _parts(kind) if get_origin(part) is Literal), ())


def with_values(options: Any, values: Mapping[str, Any]) -> Any:
    """The options' dataclass with ``values`` by option name; None stands for the default.

    Raises BadInputError for a name that is none, and for a value outside its range.
    """
    known = {one.name: one for one in options_of(type(options))}
    for name, value in values.items():
        if name not in known:
            raise BadInputError(unknown("option", name, known))
        options = _placed(options, known[name].path, known[name].read(value))
    return options


def _placed(group: Any, path: tuple[str, ...], value: Any) -> Any:
    first, *rest = path
    inner = _placed(getattr(group, first), tuple(rest), value) if rest else value
    return replace(group, **{first: inner})
