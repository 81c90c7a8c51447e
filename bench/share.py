"""Answers of one machine to another through a shared place, beside what exporting and importing a file costs.

The place is a folder; an object store adds its network. This is why there is no server of a database: parts that never
change need no lock.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import at_most, exit_code, run_script, tell

ANSWERS, FEW, WORDS = 100_000, 1_000, 40
BAR_PUSH, BAR_PULL, BAR_FEW, BAR_BYTES = 6.0, 3.0, 4.0, 200


def main(answers: int = ANSWERS) -> int:
    """Measure CPU, print the figures with their bars, and return the exit code."""
    from harness.asking.store.exchange import export_answers, import_answers
    from harness.share.answers import pull_answers, push_answers
    from harness.share.place import Place

    with TemporaryDirectory(prefix="bench-share-") as name:
        folder = Path(name)
        ada, ben, place = folder / "ada", folder / "ben", Place(str(folder / "team"))
        store = ada / "answers.sqlite"
        _fill(store, 0, answers)
        exported = _cpu_s(lambda: export_answers(store, folder / "all.jsonl"))
        imported = _cpu_s(lambda: import_answers(folder / "alone" / "answers.sqlite", folder / "all.jsonl"))
        pushed = _cpu_s(lambda: push_answers(ada, place))
        pulled = _cpu_s(lambda: pull_answers(ben, place))
        size = sum(part.stat().st_size for part in (folder / "team" / "answers").iterdir())
        _fill(store, answers, answers + FEW)
        few = _cpu_s(lambda: push_answers(ada, place))
    tell(
        f"{answers:,} answers: export {exported:.1f} s CPU, import {imported:.1f} s; push {pushed:.1f} s, pull "
        f"{pulled:.1f} s; {size / 1e6:.0f} MB; {FEW:,} more: push {few:.1f} s"
    )
    return exit_code(
        [
            at_most("push, of an export", pushed / exported, "times", BAR_PUSH),
            at_most("pull, of an import", pulled / imported, "times", BAR_PULL),
            at_most(f"push of {FEW:,} more, of an export of all", few / exported, "times", BAR_FEW),
            at_most("size of an answer in the place", size / answers, "bytes", BAR_BYTES),
        ]
    )


def _fill(path: Path, first: int, last: int) -> None:
    from harness.asking.store import Store
    from harness.records.answered import Response
    from harness.records.asked import ModelRef, Request, Sampling
    from harness.records.messages import Message

    model = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64)
    with Store(path) as store:
        for start in range(first, last, 1_000):
            kept = []
            for number in range(start, start + 1_000):
                messages = (Message(role="user", content=f"question {number}"),)
                request = Request(
                    case_id=str(number), model=model, engine="vllm 0.32", messages=messages, sampling=Sampling()
                )
                text = " ".join(f"word{number * (place + 1) % 997}" for place in range(WORDS))
                kept.append((request, request.key, Response(request_key=request.key, text=text, seconds=0.5)))
            store.keep(kept)


def _cpu_s(do) -> float:  # noqa: ANN001
    started = time.process_time()
    do()
    return time.process_time() - started


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    run_script(main)
