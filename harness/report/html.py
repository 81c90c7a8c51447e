"""Write the page: one HTML file that uses no network, and in which nothing of an answer can run."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from harness.records.saved import Answer, Judgement, Run
from harness.report.beside import write_beside
from harness.report.view.page import Room, page_of
from harness.report.view.sections import Past
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.runs.history import read_history
from harness.runs.ranking import Ranking, read_ranking
from harness.runs.renewed import renewed_gates
from harness.text.atomic import write_atomically
from harness.text.pages import part_digest, read_part, template

MOST_BYTES = 10_000_000
ROOMS = (
    Room(),
    Room(share=0.3),
    Room(share=0.1, sections=400, lines=1_000),
    Room(share=0.02, sections=100, lines=400),
    Room(share=0.01, sections=20, lines=100),
)
"""What is tried until a page is small enough; nearly always the first."""


def render(  # noqa: PLR0913, PLR0917 - all that a page is made of
    run: Run,
    answers: Iterable[Answer],
    judgements: Iterable[Judgement],
    past: Past = Past(),  # noqa: B008 - it is frozen
    ranking: Ranking | None = None,
    room: Room = Room(),  # noqa: B008 - the same
) -> str:
    """Return the report as one self-contained HTML page, with each gate's trend over the runs in ``past``.

    ``ranking`` is of the candidates that were asked together with the run's, where there are several.

    The page's Content-Security-Policy allows its own style sheet and script, by their digests, and nothing else.
    """
    from markupsafe import Markup

    style, script = read_part("style.css"), read_part("report.js")
    return template("report.html.j2").render(
        page=page_of(run, answers, judgements, past, ranking, room),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        script=Markup(script),  # noqa: S704 - the same
        style_digest=part_digest(style),
        script_digest=part_digest(script),
    )


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a run folder, from its run.json, answers.jsonl and scores.jsonl.

    The file appears whole or not at all.

    Raises:
        NoSuchModel: the folder holds no complete run.
        StoreError: a file is missing or damaged.
    """
    run = read_run(folder)
    return write_report_of(run, folder, read_ranking(folder.parent, run))


def write_report_of(run: Run, folder: Path, ranking: Ranking | None = None) -> Path:
    """Write the report of a run that was just saved, into its folder; see ``write_report``."""
    history = read_history(folder.parent)
    past = Past(history, renewed_gates(run, folder, history))
    beside = write_beside(run, folder)
    for room in ROOMS:
        room = msgspec.structs.replace(room, beside=beside)  # noqa: PLW2901 - the same room with its file
        page = render(run, read_answers(folder), read_judgements(folder), past, ranking, room).encode(errors="replace")
        if len(page) <= MOST_BYTES:
            break
    report = folder / "report.html"
    write_atomically(report, page)
    return report
