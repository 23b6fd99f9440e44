"""Names that a C header gives to whoever includes it, read from its text."""

import re

NAME = r"[A-Za-z_]\w*"
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
MACRO = re.compile(rf"^[ \t]*#[ \t]*define[ \t]+({NAME})", re.MULTILINE)
TAG = re.compile(rf"\b(?:struct|enum|union)\s+({NAME})")
ENUM_BODY = re.compile(rf"\benum\b\s*(?:{NAME})?\s*\{{([^}}]*)\}}")
CONSTANT = re.compile(rf"({NAME})\s*(?:=[^,]*)?(?:,|$)")
BODY = re.compile(r"(\)\s*)?\{[^{}]*\}")
ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)")
EXTERN_C = re.compile(r"\bextern\s*\{")
ONLY_A_TAG = re.compile(rf"(?:struct|enum|union)(?:\s+{NAME})?")
FUNCTION = re.compile(rf"({NAME})\s*\(")
VARIABLE = re.compile(rf"({NAME})\s*(?:\[[^\]]*\]\s*)*$")


def names_given(text):
    """The set of a header's macros, tags, enum constants, types, functions and variables.

    Tags that it only uses are among them: whoever declares them gave them that name.
    """
    code = COMMENT_OR_STRING.sub(" ", text)
    macros = MACRO.findall(code)
    code = DIRECTIVE.sub("", code)
    constants = [
        name for body in ENUM_BODY.findall(code) for name in CONSTANT.findall(body.strip())
    ]
    return {*macros, *TAG.findall(code), *constants, *_declared(code)}


def _declared(code):
    """What the declarations at file scope name."""
    code = EXTERN_C.sub("", ATTRIBUTE.sub("", code))
    while BODY.search(code):
        # A function's body ends its declaration, a struct's does not.
        code = BODY.sub(lambda body: f"{body[1]};" if body[1] else "", code)
    for words in map(str.strip, code.split(";")):
        if ONLY_A_TAG.fullmatch(words) or words.startswith(("_Static_assert", "static_assert")):
            continue
        found = FUNCTION.search(words) or VARIABLE.search(words)
        if found:
            yield found.group(1)
