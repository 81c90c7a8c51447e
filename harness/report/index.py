"""Write the page of all runs: one static HTML file beside them, with relative links and nothing from outside."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from harness.errors import InputError
from harness.report.view.index import index_of
from harness.runs.listing import Listing, read_listing
from harness.text.atomic import write_atomically
from harness.text.pages import part_digest, read_part, template

INDEX = "index.html"
STYLES = ("style.css", "index.css")
STATIC, LIVE = ("index.js",), ("index.js", "view.js")


def render_index(listing: Listing, made: str) -> str:
    """Return the page as of the time ``made``, for a folder, a bucket or a site: it asks nobody."""
    return _render(listing, made, STATIC, connect="'none'")


def render_live_index(listing: Listing, made: str) -> str:
    """Return the page for a server beside the runs: it asks that one how far the runs are that are under way."""
    return _render(listing, made, LIVE, connect="'self'")


def write_index(runs: Path, now: dt.datetime) -> Path:
    """Write ``index.html`` into a folder of runs; it appears whole or not at all.

    Raises:
        InputError: there is no such folder.
        StoreError: it can't be written.
    """
    if not runs.is_dir():
        raise InputError(f"{runs}: no such folder; run pytest suites/ first, or name the folder with --run-dir")
    page = runs / INDEX
    write_atomically(page, render_index(read_listing(runs), now.isoformat(timespec="seconds")).encode(errors="replace"))
    return page


def _render(listing: Listing, made: str, scripts: Sequence[str], connect: str) -> str:
    """Fill the template. The page's policy allows its own style sheet and script, by their digests, and ``connect``."""
    from markupsafe import Markup

    style, script = read_part(*STYLES), read_part(*scripts)
    return template("index.html.j2").render(
        page=index_of(listing, made),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        script=Markup(script),  # noqa: S704 - the same
        style_digest=part_digest(style),
        script_digest=part_digest(script),
        connect=Markup(connect),  # noqa: S704 - one of two words
    )
