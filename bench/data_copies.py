"""Copies and leaks: time, memory and what is found, in a folder with banking77's train.csv and test.csv.

`python bench/data_copies.py FOLDER` checks that data; `python bench/data_copies.py FOLDER ROWS` makes that many rows
of its words, with copies among them, and measures time and memory alone. `python bench/data_copies.py FOLDER ROWS
SHARE` writes such rows to a file, a share of them broken (0 to 1), and measures the memory of the whole command, with
every check that needs no model.
"""

import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from measure import at_least, at_most, exit_code, tell

from harness.data.alike.likeness import NearIndex, folded, grams_of, similarity, worded
from harness.data.alike.minhash import candidates, signatures
from harness.data.checks.copies import Copies
from harness.data.leaks.compared import LeakFinder
from harness.data.leaks.leak import leaks_of
from harness.data.leaks.signed import sign, written
from harness.data.row import DataRow
from harness.records.asked import Case
from harness.records.messages import Message

NEAR_PAIRS = 1_174
"""Of all 13,083 texts, at a Jaccard similarity of .7, counted by comparing all."""
FOR_LEAKS = 50_000
"""Of made rows, which are looked through for leaks: that keeps nothing of a row, so more would show nothing more."""
BROKEN = (
    '{"messages": [',
    '{"messages": [{"role": "user", "content": "My card is late"}]}',
    '{"messages": [{"role": "boss", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}',
    '{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "card_arrival"}]}',
)
"""Lines that are no row."""
CASES = 100
"""Of a suite, which are looked for in a large file: they take no memory for each row, only time."""
SHARED = {"white space": 6, "case": 7, "punctuation": 25}
"""Distinct texts in both files, by what doesn't count."""


def main() -> int:
    """Measure, print figures with their bars, and return the exit code."""
    folder = Path(sys.argv[1])
    if len(sys.argv) > 3:
        return whole(folder, int(sys.argv[2]), float(sys.argv[3]))
    if len(sys.argv) > 2:
        return many(folder, int(sys.argv[2]))
    train, test = list(rows(folder / "train.csv")), list(rows(folder / "test.csv"))
    start = time.process_time()
    kinds = Counter(problem.kind for problem in problems([*train, *test]))
    copies_s = time.process_time() - start
    tell(f"problems: {dict(kinds)}")
    texts = [row.input for row in (*train, *test)]
    found = near_pairs(texts)
    exact_pairs = all_pairs(texts)
    shared = {
        "white space": len({row.input.strip() for row in train} & {row.input.strip() for row in test}),
        "case": len({folded(row.input) for row in train} & {folded(row.input) for row in test}),
        "punctuation": len({worded(row.input) for row in train} & {worded(row.input) for row in test}),
    }
    start = time.process_time()
    suites = {"test": [Case(id=str(row.line), messages=row.messages[:1], expected=row.output) for row in test]}
    finder = LeakFinder(suites)
    exact = [leak for row in train for leak in finder.see(row)] + list(finder.finish())
    leaks_s = time.process_time() - start
    signed = sign(train)
    by_signature = list(leaks_of(signed, suites))
    one, other = ({(leak.case, leak.place) for leak in leaks} for leaks in (exact, by_signature))
    texts_of = {("test.csv", row.line): row.input for row in test} | {
        ("train.csv", row.line): row.input for row in train
    }
    wrong = [
        similarity(
            grams_of(worded(texts_of["test.csv", int(case)])),
            grams_of(worded(texts_of["train.csv", int(place.partition(":")[2])])),
        )
        for case, place in other - one
    ]
    same = {leak.case for leak in exact if leak.how == "same"}
    tell(f"leaks with texts: {dict(Counter(leak.how for leak in exact))}, {len({leak.case for leak in exact})} cases")
    tell(f"by signatures: recall {len(one & other) / len(one):.3f}, precision {len(one & other) / len(other):.3f}")
    tell(f"similarity of what signatures alone call a leak: {min(wrong):.2f} and more")
    tell(f"shared texts: {shared}; cases that are in a row unchanged: {len(same)}")
    return exit_code(
        [
            at_most("copies and contradictions", copies_s, "s of CPU", 6),
            at_most("leaks", leaks_s, "s of CPU", 6),
            at_most("memory", peak_mb(), "MB", 350),
            at_least("near pairs as counted by comparing all", float(exact_pairs == NEAR_PAIRS), "", 1),
            at_least("recall of near pairs", found / exact_pairs, "", 0.95),
            at_least("shared texts as counted by hand", float(shared == SHARED), "", 1),
            at_most("signatures of 10,003 rows", len(written(signed)) / 1e6, "MB", 5),
        ]
    )


