"""The peers: how each is installed, told to ask the same cases of the same server, and read for its score.

Each gets what makes it fast: 64 in flight, no cache of answers, no live display, no network, no telemetry.
"""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import project
import stub

INSPECT_TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import match
from inspect_ai.solver import generate


@task
def bench():
    return Task(dataset=json_dataset("cases.jsonl"), solver=generate(), scorer=match("exact"))
"""
DEEPEVAL_SCRIPT = """
import asyncio, json, sys
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase
from openai import AsyncOpenAI

IN_FLIGHT = int(sys.argv[2])


async def ask(cases, client):
    answered = []
    for case in cases:
        messages = [{"role": "user", "content": case["input"]}]
        answer = await client.chat.completions.create(model="tiny", messages=messages, temperature=0, max_tokens=16)
        said = answer.choices[0].message.content
        answered.append(LLMTestCase(input=case["input"], actual_output=said, expected_output=case["target"]))
    return answered


async def ask_all(cases):
    async with AsyncOpenAI(base_url=sys.argv[1]) as client:
        waiting = iter(cases)
        parts = await asyncio.gather(*(ask(waiting, client) for _ in range(IN_FLIGHT)))
    return [case for part in parts for case in part]


evaluate(
    asyncio.run(ask_all([json.loads(line) for line in open("cases.jsonl")])),
    [ExactMatchMetric()],
    async_config=AsyncConfig(max_concurrent=IN_FLIGHT),
    cache_config=CacheConfig(write_cache=False),
    display_config=DisplayConfig(show_indicator=False, print_results=False, inspect_after_run=False),
)
"""


@dataclass(frozen=True)
class Place:
    """Where one peer runs: its installation, the folder of this run, and the server's address."""

    home: Path
    folder: Path
    url: str


@dataclass(frozen=True)
class Peer:
    """One peer. ``prepare`` writes its files and returns its command; ``score`` reads folder and output."""

    name: str
    packages: tuple[str, ...]
    install: Callable[[Path, Sequence[str]], None]
    prepare: Callable[[Place], list[str]]
    score: Callable[[Path, str], float]
    environment: dict[str, str] = field(default_factory=dict)
    exit_codes: tuple[int, ...] = (0,)


def write_cases(folder: Path, cases: int) -> None:
    """Write the cases as all peers but promptfoo read them."""
    with (folder / "cases.jsonl").open("w") as file:
        for name, question, expected in project.tickets(cases):
            file.write(json.dumps({"id": name, "input": question, "target": expected}) + "\n")


def install_by_pip(home: Path, packages: Sequence[str]) -> None:
    """Make a virtual environment with the packages, compiled."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    subprocess.run([home / "bin/python", "-m", "pip", "install", "--quiet", "--compile", *packages], check=True)


def install_by_npm(home: Path, packages: Sequence[str]) -> None:
    """Install the packages into a folder of their own."""
    home.mkdir(parents=True, exist_ok=True)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(home)]
    subprocess.run([*npm, *packages], check=True)


def prepare_lm_eval(place: Place) -> list[str]:
    """Write a task file; JSON is YAML too."""
    task = {
        "task": "bench",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(place.folder / "cases.jsonl")}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{input}}",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {"until": [], "max_gen_toks": 16, "temperature": 0},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    (place.folder / "bench.yaml").write_text(json.dumps(task))
    model = f"model={stub.BASE},base_url={place.url}/chat/completions,num_concurrent={project.IN_FLIGHT}"
    command = [str(place.home / "bin/lm_eval"), "run", "--model", "local-chat-completions", "--model_args", model]
    return [*command, "--tasks", "bench", "--include_path", ".", "--apply_chat_template", "--output_path", "results"]


def score_lm_eval(folder: Path, _output: str) -> float:
    """Read the saved results."""
    (saved,) = folder.glob("results/**/results_*.json")
    return float(json.loads(saved.read_text())["results"]["bench"]["exact_match,none"])


def prepare_inspect(place: Place) -> list[str]:
    """Write a task in Python; the address travels in the environment, as Inspect wants it."""
    (place.folder / "bench.py").write_text(INSPECT_TASK)
    command = [str(place.home / "bin/inspect"), "eval", "bench.py", "--model", f"openai-api/bench/{stub.BASE}"]
    command += ["--model-base-url", place.url, "--max-connections", str(project.IN_FLIGHT)]
    command += ["--max-samples", str(project.IN_FLIGHT), "--max-tokens", "16", "--temperature", "0"]
    return [*command, "--display", "plain", "--no-log-realtime", "--no-score-display", "--log-dir", "logs"]


def score_inspect(_folder: Path, output: str) -> float:
    """Read the last printed accuracy."""
    return float(re.findall(r"^accuracy\s+([\d.]+)", output, re.MULTILINE)[-1])


def prepare_deepeval(place: Place) -> list[str]:
    """Write a script: asking the model is the user's part, done with one client."""
    (place.folder / "bench.py").write_text(DEEPEVAL_SCRIPT)
    return [str(place.home / "bin/python"), "bench.py", place.url, str(project.IN_FLIGHT)]


