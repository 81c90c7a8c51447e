"""An adapter's own tokenizer files: equal in meaning passes, different in effect is used for its side, and said."""

import json
import struct

import pytest

from harness.errors import AdapterError
from harness.models.answering import digest_template
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.tokenizer import chat_templates
from tests.models.fakes import adapter_in, base_in, safetensors

TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
OTHER = "### {{ messages }}"
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


def read(folders):
    """Return the adapter as it would be served."""
    base, adapter = folders
    return local_adapter(local_base("tiny", base), adapter)


def is_the_bases(folders):
    """Return whether the adapter is asked as its base model is."""
    model = read(folders)
    own = (model.own_template, model.tokenizer_path, model.beyond_modules, *model.notes)
    return not any(own) and model.ref.template_digest == digest_template(folders[0])


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

    assert is_the_bases(folders)


@pytest.mark.parametrize(
    "files",
    [
        {"chat_template": OTHER},
        {"tokenizer_config": {"chat_template": OTHER}},
        {"tokenizer_config": {"chat_template": [{"name": "default", "template": OTHER}]}},
        {"tokenizer_config": {"chat_template": TEMPLATE}, "chat_template": OTHER + "\n"},
    ],
)
def test_a_chat_template_of_its_own_is_the_adapters(files, folders):
    """As it was trained; LoRA modules can carry it, since the template goes with each request."""
    write(folders[1], **files)

    model = read(folders)

    assert (model.own_template, model.tokenizer_path, model.beyond_modules) == (OTHER, None, None)
    assert model.ref.template_digest != digest_template(folders[0])
    assert model.notes == (
        "mine: is asked in the chat template of its own folder, which differs from the base model's",
    )


def test_each_template_has_a_digest_of_its_own(folders):
    """So answers under one are never taken for answers under another; the files' names and ends don't count."""
    digests = []
    for text in (OTHER, OTHER + "\n", OTHER + "more"):
        write(folders[1], chat_template=text)
        digests.append(read(folders).ref.template_digest)

    assert digests[0] == digests[1]
    assert len({*digests, digest_template(folders[0])}) == 3


def test_chat_template_json_is_read(folders):
    """Where processors keep theirs."""
    (folders[1] / "chat_template.json").write_text(json.dumps({"chat_template": OTHER}))

    assert read(folders).own_template == OTHER


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"tokenizer_config": {"eos_token": "<|im_end|>"}}, "its eos_token is '<|im_end|>', the base model's '</s>'"),
        ({"special_tokens_map": {"bos_token": "<s>"}}, "its bos_token is '<s>', the base model's None"),
        ({"added_tokens": {"<|im_start|>": 4}}, "the base model's has no token '<|im_start|>' with that number"),
        ({"added_tokens": {"</s>": 2}}, "the base model's has no token '</s>' with that number"),
        (
            {"tokenizer_config": {"added_tokens_decoder": {"4": {"content": "<|im_start|>"}}}},
            "the base model's has no token '<|im_start|>' with that number",
        ),
        ({"tokenizer": changed(WORDS, added_tokens=[])}, "its tokenizer.json differs from the base model's"),
        ({"tokenizer": changed(WORDS, normalizer={"type": "NFC"})}, "its tokenizer.json differs from the base model's"),
        (
            {"tokenizer": changed(WORDS, model=WORDS["model"] | {"merges": []})},
            "its tokenizer.json differs from the base model's",
        ),
        ({"vocab": {"a": 0}}, "it has vocab.json, which can't be compared: the base model has no such file"),
    ],
)
def test_another_tokenizer_is_the_adapters_with_the_reason(files, reason, folders):
    """It needs a server of its own: a server has one tokenizer for all its modules."""
    write(folders[1], **files)

    model = read(folders)

    assert (model.tokenizer_path, model.beyond_modules) == (str(folders[1]), "a tokenizer of its own")
    assert model.own_template is None
    assert model.ref.template_digest != digest_template(folders[0])
    assert model.notes == (f"mine: is served with the tokenizer of its own folder: {reason}",)


def test_a_tokenizer_that_cant_be_read_is_refused(folders):
    """It can't be compared."""
    write(folders[1], tokenizer_config="{")

    with pytest.raises(AdapterError, match=r"tokenizer_config\.json: not readable as a JSON object"):
        read(folders)


def test_tokens_without_embeddings_are_refused(folders):
    """The model would look up a row that isn't there."""
    base, adapter = folders
    rows = safetensors(struct.pack("<5f", *range(5)), name="model.embed_tokens.weight").replace(b"[1, 5]", b"[5, 1]")
    (base / "embeddings.safetensors").write_bytes(rows)
    write(adapter, added_tokens={"<|im_start|>": 4})
    assert read(folders).tokenizer_path
    write(adapter, added_tokens={"<|im_start|>": 5})

    with pytest.raises(
        AdapterError, match="its tokenizer has 6 tokens, but its model has embeddings for 5: tokens were"
    ):
        read(folders)


@pytest.mark.parametrize(("own", "is_same"), [("#version: 0.2\na b\n", True), ("a b", True), ("b a", False)])
def test_vocabularies_without_tokenizer_json_are_compared_file_by_file(own, is_same, folders):
    """Lines of merges, whatever version stands above them."""
    base, adapter = folders
    (base / "tokenizer.json").unlink()
    for folder, merges in ((base, "#version: 0.1\na b\n"), (adapter, own)):
        (folder / "merges.txt").write_text(merges)
        (folder / "vocab.json").write_text('{"a": 0, "b": 1}' if folder == base else '{"b": 1, "a": 0}')

    assert is_the_bases(folders) == is_same


@pytest.mark.parametrize(("own", "is_same"), [(b"pieces", True), (b"others", False)])
def test_a_binary_vocabulary_is_compared_byte_by_byte(own, is_same, folders):
    """SentencePiece writes no JSON."""
    base, adapter = folders
    (base / "tokenizer.model").write_bytes(b"pieces")
    (adapter / "tokenizer.model").write_bytes(own)

    assert is_the_bases(folders) == is_same


def test_several_templates_that_differ_are_refused(folders):
    """A template for tools is used as soon as a request names tools, and one text goes with each request."""
    (folders[1] / "additional_chat_templates").mkdir()
    (folders[1] / "additional_chat_templates" / "tool_use.jinja").write_text("{{ tools }}")
    write(folders[1], chat_template=TEMPLATE)

    with pytest.raises(
        AdapterError, match="has the chat templates default, tool_use, which differ from the base model's"
    ):
        read(folders)


def test_templates_in_effect_are_those_that_transformers_reads(tmp_path):
    """Files win over tokenizer_config.json, and line ends don't count."""
    write(tmp_path, tokenizer_config={"chat_template": "in the settings"})
    alone = chat_templates(tmp_path)
    (tmp_path / "chat_template.jinja").write_bytes(b"in\r\nthe file\r\n")

    assert alone == {"default": "in the settings"}
    assert chat_templates(tmp_path) == {"default": "in\nthe file"}
