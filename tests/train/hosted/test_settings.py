"""What of train.toml is ordered, what is refused before anything is sent, and what it would cost."""

import datetime as dt

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import ConfigError, InputError
from harness.train.config import load_train_config
from harness.train.hosted.ends import end_in_words, end_told
from harness.train.hosted.recipe import try_job
from tests.engines.fakes import write_tiny_base

PRICE = '[jobs.price]\nper_million = 3000\nas_of = "2026-11-27"'


@pytest.mark.parametrize(
    ("jobs", "more", "told"),
    [
        ("", "lora_rank = 8", r"`lora_rank` is for trainings on this machine and would not be sent"),
        ("", "learning_rate = 0.01", r"`learning_rate` is for trainings on this machine"),
        ("[jobs.hyperparameters]\nn_epochs = 3", "", r"n_epochs is sent for `epochs`; set that one"),
        ("metod = 1", "", r"unknown key `metod` in \[jobs\]"),
        ('form = "other"', "", r"take one of 'method', 'hyperparameters'"),
    ],
)
def test_what_would_not_be_sent_is_refused(jobs, more, told, ordered, provider):
    """By its name."""
    ordered.write(jobs, more)

    with pytest.raises(ConfigError, match=told):
        ordered.train()

    assert not provider.asked


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://ada:pass-word-1@127.0.0.1/v1", r"base_url = 'http://127.0.0.1/v1' is not an address without a login"),
        ("127.0.0.1/v1", r"is not an address without a login; write it like https"),
        ("http://far.example/v1", r"far.example/v1 is not on this machine and has no encryption"),
    ],
)
def test_an_address_that_gives_something_away_is_refused(url, told, ordered):
    """A login in it is not shown."""
    ordered.settings.write_text(ordered.settings.read_text().replace(ordered.provider.url, url))

    with pytest.raises(ConfigError, match=told) as refused:
        ordered.train()

    assert "pass-word-1" not in str(refused.value)


def test_a_missing_key_is_told_by_its_variable(ordered, monkeypatch):
    """Before anything is read."""
    monkeypatch.delenv("SERVICE_KEY")

    with pytest.raises(ConfigError, match=r"the environment variable SERVICE_KEY has no API key in it"):
        ordered.train()


@pytest.mark.parametrize(
    ("more", "told"), [("epochs = 1.5", "a service trains whole epochs"), ("", r"needs a table \[jobs\]")]
)
def test_a_training_that_no_service_makes_is_refused(more, told, ordered):
    """Half an epoch; or no service is named."""
    settings = 'output = "mine"\ntrain = ["rows.jsonl"]\nbackend = "jobs"\n'
    jobs = '[jobs]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "tiny"\n' if more else ""
    ordered.settings.write_text(f"{settings}{more}\n{jobs}")

    with pytest.raises(ConfigError, match=told):
        ordered.train()


def test_a_dry_run_estimates_and_sends_nothing(ordered, provider):
    """Tokens by characters where no tokenizer is named, and said to be so."""
    ordered.write(PRICE)

    said = CliRunner().invoke(app, ["train", str(ordered.settings), "--dry-run"]).output

    assert "tokens      75 per epoch, 150 in all (an estimate: a token for every 4 characters" in said
    assert "cost        about 0.45 USD (3000 USD for a million tokens, as of 2026-11-27)" in said
    assert "settings    n_epochs = 2" in said
    assert not provider.asked


def test_tokens_are_counted_by_the_base_models_own_tokenizer(ordered):
    """Where it is named, and here; its weights are not read."""
    write_tiny_base(ordered.folder / "tiny")
    ordered.write(more='base_model = "tiny"')

    found = try_job(load_train_config(ordered.settings), ordered.settings)

    assert found.counted == "the tokenizer of tiny"
    assert found.tokens > 75


def test_only_jobs_can_be_cancelled(tmp_path):
    """A training on this machine is stopped by Ctrl-C."""
    settings = tmp_path / "train.toml"
    settings.write_text('output = "mine"\ntrain = ["rows.jsonl"]\n')

    ended = CliRunner().invoke(app, ["train", str(settings), "--cancel"])

    assert isinstance(ended.exception, InputError)
    assert "--cancel ends a job at a service" in str(ended.exception)


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-10-23", dt.date(2026, 10, 23)),
        ({"inference": 1792713600, "fine_tune": 1}, dt.date(2026, 10, 23)),
        (None, None),
        ("soon", None),
        (True, None),
        (1e300, None),
        ({"inference": []}, None),
    ],
)
def test_an_end_is_a_day_or_nothing(told, day):
    """Whatever a service sends."""
    assert end_told(told) == day


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-1, "was retired there"),
        (0, "2026-11-27, today: then"),
        (1, "in 1 day: then"),
        (91, "and what was tuned on it"),
    ],
)
def test_an_end_is_told_by_how_near_it_is(days, told):
    """A warning from ninety days on."""
    today = dt.date(2026, 11, 27)

    assert told in end_in_words(today + dt.timedelta(days), today)
