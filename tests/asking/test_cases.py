"""Cases: what is read, and what is refused with its place."""

from pathlib import Path

import pytest

from harness.asking.cases import load_cases, load_suite, read_baseline_prompt, with_baseline_prompt
from harness.errors import CaseFileError
from harness.records.asked import Case, ModelRef, Sampling
from harness.records.messages import Message

LINE = '{"id": "a", "messages": [{"role": "user", "content": "Hi"}], "expected": "Hello"}\n'


def write(folder: Path, content: str | bytes) -> Path:
    """Write a case file and return its path."""
    path = folder / "cases.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_cases_are_read_in_their_order(tmp_path):
    """The order of the file is the order of the cases; blank lines don't count."""
    path = write(tmp_path, LINE + "\n" + LINE.replace('"a"', '"b"'))

    cases = load_cases(path)

    assert [case.id for case in cases] == ["a", "b"]
    assert cases[0].messages[0].content == "Hi"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LINE + '{"id": "b", "messages": [}\n', ":2: not valid JSON at column 26"),
        (LINE + LINE, ":2: the id 'a' is already used on line 1"),
        ('{"messages": []}', ":1: missing field `id`"),
        ('{"id": 3, "messages": []}', ":1: Expected `str`, got `int`"),
        ('{"id": "a", "messages": [], "expect": 1}', ":1: unknown field `expect`; did you mean `expected`?"),
        ('{"id": "a", "prompt": "hi"}', ":1: unknown field `prompt`; known fields: id, messages, expected"),
        ('{"id": "a", "messages": []}', ":1: case 'a' has no messages"),
        ('{"id": "a", "messages": [{"role": "robot", "content": ""}]}', ":1: Invalid enum value 'robot'"),
        ('{"id": "a", "messages": [{"role": "assistant", "content": "x"}]}', "the last one must be the user's"),
        ('{"id": "a\\u202e", "messages": [{"role": "user", "content": "x"}]}', "printable characters"),
        ('{"id": "a", "messages": [{"role": "user", "content": "x\\ud83d"}]}', ":1: a lone surrogate escape"),
        (
            '{"id": "a", "messages": [{"role": "user", "content": "x"}], "meta": {"y": "\\udc00"}}',
            "a lone surrogate escape (\\ud800 to \\udfff)",
        ),
        ('{"id": "a", "messages": [], "expected": NaN}', ":1: not valid JSON: NaN is not a JSON number"),
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        (b"\xef\xbb\xbf" + LINE.encode(), ":1: starts with a byte-order mark"),
        (LINE.encode() + b'{"id": "\xff"}', ":2: not UTF-8 at byte 8"),
        ('{"id": "' + "x" * 10_000_000 + '"}', ":1: the line has 10,000,010 bytes"),
        ('{"id": "a", "messages": [], "meta": {"x": ' + "[" * 100_000, ":1: not valid JSON"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path, content, words):
    """Each mistake names the file, the line where there is one, and what is wrong."""
    path = write(tmp_path, content)

    with pytest.raises(CaseFileError) as caught:
        load_cases(path)

    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    """No such file is said in words."""
    with pytest.raises(CaseFileError, match="no such file"):
        load_cases(tmp_path / "none.jsonl")


def test_the_system_message_stands_first(tmp_path):
    """A suite's system message comes before each case's own messages, and counts in the digest."""
    path = write(tmp_path, LINE)
    system = tmp_path / "system.txt"
    system.write_text("Be brief.\n")

    suite = load_suite(path, Sampling(), system)

    assert [message.role for message in suite.cases[0].messages] == ["system", "user"]
    assert suite.cases[0].messages[0].content == "Be brief."
    assert suite.digest != load_suite(path, Sampling()).digest


def test_a_byte_order_mark_of_an_editor_does_not_reach_the_model(tmp_path):
    """The same message with and without it is one suite, and a file with nothing else is empty."""
    path = write(tmp_path, LINE)
    plain, marked, alone = (tmp_path / f"{name}.txt" for name in ("plain", "marked", "alone"))
    plain.write_bytes(b"Be brief.")
    marked.write_bytes(b"\xef\xbb\xbfBe brief.")
    alone.write_bytes(b"\xef\xbb\xbf\n")

    suite = load_suite(path, Sampling(), marked)

    assert suite.cases[0].messages[0].content == "Be brief."
    assert suite.digest == load_suite(path, Sampling(), plain).digest
    with pytest.raises(CaseFileError, match="the system message is empty"):
        load_suite(path, Sampling(), alone)


def test_a_byte_order_mark_in_a_baseline_prompt_is_refused(tmp_path):
    """As in a case file: both are JSON Lines."""
    with pytest.raises(CaseFileError, match=":1: starts with a byte-order mark"):
        read_baseline_prompt(write(tmp_path, b"\xef\xbb\xbf" + SYSTEM.encode()))


