"""The page of all runs: static, from nowhere else, and the same for one run, none and many."""

import datetime as dt
import re
import shutil
from html.parser import HTMLParser
from urllib.parse import unquote

import msgspec
import pytest

from harness.errors import InputError
from harness.records.leaked import LeakedCase
from harness.report.index import render_index, render_live_index, write_index
from harness.report.view.index import index_of
from harness.runs.folder import write_run
from harness.runs.listing import Listing, read_listing
from tests.sample_run import TRIAGE_TESTS, earlier_runs, sample_run
from tests.saved_runs import empty_run

MADE = "2026-11-22T15:00:00+00:00"
NOW = dt.datetime.fromisoformat(MADE)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\x1b[31m'


class Links(HTMLParser):
    """Collects what a page leads to or loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take addresses."""
        self.found += [value or "" for name, value in attrs if name in {"href", "src", "action", "data", "srcset"}]


def links_of(page: str) -> list[str]:
    """Return every address in a page."""
    reader = Links()
    reader.feed(page)
    return reader.found


@pytest.fixture
def runs(tmp_path):
    """Return a folder with three runs, of which the newest has a report."""
    for run in (*earlier_runs(), sample_run().run):
        (tmp_path / run.id).mkdir()
        write_run(tmp_path / run.id, run, (), ())
    (tmp_path / run.id / "report.html").write_text("report")
    return tmp_path


def test_the_page_lists_each_run_and_leads_to_the_reports_that_are_there(runs):
    """By relative addresses, so that the folder can be anywhere."""
    page = write_index(runs, NOW)

    links = [link for link in links_of(page.read_text()) if not link.startswith("#")]
    assert set(links) == {f"{sample_run().run.id}/report.html"}
    assert all((runs / unquote(link)).is_file() for link in links)
    assert page == runs / "index.html"
    assert len(re.findall("<tr data-run=", page.read_text())) == 3


def test_nothing_of_the_page_comes_from_elsewhere(runs):
    """No address outside, and a policy that allows none."""
    page = render_index(read_listing(runs), MADE)

    assert not re.findall(r"(?:https?:)?//[\w.]+", re.sub(r"http://www\.w3\.org/2000/svg", "", page))
    assert "default-src 'none'" in page
    assert "connect-src 'none'" in page
    assert "EventSource" not in page


def test_the_page_of_a_server_asks_that_server_alone(runs):
    """How far the runs are."""
    page = render_live_index(read_listing(runs), MADE)

    assert "connect-src 'self'" in page
    assert 'new EventSource("progress")' in page


def test_the_same_runs_give_the_same_bytes(runs):
    """A page that is published shows a change only where there is one."""
    assert render_index(read_listing(runs), MADE) == render_index(read_listing(runs), MADE)


def test_an_empty_folder_says_what_to_do(tmp_path):
    """And is no error; a folder that is not there is one."""
    page = write_index(tmp_path, NOW).read_text()

    assert "There is no saved run here yet." in page
    assert "pytest suites/" in page
    with pytest.raises(InputError, match=r"missing: no such folder; run pytest suites/ first"):
        write_index(tmp_path / "missing", NOW)


def test_one_run_without_a_gate_is_a_row(tmp_path):
    """Nothing is drawn, and nothing breaks."""
    run = empty_run()
    (tmp_path / run.id).mkdir()
    write_run(tmp_path / run.id, run, (), ())

    page = write_index(tmp_path, NOW).read_text()

    assert "1 saved run: 1 inconclusive." in page
    assert "nothing gated" in page
    assert "Gates over the runs" not in page


def test_runs_of_several_candidates_say_so(tmp_path):
    """Each is a run of its own."""
    ids = tuple(f"000{n}-2026-11-22-1f3c" for n in (1, 2, 3))
    for one in ids:
        (tmp_path / one).mkdir()
        write_run(tmp_path / one, empty_run(id=one, beside=ids), (), ())

    page = render_index(read_listing(tmp_path), MADE)

    assert page.count("asked with 2 others") == 3


def test_hostile_names_stay_text(tmp_path):
    """Of a model, a test, a tag, a scorer and a folder; hidden characters are named."""
    run = sample_run().run
    verdict = run.verdicts[0]
    bad = msgspec.structs.replace(verdict.comparison, scorer=HOSTILE, tag=HOSTILE)
    candidate = msgspec.structs.replace(run.candidate, adapter=HOSTILE)
    verdicts = (msgspec.structs.replace(verdict, test_id=f"suites/{HOSTILE}/t.py::test_{HOSTILE}", comparison=bad),)
    folder = tmp_path / HOSTILE.replace("/", "")
    folder.mkdir()
    write_run(folder, msgspec.structs.replace(run, verdicts=verdicts, candidate=candidate, commit=HOSTILE), (), ())
    (folder / "report.html").write_text("report")
    (tmp_path / "<b>broken").mkdir()
    (tmp_path / "<b>broken" / "run.json").write_text("{")

    page = render_index(read_listing(tmp_path), MADE)

    assert page.count("<script") == 1
    assert "<img" not in page
    assert "<b>broken" not in page
    assert "⟨RLO⟩⟨ESC⟩[31m" in page
    assert not re.search("[\u202e\x1b]", page)
    (link,) = {link for link in links_of(page) if link.endswith("report.html")}
    assert (tmp_path / unquote(link)).is_file()
    assert not set(link) & set('<>" \x1b')


def test_tags_lead_to_runs_and_gates_that_have_them(runs):
    """Each choice names the numbers of rows and lines."""
    page = render_index(read_listing(runs), MADE)

    tags = dict(re.findall(r'<option value="([\d ]+)">(language-\w+)</option>', page.split('name="tag"')[1]))
    numbers = {number for value in tags for number in value.split()}
    assert set(re.findall(r'<tr data-run="\d+"[^>]* data-tags="(\d+)"', page)) <= numbers
    slice_row = re.search(r'<tr data-tags="(\d+)">\s*<th scope="row">[^<]*, on language-de', page)[1]
    assert [name for value, name in tags.items() if slice_row in value.split()] == ["language-de"]


def test_a_run_is_found_by_a_suite_that_it_only_measured(tmp_path):
    """Though nothing is drawn of that suite."""
    run = sample_run().run
    measures = tuple(
        msgspec.structs.replace(run.measures[0], test_id=f"{test}::test_x") for test in ("suites/tone/t.py", "t.py")
    )
    (tmp_path / run.id).mkdir()
    write_run(tmp_path / run.id, msgspec.structs.replace(run, measures=measures), (), ())

    page = render_index(read_listing(tmp_path), MADE)

    suites = dict(
        re.findall(r'<option value="(\d+)">([^<]+)</option>', page.split('name="suite"')[1].split("</select>")[0])
    )
    assert {"tone", "tests in no folder"} <= set(suites.values())
    assert set(re.search(r'data-suites="([\d ]+)"', page)[1].split()) == set(suites)


def test_a_run_that_can_not_be_read_is_named_with_the_reason(runs):
    """Below the others."""
    (runs / "0009-2026-11-23-1f3c").mkdir()
    (runs / "0009-2026-11-23-1f3c" / "run.json").write_text('{"id": 3}')

    page = render_index(read_listing(runs), MADE)

    assert re.search(r"0009-2026-11-23-1f3c</th><td>run\.json is not readable: ", page)
    assert "3 saved runs" in page


def test_a_thousand_runs_stay_below_two_megabytes(tmp_path):
    """With thirteen gates each, as in the shipped suites. Times: bench/index.py."""
    run = sample_run().run
    (tmp_path / run.id).mkdir()
    write_run(tmp_path / run.id, run, (), ())
    (listed,) = read_listing(tmp_path).runs
    shutil.rmtree(tmp_path / run.id)
    gates = tuple(
        msgspec.structs.replace(listed.gates[n % len(listed.gates)], test_id=f"{TRIAGE_TESTS}test_of_queue_{n}")
        for n in range(13)
    )
    many = tuple(
        msgspec.structs.replace(listed, id=f"{n:04}-2026-11-22-1f3c", gates=gates, has_report=True)
        for n in range(1, 1001)
    )

    page = render_index(Listing(runs=many, unfinished=(), left_out=()), MADE)

    assert len(page.encode()) < 2_000_000
    assert page.count("<tr data-run=") == 1000


def test_a_run_that_failed_by_leaked_cases_says_so(tmp_path):
    """In its row, and not as a test that broke; a run whose leaks fail nothing says nothing."""
    leaked = LeakedCase(suite="s", case="c", place="t:1", how="same", where="input", similarity=1)
    bare = msgspec.structs.replace(sample_run().run, broken=(), leaked=(leaked,))
    for number, why in enumerate(("1 case in the candidate's training rows", ""), start=1):
        folder = tmp_path / f"{number:04}-2026-11-22-1f3c"
        folder.mkdir()
        write_run(folder, msgspec.structs.replace(bare, id=folder.name, number=number, leak_failure=why), (), ())

    rows = index_of(read_listing(tmp_path), "2026-11-22").rows

    assert ["1 case leaked" in row.gates for row in rows] == [False, True]


def test_a_run_that_judged_gates_by_a_part_of_their_cases_says_so(tmp_path):
    """In its row, as a short suite does; not where all were asked."""
    sample = msgspec.structs.replace(sample_run().run, broken=())
    first, *others = sample.verdicts
    early = msgspec.structs.replace(first, comparison=msgspec.structs.replace(first.comparison, not_asked={"": 40}))
    for number, verdicts in enumerate(((early, *others), sample.verdicts), start=1):
        folder = tmp_path / f"{number:04}-2026-11-22-1f3c"
        folder.mkdir()
        write_run(folder, msgspec.structs.replace(sample, id=folder.name, number=number, verdicts=verdicts), (), ())

    rows = index_of(read_listing(tmp_path), "2026-11-22").rows

    assert ["by a part of the cases (--until-decided)" in row.gates for row in rows] == [False, True]
