"""What rows are made of: each kind of seeds, what is left out, and settings that are refused."""

import json
from collections.abc import Callable

import pytest

from harness.errors import ConfigError, InputError
from harness.records.asked import Case
from harness.records.messages import Message
from harness.teacher.config import load_teacher_config
from harness.teacher.prepared import Prepared, prepare
from harness.teacher.seeds import read_seeds
from tests.teacher.made import Set

CASE = '{"id": "%s", "messages": [{"role": "user", "content": "%s"}], "expected": "bug"}'


def seeds_of(folder, seeds, more=""):
    """Return the texts of seeds by their ids, and what was said of them."""
    Set(folder, seeds=seeds, more=more)
    found = read_seeds(load_teacher_config(folder / "teacher.toml"), folder)
    return {seed.id: seed.text for seed in found.seeds}, found.notes


def test_instructions_are_in_the_file_or_beside_it(tmp_path):
    """Each has an id of its own, or its line."""
    (tmp_path / "seeds.jsonl").write_text('{"text": "Ask about fees", "id": "fees"}\n{"text": "Ask about seats"}\n')

    assert seeds_of(tmp_path, 'instructions = ["One", "Two"]')[0] == {"instruction-1": "One", "instruction-2": "Two"}
    assert seeds_of(tmp_path, 'file = "seeds.jsonl"')[0] == {
        "fees": "Ask about fees",
        "seeds.jsonl:2": "Ask about seats",
    }


def test_documents_are_cut_between_paragraphs_and_are_the_context_of_their_rows(tmp_path):
    """In the order of their names; what is no text is left alone."""
    (tmp_path / "docs" / "b").mkdir(parents=True)
    (tmp_path / "docs" / "b" / "fees.md").write_text("Fees are due in May.\n\nLate ones cost more.\n")
    (tmp_path / "docs" / "a.txt").write_text("Seats are free.")
    (tmp_path / "docs" / "logo.png").write_bytes(b"\x89PNG")

    found, _ = seeds_of(tmp_path, 'documents = "docs"\npassage_characters = 30', 'reply = "row"')

    assert found == {
        "a.txt#1": "Seats are free.",
        "b/fees.md#1": "Fees are due in May.",
        "b/fees.md#2": "Late ones cost more.",
    }
    config = load_teacher_config(tmp_path / "teacher.toml")
    context = {one.id: one.case.meta["context"] for one in read_seeds(config, tmp_path).seeds}
    assert context["a.txt#1"] == [{"id": "a.txt#1", "text": "Seats are free."}]


def test_logs_are_seeds_without_their_personal_data(tmp_path):
    """The same question, logged again, is one; what the log answered is not a seed."""
    asked = ("Where is it? Write to ada.byron@tidewell.io", "How are seats added?", "How are seats added?")
    lines = [
        f'{{"messages": [{{"role": "user", "content": "{one}"}}, {{"role": "assistant", "content": "So."}}]}}'
        for one in asked
    ]
    (tmp_path / "may.jsonl").write_text("\n".join(lines) + "\n")

    found, _ = seeds_of(tmp_path, 'logs = ["may.jsonl"]')

    assert "How are seats added?" in found.values()
    assert len(found) <= 2
    assert "ada.byron" not in str(found)


def test_a_seed_with_personal_data_is_sent_to_nobody(tmp_path):
    """Wherever a template could take it from, its id and its meta too. It is told how many there are, and not which."""
    seeds = [
        {"text": "Write to ada.byron@tidewell.io"},
        {"text": "Who is it?", "id": "ada.byron@tidewell.io"},
        {"text": "Whose is it?", "meta": {"from": [{"mail": "ada.byron@tidewell.io"}]}},
        {"text": "Where is it?", "meta": {"page": 4}},
    ]
    (tmp_path / "seeds.jsonl").write_text("".join(json.dumps(one) + "\n" for one in seeds))

    found, notes = seeds_of(tmp_path, 'file = "seeds.jsonl"')

    assert list(found.values()) == ["Where is it?"]
    assert notes == ("3 seeds left out: with personal data or secrets, which no teacher is sent",)
    with pytest.raises(ConfigError, match="no seed is left of 1"):
        seeds_of(tmp_path, 'instructions = ["Write to ada.byron@tidewell.io"]')


