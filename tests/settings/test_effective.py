"""The settings of one checkout, each with where it comes from, without secrets."""

import tomllib

import msgspec

from harness.config.whole import HarnessConfig
from harness.settings.effective import effective_settings

FILE = """
runs = "saved"
template_args = { enable_thinking = false }
[engine]
base_url = "https://ada:open-sesame@far.example/v1"
args = ["--max-num-seqs", "8"]
env = { HF_TOKEN = "hf_of_a_test" }
[models."qwen.big"]
base = "models/qwen"
[prices]
currency = "EUR"
[prices."openai:small"]
input = 1
output = 2.5
"""


def found_in(text):
    """Return what holds by table and key, for a file with this text."""
    written = tomllib.loads(text)
    found = effective_settings(msgspec.convert(written, HarnessConfig), written, lambda one: one.replace("8", "***"))
    return {(one.table, one.key): (one.value, one.is_written) for one in found}


def test_each_setting_says_whether_the_file_or_the_default_has_it():
    """In tables with free names too."""
    found = found_in(FILE)

    assert found["", "runs"] == ('"saved"', True)
    assert found["", "adapters"] == ('"adapters"', False)
    assert found["", "candidate"] == (None, False)
    assert found["", "template_args"] == ("{ enable_thinking = false }", True)
    assert found["engine", "kind"] == ('"vllm"', False)
    assert found['models."qwen.big"', "base"] == ('"models/qwen"', True)
    assert found['models."qwen.big"', "template_args"] == ("{}", False)
    assert found["prices", "currency"] == ('"EUR"', True)
    assert found['prices."openai:small"', "output"] == ("2.5", True)


def test_without_a_file_all_are_defaults():
    """And every table is there but those that the user names."""
    found = found_in("")

    assert not any(is_written for _, is_written in found.values())
    tables = {
        "",
        "engine",
        "engine.ray",
        "judge",
        "gates",
        "review",
        "data",
        "logs.mapping",
        "registry",
        "drift",
        "share",
        "prices",
    }
    assert {table for table, _ in found} == tables


def test_no_login_no_variable_and_no_masked_text_is_shown():
    """A value of [engine] env can always be a token."""
    found = found_in(FILE)

    assert found["engine", "base_url"] == ('"https://far.example/v1"', True)
    assert found["engine", "env"] == ('{ HF_TOKEN = "***" }', True)
    assert found["engine", "args"] == ('["--max-num-seqs", "***"]', True)
