"""Chromium, headless, for the tests of pages: clicks as a person's, no network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def chromium() -> Iterator:
    """A browser, or a skip that says what is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="pages are clicked by playwright: pip install it"
    )
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip(f"pages are tried in Chromium; none of {PROGRAMS} is on the PATH.")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


class Window:
    """A window whose dialogs, errors and refused scripts are failures of a test."""

    def __init__(self, browser, **options):
        options = {"viewport": {"width": 1280, "height": 800}} | options
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("dialog", self._dismiss)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._note)

    def _dismiss(self, dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def _note(self, message) -> None:
        lost = "ERR_FILE_NOT_FOUND" in message.text  # audio; the page itself says so
        if message.type == "error" and not lost:
            self.wrong.append(message.text)

    @contextmanager
    def showing(self, path: Path) -> Iterator:
        """The page on that file, opened anew."""
        self.wrong.clear()
        self.page.goto(path.as_uri())
        yield self.page
        assert not self.wrong


@contextmanager
def opened(browser, path: Path, **options) -> Iterator:
    """A page in a window of its own."""
    window = Window(browser, **options)
    with window.showing(path) as page:
        yield page
    window.context.close()


def until(page, condition: str) -> None:
    """Waits for what a page's own policy forbids playwright to evaluate in it."""
    page.evaluate(
        f"""() => new Promise((done, fail) => {{
          const late = performance.now() + 10_000;
          const look = () => {{
            if ({condition}) done();
            else if (performance.now() > late) fail(new Error("waited in vain"));
            else requestAnimationFrame(look);
          }};
          look();
        }})"""
    )
