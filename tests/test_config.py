"""The settings of a checkout: where they and its cache are. What TOML may hold is tested with text/toml."""

from pathlib import Path

import pytest

from harness.config.home import home_folder
from harness.config.located import own_judges, settings_file, told_settings
from harness.config.read import load_config, runs_folder
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


def test_a_list_of_addresses_is_told_where_to_write_the_others(tmp_path):
    """The first one names the engine, so it stands alone."""
    (tmp_path / "harness.toml").write_text('[engine]\nbase_url = ["http://a/v1", "http://b/v1"]\n')

    with pytest.raises(
        ConfigError, match=r"`engine.base_url`; write one address there, and the others in replica_urls"
    ):
        load_config(tmp_path / "harness.toml")


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


def settings_in(folder: Path) -> Path:
    """Write settings into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "harness.toml"
    path.write_text('runs = "saved"\n')
    return path


def test_settings_are_found_from_the_start_folder_and_from_the_suites_upwards(tmp_path):
    """The nearest file counts; the same one found twice, by a link too, is one."""
    path = settings_in(tmp_path / "project")
    deep, elsewhere = tmp_path / "project" / "suites" / "sums", tmp_path / "elsewhere"
    deep.mkdir(parents=True)
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "project")

    assert settings_file(None, tmp_path / "project", [deep]) == path
    assert settings_file(None, deep) == path
    assert settings_file(None, elsewhere, [deep]) == path
    assert settings_file(None, deep, [tmp_path / "link" / "suites"]) == path


def test_without_settings_runs_are_saved_in_the_start_folder(tmp_path):
    """Whatever pytest takes for its root."""
    (tmp_path / "suites").mkdir()

    path = settings_file(None, tmp_path, [tmp_path / "suites"])

    assert (path, path.exists(), told_settings(path, tmp_path)) == (tmp_path / "harness.toml", False, "")


def test_two_settings_are_refused_and_both_named(tmp_path, monkeypatch):
    """The start folder's and the suites', or those of two suites; --harness-config decides."""
    monkeypatch.chdir(tmp_path)
    start = settings_in(tmp_path / "a")
    settings_in(tmp_path / "b")

    for given in ((tmp_path / "a", [tmp_path / "b"]), (tmp_path, [tmp_path / "a", tmp_path / "b"])):
        with pytest.raises(ConfigError, match=r"^a/harness.toml and b/harness.toml: .* with --harness-config$"):
            settings_file(None, *given)
    assert settings_file(start, tmp_path / "a", [tmp_path / "b"]) == start


def test_settings_above_a_checkout_or_where_anybody_can_write_are_not_found(tmp_path):
    """Settings name an address, and the key that is sent there."""
    settings_in(tmp_path / "outer")
    checkout, public = tmp_path / "outer" / "checkout", tmp_path / "public"
    (checkout / ".git").mkdir(parents=True)
    settings_in(public).parent.chmod(0o1777)
    (public / "mine").mkdir()

    assert settings_file(None, checkout / "suites") == checkout / "suites" / "harness.toml"
    assert settings_file(None, public / "mine") == public / "mine" / "harness.toml"
    assert settings_file(None, public) == public / "harness.toml"
    assert not (public / "mine" / "harness.toml").exists()


def test_commands_find_the_runs_as_pytest_does(tmp_path, monkeypatch):
    """From a folder inside the project, or by the suites that they are given; paths stay short."""
    settings_in(tmp_path / "project")
    (tmp_path / "project" / "suites").mkdir()
    monkeypatch.chdir(tmp_path / "project" / "suites")

    assert runs_folder(None, None) == Path("../saved")
    assert runs_folder("others", None) == Path("../others")
    monkeypatch.chdir(tmp_path)
    assert runs_folder(None, None) == Path("runs")
    assert runs_folder(None, None, ["project/suites/test_x.py::test_y", "project/suites"]) == Path("project/saved")
    assert runs_folder(None, None, ["none"]) == Path("runs")


def test_the_saved_name_of_the_settings_shows_no_home_folder(tmp_path):
    """Seen from the start folder where one is in the other, else without its folders."""
    path = settings_in(tmp_path / "ada")
    (tmp_path / "ada" / "suites").mkdir()

    assert told_settings(path, tmp_path / "ada") == "harness.toml"
    assert told_settings(path, tmp_path / "ada" / "suites") == "../harness.toml"
    assert told_settings(path, tmp_path) == "ada/harness.toml"
    assert told_settings(path, tmp_path / "bob") == "…/harness.toml"


def test_settings_that_are_a_link_to_nothing_are_an_error(tmp_path):
    """They were meant to hold, and the defaults are something else."""
    (tmp_path / "harness.toml").symlink_to(tmp_path / "none")

    with pytest.raises(ConfigError, match=r"harness\.toml: no such file"):
        load_config(settings_file(None, tmp_path))


def test_a_suites_own_rubrics_are_beside_the_nearest_settings(tmp_path):
    """Not in the suite, nor in a folder that has no harness.toml."""
    suite = tmp_path / "project" / "suites" / "mine"
    suite.mkdir(parents=True)

    assert own_judges(suite) is None
    (tmp_path / "project" / "harness.toml").touch()
    assert own_judges(suite).resolve() == tmp_path / "project" / "judges"
