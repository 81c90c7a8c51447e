"""A job from the order to the model: one job, whatever the service does, and every end of it told."""

import json

import pytest

from harness.errors import DataError, TrainingError
from harness.train.config import load_train_config
from harness.train.hosted.recipe import cancel_hosted
from harness.train.hosted_manifest import read_job
from tests.stub import RESET, Sent
from tests.train.hosted.provider import KEY, LOST, TUNED, does_and, refuses


def test_a_job_leaves_its_facts_and_its_course(ordered, provider, capfd):
    """In the output's folder; asked for again, it is there already."""
    provider.models = {"tiny": {"id": "tiny", "object": "model", "deprecation": "2020-01-01"}}

    folder = ordered.train()
    made = read_job(folder)
    ordered.train()

    assert (made.job, made.model, made.base_url, made.trained_tokens) == ("ftjob-1", TUNED, provider.url, 321)
    assert [one.model for one in made.checkpoints] == [f"{TUNED}:1", f"{TUNED}:2"]
    assert str(made.base_ends) == "2020-01-01"
    assert (folder / "training_rows.signatures").is_file()
    curve = json.loads((folder / "curve.json").read_bytes())
    assert curve["points"] == [{"step": 1, "loss": 2.5}, {"step": 2, "loss": 1.5, "validation_loss": 1.75}]
    assert len(provider.created) == len(provider.whole) == 1
    assert list((folder.parent / ".mine.jobs").glob("*.json*")) == []  # no copy of the rows is left
    told = capfd.readouterr().err
    assert "already trained" in told
    assert "was retired there on 2020-01-01" in told


def test_rows_are_sent_as_chats(ordered, provider):
    """And those of validation in a file of their own."""
    (ordered.folder / "held_out.jsonl").write_text(
        '{"prompt": "Which day follows Saturday?", "completion": "That is Sunday."}\n'
    )
    ordered.write(more='validation = "held_out.jsonl"')

    ordered.train()

    train, validation = ([json.loads(line) for line in content.splitlines()] for content in provider.whole)
    assert train[0]["messages"][1] == {"role": "assistant", "content": "That is Tuesday."}
    assert validation[0]["messages"][0] == {"role": "user", "content": "Which day follows Saturday?"}
    assert provider.created[0]["validation_file"] == "file-2"


@pytest.mark.parametrize(
    ("form", "place"), [("method", lambda sent: sent["method"]["supervised"]), ("hyperparameters", lambda sent: sent)]
)
def test_hyperparameters_are_sent_in_both_forms(form, place, ordered, provider):
    """As they are written, and with the epochs."""
    ordered.write(f'form = "{form}"\nsuffix = "mine"\n[jobs.hyperparameters]\nlora = true\nlora_r = 8')

    ordered.train()

    sent = provider.created[0]
    assert place(sent)["hyperparameters"] == {"n_epochs": 2, "lora": True, "lora_r": 8}
    assert ("method" in sent) == (form == "method")
    assert sent["suffix"] == "mine"


@pytest.mark.parametrize(
    "faults",
    [
        {"POST jobs": [LOST]},
        {"POST jobs": [does_and(Sent({"error": {"message": "oh"}}, 500))]},
        {"POST jobs": [does_and(Sent({"object": "nothing"}))]},
        {"POST jobs": [refuses(503), LOST]},
        {"POST jobs": [refuses(429, **{"retry-after": "7"})]},
        {"POST files": [LOST]},
        {"GET job": [lambda _do: RESET, refuses(502)], "GET events": [refuses(404)], "GET files": [refuses(500)]},
    ],
    ids=["lost", "500 after", "no job came back", "503 before, then lost", "429", "upload lost", "reading fails"],
)
@pytest.mark.parametrize("keeps", [True, False], ids=["", "no metadata"])
def test_what_is_lost_on_the_way_makes_no_second_job(faults, keeps, ordered, provider):
    """Nor a second file: what may be there is looked for before it is made again."""
    provider.keeps_metadata = provider.filters = keeps
    provider.faults = {name: list(these) for name, these in faults.items()}

    ordered.train()

    assert len(provider.created) == len(provider.whole) == 1
    assert not any(provider.faults.values())


