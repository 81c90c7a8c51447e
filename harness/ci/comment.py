"""The one comment on a pull request: what came out, what to do, how many more cases would decide, and the trend."""

import re
from collections.abc import Iterator, Sequence

from harness.ci.ended import Ended
from harness.ci.trend import Push, hidden, trend_lines
from harness.records.compared import Verdict
from harness.records.record import Record
from harness.records.saved import Run
from harness.report.markdown import MARKS, fitting_lines, markdown_summary
from harness.runs.outcome import binding
from harness.runs.test_ids import title
from harness.text.figures import count
from harness.text.shown import fact
from harness.text.visible import for_markdown
from harness.verdicts.undecided import more_cases, more_labels

LONGEST = 65_536
"""Characters of a comment on GitHub; one byte more is an error, and no comment."""
MOST_SHORT = 20
"""Gates of which is said how many cases they are short of."""
BOT = "github-actions[bot]"
"""Who writes comments with the token of a job of GitHub."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9._~/?#=&%+-]*", re.ASCII)


class Around(Record, frozen=True, kw_only=True):
    """What a comment says of the job that it comes from. ``name`` tells several gates of one repository apart.

    Addresses are empty where there are none. ``foreign`` is true where code of a fork wrote the results. ``author`` is
    who writes comments on GitHub.
    """

    name: str
    author: str = BOT
    job: str = ""
    report: str = ""
    foreign: bool = False


def marker(name: str) -> str:
    """Return the hidden first line, by which the comment is found again."""
    return f"<!-- tunegate-gate:{name} -->"


def comment_text(ended: Ended, pushes: Sequence[Push], around: Around) -> str:
    """Return the comment: at most ``LONGEST`` bytes, and so no more characters; what doesn't fit is counted.

    ``pushes`` are those of the pull request, this one the last.
    """
    first = marker(around.name) + "\n"
    trend = "\n".join(trend_lines(pushes))
    last = "\n".join([trend, *_foot(pushes, around), "", hidden(pushes)]) + "\n"
    remark = _above(ended)
    room = LONGEST - sum(len(part.encode()) for part in (first, remark, last)) - 200
    return f"{first}{remark}{_runs(ended.runs, room)}\n{last}"


def _above(ended: Ended) -> str:
    """Return the outcome of the whole session, where the heading of its first run doesn't say it."""
    if not ended.remark and len(ended.runs) == 1:
        return ""
    remark = f"**{for_markdown(ended.remark)}**\n\n" if ended.remark else ""
    return f"### {MARKS[ended.outcome]} The release gate is {ended.outcome}\n\n{remark}"


def _runs(runs: Sequence[Run], room: int) -> str:
    """Return each run's summary and what its gates are short of, each within its part of the room."""
    texts: list[str] = []
    for place, run in enumerate(runs):
        own = room // (len(runs) - place)
        short = _short(run)
        text = f"{markdown_summary(run, own - len(short.encode()))}\n{short}"
        if len(text.encode()) > own:  # so many candidates that not even headlines fit
            return "".join(texts) + f"\n… {count(len(runs) - place, 'more candidate')}: see the report.\n"
        texts.append(text)
        room -= len(text.encode())
    return "".join(texts)


def _short(run: Run) -> str:
    """Return how many more cases would decide what is inconclusive, a line for each gate; empty without such a gate."""
    undecided = [verdict for verdict in binding(run) if verdict.outcome == "inconclusive"]
    if not undecided:
        return ""
    left = len(undecided) - MOST_SHORT
    lines = [*map(_short_line, undecided[:MOST_SHORT]), *([f"- and {count(left, 'more gate')}"] if left > 0 else [])]
    return "**What would decide**\n\n" + fitting_lines(lines, 16_000, "more gate") + "\n"


def _short_line(verdict: Verdict) -> str:
    tag = f" on {fact(verdict.comparison.tag, 80)}" if verdict.comparison.tag else ""
    cases, labels = more_cases(verdict), more_labels(verdict)
    if cases is not None:
        what = f"about {count(cases, 'more case')} like these would probably decide"
    elif labels is not None:
        what = f"about {count(labels, 'more label')} of these answers would probably decide"
    else:
        what = fact(verdict.reasons[0], 300) if verdict.reasons else "no reason given"
    return f"- {for_markdown(f'{title(verdict.test_id)}{tag}: {what}')}"


def _foot(pushes: Sequence[Push], around: Around) -> Iterator[str]:
    commit = f"commit {pushes[-1].commit[:12]}" if pushes else ""
    links = [f"[{word}]({url})" for word, url in (("report", around.report), ("job", around.job)) if _is_plain(url)]
    yield " · ".join(filter(None, [commit, *links]))
    if around.foreign:
        yield ""
        yield "These results were written by the code of a fork."


def _is_plain(address: str) -> bool:
    return bool(ADDRESS.fullmatch(address))
