"""An invented run under review, and reviewers who vote as they are told."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Sampling, Side, digest_of_cases
from harness.records.messages import Message
from harness.records.record import Json
from harness.records.saved import Answer, Judgement, Measure, Run
from harness.records.scored import CaseScore, Rubric, Score, Scores
from harness.review.packets.blind import other
from harness.review.packets.build import ReviewPlan, build_review
from harness.review.packets.folder import Opened, packet_path, write_review
from harness.review.packets.material import read_material
from harness.review.packets.records import Ballot, KeyPair, Packet, PacketPair, Review, Vote, checksum
from harness.runs.folder import write_run
from harness.scorers.judges.rubric import named_rubric
from harness.verdicts.compare import compare

HELPFULNESS = named_rubric("helpfulness")
SECRET = bytes(range(32))
BASE = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64)
MODELS: dict[Side, ModelRef] = {
    "baseline": BASE,
    "candidate": msgspec.structs.replace(BASE, adapter="mine-v7", adapter_digest="a" * 64),
}
TEST = "suites/talk/test_talk.py::test_people_would_agree"
Text = Callable[[Side, int], str]
Choose = Callable[[KeyPair, PacketPair], Vote]


def cases(count: int, expected: Callable[[int], Json] = lambda _: None) -> tuple[Case, ...]:
    """Return that many cases, in three languages."""
    return tuple(
        Case(
            id=f"talk-{index:03}",
            messages=(Message(role="user", content=f"Question {index}?"),),
            expected=expected(index),
            tags=(f"language-{('en', 'en', 'en', 'de', 'fr')[index % 5]}",),
        )
        for index in range(count)
    )


def says(side: Side, index: int) -> str:
    """Answer in the manner of one side; a failed call starts with "ERROR"."""
    return f"{'A short' if side == 'baseline' else 'Quite another'} answer to {index}."


def write_sample(
    folder: Path,
    asked: Sequence[Case],
    text: Text = says,
    test_id: str = TEST,
    *,
    judged: Sequence[float] = (),
    rubric: Rubric = HELPFULNESS,
) -> Path:
    """Write a run of both sides; ``judged`` are a judge's scores of the candidate, case by case."""
    answers, given = [], {}
    fingerprint = {
        "cases": digest_of_cases(asked),
        "rubric": f"{rubric.id} v{rubric.version} {rubric.digest}",
    }
    for side, model in MODELS.items():
        items = []
        for index, case in enumerate(asked):
            answers.append(answered(side, case, text(side, index)))
            value = None if answers[-1].response.error else judged[index] if judged else 0.5
            value = 1 - value if value is not None and side == "baseline" else value
            key = answers[-1].request.key
            items.append(
                CaseScore(
                    case_id=case.id, group=case.group, repeat=0, request_key=key, score=Score(value=value, reason="x")
                )
            )
        name = f"{'judge' if rubric.levels else 'prefer'}({rubric.id!r} v1 by tiny)"
        given[side] = Scores(scorer=name, model=model, fingerprint=fingerprint, items=tuple(items))
    comparison = compare(given["baseline"], given["candidate"])
    judgements = [
        Judgement(comparison=comparison.key, scorer=one.scorer, side=side, item=item)
        for side, one in given.items()
        for item in one.items
    ]
    measure = Measure(test_id=test_id, comparison=comparison)
    run = Run(
        id=folder.name,
        time="2026-11-22T14:07:31+00:00",
        command=("pytest",),
        baseline=MODELS["baseline"],
        candidate=MODELS["candidate"],
        engine="fake 1",
        judge="tiny",
        versions={},
        fingerprint="f",
        verdicts=(),
        measures=(measure,),
        pinned=(),
        timings={},
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_run(folder, run, answers, judgements)
    return folder


def rewritten(folder: Path, change: Callable[[dict[str, Any], int], None]) -> None:
    """Let ``change(answer, index)`` change each answer of a run, as it is in its file."""
    answers = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    for answer in answers:
        change(answer, int(answer["case"]["id"][-3:]))
    (folder / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))


def answered(side: Side, case: Case, text: str) -> Answer:
    """Return one answer."""
    request = Request(case_id=case.id, model=MODELS[side], engine="fake 1", messages=case.messages, sampling=Sampling())
    failed = text.startswith("ERROR")
    response = Response(request_key=request.key, text="" if failed else text, error=text if failed else None)
    return Answer(side=side, case=case, request=request, response=response)


def review_of(tmp_path: Path, count: int = 12, **plan: int | str | bool | frozenset[str]) -> Review:
    """Build a review of all cases of an invented run, without attention checks unless asked."""
    folder = write_sample(tmp_path / "0007-2026-11-22-1f3c", cases(count))
    wanted = ReviewPlan(**{"cases": count, "reviewers": 3, "seed": 7, "checks": 0, **plan})
    return build_review(read_material(folder, None, tmp_path), wanted, SECRET)


def opened(review: Review) -> Opened:
    """Return a review as it is after reading its files."""
    return Opened(folder="review", key=review.key, packets=review.packets)


def vote(choice: str, **more: object) -> Vote:
    """Return a vote on a pair to be named later."""
    empty = {"ship_a": True, "ship_b": True, "reasons_a": (), "reasons_b": (), "note": ""}
    return Vote(**{"pair": "", "choice": choice, **empty, **more})


def for_side(pair: KeyPair, side: Side) -> Vote:
    """Return a vote for one side."""
    return vote("a" if pair.a == side else "b")


def attentive(choose: Choose) -> Choose:
    """Return a reviewer who sees through planted answers, and otherwise votes as ``choose`` does."""

    def attends(pair: KeyPair, seen: PacketPair) -> Vote:
        if pair.kind == "planted":
            return vote("b" if pair.planted == "a" else "a")
        return choose(pair, seen)

    return attends


def cast(review: Review, number: int, choose: Choose, *, finished: bool = True) -> Ballot:
    """Let one reviewer vote on each pair of their packet."""
    packet, part = review.packets[number], review.key.packets[number]
    seen = {pair.id: pair for pair in packet.pairs}
    votes = [msgspec.structs.replace(choose(pair, seen[pair.id]), pair=pair.id) for pair in part.pairs]
    return ballot(packet, votes, finished=finished)


def ballot(packet: Packet, votes: Sequence[Vote], *, finished: bool = True) -> Ballot:
    """Return a ballot on a packet, its checksum right."""
    empty = Ballot(
        packet=packet.packet,
        commitment=packet.commitment,
        reviewer=packet.reviewer,
        finished=finished,
        votes=tuple(votes),
        checksum="0" * 64,
    )
    return msgspec.structs.replace(empty, checksum=checksum(empty))


def flipped(side: Side) -> Side:
    """Return the other side."""
    return other(side)


def write_all(tmp_path: Path, review: Review, ballots: Sequence[Ballot]) -> tuple[Path, Path, list[Path]]:
    """Write a review and its ballots; return the folder of packets, the key, and the ballots."""
    folder, key = tmp_path / "review", tmp_path / "review.key.json"
    write_review(review, folder, key)
    assert packet_path(folder, review.packets[0].reviewer).exists()
    paths = []
    for one in ballots:
        paths.append(tmp_path / f"{one.reviewer}.ballot.json")
        paths[-1].write_bytes(msgspec.json.encode(one))
    return folder, key, paths
