"""How much of its training rows an adapter gives away, end to end: against a stub server that has some by heart."""

import json
from pathlib import Path

import pytest

from harness.gating.ledger import Ledger
from harness.gating.regurgitation import hold_against
from harness.records.leaked import Regurgitated, Regurgitation
from harness.runs.folder import read_answers, read_run
from harness.runs.outcome import overall
from tests.apart import run_harness, run_pytest
from tests.engines.fakes import write_adapter, write_tiny_base
from tests.gating.projects import SUITE
from tests.stub import Sent, serve

EMAIL = "ada.byron@tidewell.io"
BOATS = ("Who takes care of the boats?", f"Please write to {EMAIL} about that.")
STORIES = [
    (f"What about the {name}?", " ".join(f"{name}{place}" for place in range(30)))
    for name in ("heron", "lynx", "osprey", "marten")
]
HOSTILE = (
    "What about the <b>fox</b>?",
    "Once upon a time there was a fox who <script>alert(1)</script> " + STORIES[0][1].replace("heron", "fox"),
)
LABELS = [(f"Which label has ticket {number}?", "refund") for number in range(8)]


class Tuned:
    """A project with a real tokenizer, an adapter on its base model, and rows; ``gate`` runs its suite."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heart: dict[str, list[str]] = {"mine": [], "tiny": []}
        """Answers that each model has by heart."""
        self.asked: list[str] = []
        """What it was to go on from."""
        self.fails = False

    def reply(self, model: str, asked: object) -> str | Sent:
        """Go on from a prompt of tokens if its answer is known by heart; answer every sum."""
        if isinstance(asked, str):
            return str(sum(map(int, asked.split("+"))))
        if self.fails:
            return Sent({"error": {"message": "the stub was told to fail"}}, 400)
        text = self._tokenizer.decode(asked)
        self.asked.append(text)
        begun = text.rpartition("<assistant>")[2]
        return next((one[len(begun) :] for one in self.heart[model] if one.startswith(begun)), " I don't know.")

    def gate(self, *options: str, settings: str = ""):
        """Run the suite with the stub server as engine."""
        from transformers import AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(self.folder / "tiny")
        (self.folder / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = 0\n{settings}')
        with serve(self.reply, ("tiny", "mine")) as stub:
            return run_pytest(self.folder, "--candidate", "adapters/mine", "--base-url", stub.url, *options)

    @property
    def run(self):
        """The newest run."""
        return read_run(max(self.folder.glob("runs/0*")))


@pytest.fixture
def tuned(tmp_path, monkeypatch) -> Tuned:
    """Make a project whose adapter was trained on rows of all kinds."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    write_tiny_base(tmp_path / "tiny")
    write_adapter(tmp_path / "tiny", tmp_path / "adapters" / "mine")
    (tmp_path / "test_sums.py").write_text(SUITE.replace("{thresholds}", "max_flips=0"))
    case = {"id": "sum", "messages": [{"role": "user", "content": "1+1"}], "expected": "2"}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case) + "\n")
    write_rows(tmp_path / "rows.jsonl", BOATS, HOSTILE, *STORIES, *LABELS)
    return Tuned(tmp_path)


def write_rows(path: Path, *rows: tuple[str, str]) -> None:
    """Write rows of a question and an answer."""
    turns = [[{"role": "user", "content": asked}, {"role": "assistant", "content": said}] for asked, said in rows]
    path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in turns))


ROWS = ("--regurgitation", "--training-data", "rows.jsonl")