def test_a_service_that_asks_for_a_pause_gets_it(ordered, provider):
    """In seconds."""
    provider.faults = {
        "POST jobs": [refuses(429, **{"retry-after": "7"})],
        "GET job": [refuses(429, **{"retry-after": "77"})],
    }

    ordered.train()

    assert {7.0, 77.0} <= set(ordered.clock.waits)


def test_a_job_is_adopted_from_a_list_in_pages_that_nobody_filtered(ordered, provider):
    """Among those of others; state and output are lost."""
    for number in range(5):
        body = json.dumps({"model": "tiny", "training_file": f"file-x{number}", "metadata": {"tunegate": f"{number}"}})
        provider._post_jobs(body.encode(), KEY)
    provider.created.clear()
    provider.filters = False
    provider.faults = {"GET job": [refuses(401)]}
    with pytest.raises(TrainingError, match="not one of this key's account"):
        ordered.train()
    for file in (ordered.folder / "adapters").glob(".mine.jobs/*"):
        file.unlink()

    ordered.train()

    assert len(provider.created) == len(provider.whole) == 1
    assert read_job(ordered.output).job == "ftjob-6"


def test_an_upload_that_is_cut_is_sent_again(ordered, provider):
    """What arrived of it is not trained on."""
    provider.cut_to = 50

    ordered.train()

    assert provider.created[0]["training_file"] == "file-2"
    assert len(provider.whole) == 1


def test_a_file_that_the_service_can_not_read_is_told(ordered, provider):
    """In its words; no job is made."""
    provider.broken_file = True

    with pytest.raises(TrainingError, match=r"file file-1 can't be trained on: line 1 is no chat; correct the rows"):
        ordered.train()

    assert not provider.created


def test_a_job_that_failed_says_why_and_the_next_command_makes_another(ordered, provider):
    """With the code, and the parameter."""
    provider.statuses = ["running", "failed"]
    provider.error = {"code": "invalid_file", "message": "too few\x1b[31m rows", "param": "training_file"}
    with pytest.raises(
        TrainingError, match=r"ftjob-1 failed \(invalid_file\), about training_file: too few\\x1b\[31m rows"
    ):
        ordered.train()
    provider.jobs["ftjob-1"]["statuses"] = ["failed"]
    provider.statuses = ["succeeded"]

    ordered.train()

    assert read_job(ordered.output).job == "ftjob-2"
    assert len(provider.created) == 2


def test_a_job_that_was_cancelled_is_told(ordered, provider):
    """And that the same command makes another."""
    provider.statuses = ["cancelled"]

    with pytest.raises(TrainingError, match=r"job ftjob-1 was cancelled; the same command makes another one"):
        ordered.train()


def test_a_status_that_is_unknown_or_paused_is_waited_for(ordered, provider, capfd):
    """And told once."""
    provider.statuses = ["running", "warming_up", "warming_up", "paused", "running", "succeeded"]

    ordered.train()

    told = capfd.readouterr().err
    assert told.count("job ftjob-1: warming up, which is no status that is known here; it is waited for") == 1
    assert "job ftjob-1: paused; it goes on when it is resumed at the service" in told


def test_looks_are_further_and_further_apart(ordered, provider):
    """Up to a minute."""
    provider.statuses = ["running"] * 8 + ["succeeded"]

    ordered.train()

    looks = [wait for wait in ordered.clock.waits if wait >= 10]
    assert looks[:3] == [10.0, 15.0, 22.5]
    assert max(looks) == 60.0


def test_a_job_that_takes_longer_than_it_is_waited_for_goes_on(ordered, provider):
    """With the same command."""
    provider.statuses = ["running"] * 9
    ordered.write("wait_hours = 0.01")
    with pytest.raises(TrainingError, match=r"has not ended within wait_hours = 0.01; it goes on there"):
        ordered.train()
    provider.statuses = ["succeeded"]

    ordered.train()

    assert len(provider.created) == 1


