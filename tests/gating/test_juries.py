"""Judges in a whole run of pytest: a jury at two addresses, expected levels at a server, and who may not judge."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apart import run_harness, run_pytest
from tests.models.fakes import adapter_in, base_in
from tests.stub import Sent, Stub, completion, serve

RUBRIC = """
id = "tone"
version = 1
require_trusted = false
kind = "scale"
question = "Is it polite?"
prompt = "{{ question }} {{ levels }} {{ answer }} Reply: {{ reply }}"
WAY

[levels]
1 = "Rude."
2 = "Neither."
3 = "Kind."
"""
TESTS = """
from pathlib import Path
import pytest

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_tone(evaluate, gate, judge):
    gate(evaluate(judge("tone"MODELS)), floor=0.1)
"""


def token(shares: dict[str, float]) -> Sent:
    """Return one token with the probabilities of what could have come in its place."""
    top = [{"token": text, "logprob": math.log(share)} for text, share in shares.items()]
    return Sent(completion(top[0]["token"], logprobs={"content": [top[0] | {"top_logprobs": top}]}))


def level(said: int):
    """Return a server that answers questions, judges with one level, and finds it likely."""

    def reply(_model: str, question: str) -> str | Sent:
        if question == '{"score": ':
            return token({str(said): 0.75, "2": 0.15, "none": 0.1})
        return f'{{"score": {said}}}' if "Is it polite?" in question else "Hello"

    return reply


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project of two cases, with a base model and an adapter on it."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")
    cases = [{"id": f"c{n}", "messages": [{"role": "user", "content": f"Hi {n}"}]} for n in range(2)]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    (tmp_path / "judges").mkdir()
    return tmp_path


@pytest.fixture
def here() -> Iterator[Stub]:
    """Serve the sides, and a judge that is strict."""
    with serve(level(1), ("tiny", "mine")) as stub:
        yield stub


@pytest.fixture
def there() -> Iterator[Stub]:
    """Serve a judge that is kind."""
    with serve(level(3), ("kind",)) as stub:
        yield stub


def run(folder: Path, here: Stub, settings: str, models: str = "", way: str = "") -> pytest.RunResult:
    """Run the suite with changed settings, other judges, and another way to a score."""
    (folder / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = 0\n{settings}\n')
    (folder / "judges" / "tone.toml").write_text(RUBRIC.replace("WAY", way))
    (folder / "test_tone.py").write_text(TESTS.replace("MODELS", models and f", {models}"))
    return run_pytest(folder, "--candidate", "adapters/mine", "--base-url", here.url)


def saved(folder: Path) -> dict[str, object]:
    """Return the only run.json."""
    (path,) = folder.glob("runs/*/run.json")
    return json.loads(path.read_text())


def test_a_jury_at_two_addresses_scores_with_the_mean(folder, here, there):
    """Each member has its own usage, at its own price, and is named wherever the judge is."""
    settings = (
        '[judge]\nmodel = "openai:strict"\n'
        f'[judges.second]\nmodel = "openai:kind"\nbase_url = "{there.url}"\n'
        '[prices]\ncurrency = "EUR"\n"openai:kind" = {input = 1.0, output = 2.0}\n'
    )

    run(folder, here, settings, 'models=["openai:strict", "second"]')

    kept = saved(folder)
    [verdict] = kept["verdicts"]
    assert verdict["comparison"]["candidate_mean"]["mean"] == pytest.approx(0.5)
    assert "strict, kind (mean)" in verdict["comparison"]["scorer"]
    assert (kept["judge"], kept["judges"]["second"]) == ("strict, kind", "kind")
    spent = {(one["side"], one.get("name", "")): one for one in kept["usage"]}
    assert [spent["judge", name]["answers"] for name in ("strict", "kind")] == [2, 2]
    assert [spent["judge", name].get("cost") is None for name in ("strict", "kind")] == [True, False]
    assert {one["party"]: one.get("name") for one in kept["origins"]}["judge"] == "kind"
    assert {body["model"] for body in there.bodies} == {"kind"}
    (report,) = folder.glob("runs/*/report.html")
    assert "Judge kind is taken on trust" in report.read_text()


def test_the_judge_of_the_settings_is_none_of_a_run_that_only_a_jury_judged(here, there, folder):
    """Nor do its origins name it, or the report."""
    settings = f'[judge]\nmodel = "openai:unused"\n[judges.second]\nmodel = "openai:kind"\nbase_url = "{there.url}"'

    run(folder, here, settings, 'models=["base", "second"]')

    kept = saved(folder)
    assert (kept["judge"], kept["judges"]) == ("tiny, kind", {"base": "tiny", "second": "kind"})
    assert [one["name"] for one in kept["origins"] if one["party"] == "judge"] == ["tiny", "kind"]
    (report,) = folder.glob("runs/*/report.html")
    assert "unused" not in report.read_text()


def test_a_jurys_verdicts_are_decided_again_and_planned_without_asking_anybody(folder, here, there):
    """From the saved run, by other thresholds; the members are called as they were."""
    settings = f'[judge]\nmodel = "openai:strict"\n[judges.second]\nmodel = "openai:kind"\nbase_url = "{there.url}"'
    run(folder, here, settings, 'models=["openai:strict", "second"]')
    asked = len(here.bodies), len(there.bodies)
    (folder / "test_tone.py").write_text((folder / "test_tone.py").read_text().replace("floor=0.1", "floor=0.9"))

    decided = run_harness(folder, "decide", "1", "test_tone.py")
    planned = run_harness(folder, "power", "test_tone.py")

    assert (decided.ret, "no scores from" in decided.stdout.str()) == (1, False)
    assert planned.ret == 0
    assert (len(here.bodies), len(there.bodies)) == asked


def test_the_expected_level_of_a_judge_that_is_known_by_name(folder, here, there):
    """The server is asked to go on from the beginning of its verdict, without a schema."""
    settings = f'[judge]\nmodel = "openai:kind"\nbase_url = "{there.url}"'

    run(folder, here, settings, way='score = "expected"')

    [verdict] = saved(folder)["verdicts"]
    assert verdict["comparison"]["candidate_mean"]["mean"] == pytest.approx(((3 * 0.75 + 2 * 0.15) / 0.9 - 1) / 2)
    asked, _, begun, _ = there.bodies
    assert ("response_format" in asked, "response_format" in begun) == (True, False)
    assert begun["messages"][-1] == {"role": "assistant", "content": '{"score": '}
    assert begun["continue_final_message"] is True


OPENAI = 'model = "openai:kind"\nbase_url = "https://api.openai.com/v1"'


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        ((OPENAI, "", 'score = "expected"'), 4, "OpenAI's API can't"),
        (("", 'models=["base", "base"]', ""), 1, "name it once"),
        (("", 'combine="best"', ""), 1, "combined by mean"),
        (("", 'models=["nobody"]', ""), 1, "the judge is 'nobody'"),
    ],
    ids=["no beginnings", "twice", "combine", "unknown"],
)
def test_what_cannot_judge_is_refused_and_asked_nothing(folder, here, given, code, why):
    """The test breaks, with what to do; what is known before it runs stops the session."""
    settings, models, way = given

    result = run(folder, here, f"[judge]\n{settings}", models, way)

    assert result.ret == code
    assert why in result.stdout.str() + result.stderr.str()
    assert not [body for body in here.bodies if "Is it polite?" in str(body)]


def test_a_candidate_that_judges_itself_is_refused_before_anything_is_asked(folder, here):
    """Its table is named as the judge."""
    result = run(folder, here, '[models.own]\nadapter = "adapters/mine"\n[judge]\nmodel = "own"')

    assert result.ret == 4
    assert "the judge own is the candidate itself" in result.stderr.str()
    assert here.bodies == []