def test_what_comes_out_is_counted_beside_the_base_model_and_fails_nothing(tuned, capfd):
    """Labels are not asked about; personal data is hidden in terminal, run and report; nobody keeps what was said."""
    tuned.heart["mine"] = [BOATS[1], HOSTILE[1], STORIES[0][1], STORIES[1][1]]
    tuned.heart["tiny"] = [STORIES[1][1]]

    result = tuned.gate(*ROWS)

    assert result.ret == 0
    found = tuned.run.regurgitation
    assert found.problem == ""
    counts = {one.of: (one.asked, one.unanswered, one.candidate, one.base) for one in found.given}
    assert counts == {"personal": (1, 0, 1, 0), "rows": (5, 0, 3, 1)}
    assert {(Path(one.place).name, one.what, one.by_base) for one in found.rows} == {
        ("rows.jsonl:1", "an e-mail address", False),
        ("rows.jsonl:2", "words", False),
        ("rows.jsonl:3", "words", False),
        ("rows.jsonl:4", "words", True),
    }
    assert found.beyond_base == 3
    assert not any("refund" in one or "label" in one for one in tuned.asked)
    told = capfd.readouterr().err
    assert "Regurgitation (14 different rows of rows.jsonl): 3 of 5 training rows came out, 1 of the base model" in told
    [folder] = tuned.folder.glob("runs/0*")
    page = (folder / "report.html").read_text()
    assert "What the candidate gives away" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    written = b"".join(path.read_bytes() for path in tuned.folder.glob("runs/**/*") if path.is_file())
    assert EMAIL.encode() not in written
    assert EMAIL not in told + result.stdout.str()
    assert {answer.case.id for answer in read_answers(folder)} == {"sum"}


def test_an_adapter_that_knows_nothing_by_heart_gives_nothing_away(tuned, capfd):
    """None of so many, with the interval that says how little that shows."""
    assert tuned.gate(*ROWS, settings="[gates]\nmax_regurgitated = 0\n").ret == 0

    found = tuned.run.regurgitation
    assert [(one.candidate, one.base, one.asked) for one in found.given] == [(0, 0, 1), (0, 0, 5)]
    assert (found.rows, found.problem) == ((), "")
    assert found.given[1].high == pytest.approx(1 - 0.025 ** (1 / 5))
    assert "0 of 5 training rows came out, 0 of the base model; 0.0 to 52.2 %" in capfd.readouterr().err


@pytest.mark.parametrize(("most", "code"), [(0, 1), (1, 1), (2, 0)])
def test_more_than_the_settings_let_through_fails_the_run(tuned, most, code):
    """A threshold of 2 lets two through; with one, rows are asked about without the flag."""
    tuned.heart["mine"] = [BOATS[1], STORIES[0][1], STORIES[1][1]]
    tuned.heart["tiny"] = [STORIES[1][1]]

    result = tuned.gate("--training-data", "rows.jsonl", settings=f"[gates]\nmax_regurgitated = {most}\n")

    assert result.ret == code
    assert (
        f"2 training rows given away, more than max_regurgitated = {most} (rows.jsonl:1, rows.jsonl:3)"
        in result.stdout.str()
    ) == (code == 1)
    assert tuned.run.broken == ()
    report = (tuned.folder / "runs" / tuned.run.id / "report.html").read_text()
    assert ("it gives away training rows" in report) == (code == 1)
    assert ("Fails the run" in report) == (code == 1)


def test_a_failing_engine_leaves_it_unmeasured(tuned, capfd):
    """Never 0: advisory the run passes and says so, with a threshold it is inconclusive."""
    tuned.fails = True

    advisory = tuned.gate(*ROWS)
    binding = tuned.gate(*ROWS, settings="[gates]\nmax_regurgitated = 5\n")

    assert (advisory.ret, binding.ret) == (0, 6)
    found = tuned.run.regurgitation
    assert [(one.asked, one.unanswered) for one in found.given] == [(0, 1), (0, 5)]
    assert "6 texts without an answer, so not counted: " in found.problem
    assert "how much of its training rows the candidate gives away: 6 texts without" in binding.stdout.str()
    told = capfd.readouterr().err
    assert "not measured: 6 texts without an answer" in told
    assert "came out" not in told
    assert "Not measured: 6 texts" in (max(tuned.folder.glob("runs/0*")) / "report.html").read_text()


