"""Write the page of a check of training rows: one static HTML file, nothing from outside, no script."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from harness.data.check import Checked
from harness.data.checks.shape.shape import Shape
from harness.data.checks.shape.untuned import ByModels
from harness.report.view.data import data_page
from harness.report.view.untuned import asked_page
from harness.text.atomic import write_atomically
from harness.text.pages import part_digest, read_part, template

STYLES = ("style.css", "data.css")


Figures = tuple[Shape, ByModels]
"""The figures of the rows, and what models told of them."""


def render_data(checked: Checked, figures: Figures, suites: Sequence[str], made: str, folder: Path = Path()) -> str:
    """Return the page as of the time ``made``, with links that hold in ``folder``.

    Its policy allows its own style sheet, by the digest, and no script.
    """
    from markupsafe import Markup

    style = read_part(*STYLES)
    return template("data.html.j2").render(
        page=data_page(checked, figures[0], suites, made, asked_page(figures[1], folder)),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        style_digest=part_digest(style),
    )


def write_data_page(path: Path, checked: Checked, figures: Figures, suites: Sequence[str], now: dt.datetime) -> None:
    """Write the page; it appears whole or not at all.

    Raises:
        StoreError: it can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    page = render_data(checked, figures, suites, now.isoformat(timespec="seconds"), path.parent)
    write_atomically(path, page.encode(errors="replace"))
