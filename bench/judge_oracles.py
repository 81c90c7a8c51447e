"""The figures of judges against people that are known for public data, out of our own statistics.

python bench/judge_oracles.py DATA [--alpaca-eval CLONE]; DATA has the folders mtbench and pandalm, CLONE is a clone of
github.com/tatsu-lab/alpaca_eval. The tests carry the figures; the data stays outside.
"""

import argparse
import csv
import json
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from statistics import fmean

import numpy as np
from judge_coverage import Z, sample_of

from harness.stats import cohen_kappa, krippendorff_alpha
from harness.stats.judges import BothOrders, JudgedLengths, length_controlled, swap_consistency, unreadable_rate
from harness.stats.judges.rectified import rectified

SAMPLES = 2_000
SEED = 20_261_127
LABELS = 100
WORTH = {"a": 1.0, "tie": 0.5, "b": 0.0}
PANDALM = {"Tie": "tie", "0": "tie", "1": "a", "2": "b"}
BASELINE = "gpt4_1106_preview"

Voted = dict[tuple[int, int, str, str], list[str]]


def mtbench(folder: Path) -> tuple[Voted, Voted, Voted]:
    """Return the votes of experts, of all people, and of GPT-4, by question, turn and both models in order."""
    experts: Voted = defaultdict(list)
    people: Voted = defaultdict(list)
    judge: Voted = defaultdict(list)
    for name in ("human", "gpt4_pair"):
        for line in (folder / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            one, other = sorted((row["model_a"], row["model_b"]))
            won = row.get(row["winner"])
            vote = "a" if won == one else "b" if won == other else "tie"
            key = (row["question_id"], row["turn"], one, other)
            (judge if name == "gpt4_pair" else people)[key].append(vote)
            if row["judge"].startswith("expert"):
                experts[key].append(vote)
    return experts, people, judge


def majority(votes: list[str]) -> str:
    """Return what most said; a tie where no choice is ahead."""
    (first, most), *rest = Counter(votes).most_common()
    return "tie" if rest and rest[0][1] == most else first


def agreed(pairs: list[tuple[str, str]]) -> str:
    """Return the share of pairs that agree, with ties and without."""
    decided = [pair for pair in pairs if "tie" not in pair]
    return " ".join(f"{fmean(one == other for one, other in some):.4f}" for some in (pairs, decided))


def show_mtbench(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Print the figures of MT-Bench, and return (people, judge) by model: the win rates to correct."""
    experts, people, judge = mtbench(folder)
    for turn in (1, 2):
        own = {key: votes for key, votes in experts.items() if key[1] == turn}
        judged = [(vote, judge[key][0]) for key, votes in own.items() if key in judge for vote in votes]
        among = [pair for votes in own.values() for pair in combinations(votes, 2)]
        print(f"MT-Bench turn {turn}: GPT-4 with people {agreed(judged)}, people with people {agreed(among)}")
    pairs = [(majority(votes), judge[key][0]) for key, votes in people.items() if key in judge]
    rows = [json.loads(line)["winner"] for line in (folder / "gpt4_pair.jsonl").read_text().splitlines()]
    flipped = swap_consistency([BothOrders(1.0, 1.0 if row == "tie (inconsistent)" else -1.0) for row in rows])
    assert flipped is not None
    print(f"  kappa {cohen_kappa(pairs):.4f}, without ties {cohen_kappa([p for p in pairs if 'tie' not in p]):.4f}")
    print(f"  alpha of people {krippendorff_alpha([*people.values()]):.4f}; flips {flipped.flips.mean:.4f}")
    rates: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for key, votes in people.items():
        if key in judge:
            said, told = fmean(WORTH[vote] for vote in votes), WORTH[judge[key][0]]
            rates[key[2]].append((said, told))
            rates[key[3]].append((1 - said, 1 - told))
    return {f"MT-Bench, GPT-4 on {model}": found for model, found in sorted(rates.items())}


def show_pandalm(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Print the figures of PandaLM, and return (people, judge) of the share of ties."""
    cases = json.loads((folder / "testset-v1.json").read_text())
    said = [[PANDALM[str(case[f"annotator{number}"])] for number in (1, 2, 3)] for case in cases]
    told = {
        row["idx"]: PANDALM.get(row["gpt_result"])
        for row in json.loads((folder / "gpt-3.5-turbo-testset-v1.json").read_text())
    }
    kappas = [cohen_kappa([(row[one], row[other]) for row in said]) for one, other in ((0, 1), (0, 2), (1, 2))]
    right = sum(majority(row) == told[case["idx"]] for row, case in zip(said, cases, strict=True))
    unread = unreadable_rate(sum(each is None for each in told.values()), len(told))
    assert unread is not None
    print(f"PandaLM: kappas {kappas}, alpha {krippendorff_alpha(said):.4f}")
    print(f"  GPT-3.5 right in {right / len(cases):.4f}")
    print(f"  unreadable {unread.mean:.4f} [{unread.low:.4f}, {unread.high:.4f}]")
    ties = [
        (fmean(vote == "tie" for vote in row), float(verdict == "tie"))
        for row, case in zip(said, cases, strict=True)
        if (verdict := told[case["idx"]]) is not None
    ]
    return {"PandaLM, GPT-3.5, share of ties": ties}


def show_corrected(rates: dict[str, list[tuple[float, float]]]) -> None:
    """Print how often raw and corrected intervals hold people's mean, over resamples with 100 labels each."""
    for name, found in rates.items():
        drawn, hits, widths = np.random.default_rng(SEED), np.zeros(3), []
        people, judge = np.array(found).T
        for _ in range(SAMPLES):
            some = drawn.integers(0, len(people), len(people))
            sample = sample_of(people[some], judge[some], LABELS)
            both, alone = rectified(sample, sample.lam()), rectified(sample, 0.0)
            away = abs(both.mean - people.mean())
            raw = abs(judge[some].mean() - people.mean()) <= Z * judge[some].std() / len(judge) ** 0.5
            hits += [raw, away <= Z * both.error, away <= both.half_width(0.95)]
            widths.append(both.error / alone.error)
        shares = " ".join(f"{share:.3f}" for share in hits / SAMPLES)
        correlation = np.corrcoef(people, judge)[0, 1]
        print(f"{name}: {len(people)} cases, people {people.mean():.3f}, judge {judge.mean():.3f}")
        print(f"  covered raw, corrected as in the paper, here: {shares}")
        print(f"  correlation {correlation:.2f}, width over that of people alone {fmean(widths):.2f}", flush=True)


def show_alpaca_eval(clone: Path) -> None:
    """Print how far raw and length-controlled win rates are from AlpacaEval's own length-controlled ones."""
    board = clone / "src/alpaca_eval/leaderboards/data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"
    off: dict[str, list[float]] = defaultdict(list)
    for model in csv.DictReader(board.open()):
        verdicts = clone / "results" / model[""] / "weighted_alpaca_eval_gpt4_turbo" / "annotations.json"
        rows = json.loads(verdicts.read_text()) if verdicts.exists() and model[""] != BASELINE else []
        pairs = [
            JudgedLengths(2 * row["preference"] - 3, len(row["output_2"]) - len(row["output_1"]))
            for row in rows
            if row["preference"] is not None
        ]
        known = model["length_controlled_winrate"]
        if len(pairs) == 805 and known:
            for name, ridge in (("plain", 0.0), ("ridge 10", 10.0)):
                found = length_controlled(pairs, ridge)
                assert found is not None
                off[name].append(abs(100 * found.controlled.mean - float(known)))
            off["raw"].append(abs(100 * found.raw.mean - float(known)))
    print(f"AlpacaEval, {len(off['raw'])} models:", {name: round(fmean(each), 2) for name, each in off.items()})


def main() -> int:
    """Print all figures whose data is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--alpaca-eval", type=Path)
    given = parser.parse_args()
    show_corrected({**show_mtbench(given.data / "mtbench"), **show_pandalm(given.data / "pandalm")})
    if given.alpaca_eval:
        show_alpaca_eval(given.alpaca_eval)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
