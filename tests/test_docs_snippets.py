"""Snippets of the docs do what they say: Python runs, settings and cases are read, commands are parsed or run."""

import ast
import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import typer

from harness.asking.cases import load_cases, read_baseline_prompt
from harness.asking.tools import load_tools
from harness.cli.main import app
from harness.config.whole import HarnessConfig
from harness.data.rows import load_rows
from harness.exchange.tools import read_rows
from harness.judges.labels import read_labels
from harness.records.scored import Rubric
from harness.review.packets.material import ReviewSettings
from harness.runs.folder import read_run
from harness.scorers.judges.rubric import named_rubric
from harness.teacher.config import TeacherConfig
from harness.text.toml import build
from harness.train.config import TrainConfig
from harness.train.passed_on import lora_settings, trainer_settings
from tests.apart import run_harness, run_pytest
from tests.snippets import FENCED, SHELLS, Snippet, commands_in, snippets
from tests.stub import Sent, completion, serve
from tests.test_docs import PAGES, ROOT

TRIAGE = ROOT / "suites" / "support_triage"
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|&& )harness ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)
NOT_RUN = {
    ("docs/likelihood.md", "needs the tokenizer of a model"): 1,
    ("docs/similarity.md", "needs a model of meanings"): 2,
}
"""Why a snippet is not run here, as the comment right above it says, and how many are there for that reason."""
PREAMBLE = """
from pathlib import Path

import pytest

from harness import Case, Response, Score
from harness.scorers import *

HERE = Path(__file__).parent
QUEUES = ("billing", "bug", "feature", "account", "outage")
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", system=HERE / "system.txt", max_tokens=64)

"""
"""What the pages leave out of a suite: its imports, and a mark where the snippet has none."""
USED = """

def test_it_is_used(evaluate):
    evaluate({scorer})
"""
SETTINGS = """
base_model = "tiny"
noise_sample = 0
[judge]
model = "openai:judge"
base_url = "{url}"
api_key_env = "STUB_KEY"
"""


def named(found: list[Snippet]) -> list:
    """Return snippets as parameters, each named by its place."""
    return [pytest.param(one, id=one.place) for one in found]


def only(page: str, language: str, word: str = "") -> str:
    """Return the one snippet of a page that holds a word."""
    (found,) = [one.code for one in snippets(language) if one.page == page and word in one.code]
    return found


def in_lines(text: str) -> str:
    """Return one JSON value on one line, or lines as they are."""
    try:
        return json.dumps(json.loads(text)) + "\n"
    except ValueError:
        return text


def own_files(snippet: Snippet) -> dict[str, str]:
    """Return the files that a page shows beside a suite: its cases, and its tools."""
    if snippet.page == "docs/instructions.md":
        return {"cases.jsonl": in_lines(only(snippet.page, "json"))}
    if snippet.page == "docs/tools.md":
        return {
            "tools.json": only(snippet.page, "json", '"parameters"'),
            "cases.jsonl": only(snippet.page, "json", "by-year"),
        }
    if snippet.page == "docs/documents.md":
        return {
            "cases.jsonl": in_lines(only(snippet.page, "json")),
            "prompt.jinja": only(snippet.page, "jinja"),
        }
    if "card" in snippet.code:
        return {
            "cases.jsonl": '{"id": "a", "messages": [{"role": "user", "content": "Hi"}], "meta": {"card": "4111"}}\n'
        }
    return {}


def suite_of(snippet: Snippet) -> str:
    """Return a snippet as a module with tests: a scorer or a mark alone gets one that uses it."""
    tree = ast.parse(snippet.code)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if any(one.name.startswith("test_") for one in functions):
        return PREAMBLE + snippet.code
    scorers = [one.name for one in functions if [arg.arg for arg in one.args.args] == ["case", "response"]]
    expression = isinstance(tree.body[-1], ast.Expr)
    used = snippet.code.strip() if expression else scorers[0] if scorers else "contains('queue')"
    return PREAMBLE + snippet.code + USED.format(scorer=used)


def is_suite(snippet: Snippet) -> bool:
    """Tell whether a snippet is a part of a suite, not a program or a test of one's own."""
    return "open(" not in snippet.code and "FunctionEngine" not in snippet.code


def reply(model: str, question: str) -> str | Sent:
    """Answer as a judge, or with what the case of suites/support_triage expects."""
    if model == "judge":
        return '{"better": "tie"}' if "better" in question else '{"score": 4}'
    if question.startswith("Larkspur"):
        message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
        return Sent(completion("", choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}]))
    return RIGHT.get(question, "fine")


