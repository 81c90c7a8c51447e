"""The numbers of one comparison, as the page shows them."""

import msgspec

from harness.report.view.figures import figures_of
from tests.sample_run import sample_run


def test_a_figure_of_all_answers_is_called_by_its_name():
    """Not a mean."""
    means = sample_run().run.verdicts[0].comparison
    figures = msgspec.structs.replace(means, figure="macro F1")

    assert [figures_of(one).figure for one in (means, figures)] == ["Mean", "Macro F1"]
