"""The template guard: what is trained on is what engines build, token by token, or the training is refused."""

import json

import pytest

from harness.errors import DataError
from harness.records.asked import Rendering
from harness.train.guard import InUse, guard, rendering_in_use, sampled
from harness.train.plan import read_rows
from harness.train.quantized import load_template
from harness.train.tokens import encode
from tests.engines.fakes import CHAT_TEMPLATE, write_tiny_base
from tests.train.tiny import config, turns_of, write_rows, write_tiny

OPENED = CHAT_TEMPLATE.replace("<assistant>{% endif", "<assistant>\n{% endif")
"""Its generation prompt has a line end more."""
STRIPPED = CHAT_TEMPLATE.replace("{{ message['content'] }}", "{{ message['content'] | trim }}")
THOUGHTLESS = CHAT_TEMPLATE.replace(
    "{{ message['content'] }}",
    "{% if loop.last %}{{ message['content'] }}{% else %}{{ message['content'].split('|')[-1] }}{% endif %}",
)
"""It leaves out what was thought in earlier turns, as templates of thinking models do."""
SWITCHED = CHAT_TEMPLATE.replace("<assistant>{% endif", "<assistant>{% if quiet %}<think></think>{% endif %}{% endif")


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny base model and rows."""
    write_tiny(tmp_path, rows=3)
    return tmp_path


def rows_of(folder, **changed: object):
    """Read the rows of a training in a folder."""
    return read_rows(config(**changed), folder, folder / "tiny", folder / "train.toml")


def set_for_all(folder, **settings: object):
    """Write a harness.toml for the same base model."""
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in {"base_model": "tiny", **settings}.items()]
    (folder / "harness.toml").write_text("".join(lines))


def test_the_same_template_on_both_sides_is_no_difference(folder):
    """With or without a harness.toml; also one that says the same in a file."""
    assert len(rows_of(folder).train) == 3
    (folder / "own.jinja").write_text(CHAT_TEMPLATE)
    set_for_all(folder, chat_template="own.jinja")

    assert len(rows_of(folder).train) == 3


@pytest.mark.parametrize(
    ("text", "row", "shown"),
    [
        (OPENED, turns_of(1), r"message 2, as the transformers engine will build it \(harness\.toml\), differs from"),
        (OPENED, turns_of(1), r"there it is '\\n' after 'sistant>', and in training 'so so 1</s>'"),
        (
            STRIPPED,
            [{"role": "user", "content": " hi "}, {"role": "assistant", "content": "yes"}],
            r"differs from training at token 7: there it is 'hi</s><assi' after '<user>', and in training ' hi </s>",
        ),
    ],
)
def test_another_template_in_use_is_refused_with_both_at_the_first_token_that_differs(folder, text, row, shown):
    """A generation prompt, white space that is stripped."""
    (folder / "own.jinja").write_text(text)
    set_for_all(folder, chat_template="own.jinja")
    write_rows(folder / "rows.jsonl", [row])

    with pytest.raises(DataError, match=shown) as caught:
        rows_of(folder)

    assert str(caught.value).startswith(f"{folder / 'rows.jsonl'}:1: the prompt of message 2")
    assert "train and ask with the same chat_template" in str(caught.value)
    (folder / "harness.toml").unlink()
    assert len(rows_of(folder).train) == 1


def test_another_template_in_use_is_compared_with_every_row(folder):
    """One row in a hundred has spaces at an end, which the other template strips."""
    (folder / "own.jinja").write_text(STRIPPED)
    set_for_all(folder, chat_template="own.jinja")
    odd = [{"role": "user", "content": " hi "}, {"role": "assistant", "content": "yes"}]
    rows = [[{"role": "user", "content": f"say {n}"}, {"role": "assistant", "content": "yes"}] for n in range(200)]
    write_rows(folder / "rows.jsonl", [*rows[:102], odd, *rows[103:]])

    with pytest.raises(DataError, match=r"rows\.jsonl:103: the prompt of message 2"):
        rows_of(folder)


def test_values_of_the_template_count_too(folder):
    """Trained with a value and asked without it, the answer starts elsewhere."""
    (folder / "own.jinja").write_text(SWITCHED)
    set_for_all(folder, chat_template="own.jinja")
    write_rows(folder / "rows.jsonl", [turns_of(1)])
    quiet = {"chat_template": "own.jinja", "template_args": {"quiet": True}}

    with pytest.raises(DataError, match="renders message 2 differently in use"):
        rows_of(folder, **quiet)  # its own training shows no thoughts behind the prompt

    (folder / "harness.toml").write_text(
        'base_model = "tiny"\nchat_template = "own.jinja"\n[template_args]\nquiet = true'
    )
    with pytest.raises(DataError, match=r"differs from training at token 28: there it is '<think><' after"):
        rows_of(folder, chat_template="own.jinja")


def test_a_template_that_changes_earlier_turns_is_refused_unless_the_last_answer_alone_is_trained(folder):
    """With the last alone, training shows what is seen in use."""
    (folder / "own.jinja").write_text(THOUGHTLESS)
    turns = turns_of(1, turns=2)
    turns[1]["content"] = "hm|so"
    write_rows(folder / "rows.jsonl", [turns])

    with pytest.raises(DataError, match=r"message 2 differently in use .* 'hm\|so</s>'.*loss_on = \"last\""):
        rows_of(folder, chat_template="own.jinja")

    (row,) = rows_of(folder, chat_template="own.jinja", loss_on="last").train
    assert row.trained == len(turns[3]["content"]) + 1


def test_a_table_for_the_adapter_comes_before_what_is_set_for_all(folder):
    """And another base model's template is nothing to this one."""
    (folder / "own.jinja").write_text(OPENED)
    set_for_all(folder, chat_template="own.jinja")
    with (folder / "harness.toml").open("a") as file:
        file.write('[models.mine]\nadapter = "mine"\ntemplate_args = { tone = "warm" }\n')
    trained = Rendering(template_args={"a": 1})
    output = (folder / "mine").resolve()

    def found(output, name) -> InUse:
        return rendering_in_use(output, folder / name, name, trained, folder)

    mine, other = found(output, "tiny"), found(output.with_name("other"), "tiny")
    assert mine.rendering == Rendering(template=OPENED, template_args={"tone": "warm"})
    assert mine.place == "harness.toml, [models.mine]"
    assert (other.rendering, other.place) == (Rendering(template=OPENED), "harness.toml")
    assert found(output.with_name("other"), "org/else").rendering == trained