def many(folder: Path, count: int) -> int:
    """Measure rows that are made of the words of the data."""
    words = sorted({word for row in rows(folder / "train.csv") for word in row.input.split()})
    cases = [Case(id=str(row.line), messages=row.messages[:1]) for row in rows(folder / "test.csv")]
    check, finder = Copies(str), LeakFinder({"test": cases})
    start, found = time.process_time(), 0
    for row in made(words, count):
        found += len(list(check.see(row))) + (len(list(finder.see(row))) if row.line < FOR_LEAKS else 0)
    read_s = time.process_time() - start
    kinds = Counter(problem.kind for problem in check.finish())
    found += len(list(finder.finish()))
    tell(
        f"{count:,} rows: {read_s:.0f} s to read, all {time.process_time() - start:.0f} s; {dict(kinds)}, {found} leaks"
    )
    return exit_code([at_most("memory", peak_mb(), "MB", 350)])


def whole(folder: Path, count: int, share: float) -> int:
    """Measure `harness data check` of a file, with a page, with cases to look for, and with everything listed."""
    words = sorted({word for row in rows(folder / "train.csv") for word in row.input.split()})
    chance = random.Random(16)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as kept:
        train, cases = Path(kept, "train.jsonl"), Path(kept, "cases.jsonl")
        with train.open("w") as file:
            for row in made(words, count):
                line = chance.choice(BROKEN) if chance.random() < share else json.dumps({"messages": said(row)})
                file.write(f"{line}\n")
        with cases.open("w") as file:
            for row in islice(rows(folder / "test.csv"), CASES):
                file.write(json.dumps({"id": str(row.line), "messages": said(row)[:1], "expected": row.output}) + "\n")
        command = [sys.executable, "-m", "harness.cli.main", "data", "check", str(train), "--suites", str(cases)]
        with Path(kept, "found.json").open("wb") as out:
            subprocess.run([*command, "--json", "--html", f"{kept}/page.html"], stdout=out, check=False)
        found = json.loads(Path(kept, "found.json").read_bytes())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    kinds = Counter(problem["kind"] for problem in found["problems"])
    tell(f"{found['rows']:,} rows, {len(found['problems']):,} problems: {dict(kinds)}; {used.ru_utime:.0f} s of CPU")
    return exit_code([at_most("memory of the whole command", used.ru_maxrss / 1e3, "MB", 500)])


def said(row: DataRow) -> list[dict[str, str]]:
    """Return the turns of a row as they are written."""
    return [{"role": message.role, "content": message.text} for message in row.messages]


def problems(some: list[DataRow]) -> Iterator:
    """Yield what the check of copies finds."""
    check = Copies(str)
    for row in some:
        yield from check.see(row)
    yield from check.finish()


def near_pairs(texts: list[str]) -> int:
    """Return how many pairs are found that are nearly the same."""
    plain = [worded(text) for text in texts]
    pairs = candidates(signatures(plain), 0.7).tolist()
    return sum(similarity(grams_of(plain[one]), grams_of(plain[other])) >= 0.7 for one, other in pairs)


def all_pairs(texts: list[str]) -> int:
    """Return how many pairs are nearly the same: an index that misses none."""
    index, pairs = NearIndex(0.7, (all_grams := [grams_of(worded(text)) for text in texts])), 0
    for one in all_grams:
        pairs += sum(1 for _ in index.near(one))
        index.add(one)
    return pairs


def rows(path: Path) -> Iterator[DataRow]:
    """Yield the rows of a file with the columns text and category."""
    with path.open(newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            yield conversation(path.name, line, row["text"], row["category"])


def made(words: list[str], count: int) -> Iterator[DataRow]:
    """Yield rows of 12 words; each tenth is an earlier one with a word changed, each twentieth one as it was."""
    chance, recent = random.Random(7), [["a"] * 12]  # noqa: S311 - no secret
    for line in range(count):
        text = chance.choices(words, k=12)
        if line % 10 == 0:
            text = list(chance.choice(recent))
            if line % 20:
                text[chance.randrange(12)] = chance.choice(words)
        recent = [*recent[-200:], text]
        yield conversation("made.csv", line, " ".join(text), f"label_{line % 77}")


def conversation(file: str, line: int, asked: str, answer: str) -> DataRow:
    """Return a row of one question and its answer."""
    messages = (Message(role="user", content=asked), Message(role="assistant", content=answer))
    return DataRow(file=file, line=line, messages=messages)


def peak_mb() -> float:
    """Return the most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())