def test_the_seed_of_the_settings_draws_the_order(tmp_path):
    """The same one the same order."""
    seeds = f"instructions = [{', '.join(f'{chr(34)}n{number}{chr(34)}' for number in range(9))}]"

    orders = [list(seeds_of(tmp_path, seeds, f"seed = {number}")[0]) for number in (0, 0, 1)]

    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


def test_answers_to_protected_cases_would_be_leaks(tmp_path):
    """So they are refused before anything is asked; new questions like them can be made, and are not the cases."""
    (tmp_path / "cases.jsonl").write_text(CASE % ("a", "It broke") + "\n")
    suites = {"mine": (Case(id="x", messages=(Message(role="user", content="it  BROKE"),)),)}

    def prepared(more: str) -> Callable[[dict], Prepared]:
        Set(tmp_path, seeds='cases = "cases.jsonl"', more=more)
        place = tmp_path / "teacher.toml"
        return lambda known: prepare(load_teacher_config(place), place, (), known)

    with pytest.raises(ConfigError, match=r"case 'a' is protected \(1 of 1 are\)"):
        prepared("")(suites)
    assert prepared("")({}).suites == {}
    assert prepared('reply = "row"')(suites).suites == suites
    assert [case.id for (case,) in prepared('reply = "row"')({}).suites.values()] == ["a"]
    (tmp_path / "cases.seal.json").write_text("{}")
    with pytest.raises(ConfigError, match="these cases are sealed"):
        prepared('reply = "row"')({})


@pytest.mark.parametrize(
    ("seeds", "more", "told"),
    [
        ('instructions = ["a"]', "varaints = 2", "unknown key `varaints`; did you mean `variants`?"),
        ('instructons = ["a"]', "", "unknown key `instructons` in [seeds]; did you mean `instructions`?"),
        ('instructions = ["a"]\nfile = "x"', "", "[seeds] has one of instructions, file, cases, documents, logs; got"),
        ("", "", "[seeds] has one of instructions, file, cases, documents, logs; got none"),
        ('documents = "docs"', "", 'a document asks nothing that could be answered; set reply = "row"'),
        ('instructions = ["a"]', 'budget = "much"', "`budget`: 'much' is no budget"),
        ('instructions = ["a"]', "max_rejected = 1", "Expected `float` < 1.0 in `max_rejected`"),
    ],
)
def test_wrong_settings_name_the_key(tmp_path, seeds, more, told):
    """With the nearest one that is known."""
    with pytest.raises(ConfigError) as refused:
        seeds_of(tmp_path, seeds, more)

    assert str(refused.value).startswith(str(tmp_path / "teacher.toml"))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("template", "more", "told"),
    [
        ("{{ seed.txt }}", "", "no attribute 'txt'"),
        ("{% for %}", "", "request.jinja:1: not a Jinja template"),
        ("{{ ''.__class__ }}", "", "is unsafe"),
        ("  ", "", "nothing is left of the request of the seed"),
        ("{{ seed.text }}", "variants = 2\n[sampling]\ntemperature = 0\n", "asks the same thing each time"),
    ],
)
def test_a_template_that_makes_no_request_is_refused(tmp_path, template, more, told):
    """Before anything is asked, and it can't reach beyond its values."""
    made = Set(tmp_path, template=template, more=more)

    with pytest.raises(ConfigError) as refused:
        made.make()

    assert told in str(refused.value)
    assert not made.asked


def test_a_variant_can_ask_for_something_else(tmp_path):
    """By its number; each is drawn with a seed number of its own."""
    template = "{{ ['short', 'long'][variant - 1] }} {{ seed.text }} ({{ variants }})"
    made = Set(tmp_path, rows=2, template=template, seeds='instructions = ["a"]', more="variants = 2\nseed = 7")
    texts = ("Open the portal and print a label.", "Seats are added by an owner.")

    made.make(lambda request: texts[request.repeat])

    assert [one.messages[-1].text for one in made.asked] == ["short a (2)", "long a (2)"]
    assert [one.sampling.seed for one in made.asked] == [7, 8]


def test_a_missing_file_is_named(tmp_path):
    """Of seeds and of the template."""
    with pytest.raises(InputError, match=r"gone\.jsonl: no such file"):
        seeds_of(tmp_path, 'file = "gone.jsonl"')
    made = Set(tmp_path)
    (tmp_path / "request.jinja").unlink()
    with pytest.raises(ConfigError, match=r"request\.jinja: no such file"):
        made.make()
