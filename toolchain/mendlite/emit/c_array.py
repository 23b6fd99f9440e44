"""A model as a C array, as `xxd -i` writes one, aligned."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mendlite.emit.c_interface import c_interface
from mendlite.errors import BadInputError
from mendlite.model.interface import InterfaceTensor

ALIGN = 16
"""TFLite Micro reads tensors in place: their offsets in the file are multiples of 16."""

PER_LINE = 12

KEYWORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t
    char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr
    constinit continue decltype default delete do double dynamic_cast else enum explicit export
    extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq
    nullptr operator or or_eq private protected public register reinterpret_cast requires restrict
    return short signed sizeof static static_assert static_cast struct switch template this
    thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using
    virtual void volatile wchar_t while xor xor_eq
"""

RESERVED = frozenset(KEYWORDS.split())
"""Keywords of C23 and C++20: no array can have such a name."""


def symbol(name: str) -> str:
    """``name`` as a C identifier; raises BadInputError for none and for a keyword."""
    identifier = re.sub(r"\W", "_", name, flags=re.ASCII)
    if not identifier:
        raise BadInputError("a C array needs a name: `name` g_model")
    if identifier in RESERVED:
        raise BadInputError(f"'{identifier}' is a keyword of C or C++: choose another `name`")
    return f"_{identifier}" if identifier[0].isdigit() else identifier


def c_header(name: str, tensors: Sequence[InterfaceTensor] = ()) -> bytes:
    """The declaration of the array and of its length, and how ``tensors`` are fed and read."""
    guard = f"{symbol(name).upper()}_H_"
    text = f"""\
#ifndef {guard}
#define {guard}
{c_interface(symbol(name), tensors)}
extern const unsigned char {symbol(name)}[];
extern const unsigned int {symbol(name)}_len;

#endif  // {guard}
"""
    return text.encode()


def c_source(name: str, data: bytes, header: str, align: int = ALIGN) -> bytes:
    """The definition, in C++ and in C11, which both know ``alignas``."""
    lines = (data[at : at + PER_LINE].hex(",") for at in range(0, len(data), PER_LINE))
    body = "\n".join("  0x" + line.replace(",", ", 0x") + "," for line in lines)
    text = f"""\
#include "{header}"

#ifndef __cplusplus
#include <stdalign.h>
#endif

alignas({align}) const unsigned char {symbol(name)}[] = {{
{body}
}};
const unsigned int {symbol(name)}_len = {len(data)};
"""
    return text.encode()
