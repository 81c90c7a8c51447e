"""What the package exports, and what it costs to load."""

import subprocess
import sys

from harness import stats

GATE_RUN = """
import sys
from harness import stats
light = sorted({"numpy", "scipy"} & set(sys.modules))
stats.score_p_value(3, 2, 100, -0.05), stats.paired_score_interval(3, 2, 100), stats.wilson_interval(3, 10)
stats.cases_needed_passfail(0.1, 0.05), stats.holm([0.1, 0.2])
ungrouped = sorted({"numpy", "scipy"} & set(sys.modules))
values = [place / 20 for place in range(20)]
stats.mcnemar_exact(3, 2), stats.paired_mean_interval(values, [None] * 20), stats.mean_interval(values, [None] * 20)
stats.e_process([1, 0, 1], 0.5)
stats.corpus_bootstrap([[1, 0, 0]] * 20, [[0, 0, 1]] * 20, [None] * 20, stats.corpus_figure("macro F1"), 0)
print(light, ungrouped, "scipy.stats" in sys.modules, "scipy.optimize" in sys.modules)
"""


def test_every_public_name_is_there() -> None:
    """`from harness import stats` gives each name of `__all__`, sorted."""
    assert list(stats.__all__) == sorted(stats.__all__)
    assert all(hasattr(stats, name) for name in stats.__all__)


def test_no_gate_waits_for_scipy_stats() -> None:
    """Pass or fail needs neither numpy nor scipy; nothing at all needs the slow parts of scipy."""
    done = subprocess.run([sys.executable, "-c", GATE_RUN], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "[] [] False False"