ARGUMENTS = json.dumps({"customer": "Larkspur", "year": 2025})
CALL = {"id": "1", "type": "function", "function": {"name": "find_invoice", "arguments": ARGUMENTS}}
LINES = (TRIAGE / "cases.jsonl").read_text().splitlines(keepends=True)
SOME = "".join(line for number, line in enumerate(LINES) if number % 4 == 0 or "two-problems" in line)
RIGHT = {case.messages[-1].text: json.dumps(case.expected) for case in load_cases(TRIAGE / "cases.jsonl")}


def test_suites_run(tmp_path, monkeypatch):
    """All of the pages' tests, marks and scorers in one session, against a server that answers right: none breaks."""
    monkeypatch.setenv("STUB_KEY", "none")
    shown = [one for one in snippets("python") if is_suite(one) and not one.not_run]
    for number, snippet in enumerate(shown):
        folder = tmp_path / "suites" / f"s{number}"
        folder.mkdir(parents=True)
        files = {path.name: path.read_text() for path in TRIAGE.iterdir() if path.suffix in {".jsonl", ".txt", ".json"}}
        files["cases.jsonl"] = SOME
        files["baseline_prompt.jsonl"] = only("docs/suites.md", "json", '"role": "system"')
        for name, text in {**files, **own_files(snippet)}.items():
            (folder / name).write_text(text)
        (folder / f"test_s{number}.py").write_text(suite_of(snippet))

    with serve(reply, ["tiny", "new"]) as stub:
        (tmp_path / "harness.toml").write_text(SETTINGS.format(url=stub.url))
        sides = ("--candidate", "served:new", "--baseline", "served:tiny")
        done = run_pytest(tmp_path, "suites", "-q", "-p", "no:cacheprovider", "--base-url", stub.url, *sides)

    said = "\n".join(done.outlines + done.errlines)
    assert done.ret in {0, 6}, said
    assert len(shown) >= 15
    (run,) = (tmp_path / "runs").glob("0*")
    assert {verdict.outcome for verdict in read_run(run).verdicts} <= {"passed", "inconclusive"}, said


def test_a_test_without_a_model_runs(tmp_path):
    """The one of docs/suites.md, on a suite of sums."""
    (tmp_path / "suites" / "sums").mkdir(parents=True)
    case = {"id": "one", "messages": [{"role": "user", "content": "1 + 1"}], "expected": "2"}
    (tmp_path / "suites" / "sums" / "cases.jsonl").write_text(json.dumps(case) + "\n")
    (tmp_path / "test_my_suite.py").write_text(only("docs/suites.md", "python", "FunctionEngine"))

    done = run_pytest(tmp_path, "test_my_suite.py", "-q", "-p", "no:cacheprovider")

    assert done.ret == 0, done.outlines


