"""What a saved run holds for a review: one suite's cases with both sides' answers, and how to show them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.errors import ConfigError, InputError, StoreError
from harness.judges.matched import PairRead, pair_read
from harness.records.answered import Response
from harness.records.asked import Case, Side
from harness.records.compared import Comparison
from harness.records.record import Record
from harness.records.saved import Answer, Judgement, Run
from harness.review.packets.records import NotReviewed, SeenAnswer
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.runs.test_ids import suite_of
from harness.text.toml import load_toml

Repeats = Mapping[int, Mapping[Side, Answer]]
"""The answers to a case, by repeat, then by side."""


class ReviewSettings(Record, frozen=True, kw_only=True):
    """``review.toml`` next to a suite's cases. ``tell_tales`` are regular expressions cut from the start of answers."""

    title: str = "Which answer is better?"
    question: str = "Read what was asked, then both answers. Which one would you rather have sent?"
    reasons: tuple[str, ...] = ("wrong", "incomplete", "format", "tone", "unsafe", "too long")
    show_expected: bool = False
    tell_tales: tuple[str, ...] = ()


class AnsweredCase(Record, frozen=True, kw_only=True):
    """A case with both sides' answers, cleared of what the suite calls tell-tales and of white space at the end.

    ``requests`` are the keys of the requests that they answer; ``read`` has the answers as the models gave them.
    """

    case: Case
    read: PairRead
    baseline: SeenAnswer
    candidate: SeenAnswer
    requests: dict[Side, str]

    @property
    def is_same(self) -> bool:
        """Whether both sides say and call the same; how they reasoned doesn't matter."""
        return (self.baseline.text, self.baseline.calls) == (self.candidate.text, self.candidate.calls)


class Material(Record, frozen=True, kw_only=True):
    """One suite of a run: the cases whose answers differ, those whose answers are the same, and what is left out."""

    run: Run
    suite: str
    settings: ReviewSettings
    differing: tuple[AnsweredCase, ...]
    identical: tuple[AnsweredCase, ...]
    left_out: NotReviewed


def read_material(folder: Path, suite: str | None, root: Path, only: str = "") -> Material:
    """Return what can be reviewed of a run's only suite, or of the one that is named.

    ``root`` is where the run was started, so that the suite's ``review.toml`` is found. Where several comparisons of
    the suite asked a case, both answers are those that the first of them scored; ``only`` is the key of the one whose
    answers are wanted, or empty. Of its repeats, the first that both sides answered counts.

    Raises:
        InputError: the run has no such suite, or no case of it that both sides answered.
    """
    run = read_run(folder)
    tests = _tests_by_suite(run)
    name = _chosen(suite, tests, folder)
    settings = load_settings(root / Path(tests[name][0][0].partition("::")[0]).parent / "review.toml")
    answers = _answers_of(folder, [one for _, one in tests[name] if only in {"", one.key}])
    if not answers:
        raise InputError(
            f"{folder}: holds no answers to suite {name!r}; run the suites again for a complete run folder"
        )
    found = [_answered(answers[case_id], settings.tell_tales) for case_id in sorted(answers)]
    pairs = [one for one in found if isinstance(one, AnsweredCase)]
    one_sided, failed = found.count("one-sided"), found.count("failed")
    if one_sided == len(found):
        raise InputError(f"{folder}: suite {name!r} was answered by one side only; a review needs a run of both sides")
    identical = tuple(pair for pair in pairs if pair.is_same)
    return Material(
        run=run,
        suite=name,
        settings=settings,
        differing=tuple(pair for pair in pairs if not pair.is_same),
        identical=identical,
        left_out=NotReviewed(identical=len(identical), failed=failed, one_sided=one_sided),
    )


def load_settings(path: Path) -> ReviewSettings:
    """Return a suite's ``review.toml``; the defaults when there is none.

    Raises:
        ConfigError: the file is wrong.
    """
    if not path.exists():
        return ReviewSettings()
    settings = load_toml(path, ReviewSettings, ConfigError)
    for pattern in settings.tell_tales:
        try:
            re.compile(pattern)
        except re.error as problem:
            raise ConfigError(f"{path}: tell_tales: {pattern!r} is not a regular expression: {problem}") from problem
    if len(set(settings.reasons)) < len(settings.reasons) or "" in settings.reasons:
        raise ConfigError(f"{path}: reasons must be unique and not empty")
    return settings


