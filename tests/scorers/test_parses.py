"""parses_as."""

import subprocess
import sys

import pytest

from harness.errors import ScorerError
from harness.scorers import fenced, parses_as, unfenced
from harness.scorers.parsing import worker
from harness.scorers.reading import limit
from harness.scorers.reading.apart import Apart

ANSWERS = {
    "json": ('{"a": 1}', "{a: 1}", "invalid JSON"),
    "yaml": ("a: 1", "a: 1\na: 2", "unparseable YAML"),
    "xml": ("<a/>", "<a>", "unparseable XML"),
    "csv": ("a,b\n1,2", "a,b\n1", "rows of different length"),
    "python": ("x = 1", "x = ", "unparseable Python"),
    "sql": ("SELECT 1", "hello", "no SQL"),
    "markdown-table": ("|a|b|\n|-|-|\n|1|2|", "a", "no Markdown table"),
}


@pytest.mark.parametrize("language", ANSWERS)
def test_an_answer_parses_or_says_why_not(score, language):
    """In each language, the whole of it."""
    right, broken, symptom = ANSWERS[language]

    assert score(parses_as(language), f" {right}\n").value == 1
    wrong = score(parses_as(language), broken)
    assert (wrong.value, wrong.category) == (0, symptom)
    assert wrong.reason


@pytest.mark.parametrize("language", ANSWERS)
def test_an_empty_answer_is_no_language(score, language):
    """Nor is white space."""
    assert score(parses_as(language), " \n").value == 0


@pytest.mark.parametrize("language", ANSWERS)
def test_a_fence_is_read_by_choice(score, language):
    """Alone by one reader, in a longer answer by another; neither is the default."""
    right = ANSWERS[language][0]
    fence = f"```\n{right}\n```"

    assert score(parses_as(language), fence).value == 0
    assert score(parses_as(language, read=unfenced), fence).value == 1
    assert score(parses_as(language, read=fenced), f"Here:\n{fence}\nBye").value == 1


def test_two_fences_are_wrong(score):
    """Nothing says which counts."""
    given = score(parses_as("python", read=fenced), "```\nx = 1\n```\n```\ny = 1\n```")

    assert (given.value, given.category) == (0, "ambiguous code")


def test_the_choices_are_in_the_repr(score):
    """So scores by different ones are never compared."""
    assert repr(parses_as("sql", dialect="postgres")) == "parses_as('sql', dialect='postgres')"
    assert repr(parses_as("csv", delimiter=";", read=unfenced)) == "parses_as('csv', delimiter=';', read=unfenced)"
    assert score(parses_as("csv", delimiter=";"), "a;b\n1;2").value == 1
    assert score(parses_as("sql", dialect="mysql"), "SELECT `a`").value == 1
    assert score(parses_as("sql", dialect="postgres"), "SELECT `a`").value == 0


@pytest.mark.parametrize("text", ["a\tb\n1\t", "\tb\n1\t2\n", "```\na\tb\n\t\n```"])
def test_empty_fields_between_tabs_count(score, text):
    """A reader takes a tab at an end for white space."""
    assert score(parses_as("csv", delimiter="\t", read=unfenced), text).value == 1
    assert score(parses_as("csv", delimiter="\t", read=unfenced), text.replace("b", "b\tc")).value == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"language": "yml"}, "did you mean 'yaml'"),
        ({"language": "cobol 85"}, "it takes 'json'"),
        ({"language": "sql", "dialect": "postgresql"}, "did you mean 'postgres'"),
        ({"language": "python", "dialect": "mysql"}, "only SQL has dialects"),
        ({"language": "sql", "delimiter": ";"}, "of CSV alone"),
        ({"language": "csv", "delimiter": ";;"}, "one character"),
    ],
)
def test_what_is_not_known_is_an_error_of_the_call(arguments, told):
    """Before anything is asked."""
    with pytest.raises(ScorerError, match=told):
        parses_as(**arguments)


@pytest.mark.parametrize(
    ("language", "module"), [("yaml", "yaml"), ("sql", "sqlglot"), ("markdown-table", "markdown_it")]
)
def test_a_parser_that_is_not_installed_is_an_error_when_the_scorer_is_made(language, module, monkeypatch):
    """It says what to install."""
    monkeypatch.setattr("harness.scorers.parses.find_spec", lambda name: None if name == module else object())

    with pytest.raises(ScorerError, match=r"pip install 'tunegate\[parse\]'"):
        parses_as(language)


def test_a_statement_that_the_parser_does_not_know_is_unscored(score):
    """Nobody can tell whether it is right; its dialect may know it."""
    given = score(parses_as("sql"), "SHOW TABLES")

    assert (given.value, given.category) == (None, "SQL not checked")
    assert score(parses_as("sql", dialect="mysql"), "SHOW TABLES").value == 1


def test_what_takes_too_long_leaves_the_answer_unscored(score, monkeypatch):
    """The next answer is parsed again."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.05)
    slow = score(parses_as("sql"), "SELECT " + "a+" * 100_000 + "1")
    monkeypatch.undo()

    assert (slow.value, slow.category) == (None, "took too long")
    assert "max_tokens" in slow.reason
    assert score(parses_as("sql"), "SELECT 1").value == 1


def test_a_parser_that_crashes_leaves_the_answer_unscored(score, tmp_path, monkeypatch):
    """Its process ends, not the harness."""
    crashing = tmp_path / "crashing.py"
    crashing.write_text("import os, sys; os.write(int(sys.argv[1]), b'\\n'); sys.stdin.readline(); os.abort()")
    monkeypatch.setattr(worker, "_process", lambda _: Apart(crashing, "parses answers"))
    given = score(parses_as("python"), "x = 1")

    assert (given.value, given.category) == (None, "took too long")
    assert "ended its process" in given.reason


def test_nothing_of_an_answer_is_executed(score, tmp_path):
    """Neither Python nor a tag of YAML."""
    made = tmp_path / "made"

    assert score(parses_as("python"), f"open({str(made)!r}, 'w').close()").value == 1
    assert score(parses_as("yaml"), f"a: !!python/object/apply:os.mkdir [{str(made)!r}]").value == 0
    assert not made.exists()


def test_making_scorers_loads_no_parser():
    """They are loaded in the process that needs them; sqlglot where its dialect is checked."""
    code = (
        "import sys\nfrom harness.scorers import parses_as\n"
        "for language in ('json', 'yaml', 'python', 'markdown-table', 'sql'): parses_as(language)\n"
        "print(sorted({'yaml', 'sqlglot', 'markdown_it'} & set(sys.modules)))"
    )

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert loaded.strip() == "[]"
