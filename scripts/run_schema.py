"""Write docs/run.schema.json: the JSON Schema of run.json and of the files next to it, from the records.

``python scripts/run_schema.py``, after a record changed.
"""

import inspect
import json
from pathlib import Path

import msgspec

from harness.records.saved import Answer, Judgement, Run

FILE = Path(__file__).parents[1] / "docs" / "run.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """Return the schema: of ``run.json`` as a whole, of the lines of the other two files under ``$defs``."""
    _, definitions = msgspec.json.schema_components([Run, Answer, Judgement], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if "description" in definition:  # Python before 3.13 leaves a docstring's lines indented
            definition["description"] = inspect.cleandoc(definition["description"])
    whole = {"$schema": DIALECT, "title": "run.json", "$ref": "#/$defs/Run", "$defs": dict(sorted(definitions.items()))}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