def test_the_program_that_reads_ifeval_runs(tmp_path, monkeypatch):
    """What it writes are cases."""
    row = {"key": 7, "prompt": "No commas.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    (tmp_path / "input_data.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.chdir(tmp_path)

    exec(compile(only("docs/instructions.md", "python", "input_data"), "snippet", "exec"), {})  # noqa: S102 - our page

    assert [case.id for case in load_cases(tmp_path / "cases.jsonl")] == ["7"]


def test_what_is_not_run_is_listed():
    """Each with its reason, so that the list grows only where somebody writes it here."""
    marked = Counter((one.page, one.not_run) for one in snippets("python", "toml", "json", *SHELLS) if one.not_run)

    assert marked == NOT_RUN


@pytest.mark.parametrize("snippet", named(snippets("toml")))
def test_settings_are_read(snippet):
    """As harness.toml, review.toml, teacher.toml, keys of a rubric, train.toml or its tables; unknown keys aren't."""
    content = tomllib.loads(snippet.code)

    assert content
    if content.keys() & {"criteria", "trust"}:
        build({"id": "x", "version": 1, "kind": "scale", "question": "", "prompt": ""} | content, Rubric, snippet.place)
    elif "teacher" in content:
        build(content, TeacherConfig, snippet.place)
    elif "output" in content:
        build(content, TrainConfig, snippet.place)
    elif "trainer" in content:
        trainer_settings(content["trainer"], Path(snippet.place))
        lora_settings(content.get("lora", {}), Path(snippet.place))
    elif "stop_by" in content:
        build({"output": "a", "train": ["b"]} | content, TrainConfig, snippet.place)
    else:
        build(content, ReviewSettings if "title" in content else HarnessConfig, snippet.place)


def read_json(path: Path, snippet: Snippet) -> object:
    """Read a snippet as what it shows."""
    path.write_text(in_lines(snippet.code))
    if "answer" in snippet.code.partition("\n")[0] and '"model"' in snippet.code:
        return read_rows([path])[0]
    if '"rubric"' in snippet.code:
        return read_labels(path, named_rubric("completeness"))
    if '"parameters"' in snippet.code:
        return load_tools(path)
    if '"id"' in snippet.code:
        return load_cases(path)
    return load_rows(path) if '"messages"' in snippet.code else read_baseline_prompt(path)


@pytest.mark.parametrize("snippet", named(snippets("json")))
def test_json_is_what_it_shows(snippet, tmp_path):
    """Cases, tools, labels, training rows, examples for the baseline, or answers to import."""
    assert read_json(tmp_path / "shown.jsonl", snippet)


def parse(words: list[str]) -> None:
    """Parse the words of a ``harness`` command as it does; raise what it would print."""
    command = typer.main.get_command(app)
    context = command.make_context("harness", words[1:])
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


WITH_COMMANDS = [one for one in snippets(*SHELLS) if commands_in(one)]


@pytest.mark.parametrize("snippet", named(WITH_COMMANDS))
def test_commands_can_be_typed(snippet, request):
    """Each command is there, and so are its options; their values are of the right kind."""
    for words in commands_in(snippet):
        if words[0] == "harness":
            parse(words)
        else:
            _, unknown = request.config._parser.parse_known_and_unknown_args(words[1:])
            assert unknown == []


def test_a_wrong_command_would_be_found():
    """An option that is not there, a value of the wrong kind, an argument that is missing."""
    for words in ("power --nope", "review build run:7 --cases many --out r", "rank"):
        with pytest.raises(Exception, match=r"No such option|not a valid|valid integer|Missing"):
            parse(["harness", *words.split()])


def test_the_walk_through_of_cases_is_as_it_is_told(tmp_path):
    """The page's table, its commands, and word for word what they print."""
    table, made, checked = [one.code for one in snippets("") if one.page == "docs/cases.md"][:3]
    (tmp_path / "tickets.csv").write_text(table)
    suite = tmp_path / "suites" / "tickets"
    suite.mkdir(parents=True)
    scorer = "predicts_label(('billing', 'bug', 'account'))"
    (suite / "test_tickets.py").write_text(f"{PREAMBLE}\ndef test_it(evaluate):\n    evaluate({scorer})\n")
    (suite / "system.txt").write_text("Sort the ticket.\n")

    for block in (made, checked):
        command, *told = block.splitlines()
        done = run_harness(tmp_path, *command.removeprefix("$ harness ").split())
        assert [line.rstrip() for line in done.outlines] == told


def test_the_walk_through_of_rows_is_as_it_is_told(tmp_path, monkeypatch):
    """The page's table, its commands, and word for word what they print, first without and then with a wrong line."""
    monkeypatch.setenv("COLUMNS", "100")
    table, made, _, _, refused, *_ = [one.code for one in snippets("") if one.page == "docs/data.md"]
    (tmp_path / "tickets.csv").write_text(table)
    (tmp_path / "system.txt").write_text("Name the team that handles this ticket: billing, bug or account.\n")

    for block in (made, refused):
        command, *told = block.splitlines()
        done = run_harness(tmp_path, *command.removeprefix("$ harness ").split())
        assert done.outlines == told
        with (tmp_path / "tickets.csv").open("a") as file:
            file.write("4;c3;Broken, again;bug;urgent\n")


def test_the_first_steps_can_be_taken(tmp_path):
    """The commands of docs/start.md that write files and ask no model, one after the other."""
    (tmp_path / "tickets.csv").write_text("text,label,language\nPay me,billing,en\nIt broke,bug,en\nGeld,billing,de\n")
    typed = [words for one in WITH_COMMANDS if one.page == "docs/start.md" for words in commands_in(one)]
    chosen = [
        words[1:] for words in typed if words[:3] == ["harness", "init", "--task"] or words[:2] == ["harness", "power"]
    ]

    done = [run_harness(tmp_path, *words) for words in chosen]

    assert len(chosen) == 3
    assert [one.ret for one in done[:2]] == [0, 0]
    assert done[2].ret in {0, 6}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_named_are_there(page):
    """Also those inside of sentences, between backticks."""
    known = set(_commands(typer.main.get_command(app)))
    groups = {name.partition(" ")[0] for name in known if " " in name}

    text = page.read_text()
    code = [match[3] for match in FENCED.finditer(text)] + INLINE.findall(FENCED.sub("", text))
    names_in = [found for one in code for found in COMMAND.findall(one)]
    names = {f"{first} {second}" if first in groups and second else first for first, second in names_in}

    assert names - known == set()


def _commands(group: object, name: str = "") -> set[str]:
    """Return the name of every command."""
    inner = getattr(group, "commands", {}).items()
    return {found for each, one in inner for found in ({f"{name}{each}"} | _commands(one, f"{name}{each} "))}
