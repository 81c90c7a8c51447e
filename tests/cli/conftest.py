"""The ``harness`` command as the tests of its groups call it."""

import pytest

from harness.cli.main import main
from tests.mistakes import message_of


@pytest.fixture
def command(monkeypatch, capsys):
    """Return the command as a function: its exit code and all that it says."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["harness", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out + message_of(told.err)

    return run


@pytest.fixture
def harness(monkeypatch, capsys):
    """Return the command as a function: its output, or what it says when it fails."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["harness", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return told.out if ended.value.code == 0 else f"{ended.value.code}: {message_of(told.err)}"

    return run
