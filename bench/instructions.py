"""How often ``follows_instructions`` agrees with IFEval's own strict verdicts, kind by kind.

python bench/instructions.py FOLDER, with the two files that IFEval's authors published with their code: the answers of
GPT-4 (input_response_data_gpt4_*.jsonl) beside input_data.jsonl, and eval_results_strict.jsonl. The table in
docs/instructions.md is of this.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure import at_least, exit_code, run_script, tell

from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers import follows_instructions

BAR = 0.99
ANSWERS, PROMPTS, VERDICTS = "input_response_data_*.jsonl", "input_data.jsonl", "eval_results_strict.jsonl"


def main() -> int:
    """Print each kind in which a verdict differs, and the shares that agree."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    agree, instructions, whole = Counter[str](), Counter[str](), []
    differ = defaultdict(list)
    for row, answer, verdict in published(folder):
        kinds = row["instruction_id_list"]
        ours = [follows(row, place, answer) for place in range(len(kinds))]
        whole.append(all(ours) == verdict["follow_all_instructions"])
        for kind, mine, theirs in zip(kinds, ours, verdict["follow_instruction_list"], strict=True):
            name = kind.rpartition(":")[2]
            instructions[name] += 1
            agree[name] += mine == theirs
            if mine != theirs:
                differ[name].append(f"{row['key']}: here {told(mine)}, published {told(theirs)}")
    for name, cases in sorted(differ.items()):
        tell(f"{name}: {agree[name]} of {instructions[name]} agree; {'; '.join(cases)}")
    tell(f"{len(instructions) - len(differ)} of {len(instructions)} kinds agree in all")
    tell(f"whole answers: {sum(whole)} of {len(whole)} agree")
    share = agree.total() / instructions.total()
    return exit_code([at_least(f"{instructions.total()} instructions agree", share, "of all", BAR)])


def published(folder: Path) -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Yield each prompt, the answer to it, and the verdict on that."""
    [answers] = [rows(path) for path in folder.glob(ANSWERS)]
    said = {row["prompt"]: row["response"] for row in answers}
    verdicts = {row["prompt"]: row for row in rows(folder / VERDICTS)}
    for row in rows(folder / PROMPTS):
        if row["prompt"] in said and row["prompt"] in verdicts:
            yield row, said[row["prompt"]], verdicts[row["prompt"]]


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one a line."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def follows(row: dict[str, Any], place: int, answer: str) -> bool:
    """Tell whether an answer follows one instruction of a row; one that nobody can tell is not followed."""
    meta = {key: [row[key][place]] for key in ("instruction_id_list", "kwargs")}
    score = follows_instructions()(
        Case(id=str(row["key"]), messages=(), meta=meta), Response(request_key="", text=answer)
    )
    return score.value == 1


def told(is_followed: bool) -> str:
    """Return a verdict in a word."""
    return "followed" if is_followed else "broken"


if __name__ == "__main__":
    run_script(main)
