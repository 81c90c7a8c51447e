"""Write the page: one HTML file without network, JavaScript or anything that an answer could make run."""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

from harness.atomic import write_atomically
from harness.content import content_folder
from harness.errors import StoreError
from harness.report.page import page_of
from harness.run_folder import read_answers, read_judgements, read_run
from harness.run_records import Answer, Judgement, Run


def render(run: Run, answers: Iterable[Answer], judgements: Iterable[Judgement]) -> str:
    """Return the report as one self-contained HTML page.

    The page's Content-Security-Policy allows its own style sheet, by digest, and images in ``data:``; nothing else.
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
    style = (folder / "style.css").read_text(encoding="utf-8")
    style_digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        page=page_of(run, answers, judgements),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        style_digest=style_digest,
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
    """Write the report of a run that was just saved into its folder; see ``write_report``."""
    try:
        page = render(run, read_answers(folder), read_judgements(folder))
    except FileNotFoundError as problem:
        raise StoreError(f"{problem.filename}: no such file; run the suites again for a complete run folder") from None
    report = folder / "report.html"
    write_atomically(report, page.encode(errors="replace"))
    return report
