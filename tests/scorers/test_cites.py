"""Citations: which passages an answer cites, whether they exist, and which claims cite none."""

import pytest

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers import cites
from harness.scorers.contexts.citations import citations_in

PASSAGES = ["Cats sit.", "Dogs run.", "Fish swim."]
NAMED = {"faq-1": "Cats sit.", "Handbook": "Dogs run."}


def scored(answer, passages=PASSAGES, **options: str):
    """Score an answer to a case with passages."""
    case = Case(id="c1", messages=(), meta={"context": passages})
    return cites(**options)(case, Response(request_key="", text=answer))


@pytest.mark.parametrize(
    "answer",
    [
        "Cats sit down often [1].",
        "Cats sit down often. [1]",
        "Cats sit down often.[1] Dogs run around a lot.[2]",
        "Cats sit down often. [1] Dogs run around a lot. [2]",
        "Cats sit down often (1), dogs run (2).",
        "Cats sit down often【1】. Dogs run around【2†source】.",
        "Cats sit, dogs run, and fish swim [1, 2][3].",
        "All of them move somehow [1-3].",
        "All of them move somehow [Source 1; passage 2].",
        "[1] says that cats sit. [2] says that dogs run.",
        "- Cats sit down [1]\n- Dogs run around [2]",
        "| Cats sit down | [1] |\n| Dogs run around | [2] |",
        "Here is what I found:\n\nCats sit down often [1].\n\nDo you want to know more?",
        "猫は座ります【1】。犬は走ります[2]。",
        "Cats[^1]",
    ],
)
def test_claims_that_cite_passages_are_right(answer):
    """In all the ways that models write them."""
    assert scored(answer).value == 1.0, scored(answer).reason


@pytest.mark.parametrize(
    ("answer", "category"),
    [
        ("Cats sit down often.", "no citation"),
        ("Cats sit down often [1]. Dogs run around a lot.", "no citation"),
        ("- Cats sit down [1]\n- Dogs run around", "no citation"),
        ("(1) Cats sit down often.", "no citation"),  # numbers a list
        ("Within five (5) days dogs run.", "no citation"),
        ("Cats sit down often [sic].", "no citation"),
        ("Cats sit [down](https://example.com/1) often.", "no citation"),
        ("Cats sat down in [2024].", "no citation"),
        ("Cats sit down often [4].", "cites what is not there"),
        ("Cats sit down often [1, 9].", "cites what is not there"),
        ("Cats sit down often [0].", "cites what is not there"),
        ("Cats sit down often【7†source】.", "cites what is not there"),
        ("All of them move somehow [2-5].", "cites what is not there"),
    ],
)
def test_claims_without_one_or_with_a_wrong_one_are_wrong(answer, category):
    """Two kinds of failure, which the report counts apart."""
    found = scored(answer)

    assert (found.value, found.category) == (0.0, category)


def test_named_passages_are_cited_by_name():
    """In either case; what is written like a name and is none is not there."""
    assert scored("Cats sit down often [faq-1]. Dogs run around (handbook).", NAMED).value == 1.0
    assert scored("Cats sit down often [faq-9].", NAMED).category == "cites what is not there"
    assert scored("Cats sit down often [1].", NAMED).category == "cites what is not there"
    assert scored("Cats sit down often (see the handbook).", NAMED).category == "no citation"


def test_a_list_of_objects_names_its_passages():
    """By text or by number."""
    assert scored("Cats sit down often [17].", [{"id": 17, "text": "Cats sit."}]).value == 1.0


def test_the_share_of_the_claims():
    """One of three holds; the reason quotes the first that doesn't."""
    found = scored("Cats sit down often [1]. Dogs run around a lot. Fish swim all day [8].", value="share")

    assert found.value == pytest.approx(1 / 3)
    assert found.category == "no citation"
    assert found.reason == "2 of 3 claims cite no passage that exists: 'Dogs run around a lot.' cites nothing"


def test_saying_that_the_context_does_not_tell_needs_no_citation():
    """There is nothing to cite."""
    assert scored("The passages do not mention horses.").value == 1.0


@pytest.mark.parametrize("answer", ["", "  \n", "[1]", "[1][2] (3)", "...!", "【1】"])
def test_an_answer_that_claims_nothing_is_wrong(answer):
    """Citations alone are no answer."""
    assert (scored(answer).value, scored(answer).category) == (0.0, "no claim")


@pytest.mark.parametrize(
    "answer", ["." * 1_000_000 + "x", "[1]" * 300_000, "[" * 1_000_000, "\n" * 1_000_000 + "[1]", "a b c. " * 150_000]
)
def test_a_megabyte_has_a_score(answer):
    """Each of these took minutes with a simpler pattern somewhere."""
    assert scored(answer).value in (0.0, None)


def test_characters_that_stand_for_citations_inside_are_not_taken_for_them():
    """An answer can hold any character, those of private use too."""
    assert scored("Cats sit down often \U000f0000\U000f0001.").category == "no citation"


@pytest.mark.parametrize("passages", [None, [], {}, "", [3], [{"id": True, "text": "a"}], [{"id": "", "text": "a"}]])
def test_a_case_without_passages_is_an_error(passages):
    """Never a 0."""
    with pytest.raises(ScorerError, match=r"case 'c1': cites\(\) needs the field `context` of `meta` to"):
        scored("Cats sit [1].", passages)


def test_a_case_without_the_field_is_an_error():
    """With its name."""
    with pytest.raises(ScorerError, match=r"needs the field `docs\.text` in `meta`"):
        scored("Cats sit [1].", field="docs.text")


def test_settings_are_checked_when_it_is_made():
    """And written into its name."""
    with pytest.raises(ScorerError, match="takes 'all' or 'share'"):
        cites(value="most")
    assert repr(cites("docs", value="share")) == "cites('docs', value='share')"
    assert repr(cites()) == "cites()"


def test_a_range_without_end_cites_no_more_than_fifty():
    """Of [1-999] the first are enough to see that they are not there."""
    (found,) = citations_in("[1-999]", ["1"])

    assert len(found.ids) == 51
    assert list(citations_in("[5-2]", ["2"])) == []