def test_events_are_told_once_in_their_order(ordered, provider, capfd):
    """However the service repeats and mixes them; hostile text is made visible, metrics join the course."""
    messages = {3: "third", 1: "first", 2: "second \x1b[2J"}
    events = [
        {"id": f"e{time}", "created_at": time, "message": text, "level": "info"} for time, text in messages.items()
    ]
    events[0] |= {"type": "metrics", "data": {"step": 7, "train_loss": 0.5, "learning_rate": 1e-4}}
    provider.events = [*events, events[1]]

    ordered.train()

    told = capfd.readouterr().err
    assert told.index("first") < told.index("second \\x1b[2J") < told.index("third")
    assert told.count("first") == 1
    points = json.loads((ordered.output / "curve.json").read_bytes())["points"]
    assert points[-1] == {"step": 7, "loss": 0.5, "learning_rate": 1e-4}


def test_a_model_that_is_unknown_for_a_minute_is_waited_for(ordered, provider):
    """After the job has succeeded."""
    provider.unknown_for = 12

    ordered.train()

    assert read_job(ordered.output).is_listed is True
    assert ordered.clock.waits.count(5.0) == 12


def test_a_model_that_stays_unknown_is_told(ordered, provider, capfd):
    """The job is not lost by it."""
    provider.unknown_for = 1_000
    ordered.write("model_wait_s = 20")

    ordered.train()

    assert read_job(ordered.output).is_listed is False
    assert f"{TUNED} is still unknown to the service" in capfd.readouterr().err


def test_a_job_of_another_account_is_named(ordered, provider, monkeypatch):
    """As when the key was changed while it ran."""
    provider.statuses = ["running"] * 9
    ordered.write("wait_hours = 0.001")
    with pytest.raises(TrainingError, match="goes on there"):
        ordered.train()
    monkeypatch.setenv("SERVICE_KEY", "sk-account-two-2")

    with pytest.raises(
        TrainingError, match=r"job ftjob-1 is not one of this key's account \(HTTP 404\): another account"
    ):
        ordered.train()

    assert len(provider.created) == 1


def test_a_key_that_is_refused_is_never_shown(ordered, provider, capfd):
    """Nor kept in any file, though the service sends it back."""
    provider.faults = {
        "GET files": [lambda _do: Sent({"error": {"message": f"Incorrect API key provided: {KEY}"}}, 401)]
    }

    with pytest.raises(
        TrainingError, match=r"HTTP 401: Incorrect API key provided: \*\*\*; check the key in SERVICE_KEY"
    ):
        ordered.train()
    ordered.train()

    assert KEY not in capfd.readouterr().err
    kept = [path for path in ordered.folder.rglob("*") if path.is_file()]
    assert len(kept) > 4
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]


def test_rows_with_problems_are_not_sent(ordered, provider):
    """What ``harness data check`` finds, unless harness.toml says why it is none."""
    row = '{"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "ada.king@gmail.com"}]}'
    (ordered.folder / "rows.jsonl").write_text(f"{row}\n")

    with pytest.raises(
        DataError, match=r"nothing was sent: the check of the rows finds 1 problem(?s:.*)rows.jsonl:1: "
    ):
        ordered.train()

    assert not provider.asked


def interrupt(_seconds: float) -> None:
    """Do what Ctrl-C does to a wait."""
    raise KeyboardInterrupt


def test_ctrl_c_says_how_to_go_on_and_the_job_can_be_cancelled(ordered, provider, capfd, monkeypatch):
    """The job goes on at the service meanwhile."""
    provider.statuses = ["running"]
    with monkeypatch.context() as patched:
        patched.setattr(ordered.clock, "sleep", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ordered.train()
    told = capfd.readouterr().err

    ended = cancel_hosted(load_train_config(ordered.settings), ordered.settings)

    assert f"job ftjob-1 goes on at {provider.url}; the same command waits for it again" in told
    assert ended == ("job ftjob-1: cancelled",)
    assert not list((ordered.folder / "adapters" / ".mine.jobs").glob("*.json"))
