"""Runs with two tests of the same cases and the same scorer that asked in two ways: other sampling, or a prompt."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.asking.requests import requests_of
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Sampling, Side, digest_of_cases
from harness.records.compared import Comparison, Gate
from harness.records.engine import Contender
from harness.records.messages import Message
from harness.records.saved import Answer, Judgement, Run
from harness.records.scored import CaseScore, Score, Scorer, Scores
from harness.runs import record_file
from harness.runs.folder import write_run
from harness.scorers import exact_match
from harness.scorers.scoring import describe, score_one
from harness.verdicts.compare import compare
from harness.verdicts.fingerprint import fingerprint_of_side
from harness.verdicts.gate import decide
from tests.sample_run import SampleRun, sample_run

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
MODELS: Mapping[Side, ModelRef] = {
    "baseline": BASE,
    "candidate": msgspec.structs.replace(BASE, adapter="mine", adapter_digest="a"),
}
CASES = tuple(
    Case(
        id=f"sum-{n}",
        messages=(Message(role="user", content=f"{n}+1"),),
        expected=str(n + 1),
        tags=("language-de",) if n % 2 else ("language-en",),
    )
    for n in range(4)
)


def suite_with(*cases: Case) -> Suite:
    """Return these cases as a suite."""
    return Suite(name="sums", cases=cases, sampling=Sampling(max_tokens=8), digest=digest_of_cases(cases))


PLAIN = suite_with(*CASES)
SHORT = msgspec.structs.replace(PLAIN, sampling=Sampling(max_tokens=4))
PROMPTED = msgspec.structs.replace(PLAIN, baseline_prompt=(Message(role="system", content="Add."),))
SAMPLINGS: Mapping[str, Suite] = {"suites/sums/test_a.py::test_long": PLAIN, "suites/sums/test_a.py::test_short": SHORT}
PROMPTS: Mapping[str, Suite] = {
    "suites/sums/test_a.py::test_plain": PLAIN,
    "suites/sums/test_a.py::test_prompted": PROMPTED,
}
SCORER = exact_match()


class Silent:
    """The engine of models that answered long ago."""

    identity = "fake 1 float32"

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer nothing."""
        raise NotImplementedError


def cut_short(request: Request) -> str:
    """Answer every sum as ``forgetful`` does, but not in four tokens."""
    if request.sampling.max_tokens == 4:
        return f"short answer of {request.model.name} to {request.case_id}"
    return forgetful(request)


def clueless(request: Request) -> str:
    """Answer every sum as ``forgetful`` does, but as the base model without a prompt none."""
    if request.model.adapter is None and request.messages[0].role != "system":
        return f"no idea of {request.case_id}"
    return forgetful(request)


def forgetful(request: Request) -> str:
    """Answer every sum; the adapter forgets one of them."""
    if request.model.adapter and request.case_id == "sum-1":
        return "?"
    return f"{int(request.messages[-1].content[0]) + 1}"


def asked_twice(
    suites: Mapping[str, Suite], reply: Callable[[Request], str], scorer: str = "", by: Scorer = SCORER
) -> SampleRun:
    """Return a run with one gate for each suite, by the id of its test; ``scorer`` and ``by`` as in ``compared``."""
    answers: dict[tuple[Side, str, str], Answer] = {}
    judgements: list[Judgement] = []
    verdicts = []
    for test_id, suite in suites.items():
        comparison, answered, scores = compared(suite, reply, scorer, by)
        for one in answered:
            answers.setdefault((one.side, one.response.request_key, one.case.id), one)
        judgements += scores
        verdicts.append(decide(test_id, comparison, Gate(max_flips=9)))
    nothing = {"measures": (), "pinned": (), "broken": (), "unmeasured": (), "usage": (), "probes": ()}
    run = msgspec.structs.replace(
        sample_run().run,
        baseline=MODELS["baseline"],
        candidate=MODELS["candidate"],
        engine=Silent.identity,
        verdicts=tuple(verdicts),
        **nothing,
    )
    return SampleRun(run=run, answers=tuple(answers.values()), judgements=tuple(judgements))


def compared(
    suite: Suite, reply: Callable[[Request], str], scorer: str = "", by: Scorer = SCORER
) -> tuple[Comparison, list[Answer], list[Judgement]]:
    """Return what both sides came to by a scorer, under its name or another one."""
    answers, scores = [], {}
    for side, model in MODELS.items():
        contender = Contender(model=model, engine=Silent())
        items = []
        for case, request in requests_of(suite, contender):
            response = Response(request_key=request.key, text=reply(request), finish_reason="stop", tokens_out=1)
            answers.append(Answer(side=side, case=case, request=request, response=response))
            items.append(item_of(case, request, score_one(by, case, response)))
        fingerprint = {**fingerprint_of_side(suite, contender), "scorer": scorer or describe(by)}
        scores[side] = Scores(scorer=fingerprint["scorer"], model=model, fingerprint=fingerprint, items=tuple(items))
    comparison = compare(scores["baseline"], scores["candidate"])
    judgements = [
        Judgement(comparison=comparison.key, scorer=one.scorer, side=side, item=item)
        for side, one in scores.items()
        for item in one.items
    ]
    return comparison, answers, judgements


def item_of(case: Case, request: Request, score: Score) -> CaseScore:
    """Return one score with the request that it answers."""
    return CaseScore(
        case_id=case.id, group=case.group, tags=case.tags, repeat=request.repeat, request_key=request.key, score=score
    )


def written(folder: Path, sample: SampleRun) -> Path:
    """Save a run."""
    folder.mkdir(parents=True)
    write_run(folder, msgspec.structs.replace(sample.run, id=folder.name), sample.answers, sample.judgements)
    return folder


class _Line(msgspec.Struct, frozen=True):
    """What a line of scores said in version 0.1."""

    scorer: str
    side: Side
    cases: str
    item: CaseScore


def written_by_version_0_1(folder: Path, sample: SampleRun) -> Path:
    """Save a run as version 0.1 did: no key anywhere, and one score of each answer for all comparisons that had it."""
    written(folder, sample)
    run = sample.run
    old = {
        name: tuple(
            msgspec.structs.replace(one, comparison=msgspec.structs.replace(one.comparison, key=""))
            for one in getattr(run, name)
        )
        for name in ("verdicts", "measures")
    }
    cases = {one.key: one.fingerprint["cases"] for _, one in run.comparisons}
    lines = {
        (one.scorer, cases[one.comparison], one.side, one.item.request_key, one.item.case_id): _Line(
            scorer=one.scorer, side=one.side, cases=cases[one.comparison], item=one.item
        )
        for one in sample.judgements
    }
    (folder / "run.json").write_bytes(_without_keys(msgspec.structs.replace(run, id=folder.name, **old)))
    (folder / "scores.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines.values()))
    return folder


def _without_keys(run: Run) -> bytes:
    return b"".join(record_file.written(run)).replace(b',"key":""', b"").replace(b',"request_key":""', b"")
