"""Write the page of a training's course, or of several: one static HTML file, nothing from outside, no script."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from harness.errors import InputError
from harness.models.adapter import CURVE_PAGE
from harness.report.view.curve import curve_page
from harness.report.view.training import Training, training_of, training_of_job
from harness.text.atomic import write_atomically
from harness.text.pages import part_digest, read_part, template
from harness.train.curve import curve_of_manifest, read_curve
from harness.train.hosted_manifest import read_job
from harness.train.manifest import Manifest, read_manifest

STYLES = ("style.css", "curve.css")


def render_curves(trainings: Sequence[Training], made: str) -> str:
    """Return the page of trainings, at least one, as of the time ``made``.

    Its policy allows its own style sheet, by the digest, and no script.
    """
    from markupsafe import Markup

    style = read_part(*STYLES)
    return template("curve.html.j2").render(
        page=curve_page(trainings, made),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        style_digest=part_digest(style),
    )


def trainings_in(folders: Sequence[Path]) -> tuple[Training, ...]:
    """Return the trainings that left these folders; of one without a curve, the losses in its manifest.

    Raises:
        InputError: a folder has no manifest of ``harness train``, or is of a service that told no course.
    """
    manifests = list(filter(None, map(read_manifest, folders)))
    return tuple(_training_in(folder, manifests) for folder in folders)


def _training_in(folder: Path, manifests: Sequence[Manifest]) -> Training:
    manifest, curve = read_manifest(folder), read_curve(folder)
    if manifest is not None:
        return training_of(manifest, curve or curve_of_manifest(manifest), manifests)
    job = read_job(folder)
    if job is None:
        raise InputError(f"{folder}: no manifest of harness train, so its course is not known")
    if curve is None:
        raise InputError(f"{folder}: {job.base_url} told nothing of the course of job {job.job}")
    return training_of_job(job, curve)


def write_curves(page: Path, trainings: Sequence[Training], now: dt.datetime) -> None:
    """Write the page; it appears whole or not at all.

    Raises:
        StoreError: it can't be written.
    """
    text = render_curves(trainings, now.isoformat(timespec="seconds"))
    write_atomically(page, text.encode(errors="replace"))


def page_of(folder: Path, now: dt.datetime) -> Path | None:
    """Return the page in a training's folder, written now where it is missing; None where its course is not known.

    Raises:
        StoreError: it can't be written.
    """
    page = folder / CURVE_PAGE
    if not page.is_file():
        try:
            found = trainings_in([folder])
        except InputError:
            return None
        write_curves(page, found, now)
    return page
