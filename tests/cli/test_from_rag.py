"""`harness cases new --from-rag`."""

import json

from harness.asking.cases import load_cases


def test_the_command_writes_them_and_masks_personal_data(tmp_path, command, monkeypatch):
    """Called again with --append it adds nothing; without passages it says where to name them."""
    monkeypatch.chdir(tmp_path)
    row = {
        "messages": [{"role": "user", "content": "Is ada@larkspur-books.com open?"}],
        "context": ["Open on Sundays."],
    }
    (tmp_path / "logs.jsonl").write_text(json.dumps(row | {"response": "Yes"}) + "\n")
    (tmp_path / "bare.jsonl").write_text(json.dumps({"messages": row["messages"], "response": "Yes"}) + "\n")

    code, told = command("cases", "new", "--from-rag", "logs.jsonl", "--to", "cases.jsonl")
    again = command("cases", "new", "--from-rag", "logs.jsonl", "--to", "cases.jsonl", "--append")
    refused = command("cases", "new", "--from-rag", "bare.jsonl", "--to", "other.jsonl")

    assert (code, again[0], refused[0]) == (0, 0, 2)
    assert "1 case written, from 1 request" in told
    (case,) = load_cases(tmp_path / "cases.jsonl")
    assert case.meta["context"] == [{"id": "1", "text": "Open on Sundays."}]
    assert "ada@" not in (tmp_path / "cases.jsonl").read_text()
    assert 'context = "PATH"' in refused[1]