def normalized(text: str, tell_tales: Sequence[str]) -> str:
    r"""Return an answer without the tell-tales at its start, each cut once in turn, and white space at its end.

    >>> normalized("Sure! Here you go: 42\n", [r"Sure!\s*", r"Here you go:\s*"])
    '42'
    """
    for pattern in tell_tales:
        if found := re.match(pattern, text):
            text = text[found.end() :]
    return text.rstrip()


def _tests_by_suite(run: Run) -> dict[str, list[tuple[str, Comparison]]]:
    found: defaultdict[str, list[tuple[str, Comparison]]] = defaultdict(list)
    for test_id, comparison in run.comparisons:
        found[suite_of(test_id)].append((test_id, comparison))
    return dict(found)


def _chosen(suite: str | None, tests: Mapping[str, object], folder: Path) -> str:
    names = ", ".join(map(repr, sorted(tests)))
    if not tests:
        raise InputError(f"{folder}: no test of this run compared both sides, so there is nothing to review")
    if suite is None and len(tests) > 1:
        raise InputError(f"{folder}: the run has {len(tests)} suites; choose one with --suite: {names}")
    if suite is not None and suite not in tests:
        raise InputError(f"{folder}: the run has no suite {suite!r}; it has {names}")
    return suite if suite is not None else next(iter(tests))


def _answers_of(folder: Path, comparisons: Sequence[Comparison]) -> dict[str, Repeats]:
    """Return what was answered to each case, as the first comparison that has scores of it scored it."""
    found: defaultdict[str, defaultdict[int, dict[Side, Answer]]] = defaultdict(lambda: defaultdict(dict))
    try:
        scored = _scored(read_judgements(folder), list(dict.fromkeys(one.key for one in comparisons)))
        sets = {comparison.key: comparison.fingerprint.get("cases", "") for comparison in comparisons}
        for answer in read_answers(folder):
            by, requests = scored.get(answer.case.id, ("", set()))
            if (answer.side, answer.response.request_key) in requests and answer.cases in {"", sets[by]}:
                found[answer.case.id][answer.request.repeat][answer.side] = answer
    except FileNotFoundError as problem:
        raise StoreError(f"{problem.filename}: no such file; run the suites again for a complete run folder") from None
    return {case_id: dict(repeats) for case_id, repeats in found.items()}


def _scored(judgements: Iterable[Judgement], keys: Sequence[str]) -> dict[str, tuple[str, set[tuple[Side, str]]]]:
    """Return for each case the first of some comparisons that has scores of it, and the requests that it scored."""
    places = {key: place for place, key in enumerate(keys)}
    found: dict[str, tuple[str, set[tuple[Side, str]]]] = {}
    for one in judgements:
        if one.comparison not in places:
            continue
        known = found.get(one.item.case_id)
        if known is None or places[one.comparison] < places[known[0]]:
            known = found[one.item.case_id] = (one.comparison, set())
        if known[0] == one.comparison:
            known[1].add((one.side, one.item.request_key))
    return found


def _answered(repeats: Repeats, tell_tales: Sequence[str]) -> AnsweredCase | str:
    """Return the first pair of answers, or why there is none."""
    both = [sides for _, sides in sorted(repeats.items()) if len(sides) == 2]
    for sides in both:
        baseline, candidate = sides["baseline"].response, sides["candidate"].response
        if baseline.error is None and candidate.error is None:
            return AnsweredCase(
                case=sides["candidate"].case,
                read=pair_read(sides["candidate"].case, baseline, candidate),
                baseline=_seen(baseline, tell_tales),
                candidate=_seen(candidate, tell_tales),
                requests={side: answer.response.request_key for side, answer in sides.items()},
            )
    return "failed" if both else "one-sided"


def _seen(response: Response, tell_tales: Sequence[str]) -> SeenAnswer:
    return SeenAnswer(
        text=normalized(response.text, tell_tales), calls=response.tool_calls, reasoning=response.reasoning.strip()
    )
