"""A service in this process, a clock that no test waits for, and a training that is ordered there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.train.config import load_train_config
from harness.train.hosted import recipe
from harness.train.hosted.api import Api
from harness.train.hosted.recipe import train_hosted
from tests.train.hosted.provider import KEY, Provider, providing

ROWS = "".join(
    f'{{"messages": [{{"role": "user", "content": "Which day follows {one}?"}}, '
    f'{{"role": "assistant", "content": "That is {after}."}}]}}\n'
    for one, after in [("Monday", "Tuesday"), ("Tuesday", "Wednesday"), ("Thursday", "Friday"), ("Sunday", "Monday")]
)


@dataclass
class Clock:
    """A time that passes by waiting alone."""

    now: float = 1_000.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        self.now += seconds

    def time(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Ordered:
    """A training at a service: its folder, and its settings, which can be written again with more lines."""

    folder: Path
    provider: Provider
    clock: Clock

    @property
    def settings(self) -> Path:
        """The file of the settings."""
        return self.folder / "train.toml"

    @property
    def output(self) -> Path:
        """Where the result will be."""
        return self.folder / "adapters" / "mine"

    def write(self, jobs: str = "", more: str = "") -> None:
        """Write train.toml, with further lines under [jobs] and above it."""
        self.settings.write_text(
            f'output = "adapters/mine"\ntrain = ["rows.jsonl"]\nbackend = "jobs"\nepochs = 2\n{more}\n[jobs]\n'
            f'base_url = "{self.provider.url}"\nmodel = "tiny"\napi_key_env = "SERVICE_KEY"\n{jobs}\n'
        )

    def train(self) -> Path:
        """Train, or go on."""
        return train_hosted(load_train_config(self.settings), self.settings)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A service."""
    with providing() as one:
        yield one


@pytest.fixture
def ordered(provider, tmp_path, monkeypatch) -> Ordered:
    """A training that can be ordered of the service."""
    clock = Clock()
    monkeypatch.setenv("SERVICE_KEY", KEY)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(recipe, "Api", lambda endpoint: Api(endpoint, clock.sleep, clock.time))
    (tmp_path / "rows.jsonl").write_text(ROWS)
    (tmp_path / "harness.toml").touch()
    one = Ordered(tmp_path, provider, clock)
    one.write()
    return one
