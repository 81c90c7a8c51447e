"""Write docs/settings.md: every setting of harness.toml, from the types in harness/config/, and every extra.

``python scripts/settings_page.py``, after a setting changed.
"""

import re
import tomllib
from pathlib import Path

from harness.settings.described import Setting, Table, described_tables

FILE = Path(__file__).parents[1] / "docs" / "settings.md"
START = """# Settings

Every setting of `harness.toml`. This page is written by `scripts/settings_page.py` from `harness/config/`, and
`harness config --explain` prints the same. `harness config` shows which settings hold in a checkout, and where each
comes from. A key that is not listed here is an error that names the nearest known one.

The command line of `pytest suites/` overrules the file: `--candidate`, `--baseline`, `--engine`, `--base-url`,
`--judge`, `--judge-budget`, `--run-dir`. The file is the nearest `harness.toml`, here or above the suites, or the one
that `--harness-config FILE` names.
"""
EXTRAS = {
    "train": "training, `--engine transformers`, merged adapters on a CPU, base models on a hub",
    "gpu": "vLLM on a GPU, with all of `train`",
    "review": "`harness review serve`, `harness view`, `harness cases edit`",
    "parse": "`parses_as` for YAML, SQL and tables",
    "import": "`harness import` of Inspect's `.eval` logs",
    "share": "`harness share`: object stores and other shared places",
    "signing": "signed promotions (`[registry]`)",
    "oci": "`harness adapters push` and `pull`: OCI registries",
    "export": "`harness export` to Parquet and data sets, cases from Parquet",
    "ray": '`[engine] kind = "ray"`: replicas on a Ray cluster',
    "mlflow": "`harness export --to mlflow`",
    "wandb": "`harness export --to wandb`",
    "ja": "`bleu` on Japanese words",
    "ko": "`bleu` on Korean words",
    "data": "`harness data check`",
    "pii": "`harness data check --names`: names of people and places, English",
    "similarity": "`harness data check --meaning`, `semantic_similarity`, `bertscore`, `grounded_in`: English",
    "dev": "working on the harness itself",
}
"""What each extra is for. `harness doctor` tells which are installed."""
EXTRAS_START = """
## Extras

`pip install tunegate` gives scoring, gates, saved runs, reports and asking servers. The rest comes with
`pip install 'tunegate[NAME]'`; `harness doctor` tells which extras are installed.

| extra | is for | brings |
| --- | --- | --- |
"""
COLUMNS = "| key | what it takes | default | meaning |\n| --- | --- | --- | --- |\n"


def page_text() -> str:
    """Return the page."""
    return START + "".join(f"\n## {_heading(table)}\n\n{_body(table)}" for table in described_tables()) + _extras()


def _extras() -> str:
    project = tomllib.loads((FILE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    rows = [(name, EXTRAS[name], ", ".join(re.split(r"[><=]", one)[0] for one in extras[name])) for name in extras]
    return EXTRAS_START + "".join(f"| `{name}` | {told} | {packages} |\n" for name, told, packages in rows)


def _heading(table: Table) -> str:
    return f"`[{table.name}]`" if table.name else "Above all tables"


def _body(table: Table) -> str:
    return f"{table.meaning}\n\n{COLUMNS}{''.join(map(_row, table.settings))}"


def _row(setting: Setting) -> str:
    default = "not set" if setting.default is None else f"`{setting.default}`"
    cells = (f"`{setting.key}`", setting.kind, default, setting.meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    FILE.write_text(page_text(), encoding="utf-8")
