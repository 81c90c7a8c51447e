"""``harness config``: what people see."""

import json
import tomllib

import pytest

from harness.config.whole import HarnessConfig


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Work in an empty folder, 60 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")


def test_config_shows_what_holds_and_where_it_comes_from(harness, tmp_path):
    """As a file of settings that says the same."""
    (tmp_path / "harness.toml").write_text('runs = "saved"\n[engine]\nlora = "merged"\n')

    told = harness("config")

    assert told.startswith('# from harness.toml\nbase_model = "smollm2-135m-instruct"  # default\n')
    assert 'runs = "saved"  # harness.toml\n' in told
    assert '\n[engine]\nkind = "vllm"  # default\n# base_url is not set\n' in told
    assert 'lora = "merged"  # harness.toml\n' in told
    assert tomllib.loads(told)["engine"]["lora"] == "merged"


def test_config_without_a_file_says_so(harness):
    """It is not an error: the defaults hold."""
    assert harness("config").startswith("# no harness.toml here or above: all defaults\n")


def test_config_shows_no_key_and_no_login(harness, tmp_path, monkeypatch):
    """Neither in text nor in JSON."""
    monkeypatch.setenv("TEAM_KEY", "sk-of-a-test-1")
    (tmp_path / "harness.toml").write_text(
        '[engine]\nbase_url = "http://lovelace:open-sesame-1@127.0.0.1:1/v1"\napi_key_env = "TEAM_KEY"\n'
        'args = ["--note", "sk-of-a-test-1"]\nenv = { ANY = "plainword" }\n'
    )

    told = harness("config") + harness("config", "--json")

    assert 'api_key_env = "TEAM_KEY"' in told
    assert not [secret for secret in ("sk-of-a-test-1", "open-sesame-1", "lovelace", "plainword") if secret in told]


def test_a_wrong_file_is_one_line_with_exit_code_2(harness, tmp_path):
    """As for every command."""
    (tmp_path / "harness.toml").write_text('ruuns = "saved"\n')

    assert harness("config") == "2: error: harness.toml: unknown key `ruuns`; did you mean `runs`?\n"


def test_explain_prints_every_table_within_60_columns(harness):
    """But for words that are longer."""
    told = harness("config", "--explain")

    assert '\n[engine]\nWhat answers, and within what limits.\n\nkind = "vllm"\n    one of "openai",' in told
    assert max(map(len, told.splitlines())) <= 60
    assert all(f"[{name}]" in told for name in ("models.NAME", "judge", "gates", "review", 'prices."MODEL"'))


def test_explain_as_json_has_each_key_once(harness):
    """For machines."""
    tables = {
        one["name"]: [each["key"] for each in one["settings"]]
        for one in json.loads(harness("config", "--explain", "--json"))
    }

    gates = ["guarantee", "max_leaked", "max_regurgitated", "regurgitation_rows"]
    assert tables["gates"] == [*gates, "until_decided", "order_seed", "promote_early"]
    assert set(tables[""]) <= set(HarnessConfig.__struct_fields__)
