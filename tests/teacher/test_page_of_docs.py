"""The settings and the template of docs/data-generate.md make rows."""

import re
from contextlib import closing

import msgspec

from harness import scorers
from harness.asking.ask import Asking
from harness.asking.store import STORE_FILE, ReusingStore
from harness.engines.function import FunctionEngine
from harness.records.answered import Response
from harness.records.asked import Request
from harness.teacher.config import TeacherConfig, load_teacher_config
from harness.teacher.generate import generate
from harness.teacher.prepared import prepare
from harness.untuned.asking import BaseModel
from tests.snippets import snippets
from tests.teacher.made import ANSWERS, PRICES, Alone, clock, said, suite
from tests.test_docs import ROOT

PAGE = "docs/data-generate.md"
CHEAP = {"writer": msgspec.structs.replace(PRICES.models["writer"], output=1.0)}


def shown(language: str) -> str:
    """Return the one block of the page in a language."""
    (found,) = [one.code for one in snippets(language) if one.page == PAGE]
    return found


def test_the_full_file_and_its_template_make_rows(tmp_path):
    """As they are, with a suite whose schema checks the answers."""
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "seats.md").write_text("Seats are added by an owner.\n")
    folder = tmp_path / "suites" / "support"
    folder.mkdir(parents=True)
    (folder / "system.txt").write_text("Be kind.\n")
    (tmp_path / "teacher.toml").write_text(shown("toml"))
    (tmp_path / "request.jinja").write_text(shown("jinja"))
    used = suite(scorers.contains("."), folder=folder.parent)
    used = msgspec.structs.replace(used, path=folder / "cases.jsonl")
    config = load_teacher_config(tmp_path / "teacher.toml")
    prepared = prepare(config, tmp_path / "teacher.toml", [used], {})
    asked = []

    def answer(request: Request) -> Response:
        asked.append(request.messages[-1].text)
        pair = {"input": f"{ANSWERS[request.repeat]} Why?", "output": ANSWERS[request.repeat + 3]}
        return said(request, msgspec.json.encode(pair).decode(), tokens=1)

    with closing(ReusingStore(tmp_path / STORE_FILE)) as store:
        teacher = BaseModel(Alone(FunctionEngine(answer)), Asking(store, lambda found, _: found), tmp_path)
        report = generate(prepared, teacher, msgspec.structs.replace(PRICES, models=CHEAP), clock())

    assert (report.state.rows, report.state.ended) == (3, "seeds used up")
    assert [re.search(r"one (\w+) message", text)[1] for text in asked] == ["short", "chatty", "angry"]
    assert "Seats are added by an owner." in asked[0]


def test_the_page_names_every_setting():
    """Each key of teacher.toml."""
    page = (ROOT / PAGE).read_text()

    assert [name for name in TeacherConfig.__struct_fields__ if not re.search(rf"\b{name}\b", page)] == []
