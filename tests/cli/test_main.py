"""The command: one line for an error that people can mend."""

import pytest

from harness.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "none.toml"], "error: none.toml: no such file"),
        (["report", "runs/none"], "error: runs/none: no saved run here"),
    ],
)
def test_a_mistake_is_one_line(monkeypatch, capsys, tmp_path, arguments, words):
    """Exit code 2 and no traceback."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["harness", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(words)