def test_plain_text_in_use_is_refused(folder):
    """The rows are trained on as chats."""
    set_for_all(folder, prompt_format="raw")

    with pytest.raises(DataError, match=r'harness\.toml: prompt_format = "raw" sends'):
        rows_of(folder)


def test_the_sample_is_spread_and_has_tools_and_the_longest_conversation(folder):
    """Of a hundred rows few are compared, and a template's branches for tools and turns are among them."""
    from harness.data.row import DataRow
    from harness.records.messages import Message

    many = tuple(DataRow(file="a", line=line, messages=(Message(role="user", content="x"),)) for line in range(100))
    look = {"type": "function", "function": {"name": "look"}}
    odd = DataRow(file="a", line=101, messages=many[0].messages * 9)
    rows = (*many[:51], odd, DataRow(file="a", line=102, messages=many[0].messages, tools=(look,)), *many[51:])

    found = [row.line for row, _ in sampled(rows, rows, most=4)]

    assert found[:4] == [rows[place].line for place in (0, 26, 52, 78)]
    assert {101, 102} <= set(found)
    assert len(found) <= 6


def test_rows_with_tools_are_built_as_vllm_builds_them(tmp_path):
    """Calls with their arguments, and the functions that can be called."""
    base = tmp_path / "tiny"
    text = (
        "{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% for m in messages %}<{{ m.role }}>"
        "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}"
        "{{ m.content or '' }}</s>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    write_tiny_base(base)
    call = {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"at": "b"}'}}
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "seen", "tool_call_id": "a"},
        {"role": "assistant", "content": "yes"},
    ]
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    (tmp_path / "rows.jsonl").write_text(json.dumps({"messages": turns, "tools": [tool]}))
    (tmp_path / "own.jinja").write_text(text)

    (row,) = read_rows(config(chat_template="own.jinja", max_length=256), tmp_path, base, tmp_path / "train.toml").train

    template = load_template(base)
    assert template.decoded([label for label in row.labels if label >= 0]) == 'look{"at": "b"}</s>yes</s>'


def test_the_engines_are_compared_with_what_was_encoded_not_with_themselves(folder):
    """Tokens that were changed behind the template are found."""
    from harness.data.rows import load_rows

    rows = load_rows(folder / "rows.jsonl")
    template = load_template(folder / "tiny")
    encoded = encode(rows, template, 128, folder / "rows.jsonl")
    in_use = InUse(rendering=Rendering(), place="", base=folder / "tiny")
    guard(rows, encoded, template, in_use, "all")
    wrong = [type(one)(input_ids=(5, *one.input_ids[1:]), labels=one.labels) for one in encoded]

    with pytest.raises(DataError, match="differs from training at token 1"):
        guard(rows, wrong, template, in_use, "all")
