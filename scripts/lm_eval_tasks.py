"""Let lm-evaluation-harness read and score tasks of our own, and keep what it says for tests/cases/test_lm_eval.py.

    LM_EVAL/bin/python scripts/lm_eval_tasks.py [FOLDER [TASK ...]]

LM_EVAL is an environment with lm-eval[ifeval]; no model, no hub and nothing of the harness is needed. ``text.json``
and ``chat.json`` are what harness/cases/lm_eval/reader.py writes of the tasks, ``scores.jsonl`` has each answer with
the scores that the tool gave it. They come to FOLDER, by default to tests/cases/files/lm_eval/; TASKs are those whose
answers are scored.
"""

import json
import os
import random
import runpy
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).absolute().parent.parent
FILES = ROOT / "tests" / "cases" / "files" / "lm_eval"
OWN = ROOT / "tests" / "cases" / "files" / "lm_eval" / "own"
READER = ROOT / "harness" / "cases" / "lm_eval" / "reader.py"
NAMES = ("own_sums", "own_queue", "own_choice", "own_following", "own_overlap")
ANSWERS = {
    "own_sums": (
        "{right}", "#### {right}", "So it is {right}.\n#### {right}", "####{right}", "#### {right}.", "It is ${right}.",
        "#### {right} apples", "{right} or 8", "8 or {right}", "#### 8\nNo: #### {right}", "no idea", "", "#### ",
        "  #### {right}  \n", "{right}.0", "The answer is -{right}", "#### {right},", "$ {right}", "1,200 and 7", "...",
    ),
    "own_queue": (
        "{right}", "{right}.", " {right}", "{right} ", "{other}", "**{right}**", "{right}!", "BILLING",
        "Bug", "It is a bug",
        "", "{right}{right}", "in-voices", "account\u00a0", "{right}\u3002", "privacy?",
    ),
    "own_following": (
        "We walked along the river for a long time and saw nobody at all there",
        "We walked, then slept, then woke, then ate, then sang, then went home, and that was it",
        "* wren\n* robin\n* rook", "- wren\n- robin", "Sure!\n* wren\n* robin\n* rook\nThat was it.",
        '{{"place": "river"}}', '```json\n{{"place": "river"}}\n```', '{{"place": "sea"}}', "the river {{",
        '"It rains. That is all."', 'Here:\n"It rains. That is all."',
        "It rains. That is all.", '*"Rain. That is all."*',
        "*drops* fall and *wind* blows", "It is wet and *cold* and *grey*", "*one* highlight only", "**Rain**",
        "<<Rain>>\nIt falls.\nP.S. Take a coat.", "<<Rain>>", "Rain\np.s. coat", "<<>>\nP.S. no", "", "   ",
    ),
}  # fmt: skip
"""What is answered: to each document all of them; {right} and {other} are its own."""
WEIGHINGS = 40
"""How many random log-probabilities each choice gets; every fourth time two are equal."""


def main() -> None:
    """Read, score and write."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else FILES).absolute()
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "LMEVAL_LOG_LEVEL": "ERROR"}
    os.chdir(OWN)
    reader = runpy.run_path(str(READER))
    for name, chat in (("text", False), ("chat", True)):
        names = [one for one in NAMES if one != "own_choice"] if chat else NAMES
        wanted = {"names": list(names), "folder": str(OWN), "chat": chat, "examples": None}
        told = json.dumps({"tasks": reader["read"](wanted)}, indent=1, ensure_ascii=False)
        (out / f"{name}.json").write_text(told + "\n")
    names = sys.argv[2:] or [name for name in NAMES if name != "own_overlap"]
    lines = [one for name in names for one in scored(name)]
    (out / "scores.jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines))


def scored(name: str) -> list[dict[str, Any]]:
    """Return every answer to a task, with its scores."""
    import lm_eval
    from lm_eval.tasks import TaskManager

    manager, found = TaskManager(include_path=str(OWN)), []
    for number in range(len(ANSWERS[name]) if name in ANSWERS else WEIGHINGS):
        results = lm_eval.simple_evaluate(
            model=scripted(name, number), tasks=[name], task_manager=manager, bootstrap_iters=0, log_samples=True
        )
        for sample in results["samples"][name]:
            answer = sample["resps"][0][0] if name in ANSWERS else [one[0][0] for one in sample["resps"]]
            scores = {metric: sample[metric] for metric in sample["metrics"]}
            place = {"task": name, "doc_id": sample["doc_id"], "filter": sample["filter"]}
            found.append(place | {"answer": answer, "scores": scores})
    return found


def scripted(name: str, number: int) -> Any:  # noqa: ANN401 - the tool is not installed where this is checked
    """Return a model that says answer ``number`` to everything."""
    from lm_eval.api.model import LM

    class Scripted(LM):
        def generate_until(self, requests: list[Any], **_: object) -> list[str]:
            return [said(one.doc) for one in requests]

        def loglikelihood(self, requests: list[Any], **_: object) -> list[tuple[float, bool]]:
            draws = random.Random(number)
            values = [round(-20 * draws.random(), 2) for _ in requests]
            equal = [value if place % 2 or number % 4 else values[place - 1] for place, value in enumerate(values)]
            return [(value, False) for value in equal]

        def loglikelihood_rolling(self, requests: list[Any], **_: object) -> list[float]:
            raise NotImplementedError

    def said(doc: dict[str, Any]) -> str:
        queues = doc.get("queues", ["", ""])
        right = doc["answer"].rpartition("#### ")[2] if "answer" in doc else queues[0]
        return ANSWERS[name][number].format(right=right, other=queues[1])

    return Scripted()


if __name__ == "__main__":
    main()
