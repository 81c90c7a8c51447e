"""What is known of the judge of a comparison: how it behaved in this run, its newest check, labels of these answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

import msgspec

from harness import stats
from harness.judges.check import decided_today
from harness.judges.checked import check_of, checks_file
from harness.judges.draws import draws_file, read_draws
from harness.judges.drift import Drift
from harness.judges.labels import Preferred, labels_file, read_labels
from harness.judges.matched import PairRead, Told, judged_cases
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import Comparison, Row, RowLabel
from harness.records.in_columns import Rows
from harness.records.judged import JudgeCheck, JudgeFigures
from harness.records.scored import Rubric, Score
from harness.scorers.judges.judge import Judge, PairJudge, judge_identity, without_asking
from harness.scorers.judges.prompt import ANSWER_LIMIT
from harness.scorers.judges.scale import preferences_of
from harness.scorers.repeats import OverRepeats
from harness.scorers.trust import doubt_of, waived_of
from harness.text.pages import content_folder
from harness.verdicts.by_labels import with_corrections

if TYPE_CHECKING:
    from harness.stats.judges import JudgedLengths

FLIPPED = "flipped on swap"
Answers = Sequence[tuple[Case, Response]]
ReadByJudge = Callable[[], Mapping[str, PairRead]]
"""Returns what a judge read of each case, by the case's id."""


def judge_of(scorer: object) -> Judge | PairJudge | None:
    """Return the judge in a scorer; None where none is asked."""
    if isinstance(scorer, OverRepeats):
        return judge_of(scorer.scorer)
    return scorer if isinstance(scorer, Judge | PairJudge) else None


def figures_of(
    judge: Judge | PairJudge, answers: tuple[Answers, Answers], given: tuple[Sequence[Score], Sequence[Score]]
) -> JudgeFigures:
    """Return how a judge behaved, given both sides' answers to the same cases, the baseline's first, and their scores.

    Lengths are in characters of the answer's text, as far as the judge read it.
    """
    from harness.stats.judges import length_controlled, length_preference

    found = list(_pairs(answers, given))
    lengths = [one.lengths for one in found]
    swapped = [one for one in found if one.was_asked]
    pairwise = isinstance(judge, PairJudge)
    return JudgeFigures(
        rubric=judge.rubric.id,
        version=judge.rubric.version,
        judge=judge_identity(judge),
        flips=stats.mean_interval([float(one.flipped) for one in swapped], [one.lengths.group for one in swapped])
        if pairwise and swapped
        else None,
        lengths=length_controlled(lengths) if pairwise else None,
        longer_wins=length_preference(lengths).longer_wins,
    )


def nobody_by(rubric: Rubric) -> JudgeFigures:
    """Return what is known of a judge in a plan: its rubric alone."""
    return JudgeFigures(rubric=rubric.id, version=rubric.version, judge="")


class Known(NamedTuple):
    """What is known of a judge outside of the run: a folder of checks and labels, and whether it has changed since.

    ``own`` is the folder of the rubrics that belong to the suite; None where there is none. ``drift`` is None where
    nobody is asked, as for a saved run: then what was found when it was made holds, until the judge is checked again.
    """

    own: Path | None
    drift: Drift | None = None


def known_today(comparison: Comparison, judge: Judge | PairJudge, known: Known, read: ReadByJudge | None) -> Comparison:
    """Return a comparison with what is known of its judge now, whenever it was made: trusted or not, and by labels.

    In a plan, where nobody knows which judge there will be, nothing is doubted. ``read`` is None where a score is of
    several answers together.

    Raises:
        DataError: a file of checks, labels or draws can't be read.
        RubricError: a label is of another rubric, or of another version of it.
    """
    judged = comparison.judged
    if judged is not None and not judged.judge:
        return comparison
    identity = judged.judge if judged is not None else judge_identity(judge)
    criterion = judge.criterion if isinstance(judge, Judge) else ""
    check = newest_check(judge.rubric, identity, known.own, criterion)
    if judged is None:
        judged = JudgeFigures(rubric=judge.rubric.id, version=judge.rubric.version, judge=identity)
    before = judged.check and decided_today(judged.check, judge.rubric, criterion)
    then = Drift(changed=judged.changed, unknown=judged.unknown) if before == check else Drift()
    drift = then if known.drift is None else known.drift
    not_known = f"whether it is still the judge that was checked is not known: {drift.unknown}" if drift.unknown else ""
    figures = msgspec.structs.replace(
        judged,
        check=check,
        changed=drift.changed,
        unknown=drift.unknown,
        waived=waived_of(judge, check, drift.changed or not_known),
        uncorrectable=_uncorrectable(judge, read),
    )
    return with_corrections(
        msgspec.structs.replace(
            comparison,
            judged=figures,
            untrusted=doubt_of(judge, check, drift.changed),
            rows=_labelled(comparison.rows, judge, known.own, None if figures.uncorrectable else read),
        )
    )


