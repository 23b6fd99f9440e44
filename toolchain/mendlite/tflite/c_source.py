"""The bytes of a model out of C or C++ source: ``const unsigned char model[] = {0x1c, ...};``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mendlite.errors import BadInputError
from mendlite.tflite.verify_flatbuffer import IDENTIFIER

# What is not ended goes to the end, so that no text is searched twice.
_COMMENTS = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|//[^\n]*|/\*(?:.*?\*/|.*)""",
    re.DOTALL,
)
# `name[size] = {...}`, or C++'s `std::array<type, size> name = {{...}}`.
_ARRAY = re.compile(
    r"\b(?:array\s*<\s*(?:\w|::)+\s*,(?P<length>[^<>{};,]*)>\s*(?P<object>[A-Za-z_]\w*)"
    r"|(?P<name>[A-Za-z_]\w*)\s*\[(?P<size>[^\][{};]*)\])"
    r"(?P<attributes>[^;={}\[\]]*)=?\s*\{\s*\{?(?P<body>[^{}]*)\}"
)
_NUMBER = re.compile(r"(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)[uUlL]{0,3}")
_LONGEST = 12
"""Characters of the longest number that a byte may be written as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CArray:
    """An array of bytes as a source defines it."""

    name: str
    data: bytes

    @property
    def is_model(self) -> bool:
        """Whether the bytes begin as a ``.tflite`` does."""
        return self.data[4:8] == IDENTIFIER


def extract_model(source: bytes, name: str | None = None) -> CArray:
    """The one array of ``source`` that holds a ``.tflite``, or the array ``name``.

    Raises BadInputError where there is no such array, more than one, or where it is no complete
    list of bytes.
    """
    text = _COMMENTS.sub(lambda match: '""' if match["text"] else " ", _decoded(source))
    matches = list(_ARRAY.finditer(text))
    names = list(dict.fromkeys(map(_name, matches)))
    if name is not None:
        if name not in names:
            raise BadInputError(f"no array {name}; there are: {_names(names)}")
        return _only_definition([_array(text, m) for m in matches if _name(m) == name])
    if not matches:
        return _only_model([_undeclared(text)])
    arrays = [_array(text, match) for match in matches if _begins_as_model(match["body"])]
    if not arrays:
        raise _no_model(matches, names)
    return _only_model(
        [
            _only_definition([array for array in arrays if array.name == each])
            for each in dict.fromkeys(array.name for array in arrays)
        ]
    )


def _undeclared(text: str) -> CArray:
    """What `xxd -i < model.tflite` writes: numbers without a declaration."""
    if _NUMBER.fullmatch(text[:200].split(",", maxsplit=1)[0].strip()) is None:
        raise BadInputError("it holds no C array of bytes, and its element 0 is not a number")
    return CArray(name="", data=_bytes("the source", text))


def _name(match: re.Match[str]) -> str:
    return match["name"] or match["object"]


def _no_model(matches: Sequence[re.Match[str]], names: Sequence[str]) -> BadInputError:
    """Why none of the arrays is a model: names the one whose elements cannot be read."""
    for match in matches:
        first = match["body"][:200].split(",")[:8]
        for index, item in enumerate(first):
            if len(first) == 8 and _NUMBER.fullmatch(item.strip()) is None:
                return BadInputError(
                    f"array {_name(match)[:60]}: element {index} is not a number, and no other "
                    "array holds a .tflite; elements are read as plain numbers, without casts, "
                    "characters or macros"
                )
    return BadInputError(f"no array holds a .tflite; there are: {_names(names)}")


def _only_definition(arrays: Sequence[CArray]) -> CArray:
    """The array of one name; raises BadInputError where `#if` keeps several with other bytes."""
    if any(array.data != arrays[0].data for array in arrays):
        raise BadInputError(
            f"array {arrays[0].name[:60]} is defined {len(arrays)} times with other bytes, and #if "
            "is not followed: leave only the definition that you build"
        )
    return arrays[0]


def _decoded(source: bytes) -> str:
    if b"\0" in source:
        raise BadInputError("it is no C source: it holds zero bytes")
    return source.decode("utf-8", "replace")


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(name[:60] for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown or "none"


def _only_model(arrays: Sequence[CArray]) -> CArray:
    models = [array for array in arrays if array.is_model]
    if len(models) > 1:
        raise BadInputError(
            f"{len(models)} arrays hold a .tflite: {_names([m.name for m in models])}; choose one"
        )
    if not models:
        raise BadInputError("it holds no array with the bytes of a .tflite")
    return models[0]


def _begins_as_model(body: str) -> bool:
    first = [_NUMBER.fullmatch(item.strip()) for item in body[:200].split(",")[:8]]
    if len(first) < 8 or not all(first):
        return False
    return bytes(_value(item) & 255 for item in first[4:] if item) == IDENTIFIER


def _value(number: re.Match[str]) -> int:
    sign, digits = number[1], number[2]
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
    value = int(digits, 8) if octal else int(digits, 0)
    return -value if sign else value


def _bytes(place: str, body: str) -> bytes:
    items = body.split(",")
    # C allows a comma behind the last element.
    if items and not items[-1].strip():
        items.pop()
    content = bytearray()
    for index, item in enumerate(items):
        number = _NUMBER.fullmatch(item.strip()) if len(item) < 200 else None
        if number is None or len(number[2]) > _LONGEST:
            raise BadInputError(f"{place}: element {index} is not a number")
        value = _value(number)
        if not -128 <= value <= 255:
            raise BadInputError(f"{place}: element {index} is {value}, not a byte")
        content.append(value & 255)
    return bytes(content)


def _array(text: str, match: re.Match[str]) -> CArray:
    """The array of one definition; raises BadInputError where its lengths contradict each other."""
    name = _name(match)
    data = _bytes(f"array {name[:60]}", match["body"])
    declared = _NUMBER.fullmatch((match["size"] or match["length"] or "").strip())
    if declared is not None and len(declared[2]) <= _LONGEST:
        size = _value(declared)
        if size < len(data) or size > 2 * len(data) + 4096:
            raise BadInputError(f"array {name[:60]}: {len(data)} bytes for a size of {size}")
        # C fills what is left of an array with zeros.
        data += bytes(size - len(data))
    said = re.search(rf"\b{re.escape(name)}_(?:len|length|size)\s*=\s*(\d{{1,12}})\s*;", text)
    if said is not None and int(said[1]) != len(data):
        raise BadInputError(
            f"array {name[:60]}: {len(data)} bytes, but its length is given as {int(said[1])}: the "
            "source was cut or edited"
        )
    return CArray(name=name, data=data)
