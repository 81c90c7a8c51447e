"""The cases of a run that a judge's rubric needs labels of: what is drawn, from which comparison, to be shown how."""

import secrets
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import InputError
from harness.judges.draws import draws_file, keep_draw, read_draws
from harness.judges.labels import labels_file, read_labels
from harness.judges.matched import PairRead, Told
from harness.judges.plan import NextLabels, Wanted, next_labels, uncertainties
from harness.judges.worksheet import key_rows, write_worksheet
from harness.records.compared import Comparison, Row
from harness.records.record import Record
from harness.records.saved import Run
from harness.records.scored import Rubric
from harness.review.packets.blind import DrawnCase
from harness.review.packets.build import ReviewPlan, build_review
from harness.review.packets.folder import refuse_existing, write_review
from harness.review.packets.material import Material, read_material
from harness.runs.folder import read_judgements, read_run
from harness.runs.test_ids import suite_of


class ForJudge(Record, frozen=True, kw_only=True):
    """A rubric, and the folder of rubrics beside which its labels and draws are kept."""

    rubric: Rubric
    judges: Path


class Needed(Record, frozen=True, kw_only=True):
    """The run's answers that the judge compared, and which cases of them to label next."""

    material: Material
    read: dict[str, PairRead]
    next: NextLabels


def needed_labels(folder: Path, suite: str | None, root: Path, for_judge: ForJudge, plan: ReviewPlan) -> Needed:
    """Draw the cases of a run whose labels a rubric needs most, as many as are planned, or as are left.

    Raises:
        InputError: the rubric judged nothing in this run, or another version of it did, nothing is left to label, or
            something is planned that would spoil the draw.
    """
    _refuse_other_plans(plan)
    _refuse_facts(for_judge.rubric)
    run, rubric = read_run(folder), for_judge.rubric
    found = _judged(run, suite, rubric, folder)
    (test_id, first) = found[0]
    material = read_material(folder, suite_of(test_id), root, only=first.key)
    answered = (*material.differing, *material.identical)
    told = Told(
        rubric=rubric,
        labels=read_labels(labels_file(for_judge.judges, rubric), rubric),
        draws=read_draws(draws_file(for_judge.judges, rubric)),
    )
    read = {one.case.id: msgspec.structs.replace(one.read, alike=one.is_same) for one in answered}
    return Needed(
        material=material,
        read=read,
        next=next_labels(
            _rows(found, first.key),
            read,
            told,
            uncertainties(read_judgements(folder), first.key, _levels(rubric)),
            Wanted(labels=plan.cases, seed=plan.seed, run=run.id),
        ),
    )


def write_for_judge(
    needed: Needed, for_judge: ForJudge, plan: ReviewPlan, places: tuple[Path, Path]
) -> tuple[Path, ...]:
    """Write what people get, into a new folder, and the key; keep the draw beside the rubric; return their paths.

    For a pairwise rubric that is a packet for each reviewer, with the rubric's question; for a scale one table, to be
    copied for each.

    Raises:
        ReviewError: there is a review already.
        StoreError: a file can't be written.
    """
    (out, key_file), rubric = places, for_judge.rubric
    refuse_existing(out, key_file)
    keep_draw(draws_file(for_judge.judges, rubric), needed.next.draw)
    if rubric.kind == "scale":
        rows = key_rows(rubric, needed.next, needed.read, plan.seed)
        return write_worksheet(out, key_file, rubric, rows)
    shown = msgspec.structs.replace(
        plan,
        cases=len(needed.next.chosen),
        drawn=drawn_cases(needed.next),
        question=rubric.question,
        show_expected=plan.show_expected or rubric.uses_expected,
    )
    return write_review(build_review(needed.material, shown, secrets.token_bytes(32)), out, key_file)


def drawn_cases(needed: NextLabels) -> tuple[DrawnCase, ...]:
    """Return the cases as a review takes them, each with the number of cases that it stands for."""
    stratum = {name: needed.draw.cases[name].stratum for name in needed.chosen}
    chosen, sizes = Counter(stratum.values()), {one.name: one.cases for one in needed.strata}
    mean = sum(sizes[name] for name in chosen) / len(needed.chosen)
    return tuple(
        DrawnCase(
            case_id=name,
            stratum=f"the judge's doubt is {stratum[name]} of {len(sizes)}",
            weight=sizes[stratum[name]] / chosen[stratum[name]] / mean,
            draw=needed.draw.id,
        )
        for name in needed.chosen
    )


def _levels(rubric: Rubric) -> int:
    """Return how many values one verdict can have: levels, or preferences; 0 where it can be a mean over criteria."""
    if rubric.kind == "pairwise":
        return 3 if isinstance(rubric.verdicts, msgspec.UnsetType) else rubric.verdicts
    return len(rubric.levels)


def _refuse_other_plans(plan: ReviewPlan) -> None:
    """Refuse what would draw other cases, or show what the judge doesn't read."""
    for option, is_given in (
        ("--by-tag", plan.by_tag),
        ("--after", plan.used),
        ("--show-reasoning", plan.show_reasoning),
    ):
        if is_given:
            raise InputError(
                f"{option} doesn't go with --for-judge, which draws by the judge's doubt, leaves out what is labelled, "
                "and shows what the judge reads; leave it out"
            )


def _refuse_facts(rubric: Rubric) -> None:
    """Refuse pairs whose reviewers would not see what the judge sees."""
    if rubric.kind == "pairwise" and rubric.uses_facts is True:
        raise InputError(
            f"rubric {rubric.id!r} shows facts, and the page of a review has no place for them; put what people must "
            "know into `expected` of the cases, and use uses_expected = true in the rubric"
        )


def _judged(run: Run, suite: str | None, rubric: Rubric, folder: Path) -> Sequence[tuple[str, Comparison]]:
    """Return the comparisons by a rubric in one suite, with their tests."""
    by_rubric = [
        (test_id, one)
        for test_id, one in run.comparisons
        if one.fingerprint.get("rubric", "").startswith(f"{rubric.id} ") and suite in {None, suite_of(test_id)}
    ]
    suites = sorted({suite_of(test_id) for test_id, _ in by_rubric})
    if not suites:
        of = f" of suite {suite!r}" if suite else ""
        raise InputError(f"{folder}: no test{of} was judged by {rubric.id!r}; name a run whose suites call this rubric")
    if len(suites) > 1:
        raise InputError(
            f"{folder}: {rubric.id!r} judged {len(suites)} suites; choose one with --suite: {', '.join(suites)}"
        )
    now = f"{rubric.id} v{rubric.version} {rubric.digest}"
    found = [(test_id, one) for test_id, one in by_rubric if one.fingerprint["rubric"] == now]
    if not found:
        raise InputError(
            f"{folder}: was judged by another wording of {rubric.id!r} than it has now; run the suites again"
        )
    return found


def _rows(found: Sequence[tuple[str, Comparison]], key: str) -> tuple[Row, ...]:
    """Return the rows of a comparison, of all its slices."""
    return tuple({row.case_id: row for _, one in found if one.key == key for row in one.rows}.values())