def doubt_about(comparison: Comparison) -> str:
    """Return why the judge or the scorer of a comparison is not trusted, or counts though nobody trusts it; or ""."""
    return comparison.untrusted or (comparison.judged.waived if comparison.judged else "")


def not_known(comparison: Comparison) -> str:
    """Return why nobody can tell whether its judge is the one that was checked; empty where it is doubted anyway."""
    return "" if comparison.judged is None or doubt_about(comparison) else comparison.judged.unknown


def newest_check(rubric: Rubric, identity: str, own: Path | None, criterion: str = "") -> JudgeCheck | None:
    """Return the newest check of a judge: by the people whose suite it is, else the one that is shipped.

    It is decided by what the rubric asks for today, not by what it asked for when the judge was checked.
    """
    folders = [folder for folder in (own, content_folder("judges")) if folder is not None]
    found = (check_of(checks_file(folder, rubric), rubric, identity) for folder in folders)
    return next((decided_today(check, rubric, criterion) for check in found if check is not None), None)


def _uncorrectable(judge: Judge | PairJudge, read: ReadByJudge | None) -> str:
    """Return why labels can't correct a judge's scores; empty where they can."""
    if read is None:
        return "a score is of several answers together, and a label is of one"
    if isinstance(judge, PairJudge) and len(preferences_of(judge.rubric)) > len(get_args(Preferred)):
        return "a label says who is better, and this rubric's verdicts also say by how much"
    return ""


def _labelled(rows: Sequence[Row], judge: Judge | PairJudge, own: Path | None, read: ReadByJudge | None) -> Rows:
    """Return rows with what people said of them today; without labels of an earlier day."""
    rubric = judge.rubric
    labels = () if own is None else read_labels(labels_file(own, rubric), rubric)
    bare = Rows.of(row if row.label is None else msgspec.structs.replace(row, label=None) for row in rows)
    drawn = [label for label in labels if label.drawn]
    if own is None or read is None or not drawn:
        return bare
    texts = read()
    known = [row for row in bare if row.case_id in texts and row.baseline is not None and row.candidate is not None]
    criterion = judge.criterion if isinstance(judge, Judge) else ""
    sides = judged_cases(known, texts, Told(rubric, drawn, read_draws(draws_file(own, rubric)), criterion))
    if not sides.labels:
        return bare
    told = {
        row.case_id: RowLabel(
            baseline=before.people, candidate=after.people, stratum=after.stratum, settled=after.settled
        )
        for row, before, after in zip(known, sides.baseline, sides.candidate, strict=True)
    }
    return Rows.of(msgspec.structs.replace(row, label=told.get(row.case_id)) for row in bare)


class _Pair(NamedTuple):
    """A pair of answers that both have scores: who won, and of two orders whether both were asked, and flipped."""

    lengths: "JudgedLengths"
    was_asked: bool
    flipped: bool


def _pairs(answers: tuple[Answers, Answers], given: tuple[Sequence[Score], Sequence[Score]]) -> Iterator[_Pair]:
    """Yield the pairs that have scores of both sides. Answers to one case are one group."""
    from harness.stats.judges import JudgedLengths

    for (case, old), (_, new), before, after in zip(*answers, *given, strict=True):
        if before.value is not None and after.value is not None:
            yield _Pair(
                JudgedLengths(
                    judge=after.value - before.value,
                    longer_by=_length(new) - _length(old),
                    group=case.group or f"case {case.id}",
                ),
                without_asking(old, new) is None,
                after.category.startswith(FLIPPED),
            )


def _length(answer: Response) -> int:
    return min(len(answer.text), ANSWER_LIMIT)