def test_tags_choose_cases(tmp_path):
    """Only cases with one of the tags are in; a tag that no case has is refused with the known ones."""
    path = write(tmp_path, LINE.replace("}\n", ', "tags": ["short"]}\n') + LINE.replace('"a"', '"b"'))

    suite = load_suite(path, Sampling(), tags=["short"])

    assert [case.id for case in suite.cases] == ["a"]
    with pytest.raises(CaseFileError, match="no case has a tag of long; its tags are short"):
        load_suite(path, Sampling(), tags=["long"])


def test_two_system_messages_are_refused(tmp_path):
    """A case with a system message of its own can't stand in a suite that names one."""
    path = write(tmp_path, LINE.replace("[{", '[{"role": "system", "content": "x"}, {'))
    system = tmp_path / "system.txt"
    system.write_text("Be brief.")

    with pytest.raises(CaseFileError, match="its own system message"):
        load_suite(path, Sampling(), system)


def test_the_digest_covers_every_word_and_no_order(tmp_path):
    """Changing an expected answer changes the digest; changing the order of lines doesn't."""
    other = LINE.replace('"a"', '"b"')
    one = load_suite(write(tmp_path, LINE + other), Sampling()).digest
    turned = load_suite(write(tmp_path, other + LINE), Sampling()).digest
    changed = load_suite(write(tmp_path, LINE + other.replace("Hello", "Bye")), Sampling()).digest

    assert one == turned != changed


SYSTEM = '{"role": "system", "content": "Sort."}\n'
ASKED = '{"role": "user", "content": "No login"}\n'
SAID = '{"role": "assistant", "content": "account"}\n'
BASE = ModelRef(base="smol", base_digest="b", template_digest="t")
TUNED = ModelRef(base="smol", base_digest="b", template_digest="t", adapter="triage", adapter_digest="a")


@pytest.mark.parametrize("content", [SYSTEM, SYSTEM + ASKED + SAID, ASKED + SAID, SYSTEM + (ASKED + SAID) * 3 + "\n"])
def test_a_baseline_prompt_is_a_system_message_or_examples_or_both(tmp_path, content):
    """In the order of the file."""
    messages = read_baseline_prompt(write(tmp_path, content))

    assert len(messages) == content.count("role")
    assert messages[-1].role != "user"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SYSTEM + ASKED, ":2: the prompt ends with a user's message"),
        (ASKED, ":1: the prompt ends with a user's message"),
        (SAID, ":1: a message of role 'assistant', where 'system' or 'user' was expected"),
        (SYSTEM + SYSTEM, ":2: a message of role 'system', where 'user' was expected"),
        (SYSTEM + ASKED + ASKED, ":3: a message of role 'user', where 'assistant' was expected"),
        (SYSTEM + ASKED + SAID + "\n" + SAID, ":5: a message of role 'assistant', where 'user' was expected"),
        (SYSTEM + ASKED.replace("No login", " "), ":2: the message is empty"),
        ('{"role": "robot", "content": "x"}', ":1: Invalid enum value 'robot'"),
        ('{"role": "user"}', ":1: missing field `content`"),
        ('{"messages": []}', ":1: "),
        ("", "the file is empty"),
        (" \n", "the file is empty"),
    ],
)
def test_a_wrong_baseline_prompt_is_refused_with_its_place(tmp_path, content, words):
    """Before any model starts."""
    path = write(tmp_path, content)

    with pytest.raises(CaseFileError) as caught:
        read_baseline_prompt(path)

    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)


def test_only_a_model_without_adapter_gets_the_baseline_prompt(tmp_path):
    """In place of the case's system message; the case's own turns stay, and so does its digest."""
    cases = write(tmp_path, LINE)
    system, prompt = tmp_path / "system.txt", tmp_path / "prompt.jsonl"
    system.write_text("Be brief.")
    prompt.write_text(SYSTEM + ASKED + SAID)
    plain = load_suite(cases, Sampling(), system)

    suite = with_baseline_prompt(plain, prompt)

    (case,) = suite.cases
    assert [message.content for message in suite.messages_for(case, BASE)] == ["Sort.", "No login", "account", "Hi"]
    assert [message.content for message in suite.messages_for(case, TUNED)] == ["Be brief.", "Hi"]
    assert suite.digest == plain.digest


def test_earlier_turns_of_a_case_follow_the_baseline_prompt(tmp_path):
    """A conversation is asked whole; without a prompt it is sent as it stands."""
    turns = tuple(Message(role=role, content=role) for role in ("user", "assistant", "user"))
    case = Case(id="a", messages=turns)
    plain = load_suite(write(tmp_path, LINE), Sampling())
    prompt = tmp_path / "prompt.jsonl"
    prompt.write_text(SYSTEM)

    sent = with_baseline_prompt(plain, prompt).messages_for(case, BASE)

    assert [message.role for message in sent] == ["system", "user", "assistant", "user"]
    assert plain.messages_for(case, BASE) is turns
