"""The settings of a checkout: where its cache is. What TOML may hold is tested with text/toml."""

from pathlib import Path

import pytest

from harness.config import home_folder
from harness.errors import ConfigError, NoSuchModel
from harness.models.embedded import embedded_base, resolve_base


@pytest.fixture
def _homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user without HOME and without an entry in /etc/passwd, as in many containers."""

    def no_entry(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("HARNESS_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", no_entry)


@pytest.mark.usefixtures("_homeless")
def test_a_user_without_a_home_folder_is_told_what_to_set():
    """In one line."""
    with pytest.raises(ConfigError, match="set the environment variable HARNESS_HOME") as raised:
        home_folder()

    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("_homeless")
@pytest.mark.parametrize(
    ("name", "folder"), [("HARNESS_HOME", Path("cache")), ("XDG_CACHE_HOME", Path("cache/tunegate"))]
)
def test_a_user_without_a_home_folder_can_name_another(monkeypatch, name, folder):
    """No home is looked for then."""
    monkeypatch.setenv(name, "cache")

    assert home_folder() == folder


@pytest.mark.usefixtures("_homeless")
def test_a_base_model_below_an_unknown_home_is_no_such_model(tmp_path):
    """A tilde stays as it is."""
    with pytest.raises(NoSuchModel, match="~/models/tiny: no such base model"):
        resolve_base("~/models/tiny", tmp_path, print)


def test_a_home_folder_that_cant_be_written_is_told_with_the_setting(tmp_path, monkeypatch):
    """As where HOME is / and the user is not root; a file in the way does it for root too."""
    (tmp_path / "file").touch()
    monkeypatch.setattr("harness.models.embedded.embedded_file", lambda: tmp_path / "file")

    with pytest.raises(NoSuchModel, match=r"can't be kept in .*: Not a directory; set.*HARNESS_HOME"):
        embedded_base(tmp_path / "file", print)
