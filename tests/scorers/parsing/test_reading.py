"""The parsers of the process, without it: what each refuses, and in which category."""

import pytest

from harness.scorers.parsing.reading import Refused, markdown_table, python, sql, yaml

NESTED_ALIASES = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
MERGES = "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 30))
TABLE = "| a | b |\n| --- | :-: |\n| 1 | 2 |\n"

RIGHT = [
    (python, "x = 1\n\ndef f(a, /, *, b: int = 2) -> None:\n    return a"),
    (python, "print('héllo')"),
    (python, "имя = 'мир'"),
    (python, "a + b"),
    (python, "[1, 2]"),
    (yaml, "a: 1\nb: [x, y]\n"),
    (yaml, "- a\n- b: {c: d}"),
    (yaml, "base: &b {x: 1}\nown:\n  <<: *b\n  y: 2024-03-04"),
    (yaml, "ключ: значение"),
    (yaml, NESTED_ALIASES),
    (yaml, MERGES),
    (sql, "SELECT a, COUNT(*) FROM t WHERE b = 'x' GROUP BY a"),
    (sql, "WITH a AS (SELECT 1) SELECT * FROM a;"),
    (sql, "CREATE TABLE t (a INT); INSERT INTO t VALUES (1); UPDATE t SET a = 2; DELETE FROM t"),
    (sql, "SELECT 'привет' UNION ALL SELECT 2"),
    (markdown_table, TABLE),
    (markdown_table, "a | b\n--- | ---\nx \\| y | z"),
    (markdown_table, "| a | b |\n| - | - |\n| x\u2028y | z |"),
    (markdown_table, "| имя |\n| --- |\n| да |"),
    (markdown_table, "| a | b |\n| - | - |\n|  | |"),
]
WRONG = [
    (python, "def f(:\n  pass", "unparseable Python"),
    (python, "print 'a'", "unparseable Python"),
    (python, "Sure, here it is:", "unparseable Python"),
    (python, "```python\nx = 1\n```", "unparseable Python"),
    (python, "x = 1\0", "unparseable Python"),
    (python, "x = '\ud800", "unparseable Python"),
    (python, "Sure", "no Python"),
    (python, "'text'\n5", "no Python"),
    (python, "Sure, yes", "no Python"),
    (python, "# nothing", "no Python"),
    (python, "", "no Python"),
    (python, "(" * 100_000, "unparseable Python"),
    (python, "[" * 150 + "]" * 150 + " = " + "-" * 100_000 + "1", "unparseable Python"),
    (yaml, "Sure, here it is.", "no YAML"),
    (yaml, "", "no YAML"),
    (yaml, "a: 1\n b: 2", "unparseable YAML"),
    (yaml, "a: [1, 2", "unparseable YAML"),
    (yaml, "a: 1\na: 2", "unparseable YAML"),
    (yaml, "a: *missing", "unparseable YAML"),
    (yaml, "a: 1\n---\nb: 2", "unparseable YAML"),
    (yaml, "a: !!python/object/apply:os.system ['true']", "unparseable YAML"),
    (yaml, "a: !!python/name:os.system", "unparseable YAML"),
    (yaml, "a: !own {b: 1}", "unparseable YAML"),
    (yaml, "? [a]\n: b", "unparseable YAML"),
    (yaml, "<<: 5", "unparseable YAML"),
    (yaml, "a: 2024-99-99", "unparseable YAML"),
    (yaml, "a: \0", "unparseable YAML"),
    (yaml, "a: \ud800", "unparseable YAML"),
    (yaml, "a: `x`", "unparseable YAML"),
    (yaml, "[" * 65 + "]" * 65, "unparseable YAML"),
    (yaml, "[" * 100_000, "unparseable YAML"),
    (sql, "SELECT * FORM t", "unparseable SQL"),
    (sql, "SELECT * FROM t WHERE", "unparseable SQL"),
    (sql, "SELECT 'a", "unparseable SQL"),
    (sql, "SELECT FROM t", "unparseable SQL"),
    (sql, "SELECT * FROM (SELECT FROM t) x", "unparseable SQL"),
    (sql, "Update your app", "unparseable SQL"),
    (sql, "Sure here is the query", "unparseable SQL"),
    (sql, "SELECT " + "(" * 50_000, "unparseable SQL"),
    (sql, "hello world", "no SQL"),
    (sql, "", "no SQL"),
    (sql, "-- nothing", "no SQL"),
    (sql, "SELECT 1; nothing", "no SQL"),
    (sql, "Call me maybe", "SQL not checked"),
    (markdown_table, "a sentence", "no Markdown table"),
    (markdown_table, "", "no Markdown table"),
    (markdown_table, "| a | b |\n| 1 | 2 |", "no Markdown table"),
    (markdown_table, "| a | b |\n| --- |\n| 1 | 2 |", "no Markdown table"),
    (markdown_table, "```\n" + TABLE + "```", "no Markdown table"),
    (markdown_table, "Here it is:\n\n" + TABLE, "more than a table"),
    (markdown_table, TABLE + "\n" + TABLE, "more than a table"),
    (markdown_table, TABLE + "| 1 |", "rows of different length"),
    (markdown_table, TABLE + "| 1 | 2 | 3 |", "rows of different length"),
]


@pytest.mark.parametrize(("parse", "text"), RIGHT)
def test_what_parses_is_let_through(parse, text):
    """In any script, and with aliases that would fill the memory if they were copied."""
    assert parse(text, "") is None


@pytest.mark.parametrize(("parse", "text", "symptom"), WRONG)
def test_what_does_not_parse_is_refused_with_a_reason(parse, text, symptom):
    """In a category of its language; nothing of it is executed."""
    with pytest.raises(Refused) as refused:
        parse(text, "")

    assert refused.value.args[0] == symptom
    assert refused.value.args[1]


def test_sql_is_parsed_in_its_dialect():
    """Quotes, empty selections and statements differ."""
    assert sql("SELECT `a` FROM `t`", "mysql") is None
    assert sql("SHOW TABLES", "mysql") is None
    assert sql("SELECT FROM t", "postgres") is None
    with pytest.raises(Refused):
        sql("SELECT `a` FROM `t`", "postgres")
