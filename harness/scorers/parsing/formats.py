"""Parse what needs no process of its own: JSON, XML, CSV. Time and memory grow with the text alone."""

import re

from harness.scorers.reading.json_values import NotJson, parse_json
from harness.scorers.reading.outcome import NotReadable, Symptom

_FIELD = re.compile(r"""(?:"(?:[^"]++|"")*+"|[^"\r\n,]*+)(?:(?P<next>,)|(?P<end>\r?\n|\Z))""")


class NotParsed(NotReadable):
    """The text does not parse; the message says why."""

    def __init__(self, symptom: Symptom, reason: str) -> None:
        super().__init__(reason)
        self.symptom = symptom


def parse_as_json(text: str) -> None:
    """Parse strict JSON.

    Raises:
        NotParsed: the text is refused.
    """
    try:
        parse_json(text)
    except NotJson as problem:
        raise NotParsed(problem.symptom, str(problem)) from None


def parse_as_xml(text: str) -> None:
    """Parse XML with namespaces. A document type is refused, and with it entities and all that is fetched.

    Raises:
        NotParsed: the text is refused.
    """
    from xml.parsers import expat

    def refuse(*_: object) -> None:
        raise NotParsed("unparseable XML", "a document type is refused; it can define entities without end")

    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text.encode(errors="surrogatepass"), True)
    except expat.ExpatError as problem:
        symptom: Symptom = "unparseable XML" if text.startswith("<") else "no XML"
        said = expat.ErrorString(problem.code)
        raise NotParsed(symptom, f"{said} at line {problem.lineno}, column {problem.offset + 1}") from None


def parse_as_csv(text: str, delimiter: str = ",") -> None:
    """Parse CSV as RFC 4180 writes it: at least two rows of two fields, all of the same length.

    A quotation mark is inside of quotes alone, twice. Fewer rows or fields can't be told from a sentence.

    Raises:
        NotParsed: the text is refused.
    """
    field = _FIELD if delimiter == "," else re.compile(_FIELD.pattern.replace(",", re.escape(delimiter)))
    rows: list[int] = []
    fields = position = 0
    while position < len(text) or fields:
        found = field.match(text, position)
        if not found:
            raise NotParsed(
                "unparseable CSV", f"row {len(rows) + 1}: a quotation mark that is not quoted or not closed"
            )
        fields, position = fields + 1, found.end()
        if found["end"] is not None:
            rows.append(fields)
            fields = 0
    if len(rows) < 2 or max(rows) < 2:
        raise NotParsed("no CSV", f"{len(rows)} rows of {max(rows, default=0)} fields, wanted at least 2 of 2")
    for number, length in enumerate(rows, 1):
        if length != rows[0]:
            reason = f"row {number} has {length} fields, the first has {rows[0]}"
            raise NotParsed("rows of different length", reason)
