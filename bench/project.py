"""A user's project that the benchmarks run pytest in: cases, one suite, and what looks like a base and an adapter."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import stub

IN_FLIGHT = 64
NOT_INSTALLED = ("cacheprovider", "hypothesispytest", "pytest_cov", "xdist", "xdist.looponfail")
"""Plugins that pytest runs without: its cache, and those of the harness's own tests, which no user has."""
RIGHT_SHARE = 0.9
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=16)

def test_the_right_queue(evaluate, gate):
    gate(evaluate(exact_match()), floor=0.85, max_drop=0.05)
"""
ADAPTER = f"adapters/{stub.ADAPTER}"
LAYER = "model.layers.0.self_attn.q_proj"


def tensor(name: str) -> str:
    """Return a safetensors file with two numbers, 0, as text."""
    header = f'{{"{name}":{{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}}}'
    return chr(len(header)) + "\0" * 7 + header + "\0" * 8


SETTINGS = f"""
base_model = "{stub.BASE}"

[engine]
in_flight = {IN_FLIGHT}
max_in_flight = {IN_FLIGHT}
"""


def write_project(folder: Path, cases: int) -> Path:
    """Write a project with this many cases and return its folder."""
    base, adapter = folder / stub.BASE, folder / ADAPTER
    files = {
        base / "config.json": "{}",
        base / "model.safetensors": tensor(f"{LAYER}.weight"),
        base / "chat_template.jinja": "{{ messages }}",
        adapter / "adapter_config.json": '{"peft_type": "LORA", "r": 8}',
        adapter / "adapter_model.safetensors": tensor(f"base_model.model.{LAYER}.lora_A.weight"),
        folder / "harness.toml": SETTINGS,
        folder / "test_bench.py": SUITE,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with (folder / "cases.jsonl").open("w") as file:
        for name, question, expected in tickets(cases):
            case = {"id": name, "messages": [{"role": "user", "content": question}], "expected": expected}
            file.write(json.dumps(case) + "\n")
    return folder


def tickets(cases: int) -> Iterator[tuple[str, str, str]]:
    """Yield id, question and expected answer of each case; the server's answer is right on nine of ten."""
    for number in range(cases):
        question = (
            f"Ticket {number}: we were charged twice for order {number * 7919 % 100_003}, and the second invoice has "
            "no VAT number on it. Which queue is this for: billing, bug, feature, account or outage? One word."
        )
        yield f"ticket-{number:06d}", question, "bug" if number % 10 == 0 else stub.ANSWER


def gate(url: str, candidate: str = ADAPTER) -> list[str]:
    """Return the command that gates a candidate against the base model."""
    options = ["--candidate", candidate, "--baseline", "base", "--base-url", url]
    absent = [word for name in NOT_INSTALLED for word in ("-p", f"no:{name}")]
    return [sys.executable, "-m", "pytest", *absent, *options]


def bare_loop(url: str, bodies: Path) -> list[str]:
    """Return the command that sends recorded bodies with a bare aiohttp loop."""
    return [sys.executable, str(Path(__file__).with_name("bare.py")), url, str(bodies)]
