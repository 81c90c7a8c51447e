"""The numbers of one comparison, as the page shows them."""

import msgspec

from harness.report import render
from harness.report.view.figures import figures_of
from tests.sample_run import sample_run


def test_a_figure_of_all_answers_is_called_by_its_name():
    """Not a mean."""
    means = sample_run().run.verdicts[0].comparison
    figures = msgspec.structs.replace(means, figure="macro F1")

    assert [figures_of(one).figure for one in (means, figures)] == ["Mean", "Macro F1"]


def test_of_cases_that_were_left_out_the_number_in_all_is_shown():
    """Of a slice, those with its tag; alone where all were asked."""
    comparison = sample_run().run.verdicts[0].comparison
    asked = len(comparison.rows)
    early = msgspec.structs.replace(comparison, not_asked={"": 1000 - asked, "short": 200 - asked})
    part = msgspec.structs.replace(early, tag="short")

    assert [figures_of(one).asked for one in (comparison, early, part)] == [
        f"{asked}",
        f"{asked} of 1,000",
        f"{asked} of 200",
    ]


def test_the_table_of_gates_says_of_how_many_cases_a_gate_was_decided():
    """And its section; the other gates show what they had."""
    sample = sample_run()
    first, *others = sample.run.verdicts
    asked = len(first.comparison.rows)
    comparison = msgspec.structs.replace(first.comparison, not_asked={"": 1000 - asked})
    run = msgspec.structs.replace(sample.run, verdicts=(msgspec.structs.replace(first, comparison=comparison), *others))

    page = render(run, sample.answers, sample.judgements)

    assert page.count(f'<td class="num">{asked} of 1,000</td>') == 1
    assert f"<dd>{asked} of 1,000: " in page
    assert f'<td class="num">{len(others[0].comparison.rows):,}</td>' in page