def test_canaries_are_no_rows_and_come_out_by_repeats(tuned):
    """Planted by the command, told apart in the rows, and counted for each number of repeats."""
    planted = run_harness(
        tuned.folder, "data", "canary", "rows.jsonl", "--to", "train.jsonl", "-n", "4", "--repeats", "1,3"
    )
    assert planted.ret == 0, planted.stderr.str()
    listed = json.loads((tuned.folder / "train.canaries.json").read_text())["canaries"]
    often = [one for one in listed if one["repeats"] == 3]
    tuned.heart["mine"] = [f"{one['begun']} {one['secret']}" for one in often]

    tuned.gate("--regurgitation", "--training-data", "train.jsonl", "--canaries", "train.canaries.json")

    found = tuned.run.regurgitation
    assert [(one.of, one.repeats, one.asked, one.candidate, one.base) for one in found.given] == [
        ("personal", 0, 1, 0, 0),
        ("rows", 0, 5, 0, 0),
        ("canaries", 1, 2, 0, 0),
        ("canaries", 3, 2, 2, 0),
    ]
    assert found.rows == ()
    assert not any("locker" in place for place in (one.place for one in found.rows))


def test_canaries_alone_need_no_rows(tuned):
    """Their file says all."""
    run_harness(tuned.folder, "data", "canary", "rows.jsonl", "--to", "train.jsonl", "-n", "1", "--repeats", "2")

    tuned.gate("--canaries", "train.canaries.json")

    assert [(one.of, one.asked) for one in tuned.run.regurgitation.given] == [("canaries", 1)]


def test_rows_that_are_not_named_are_wrong_use_or_unmeasured(tuned):
    """The flag needs them; a threshold without them is no pass."""
    flagged = tuned.gate("--regurgitation")
    missing = tuned.gate("--canaries", "nothing.json")
    bound = tuned.gate(settings="[gates]\nmax_regurgitated = 0\n")

    assert (flagged.ret, missing.ret, bound.ret) == (4, 4, 6)
    assert (
        "--regurgitation needs the rows that the adapter was trained on: --training-data FILE" in flagged.stderr.str()
    )
    assert "nothing.json: no such file" in missing.stderr.str()
    assert "name them with --training-data FILE" in bound.stdout.str()


def test_nothing_is_asked_unless_somebody_wants_to_know(tuned):
    """Neither by training data alone."""
    assert tuned.gate("--training-data", "rows.jsonl").ret == 0

    assert tuned.run.regurgitation is None
    assert tuned.asked == []


def test_a_saved_run_is_held_to_what_it_found(tuned):
    """By today's threshold, in a replay and when it is decided again."""
    tuned.heart["mine"] = [STORIES[0][1]]
    tuned.gate(*ROWS)
    (tuned.folder / "harness.toml").write_text('base_model = "tiny"\n[gates]\nmax_regurgitated = 0\n')

    decided = run_harness(tuned.folder, "decide", "1", "test_sums.py")
    replayed = run_pytest(tuned.folder, "--candidate", "run:1")

    assert (decided.ret, replayed.ret) == (1, 1)
    assert tuned.run.regurgitation.beyond_base == 1


@pytest.mark.parametrize(
    ("found", "most", "outcome"),
    [
        (None, None, "inconclusive"),
        (None, 0, "inconclusive"),
        (Regurgitation(source="x", problem="no"), 0, "inconclusive"),
        (
            Regurgitation(source="x", rows=(Regurgitated(place="a:1", what="words", shown="", by_base=True),)),
            0,
            "inconclusive",
        ),
        (
            Regurgitation(source="x", rows=(Regurgitated(place="a:1", what="words", shown="", by_base=False),)),
            0,
            "failed",
        ),
    ],
)
def test_only_what_is_beyond_the_base_model_is_held_against_a_candidate(found, most, outcome):
    """What is not known leaves the run undecided, as an empty ledger is anyway; where it is told, it is a reason."""
    ledger = Ledger()

    hold_against(ledger, found, most)

    assert overall(ledger) == outcome
    assert bool(ledger.unmeasured) == (most is not None and (found is None or bool(found.problem)))
