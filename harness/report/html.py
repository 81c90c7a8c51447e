"""Write the page: one HTML file without network, and without anything that an answer could make run."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.atomic import write_atomically
from harness.content import content_folder
from harness.history import PastRun, read_history
from harness.report.page import page_of
from harness.run_folder import read_answers, read_judgements, read_run
from harness.run_records import Answer, Judgement, Run


def render(
    run: Run, answers: Iterable[Answer], judgements: Iterable[Judgement], history: Sequence[PastRun] = ()
) -> str:
    """Return the report as one self-contained HTML page, with each gate's trend over ``history``.

    The page's Content-Security-Policy allows its own style sheet and script, by their digests, and nothing else.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = content_folder("reports")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("style.css", "report.js"))
    return environment.get_template("report.html.j2").render(
        page=page_of(run, answers, judgements, history),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        script=Markup(script),  # noqa: S704 - the same
        style_digest=_digest(style),
        script_digest=_digest(script),
    )


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a run folder, from its run.json, answers.jsonl and scores.jsonl.

    The file appears whole or not at all.

    Raises:
        NoSuchModel: the folder holds no complete run.
        StoreError: a file is missing or damaged.
    """
    return write_report_of(read_run(folder), folder)


def write_report_of(run: Run, folder: Path) -> Path:
    """Write the report of a run that was just saved into its folder, beside earlier ones; see ``write_report``."""
    page = render(run, read_answers(folder), read_judgements(folder), read_history(folder.parent))
    report = folder / "report.html"
    write_atomically(report, page.encode(errors="replace"))
    return report


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
