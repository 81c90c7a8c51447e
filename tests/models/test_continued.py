"""Where a text begins among the tokens of prompt and text, also where a token is across the border."""

import msgspec
import pytest

from harness.models.chat import ChatTemplate
from harness.models.continued import spans_of
from harness.records.messages import Tools
from tests.engines.fakes import make_request

LIMIT = 100


def template(*merges: str, ends: str = "A:") -> ChatTemplate:
    """Return a template that writes the messages and ``ends``, for a tokenizer of bytes and some pairs of them."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: number for number, token in enumerate([*alphabet, *merges])}
    words = Tokenizer(models.BPE(vocab=vocab, merges=[(pair[0], pair[1]) for pair in merges]))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words)
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}" + ends
    return ChatTemplate(tokenizer)


def weighing(text: str, *continuations: str):
    """Return a request that asks how likely texts are."""
    return msgspec.structs.replace(make_request(text), continuations=continuations)


def test_a_text_begins_after_the_prompts_tokens():
    """As many tokens as the prompt has alone are the prompt's."""
    short, long = spans_of(weighing("Q", "yes", "no way"), template(), LIMIT)

    assert (short.start, len(short.tokens)) == (3, 6)
    assert (long.start, len(long.tokens)) == (3, 9)
    assert short.tokens[:3] == long.tokens[:3]


def test_a_token_across_the_border_is_the_texts():
    """The prompt alone ends with ":", together ":y" is one token: the text begins with it, and nothing is left out."""
    [apart] = spans_of(weighing("Q", "no"), template(":y"), LIMIT)
    [merged] = spans_of(weighing("Q", "yes"), template(":y"), LIMIT)

    assert (apart.start, len(apart.tokens)) == (3, 5)
    assert (merged.start, len(merged.tokens)) == (2, 5)


def test_a_text_that_has_nothing_before_it_is_refused():
    """The first token of all has no log-probability."""
    with pytest.raises(ValueError, match=r"the text 'yes' has no token before it"):
        spans_of(weighing("", "yes"), template(":y", ends=":"), LIMIT)


def test_prompt_and_text_leave_room_for_the_token_that_servers_generate():
    """Four tokens need a context of five."""
    assert spans_of(weighing("Q", "y"), template(), 5)

    with pytest.raises(
        ValueError, match=r"prompt and text 'y' have 4 tokens, but the limit is 3 \(max_model_len = 4\)"
    ):
        spans_of(weighing("Q", "y"), template(), 4)


def test_messages_that_the_template_refuses_are_named():
    """In its own words."""
    refusing = template(ends="{{ raise_exception('no system message') }}")

    with pytest.raises(ValueError, match="the chat template refuses the messages: no system message"):
        spans_of(weighing("Q", "y"), refusing, LIMIT)


def test_the_tools_of_a_request_are_part_of_its_prompt():
    """A text is weighed after what a generated answer would follow."""
    tools = Tools(functions=({"type": "function", "function": {"name": "f"}},))
    chat = template(ends="{% if tools %}{{ tools[0].function.name }}{% endif %}")

    [span] = spans_of(msgspec.structs.replace(weighing("Q", "yes"), tools=tools), chat, LIMIT)

    assert (span.start, len(span.tokens)) == (2, 5)
