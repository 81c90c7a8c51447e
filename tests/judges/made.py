"""Labels for tests, and judges whose verdicts are known: they read numbers out of what they are shown."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from harness.engines.function import FunctionEngine
from harness.gating.judging import AskJudge
from harness.judges.labels import AnswerLabel, Label, PairLabel
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request
from harness.records.messages import Message
from harness.records.scored import Rubric
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.judges.rubric import named_rubric

COMPLETENESS = named_rubric("completeness")
HELPFULNESS = named_rubric("helpfulness")
MODEL = ModelRef(base="scripted", base_digest="b", template_digest="t")
ASKED = (Message(role="user", content="What is left?"),)
Verdict = Callable[[Request], str]
WORTH = re.compile(r"worth=(\d+)")


def rated(number: int, level: int, *, words: int = 0, votes: Mapping[str, int] | None = None) -> AnswerLabel:
    """Return a label of an answer that says which level people gave it, and ``words`` more."""
    return AnswerLabel(
        rubric="completeness",
        version=COMPLETENESS.version,
        case_id=f"case-{number:03d}",
        messages=ASKED,
        answer=f"answer {number}: worth={level}" + " so" * words,
        level=level,
        votes=dict(votes or {}),
    )


def rated_evenly(count: int) -> list[Label]:
    """Return labels whose levels are 1 to 5 in turn; their answers' lengths have nothing to do with them."""
    return [rated(number, 1 + number % 5, words=number * 7 % 11) for number in range(count)]


def paired(number: int, baseline: int, candidate: int, *, words: tuple[int, int] = (0, 0)) -> PairLabel:
    """Return a label of two answers that say what they are worth; people chose the one that is worth more."""
    choice = "tie" if baseline == candidate else "candidate" if candidate > baseline else "baseline"
    return PairLabel(
        rubric="helpfulness",
        version=HELPFULNESS.version,
        case_id=f"case-{number:03d}",
        messages=ASKED,
        baseline=f"one answer {number}: worth={baseline}" + " so" * words[0],
        candidate=f"other answer {number}: worth={candidate}" + " so" * words[1],
        choice=choice,
    )


def paired_evenly(count: int) -> list[Label]:
    """Return labels of pairs: as many of each choice, and the longer answer wins as often as it loses."""
    worths = ((1, 3), (3, 1), (2, 2))
    return [paired(number, *worths[number % 3], words=(5, 0) if number // 3 % 2 else (0, 5)) for number in range(count)]


def judge_of(rubric: Rubric = COMPLETENESS) -> Judge | PairJudge:
    """Return a judge of a model that needs no files."""
    kind = Judge if rubric.kind == "scale" else PairJudge
    return kind(rubric=rubric, model=MODEL, engine_identity="function", max_tokens=64)


def asking(verdict: Verdict) -> AskJudge:
    """Return a function that asks a judge whose verdicts are a function's."""
    engine = FunctionEngine(verdict)

    def ask(requests: Sequence[Request]) -> Mapping[str, Response]:
        return {response.request_key: response for response in engine.generate(requests)}

    return ask


def asked_in(request: Request) -> str:
    """Return all that a judge reads, also where it is asked once more."""
    return "\n".join(message.text for message in request.messages)


def worths(request: Request) -> list[int]:
    """Return what the answers in a judge's prompt are worth, in the order in which they are shown."""
    return [int(found) for found in WORTH.findall(asked_in(request))]


def lengths(request: Request) -> list[int]:
    """Return how many words each answer has after its worth, in the order in which they are shown."""
    return [len(found) for found in re.findall(r"worth=\d((?: so)*)", asked_in(request))]


def better(first: float, second: float) -> str:
    """Return the verdict on a pair by what each is worth."""
    return f'{{"better": "{"tie" if first == second else "A" if first > second else "B"}"}}'


def perfect(request: Request) -> str:
    """Say what people said."""
    found = worths(request)
    return f'{{"score": {found[0]}}}' if len(found) == 1 else better(*found)


def by_chance(request: Request) -> str:
    """Say anything, the same each time."""
    answer = re.search(r"answer (\d+):", asked_in(request))
    drawn = int(hashlib.sha256((answer[1] if answer else "").encode()).hexdigest(), 16)
    return f'{{"score": {1 + drawn % 5}}}'


def longest(request: Request) -> str:
    """Give the longer answer the better verdict."""
    found = lengths(request)
    return f'{{"score": {1 + found[0] * 4 // 10}}}' if len(found) == 1 else better(*found)


def first(request: Request) -> str:
    """Prefer the answer shown first, except where the second is worth much more."""
    one, other = worths(request)
    return better(one + 1.5, other)
