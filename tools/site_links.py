"""A hook of MkDocs: links that lead out of docs/ lead to the repository's pages.

The documents are read on the site and in a checkout, where ``../targets/README.md`` is a file.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)")
ALSO = re.compile(r"^docs/examples/.*(?<!\.md)$")
"""Files below docs/ that the site does not have: scripts and notebooks."""


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """The page with its outward links made whole."""
    return outward(markdown, f"docs/{page.file.src_uri}", str(config.repo_url))


def outward(markdown: str, page: str, repository: str) -> str:
    """``markdown`` of ``page`` (a path in the repository) with links into ``repository``."""

    def whole(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), match[1]))
        if path.startswith("docs/") and not ALSO.match(path):
            return match[0]
        return f"]({repository.rstrip('/')}/blob/main/{path}{match[2] or ''})"

    return LINK.sub(whole, markdown)
