"""report.html: one file that loads nothing, with every name escaped, for every task."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mendlite.jobs.result_files import result_files
from small_targets import CASES

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Tags, identities and references of a page; an error where tags do not nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.open = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in {"src", "href", "action", "data"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def page_of(repaired, **report):
    changed = replace(repaired, report=replace(repaired.report, **report))
    return result_files(changed, None)["report.html"].decode()


@pytest.mark.parametrize("kind", ["classification", *CASES])
def test_a_page_of_every_task_loads_nothing(files_of, kind):
    page = Page(files_of(kind)["report.html"].decode())
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    assert all(link.startswith(("data:image/png", "#")) for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {"verdict", "figures", "steps", "patch", "provenance"} <= set(page.ids)
    assert ("confusion" in page.ids) == (kind == "classification")


def test_names_are_escaped(repair_of):
    bad = "<script>alert(1)</script>\"'&"
    text = page_of(repair_of("classification"), target=bad, headline=bad, notes=(bad,))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 3
