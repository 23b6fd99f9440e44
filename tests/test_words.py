"""Plain words: phrases that readers had to guess at, and synonyms of the glossary's terms, stay out.

docs/GLOSSARY.md has the terms. Each entry is a pattern and what to write instead. A document's code
spans and code blocks are not read: they hold names of fields and files.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    page.relative_to(ROOT)
    for pattern in ("*.md", "CHANGELOG", "docs/**/*.md", "targets/**/*.md", "firmware_tests/**/*.md")
    for page in ROOT.glob(pattern)
    if page.name != "COMMANDS.md"  # written from the program's own words
)  # fmt: skip
MODULES = sorted(page.relative_to(ROOT) for page in (ROOT / "toolchain" / "mendlite").rglob("*.py"))

PHRASES = {
    r"(taken?|takes|took) back": "rejected; or: reverted",
    r"no edit (wins|reaches)": "cannot be recovered by editing",
    r"wins? back": "recover",
    r"no step has seen|unseen by|rejected unseen": "held-out; or: rejected before it is evaluated",
    r"(?<!alternating )in turns": "alternating",
    r"bolder": "with a lower acceptance threshold",
    r"bytes buy|would have bought": "failing tests against bytes changed",
    r"as it came": "the base file",
    r"likes? best": "with the least loss",
    r"second opinion": "cross-check",
    r"nobody else": "no other interpreter",
    r"not ours|of ours|ours alone": "mendlite's own; or: another interpreter",
    r"all the same": "anyway; or: equal",
    r"(give|giving|given|gives|gave) (it|them) up|gives? up": "stops",
    r"honest|boasting|strangers?'?": "name what is meant",
    r"hang(s)? on": "depend on",
    r"word(s)? that nothing checks": "text that is not checked",
    r"anew": "again; or: new",
    r"what (bytes|it) buys?": "failing tests against bytes changed",
    r"says next to nothing": "carries almost no information",
}
"""What the documents, the strings and the docstrings do not say."""

PERSONS = {
    r"(says|said|saying)": "states, defines, reports, prints",
    r"(tells|told)": "shows, states",
    r"(asks|asked|asking)": "requests, needs, calls",
    r"(answer|answers|answered|answering)": "outputs, responses, replies, results",
    r"(knows|knew)": "has, contains",
    r"(judges?|judged|judging)": "evaluate, score, compare",
    r"(teaches|taught)": "teacher",
    r"(wants|wanted)": "needs, requires",
}
"""Verbs of persons, which a program, a file or a board does not do."""

OTHER_WORDS = {
    r"rebalanc(e|es|ed|ing)": "cross-layer equalization",
    r"oracle|ground model": "teacher",
    r"original (file|model)": "base file",
    r"hold-out|heldout": "held-out",
    r"dev set|test set of the target": "selection set",
}
"""Synonyms of the glossary's terms."""


FORMATS = re.compile(r"^rebalance( \+ least-squares$|: )|^, bolder$|\bsaid TEXT\b|SELECT said\b")
"""Names of steps in reports and of columns in a database: formats that stay."""


def pattern_of(words):
    return re.compile(r"\b(?:" + "|".join(f"(?:{word})" for word in words) + r")\b", re.IGNORECASE)


def advice(found, words):
    return next(better for word, better in words.items() if pattern_of([word]).fullmatch(found))


def problems(page, line, text, words):
    for match in pattern_of(words).finditer(text):
        number = line + text.count("\n", 0, match.start())
        yield f"{page}:{number}: '{match[0]}': {advice(match[0], words)}"


def prose(text):
    """A document without its code: blanks in place of it, so that line numbers stay."""
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])  # noqa: E731
    text = re.sub(r"^```.*?^```$", blank, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]+`", blank, text)
    return re.sub(r"\"[^\"\n]+\"", blank, text)


def literals(text):
    """(line, text) of every docstring and sentence of a module; a single word is a name or a key."""
    for node in ast.walk(ast.parse(text)):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and " " in value.strip() and not FORMATS.search(value):
            yield node.lineno, re.sub(r"`[^`\n]+`", "", value)


@pytest.mark.parametrize("page", DOCUMENTS, ids=str)
def test_documents_use_plain_words(page):
    text = prose((ROOT / page).read_text(encoding="utf-8"))
    found = list(problems(page, 1, text, PHRASES | PERSONS | OTHER_WORDS))
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_the_program_uses_plain_words(module):
    words = PHRASES | PERSONS | OTHER_WORDS
    text = (ROOT / module).read_text(encoding="utf-8")
    found = [p for line, part in literals(text) for p in problems(module, line, part, words)]
    assert not found, "\n" + "\n".join(found)


def test_a_phrase_is_found_with_its_line_and_what_to_write():
    found = list(problems("a.md", 7, "one\nA step was taken back.", PHRASES))
    assert found == ["a.md:8: 'taken back': rejected; or: reverted"]


def test_code_in_a_document_is_not_read():
    assert not list(problems("a.md", 1, prose("`said`\n```\nsaid\n```\n"), PERSONS))
