"""A real browser for the pages that people read. Each test's page fails when anything runs, breaks or asks the network.

``make test-browser`` installs Debian's Chromium when it is missing. Nothing is skipped without it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.packets import written  # noqa: F401 - the fixture

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOCAL = ("file:", "data:", "blob:", "about:")
SCHEMES = ("light", "dark")
TIMEOUT_MS = 60_000
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, so that `-m "not browser"` leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the machine's Chromium, started once."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(f"none of {', '.join(BROWSERS)} is on the PATH; `make test-browser` installs it", pytrace=False)
    with sync_playwright() as playwright:
        expect.set_options(timeout=TIMEOUT_MS)
        started = playwright.chromium.launch(executable_path=found)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return ``open_page(width=1280, allowed=(), **context)``: a watched page in a browser context of its own.

    ``allowed`` are beginnings of addresses that the page may ask, for pages from a server; the rest is passed on to
    Playwright's ``new_context``.
    """
    with ExitStack() as stack:

        def open_watched(width: int = 1280, allowed: tuple[str, ...] = (), **context: Any) -> Page:
            made = browser.new_context(viewport={"width": width, "height": 900}, **context)
            made.set_default_timeout(TIMEOUT_MS)
            stack.callback(made.close)
            stack.enter_context(watching(made, allowed))
            return made.new_page()

        yield open_watched


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """Return a page 1280 px wide; the test fails on console errors, page errors, dialogs, and network requests."""
    return open_page()


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    """Return a page 360 px wide with touch, watched alike."""
    return open_page(360, has_touch=True, is_mobile=True, device_scale_factor=2)


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return ``axe(page)``: fail on what axe-core finds against WCAG AA, in light and in dark."""
    from axe_playwright_python.sync_playwright import Axe

    checker = Axe()

    def check(page: Page) -> None:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = checker.run(page, options=AXE)
            assert not found.violations_count, f"in {scheme}: {found.generate_report()}"

    return check


@contextmanager
def watching(context: BrowserContext, allowed: tuple[str, ...] = ()) -> Iterator[None]:
    """Fail at the end of the block when a page of the context ran, broke or asked for what it must not.

    A breach of a Content-Security-Policy is an error in the console.
    """
    seen: list[str] = []

    def look(page: Page) -> None:
        page.on("console", lambda message: seen.append(f"console: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.append(f"page error: {error}"))
        page.on("popup", lambda popup: seen.append(f"popup: {popup.url}"))

    def refuse(dialog: Any) -> None:
        seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def asked(request: Any) -> None:
        if not request.url.startswith((*LOCAL, *allowed)):
            seen.append(f"request: {request.url[:200]}")

    context.on("page", look)
    context.on("dialog", refuse)
    context.on("request", asked)
    yield
    assert not seen, "\n".join(seen)
