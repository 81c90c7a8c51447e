"""CPU that a judged answer costs on top of its request: the prompt filled, the verdict read and made a score.

20,000 different answers, each to a case of its own; the other side of the difference makes, of the same messages ready
made, the same requests with their keys, which any question to a model costs. Both take turns, and medians count.
"""

import statistics
import time
from collections.abc import Callable, Sequence

from measure import at_most, exit_code, run_script, tell

from harness.gating.judging import judge_answers, judge_pairs
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request
from harness.records.messages import Message
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.judges.rubric import named_rubric

CASES = 20_000
ROUNDS = 5
BAR_MS = 0.3
MODEL = ModelRef(base="judge", base_digest="d", template_digest="t")
JUDGE = Judge(rubric=named_rubric("correctness"), model=MODEL, engine_identity="bench", max_tokens=64)
PAIR = PairJudge(rubric=named_rubric("helpfulness"), model=MODEL, engine_identity="bench", max_tokens=64)


def main() -> int:
    """Measure, print figures with their bars, and return the exit code."""
    cases = [_case(number) for number in range(CASES)]
    ours = [(case, _answer(number, "Billing")) for number, case in enumerate(cases)]
    pairs = [(*one, _answer(number, "Settings")) for number, one in enumerate(ours)]
    costs = [
        _figure("a judged answer", lambda: judge_answers(JUDGE, ours, _four), _requests(ours, JUDGE.requests)),
        _figure("a judged pair, both orders", lambda: judge_pairs(PAIR, pairs, _a), _requests(pairs, PAIR.requests)),
    ]
    return exit_code([at_most(f"CPU of {name}", cost, "ms", BAR_MS * asked) for name, cost, asked in costs])


def _figure(name: str, judging: Callable[[], object], requests: Sequence[Request]) -> tuple[str, float, int]:
    """Return what is judged, its CPU on top of its requests in milliseconds, and how many requests it takes."""
    judging()  # everything imported, the prompt compiled
    whole, asking = [], []
    for _ in range(ROUNDS):
        whole.append(_cpu_ms(judging))
        asking.append(_cpu_ms(lambda: [_anew(one).key for one in requests]))
    judged, asked = statistics.median(whole), statistics.median(asking)
    tell(f"{name}: {judged:.3f} ms, of which its requests {asked:.3f} ms; {judged / asked:.1f} times as much")
    return name, judged - asked, len(requests) // CASES


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) / CASES * 1e3


def _requests(asked: Sequence[tuple], requests: Callable[..., tuple[Request, ...]]) -> list[Request]:
    return [request for one in asked for request in requests(*one)]


def _anew(request: Request) -> Request:
    """Return the same request without its key, which is computed once and kept."""
    return Request(
        case_id=request.case_id,
        model=request.model,
        engine=request.engine,
        messages=request.messages,
        sampling=request.sampling,
    )


def _case(number: int) -> Case:
    asked = f"I moved to another street last week and order {number} has no invoice yet. Where do I find it, please?"
    expected = f"Under Billing, in the list of order {number}."
    return Case(id=f"c{number}", messages=(Message(role="user", content=asked),), expected=expected)


def _answer(number: int, place: str) -> Response:
    steps = (
        f"Open your account, choose {place}, and look for order {number}: the invoice stands beside it.\n"
        "- If the street is still the old one, change it first; the invoice is then written anew within an hour.\n"
        "- If there is no invoice yet, the parcel has not left our house, and you get one by mail when it does.\n"
    )
    return Response(
        request_key="k", text=steps + f"(You asked: \"where do I find it?\"; see <a href='/help'>{place}</a>)"
    )


def _four(requests: Sequence[Request]) -> dict[str, Response]:
    return {one.key: Response(request_key=one.key, text='{"score": 4}') for one in requests}


def _a(requests: Sequence[Request]) -> dict[str, Response]:
    return {one.key: Response(request_key=one.key, text='{"better": "A"}') for one in requests}


if __name__ == "__main__":
    run_script(main)
