"""From a saved run to what a person reads: one HTML page, a short Markdown summary, one sentence.

``html`` fills the template with the view model that ``view/page`` builds: ``overview`` comes first, then ``sections``
with ``figures``, ``trends`` and ``cases``, then ``pinned`` and ``facts``. ``evidence/`` finds answers and shares out
the space, ``drawing/`` draws, ``sentences`` finds the words, ``markdown`` serves CI, ``ranking`` prints several
candidates.
"""

from harness.report.html import render, write_report, write_report_of
from harness.report.markdown import markdown_summary
from harness.report.ranking import markdown_ranking, ranking_lines
from harness.report.sentences import headline, next_step
from harness.runs.outcome import overall

__all__ = [
    "headline",
    "markdown_ranking",
    "markdown_summary",
    "next_step",
    "overall",
    "ranking_lines",
    "render",
    "write_report",
    "write_report_of",
]
