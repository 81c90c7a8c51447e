"""Write docs/settings.md: every setting of harness.toml, from the types and docstrings in harness/config.py.

``python scripts/settings_page.py``, after a setting changed.
"""

from pathlib import Path

from harness.settings.described import Setting, Table, described_tables

FILE = Path(__file__).parents[1] / "docs" / "settings.md"
START = """# Settings

Every setting of `harness.toml`. This page is written by `scripts/settings_page.py` from `harness/config.py`, and
`harness config --explain` prints the same. `harness config` shows which settings hold in a checkout, and where each
comes from. A key that is not listed here is an error that names the nearest known one.

The command line of `pytest suites/` overrules the file: `--candidate`, `--baseline`, `--engine`, `--base-url`,
`--judge`, `--run-dir`. The file is the nearest `harness.toml`, here or above the suites, or the one that
`--harness-config FILE` names.
"""
COLUMNS = "| key | what it takes | default | meaning |\n| --- | --- | --- | --- |\n"


def page_text() -> str:
    """Return the page."""
    return START + "".join(f"\n## {_heading(table)}\n\n{_body(table)}" for table in described_tables())


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