def score_deepeval(_folder: Path, output: str) -> float:
    """Read the printed share of passed cases."""
    return float(re.findall(r"Pass Rate: ([\d.]+)%", output)[-1]) / 100


def prepare_promptfoo(place: Place) -> list[str]:
    """Write a table of cases and a configuration; JSON is YAML too."""
    with (place.folder / "cases.jsonl").open() as cases, (place.folder / "cases.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["input", "__expected"])
        table.writerows([case["input"], case["target"]] for case in map(json.loads, cases))
    settings = {"apiBaseUrl": place.url, "temperature": 0, "max_tokens": 16}
    config = {
        "prompts": ["{{input}}"],
        "providers": [{"id": f"openai:chat:{stub.BASE}", "config": settings}],
        "tests": "file://cases.csv",
    }
    (place.folder / "promptfooconfig.yaml").write_text(json.dumps(config))
    command = [str(place.home / "node_modules/.bin/promptfoo"), "eval", "-j", str(project.IN_FLIGHT), "--no-cache"]
    return [*command, "--no-progress-bar", "--no-table", "--no-share", "--no-write", "-o", "results.json"]


def score_promptfoo(folder: Path, _output: str) -> float:
    """Read the saved results: from a few thousand cases on, the printed summary can be missing."""
    saved = json.loads((folder / "results.json").read_text())["results"]["stats"]
    right, wrong, failed = (int(saved[name]) for name in ("successes", "failures", "errors"))
    return right / (right + wrong + failed)


PEERS = (
    Peer(
        name="lm-evaluation-harness",
        packages=("lm-eval==0.4.13", "lm-eval[api]"),
        install=install_by_pip,
        prepare=prepare_lm_eval,
        score=score_lm_eval,
        environment={"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"},
    ),
    Peer(
        name="Inspect",
        packages=("inspect-ai==0.3.285", "openai==3.54.0"),
        install=install_by_pip,
        prepare=prepare_inspect,
        score=score_inspect,
        environment={"BENCH_API_KEY": "none"},
    ),
    Peer(
        name="DeepEval",
        packages=("deepeval==4.3.1", "openai==3.54.0"),
        install=install_by_pip,
        prepare=prepare_deepeval,
        score=score_deepeval,
        environment={"DEEPEVAL_TELEMETRY_OPT_OUT": "1", "DEEPEVAL_NO_INSPECT_PROMPT": "1"},
    ),
    Peer(
        name="promptfoo",
        packages=("promptfoo@0.121.20",),
        install=install_by_npm,
        prepare=prepare_promptfoo,
        score=score_promptfoo,
        environment={
            "PROMPTFOO_DISABLE_TELEMETRY": "1",
            "PROMPTFOO_DISABLE_UPDATE": "1",
            "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
            "PROMPTFOO_FAILED_TEST_EXIT_CODE": "0",
        },
        # Its logger can break ("write after end") once the results are saved; the score is read from those.
        exit_codes=(0, 1),
    ),
)
