"""report.html in headless Chromium: drawn, accessible, quiet, and nothing is loaded.

The pictures are kept in build/report/, for whoever wants to look at them.
"""

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "build" / "report"
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (1200, 400)
PATIENCE = 300_000
"""Milliseconds for a browser to start on a busy machine; it waits for the event, not the time."""

PATIENT = ("--disable-gpu", "--disable-gpu-watchdog")
"""Chromium's watchdog ends a drawing process that is silent for some seconds; a busy machine takes them."""

SMALLEST = """Math.min(...Array.from(document.querySelectorAll("svg, img"), drawn => {
  const box = drawn.getBoundingClientRect(); return Math.min(box.width, box.height); }))"""


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    assert program, (
        "no Chromium: tools/install_browser.sh installs it; -m 'not browser' leaves these out"
    )
    sandbox = os.geteuid() != 0
    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=program, chromium_sandbox=sandbox, timeout=PATIENCE, args=PATIENT
        )
        yield opened
        opened.close()


class Opened:
    """A page of this width, with what its console said and what it asked for."""

    def __init__(self, browser, path, width, **options):
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.page.set_default_timeout(PATIENCE)
        self.said, self.requests = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())


@pytest.fixture
def open_page(browser, files_of, tmp_path):
    opened = []

    def of(kind, width=1200, **options):
        path = tmp_path / "report.html"
        path.write_bytes(files_of(kind)["report.html"])
        opened.append(Opened(browser, path, width, **options))
        return opened[-1]

    yield of
    for each in opened:
        each.page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["classification", "regression", "autoencoder"])
def test_a_page_is_drawn_and_loads_nothing(open_page, kind, width):
    opened = open_page(kind, width)
    page = opened.page
    assert page.locator("h1").inner_text() == "tiny"
    assert " tests differ from float" in page.locator("#verdict").inner_text()
    assert page.locator("section:visible").count() >= 6
    assert page.evaluate(SMALLEST) > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.said == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in opened.requests if url.startswith("file:")]) == 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{kind}-{width}.png", full_page=True)


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        ("classification", "light"),
        ("classification", "dark"),
        ("regression", "light"),
        ("autoencoder", "dark"),
    ],
)
def test_a_page_is_accessible(open_page, kind, scheme):
    found = Axe().run(open_page(kind, color_scheme=scheme).page)
    assert found.violations_count == 0, found.generate_report()


def test_a_page_that_is_not_accessible_is_noticed(open_page):
    page = open_page("classification").page
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert Axe().run(page).violations_count > 0


def test_a_page_that_says_or_loads_something_is_noticed(browser, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text("<img src='http://127.0.0.1:9/x.png'><script>console.error('x')</script>")
    opened = Opened(browser, path, 400)
    assert "x" in opened.said
    assert any(url.startswith("http:") for url in opened.requests)
    opened.page.close()


def test_a_page_prints(open_page):
    assert open_page("classification").page.pdf(format="A4").startswith(b"%PDF")
