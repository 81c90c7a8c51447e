"""What a run writes: no personal data, no markup of others, and text that Prometheus reads."""

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.drift.found import Drift, Who
from harness.drift.page import render_drift
from harness.drift.prometheus import escaped, exposition
from harness.drift.told import lines_of
from harness.records.estimate import Estimate
from harness.text.visible import for_terminal
from tests.drift.made import broken_answer, drift_on, logged_day, project

PLANTED = {
    "e-mail": "ada.byron@tidewell.io",
    "card": "4556 7375 8689 9855",
    "iban": "DE89 3704 0044 0532 0130 00",
    "phone": "+49 30 901820",
    "key": "ghp_" + "aZ3kQ9mB7xR2vT5nW8cF1hJ4pL6sD0gYaZ3k",
}
HOSTILE = "</script><script>alert(1)</script>\x1b[31m\u202e"


def planted_day(day: int):
    """Yield requests of which each has all kinds of personal data, in what was asked, answered, tagged and named."""
    every = " ".join(PLANTED.values())
    for one in logged_day(day, said=broken_answer):
        turn = msgspec.structs.replace(one.messages[0], content=f"{one.messages[0].text} {every}")
        number = int(one.place.rpartition(":")[2])
        tags = (PLANTED["e-mail"], PLANTED["phone"]) if number % 2 else (HOSTILE,)
        yield msgspec.structs.replace(
            one, messages=(turn,), text=f"{one.text} {every}", tags=tags, model=PLANTED["key"] if number % 3 else "mine"
        )


@pytest.fixture
def planted(tmp_path):
    """Return a project after a run on such requests, and what was found."""
    config = project(tmp_path)
    return tmp_path, drift_on(tmp_path, config, 1, planted_day(1))


def test_personal_data_of_the_logs_is_in_no_file(planted):
    """Neither whole, nor without its spaces: page, JSON, history, Prometheus, and all that lies beside them."""
    root, drift = planted
    (root / "metrics.prom").write_text(exposition(drift))
    (root / "drift.json").write_bytes(msgspec.json.encode(drift))
    (root / "terminal.txt").write_text("\n".join(lines_of(drift, "page.html")))

    written = {path: path.read_bytes().decode(errors="replace") for path in root.rglob("*") if path.is_file()}

    assert {"mine.html", "mine.jsonl", "metrics.prom", "drift.json"} <= {path.name for path in written}
    assert drift.slices, "nothing was named that could be personal"
    for value in PLANTED.values():
        for form in (value, value.replace(" ", "")):
            assert not [path for path, text in written.items() if form in text], form


def test_markup_and_escapes_in_the_logs_reach_neither_page_nor_terminal(planted):
    """They are shown, and do nothing."""
    _, drift = planted

    page = render_drift(drift, "../runs")
    told = [for_terminal(line, None) for line in lines_of(drift, "page.html")]

    assert any(one.name == HOSTILE for one in drift.slices)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not {"\x1b", "\u202e"} & {*page, *"".join(told)}


def test_prometheus_reads_what_is_written_for_it(planted):
    """Every figure once, with its verdict and interval."""
    _, drift = planted

    families = {one.name: one for one in text_string_to_metric_families(exposition(drift))}

    verdicts = {one.labels["question"]: one.value for one in families["tunegate_drift_verdict"].samples}
    assert verdicts == {"inputs": 0.0, "answers": 1.0} | {"inputs": verdicts["inputs"]}
    changes = {one.labels["figure"]: one.value for one in families["tunegate_drift_change"].samples}
    answers = next(one for one in drift.questions if one.name == "answers")
    assert changes["valid_json()"] == next(one.change.mean for one in answers.figures if one.name == "valid_json()")
    assert families["tunegate_drift_requests"].samples[0].value == 60


def test_a_label_with_quotes_and_lines_is_escaped():
    """As the format has it: the parser gives back what was written."""
    value = 'a "quoted"\\ one\nand more'
    (family,) = text_string_to_metric_families(f'# TYPE x gauge\nx{{name="{escaped(value)}"}} 1.0\n')

    assert family.samples[0].labels["name"] == value


def test_who_drifted_is_on_the_page_in_the_terminal_and_in_the_metrics():
    """With both e-values; words from outside are text."""
    now, then = (Estimate(mean=mean, low=mean - 0.1, high=mean + 0.1, n=100, method="x") for mean in (0.4, 0.9))
    who = Who(
        rubric="tone<b>",
        outcome="judge",
        sentence="The judge moved <i>.",
        judge_e=120.5,
        agreement=now,
        agreement_then=then,
        anchors=60,
        answers=200,
    )
    counts = {"requests": 9, "unreadable": 0, "drawn": 9}
    time = "2026-11-27T12:00:00+00:00"
    drift = Drift(suite="sums", time=time, verdict="steady", questions=(), judges=(who,), **counts)

    page, lines = render_drift(drift, "."), lines_of(drift, "p.html")

    assert "tone&lt;b&gt;" in page
    assert "The judge moved &lt;i&gt;." in page
    assert "40 % (30 % to 50 %), 100 labels" in page
    assert "120, 80 is enough" in page
    assert lines[2:5] == (
        "judge of tone<b>: the judge moved",
        "  The judge moved <i>.",
        "  agrees with people now: 40 % (30 % to 50 %), 100 labels",
    )
    assert 'tunegate_drift_judge_e_value{suite="sums",rubric="tone<b>",of="judge"} 120.5' in exposition(drift)
