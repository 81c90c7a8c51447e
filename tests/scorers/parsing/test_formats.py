"""JSON, XML and CSV."""

import pytest

from harness.scorers.parsing.formats import NotParsed, parse_as_csv, parse_as_json, parse_as_xml

LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
RIGHT = [
    (parse_as_json, '{"a": [1, null]}'),
    (parse_as_xml, "<a><b c='1'>&lt;é&#233;</b><!-- x --></a>"),
    (parse_as_xml, '<?xml version="1.0" encoding="UTF-16"?><имя/>'),
    (parse_as_xml, '<x:a xmlns:x="urn:x"/>'),
    (parse_as_xml, "<a>" * 10_000 + "</a>" * 10_000),
    (parse_as_csv, "a,b\n1,2"),
    (parse_as_csv, 'имя,b\r\n"1,\n""x""",\r\n'),
    (parse_as_csv, "a,b\n,\n"),
]
WRONG = [
    (parse_as_json, '{"a": NaN}', "invalid JSON"),
    (parse_as_json, '{"a": 1, "a": 2}', "invalid JSON"),
    (parse_as_json, "[" * 100_000, "invalid JSON"),
    (parse_as_xml, "Sure!", "no XML"),
    (parse_as_xml, "", "no XML"),
    (parse_as_xml, "<a><b></a>", "unparseable XML"),
    (parse_as_xml, "<a/><b/>", "unparseable XML"),
    (parse_as_xml, "<a>&nbsp;</a>", "unparseable XML"),
    (parse_as_xml, "<x:a/>", "unparseable XML"),
    (parse_as_xml, "<a>\0</a>", "unparseable XML"),
    (parse_as_xml, "<a>\ud800</a>", "unparseable XML"),
    (parse_as_xml, "<a>" * 300_000, "unparseable XML"),
    (parse_as_xml, LAUGHS, "unparseable XML"),
    (parse_as_xml, '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "unparseable XML"),
    (parse_as_csv, "", "no CSV"),
    (parse_as_csv, "One sentence, with a comma.", "no CSV"),
    (parse_as_csv, "a\nb", "no CSV"),
    (parse_as_csv, "a,b\n1", "rows of different length"),
    (parse_as_csv, "a,b\n1,2,3", "rows of different length"),
    (parse_as_csv, "a,b\n\n1,2", "rows of different length"),
    (parse_as_csv, 'a,b\n1,x"y"', "unparseable CSV"),
    (parse_as_csv, 'a,b\n1,"x"y', "unparseable CSV"),
    (parse_as_csv, 'a,b\n1,"x', "unparseable CSV"),
]


@pytest.mark.parametrize(("parse", "text"), RIGHT)
def test_what_parses_is_let_through(parse, text):
    """In any script."""
    assert parse(text) is None


@pytest.mark.parametrize(("parse", "text", "symptom"), WRONG)
def test_what_does_not_parse_is_refused_with_a_reason(parse, text, symptom):
    """A document type too, whatever it defines."""
    with pytest.raises(NotParsed) as refused:
        parse(text)

    assert refused.value.symptom == symptom
    assert str(refused.value)


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "^"])
def test_csv_can_have_another_delimiter(delimiter):
    """Then a comma is text."""
    assert parse_as_csv(f'a{delimiter}b\n1,5{delimiter}"x{delimiter}"', delimiter) is None
    with pytest.raises(NotParsed):
        parse_as_csv("a,b\n1,2", delimiter)


@pytest.mark.parametrize("text", ['"' * 1_000_001, "," * 1_000_000, 'a,"' + '""' * 500_000, "\n" * 1_000_000])
def test_a_million_characters_take_no_minutes(text):
    """None of them is CSV."""
    with pytest.raises(NotParsed):
        parse_as_csv(text)
