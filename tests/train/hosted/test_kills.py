"""Killed at any moment, the same command goes on: nothing is lost, and the ledger has one job and one file."""

import os
import random
import signal
import subprocess
import sys

import pytest

from harness.train.hosted import finish, recipe, state
from harness.train.hosted.sending import Sender
from harness.train.hosted_manifest import JobManifest, read_job
from tests.stub import RESET
from tests.train.hosted.conftest import Ordered
from tests.train.hosted.provider import KEY

SEED, KILLS = 18, 5


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Moments:
    """Before and after each request, each durable write and each renaming; the process dies at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = 0
        self.last = 0
        """The moment of death; 0 is none."""
        self._wrap(monkeypatch, Sender, "sent")
        self._wrap(monkeypatch, recipe, "publish")
        self._wrap(monkeypatch, state.Journal, "forget")
        for module in (state, recipe, finish):
            self._wrap(monkeypatch, module, "write_durably")

    def _wrap(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        inner = getattr(owner, name)

        def outer(*args: object, **settings: object) -> object:
            self._pass()
            done = inner(*args, **settings)
            self._pass()
            return done

        monkeypatch.setattr(owner, name, outer)

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self.last:
            raise Killed


@pytest.fixture
def moments(monkeypatch) -> Moments:
    """All moments of a training."""
    return Moments(monkeypatch)


def killed_and_again(ordered: Ordered, moments: Moments, last: int, seed: int) -> JobManifest:
    """Train with another seed, die at a moment, and train again; check the ledger, and return what is saved."""
    ordered.write(more=f"seed = {seed}")
    moments.passed, moments.last = 0, last
    jobs, files = len(ordered.provider.created), len(ordered.provider.whole)
    with pytest.raises(Killed):
        ordered.train()
    moments.last = 0

    ordered.train()

    assert len(ordered.provider.created) == jobs + 1, last
    assert len(ordered.provider.whole) == files + 1, last
    assert not list((ordered.folder / "adapters" / ".mine.jobs").glob("*.json")), last
    found = read_job(ordered.output)
    assert found.job == f"ftjob-{jobs + 1}", last
    return found


@pytest.mark.parametrize("keeps", [True, False], ids=["", "no metadata"])
def test_a_kill_at_any_moment_loses_nothing(keeps, ordered, provider, moments):
    """Ten drawn ones, half of them at a service that keeps no metadata."""
    provider.keeps_metadata = provider.filters = keeps
    provider.statuses = ["running", "succeeded"]
    ordered.train()
    undisturbed = read_job(ordered.output)
    chosen = sorted(random.Random(SEED + keeps).sample(range(1, moments.passed + 1), KILLS))  # noqa: S311 - no secret

    for seed, last in enumerate(chosen, start=1):
        found = killed_and_again(ordered, moments, last, seed)
        assert (found.model, found.checkpoints, found.files) == (
            undisturbed.model,
            undisturbed.checkpoints,
            undisturbed.files,
        )


def test_no_moment_around_the_creation_makes_two(ordered, provider, moments, monkeypatch):
    """From the first look for a job to the id that is kept: all of them."""
    before, ordering, after = [], recipe.the_job, []

    def the_job(*args: object) -> str:
        before.append(moments.passed)
        made = ordering(*args)
        after.append(moments.passed)
        return made

    monkeypatch.setattr(recipe, "the_job", the_job)
    provider.statuses = ["succeeded"]
    ordered.train()
    first, last = before[0] + 1, after[0]

    for seed, moment in enumerate(range(first, last + 1), start=1):
        killed_and_again(ordered, moments, moment, seed)

    assert last - first >= 7


def test_a_process_that_is_killed_leaves_its_job_to_the_next(ordered, provider, tmp_path):
    """By the system, between the creation of the job and its answer."""
    process = None

    def kills(do: object) -> object:
        do()
        os.kill(process.pid, signal.SIGKILL)
        return RESET

    provider.faults = {"POST jobs": [kills]}
    command = "from pathlib import Path; from harness.train.recipe import train_from; train_from(Path('train.toml'))"
    process = subprocess.Popen([sys.executable, "-c", command], cwd=tmp_path, env={**os.environ, "SERVICE_KEY": KEY})
    ended = process.wait()
    ordered.train()

    assert ended == -signal.SIGKILL
    assert len(provider.created) == len(provider.whole) == 1
    assert read_job(ordered.output).job == "ftjob-1"
