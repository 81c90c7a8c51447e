"""An adapter's own tokenizer files: equal in meaning passes, different in effect is refused with the reason."""

import json

import pytest

from harness.errors import AdapterError
from harness.models.local import local_adapter, local_base
from harness.models.tokenizer import chat_templates
from tests.models.fakes import adapter_in, base_in

TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
WORDS = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [{"id": 3, "content": "</s>", "special": True, "lstrip": False}],
    "normalizer": None,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
    "post_processor": {"type": "TemplateProcessing"},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]], "byte_fallback": False},
}
SETTINGS = {"eos_token": "</s>", "bos_token": None, "chat_template": TEMPLATE}


def write(folder, **files: object):
    """Write files by their names without an ending: a text as it is, anything else as JSON."""
    for name, content in files.items():
        suffix = "jinja" if name == "chat_template" else "json"
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.{suffix}").write_text(text)


@pytest.fixture
def folders(tmp_path):
    """Return the folders of a base model with a tokenizer, and of an adapter without one."""
    base = base_in(tmp_path / "base")
    write(base, chat_template=TEMPLATE, tokenizer=WORDS, tokenizer_config={"eos_token": "</s>"})
    return base, adapter_in(tmp_path / "mine")


def refusal_of(folders):
    """Return why the adapter is refused; None when it is not."""
    base, adapter = folders
    try:
        local_adapter(local_base("tiny", base), adapter)
    except AdapterError as problem:
        return str(problem)
    return None


def changed(content, **values: object):
    """Return a copy of a JSON object with some values set."""
    return content | values


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"chat_template": TEMPLATE},
        {"chat_template": TEMPLATE + "\n"},
        {"tokenizer_config": SETTINGS},
        {"tokenizer_config": {"chat_template": [{"name": "default", "template": TEMPLATE}]}},
        {
            "tokenizer_config": {"chat_template": "another, which the file beside it outweighs"},
            "chat_template": TEMPLATE,
        },
        {"tokenizer_config": {"eos_token": {"content": "</s>", "lstrip": False}}},
        {"tokenizer_config": {"pad_token": "<pad>", "padding_side": "right", "model_max_length": 2048}},
        {"special_tokens_map": {"eos_token": "</s>", "pad_token": "</s>"}},
        {"added_tokens": {"</s>": 3}},
        {"tokenizer_config": {"added_tokens_decoder": {"3": {"content": "</s>"}, "2": {"content": "ab"}}}},
        {"tokenizer": WORDS},
        {"tokenizer": changed(WORDS, truncation={"max_length": 512}, padding={"pad_id": 0}, post_processor=None)},
        {"tokenizer": changed(WORDS, model={"type": "BPE", "vocab": {"b": 1, "a": 0, "ab": 2}, "merges": ["a b"]})},
    ],
)
def test_the_same_tokenizer_in_other_words_passes(files, folders):
    """What training sets, older libraries wrote, or belongs to no chat, changes no answer."""
    write(folders[1], **files)

    assert refusal_of(folders) is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"chat_template": "### {{ messages }}"},
            "has a chat template of its own (chat_template.jinja), which differs",
        ),
        (
            {"tokenizer_config": {"chat_template": "### {{ messages }}"}},
            "has a chat template of its own (tokenizer_config.json), which differs",
        ),
        ({"tokenizer_config": {"eos_token": "<|im_end|>"}}, "its eos_token is '<|im_end|>', the base model's '</s>'"),
        ({"special_tokens_map": {"bos_token": "<s>"}}, "its bos_token is '<s>', the base model's None"),
        ({"added_tokens": {"<|im_start|>": 4}}, "the base model's has no token '<|im_start|>' with that number"),
        ({"added_tokens": {"</s>": 2}}, "the base model's has no token '</s>' with that number"),
        (
            {"tokenizer_config": {"added_tokens_decoder": {"4": {"content": "<|im_start|>"}}}},
            "the base model's has no token '<|im_start|>' with that number",
        ),
        ({"tokenizer": changed(WORDS, added_tokens=[])}, "tokenizer.json differs from the base model's"),
        ({"tokenizer": changed(WORDS, normalizer={"type": "NFC"})}, "tokenizer.json differs from the base model's"),
        (
            {"tokenizer": changed(WORDS, model=WORDS["model"] | {"merges": []})},
            "tokenizer.json differs from the base model's",
        ),
        ({"vocab": {"a": 0}}, "(vocab.json), which can't be compared: the base model has no such file"),
        ({"tokenizer_config": "{"}, "tokenizer_config.json: not readable as a JSON object"),
    ],
)
def test_another_tokenizer_is_refused_with_the_reason(files, reason, folders):
    """It would be ignored, and the adapter asked in another way than it was trained."""
    write(folders[1], **files)

    assert reason in refusal_of(folders)


def test_a_refusal_says_what_to_do(folders):
    """And that a later version will do better."""
    write(folders[1], chat_template="### {{ messages }}")

    told = refusal_of(folders)

    assert "a later one will use an adapter's own" in told
    assert "remove the template and tokenizer files from the adapter's folder" in told


@pytest.mark.parametrize(("own", "is_same"), [("#version: 0.2\na b\n", True), ("a b", True), ("b a", False)])
def test_vocabularies_without_tokenizer_json_are_compared_file_by_file(own, is_same, folders):
    """Lines of merges, whatever version stands above them."""
    base, adapter = folders
    (base / "tokenizer.json").unlink()
    for folder, merges in ((base, "#version: 0.1\na b\n"), (adapter, own)):
        (folder / "merges.txt").write_text(merges)
        (folder / "vocab.json").write_text('{"a": 0, "b": 1}' if folder == base else '{"b": 1, "a": 0}')

    assert (refusal_of(folders) is None) == is_same


@pytest.mark.parametrize(("own", "is_same"), [(b"pieces", True), (b"others", False)])
def test_a_binary_vocabulary_is_compared_byte_by_byte(own, is_same, folders):
    """SentencePiece writes no JSON."""
    base, adapter = folders
    (base / "tokenizer.model").write_bytes(b"pieces")
    (adapter / "tokenizer.model").write_bytes(own)

    assert (refusal_of(folders) is None) == is_same


def test_another_named_template_is_refused(folders):
    """A template for tools is used as soon as a request names tools."""
    (folders[1] / "additional_chat_templates").mkdir()
    (folders[1] / "additional_chat_templates" / "tool_use.jinja").write_text("{{ tools }}")

    assert "(additional_chat_templates/tool_use.jinja)" in refusal_of(folders)


def test_templates_in_effect_are_those_that_transformers_reads(tmp_path):
    """Files win over tokenizer_config.json, and line ends don't count."""
    write(tmp_path, tokenizer_config={"chat_template": "in the settings"})
    alone = chat_templates(tmp_path)
    (tmp_path / "chat_template.jinja").write_bytes(b"in\r\nthe file\r\n")

    assert alone == {"default": "in the settings"}
    assert chat_templates(tmp_path) == {"default": "in\nthe file"}
