"""Which gates of a suite can choose a checkpoint: read from its tests without any model."""

import datetime as dt
import json
from pathlib import Path

import pytest

from harness.data.seal import make_seal
from harness.errors import ConfigError
from harness.gating.stopping import read_gates
from harness.scorers.scoring import describe

HEAD = """
from pathlib import Path
import pytest
from harness.scorers import any_right, contains, exact_match, latency, semantic_similarity

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8, repeats=2, temperature=1.0)
"""
GATES = """
def test_right(evaluate, gate):
    comparison = evaluate(exact_match())
    gate(comparison, floor=0.5)
    gate(comparison, max_drop=0.1)

def test_any(evaluate, gate):
    gate(evaluate(any_right(contains())).by_tag("language"), floor=0.5)

def test_measured_alone(evaluate):
    evaluate(exact_match())

def test_advisory(evaluate, gate):
    gate(evaluate(exact_match()), floor=0.5, advisory=True)

def test_fast(evaluate, gate):
    gate(evaluate(latency(p=95)), ceiling=2.0)
"""
JUDGED = """
def test_judged(evaluate, judge, gate):
    gate(evaluate(judge("correctness")), floor=0.5)
"""
MEANT = """
def test_meant(evaluate, gate):
    gate(evaluate(semantic_similarity()), floor=0.5)
"""
PINNED = """
@pytest.mark.suite(Path(__file__).parent / "cases.jsonl", tags=["pinned"])
def test_pinned(case, answer):
    assert answer.text
"""
BROKEN = """
def test_broken(evaluate, gate):
    assert evaluate(exact_match()).candidate_mean.mean > 0.5
"""


@pytest.fixture
def suite(tmp_path):
    """Return what writes a suite, under a name that no other test of this process has imported, and its folder."""
    folder = tmp_path / "mine"
    folder.mkdir()
    lines = [
        {"id": f"c{n}", "messages": [{"role": "user", "content": f"{n}?"}], "expected": "a", "tags": ["language-de"]}
        for n in range(4)
    ]
    lines[0]["tags"] = ["pinned", "language-fr"]
    (folder / "cases.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))

    def written(*parts: str) -> Path:
        (folder / f"test_{tmp_path.name}.py").write_text(HEAD + "".join(parts))
        return folder

    return written


def test_gates_are_read_with_their_scorers_once_each(suite):
    """What is advisory, measured alone or a quantity chooses nothing; pinned cases are named."""
    found = read_gates(suite(GATES, PINNED), ())

    assert [(one.name, describe(one.scorer)) for one in found.gates] == [
        ("test_right", "exact_match()"),
        ("test_any", "any_right(contains())"),
    ]
    assert found.gates[0].suite is found.gates[1].suite
    assert found.pinned == {("mine", "c0")}
    assert found.passed_over == (
        "test_advisory chooses nothing, since it is advisory",
        "test_fast chooses nothing, since it gates a quantity",
    )


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ((GATES, JUDGED), r"test_judged: .*needs a judge.*name tests that need none under \[stop_by\]"),
        ((GATES, MEANT), r"test_meant: semantic_similarity\(.*needs another model"),
        ((GATES, BROKEN), r"a test broke, so what it gates is not known: \S*test_broken"),
        ((), "no suite could be read"),
        ((PINNED,), "no test gates scores"),
    ],
    ids=["a judge", "a model", "a broken test", "no test", "no gate"],
)
def test_what_can_not_choose_is_refused(suite, parts, told):
    """With the test, and what to do; no harness.toml, and no [judge], is needed."""
    with pytest.raises(ConfigError, match=told):
        read_gates(suite(*parts), ())


def test_tests_can_be_named_among_others_that_need_a_judge(suite):
    """A name that is none of them is refused with those that are."""
    folder = suite(GATES, JUDGED, BROKEN)

    assert [one.name for one in read_gates(folder, ("test_any",)).gates] == ["test_any"]
    with pytest.raises(ConfigError, match="test_wrong is none of its tests that gate; these are test_right, test_any"):
        read_gates(folder, ("test_wrong",))


def test_a_sealed_test_and_a_missing_folder_are_refused(suite, tmp_path):
    """What a training looks at again and again is no sealed test."""
    folder = suite(GATES)
    make_seal(folder / "cases.jsonl", (), 0, lambda: dt.datetime(2026, 11, 27, tzinfo=dt.UTC))

    with pytest.raises(ConfigError, match="is a sealed test"):
        read_gates(folder, ())
    with pytest.raises(ConfigError, match="nowhere: no such folder"):
        read_gates(tmp_path / "nowhere", ())
