"""Judged gates from the test to the exit code: what nobody trusts decides nothing, and every place says why."""

import xml.etree.ElementTree as ET

import pytest

from tests.gating.projects import forgetful, project  # noqa: F401 - the fixture
from tests.gating.test_judge_calls import JUDGE, asking  # noqa: F401 - the fixture

SUITE = """
from pathlib import Path

import pytest

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)


def test_good(evaluate, judge, gate):
    gate(evaluate(judge("good")), floor=0.5)
"""
RUBRIC = '''id = "good"
version = 1
kind = "scale"
question = "Good?"
require_trusted = {require}
prompt = """{{{{ question }}}} {{{{ levels }}}} {{{{ answer }}}} {{{{ reply }}}}"""
[levels]
1 = "Bad"
2 = "Good"
'''
UNCHECKED = "was never checked against people's labels; run `harness judge check good`"


@pytest.mark.parametrize(
    ("require", "level", "ends"), [("true", 1, 6), ("true", 2, 6), ("false", 1, 1), ("false", 2, 0)]
)
def test_a_run_of_a_judge_that_nobody_checked(asking, tmp_path, require, level, ends):  # noqa: F811
    """It neither fails nor passes, unless the rubric lets it; terminal, JUnit, summary and report tell the same."""

    def reply(model: str, question: str) -> str:
        return forgetful(model, question) if model != "reader" else f'{{"score": {level}}}'

    run = asking(reply, SUITE)
    (run.folder / "judges").mkdir(exist_ok=True)
    (run.folder / "judges" / "good.toml").write_text(RUBRIC.format(require=require))
    junit, summary = tmp_path / "junit.xml", tmp_path / "summary.md"

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GITHUB_STEP_SUMMARY", str(summary))
        result = run.gate("--judge", JUDGE, "--junitxml", str(junit))

    outcome, is_advisory = "passed" if level == 2 else "failed", require == "true"
    said = "advisory: " if is_advisory else "not advisory, since the rubric has require_trusted = false: "
    told = {one.get("name"): one.get("value") for one in ET.parse(junit).getroot().iter("property")}  # noqa: S314
    assert result.ret == ends
    assert [line.startswith(said) for line in result.outlines if line.endswith(UNCHECKED)][-1]
    assert (told["verdict"], told["advisory"], told["judge trusted"]) == (outcome, str(is_advisory), "False")
    assert f"{outcome}{' (advisory)' if is_advisory else ''} |" in summary.read_text().replace("\\", "")
    assert ("gates are advisory, since nobody checked" in summary.read_text()) is is_advisory
    assert "was never checked against people" in run.report()
