"""Reading instructions: in the harness's words and in IFEval's."""

import pytest

from harness.scorers.following.ifeval import in_our_words
from harness.scorers.following.instructions import NoInstructions, read_ifeval, read_instructions
from harness.scorers.following.keywords import KeywordCount
from harness.scorers.following.lengths import Paragraphs, Words

IFEVAL = {
    "keywords:existence": {"keywords": ["a"]},
    "keywords:frequency": {"relation": "at least", "keyword": "a", "frequency": 2},
    "keywords:forbidden_words": {"forbidden_words": ["a"]},
    "keywords:letter_frequency": {"let_relation": "less than", "letter": "q", "let_frequency": 2},
    "language:response_language": {"language": "kn"},
    "length_constraints:number_sentences": {"relation": "less than", "num_sentences": 6},
    "length_constraints:number_paragraphs": {"num_paragraphs": 2},
    "length_constraints:number_words": {"relation": "at least", "num_words": 300},
    "length_constraints:nth_paragraph_first_word": {"first_word": "a", "num_paragraphs": 4, "nth_paragraph": 1},
    "detectable_content:number_placeholders": {"num_placeholders": 3},
    "detectable_content:postscript": {"postscript_marker": "P.P.S"},
    "detectable_format:number_bullet_lists": {"num_bullets": 3},
    "detectable_format:constrained_response": {},
    "detectable_format:number_highlighted_sections": {"num_highlights": 3},
    "detectable_format:multiple_sections": {"section_spliter": "SECTION", "num_sections": 4},
    "detectable_format:json_format": {},
    "detectable_format:title": {},
    "combination:two_responses": {},
    "combination:repeat_prompt": {"prompt_to_repeat": "Say hi."},
    "startend:end_checker": {"end_phrase": "Bye."},
    "change_case:capital_word_frequency": {"capital_relation": "less than", "capital_frequency": 10},
    "change_case:english_capital": {},
    "change_case:english_lowercase": {},
    "punctuation:no_comma": {},
    "startend:quotation": {},
}


def test_all_instructions_of_ifeval_are_read():
    """As its file writes them, also where all other arguments are there and null."""
    names, kwargs = list(IFEVAL), list(IFEVAL.values())
    every = dict.fromkeys({name for arguments in kwargs for name in arguments})
    filled = [{**every, **arguments} for arguments in kwargs]

    read = read_ifeval({"instruction_id_list": names, "kwargs": kwargs})

    assert len({type(one) for one in read}) == len(read) == 25
    assert read_ifeval({"instruction_id_list": names, "kwargs": filled}) == read


def test_ifevals_relations_and_exact_numbers_are_bounds():
    """A number without a relation is exact, or a least one, as its prompts put it."""
    read = read_ifeval(
        {
            "instruction_id_list": [
                "length_constraints:number_words",
                "keywords:frequency",
                "length_constraints:number_paragraphs",
            ],
            "kwargs": [
                {"relation": "less than", "num_words": 30},
                {"relation": "at least", "keyword": "war", "frequency": 8},
                {"num_paragraphs": 2},
            ],
        }
    )

    assert read == (
        Words(less_than=30),
        KeywordCount(word="war", at_least=8),
        Paragraphs(separator="***", at_least=2, at_most=2),
    )


@pytest.mark.parametrize(
    ("meta", "told"),
    [
        ({"instruction_id_list": ["x:y"], "kwargs": [{}]}, "no instruction 'x:y'"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}, "same length"),
        ({"instruction_id_list": [], "kwargs": []}, "not empty"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": ["x"]}, "hold objects"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"a": 1}]}, "takes no arguments; got a"),
        (
            {
                "instruction_id_list": ["length_constraints:number_words"],
                "kwargs": [{"relation": "at most", "num_words": 3}],
            },
            "'at least' or 'less than'",
        ),
        (
            {
                "instruction_id_list": ["length_constraints:number_words"],
                "kwargs": [{"relation": "at least", "num_words": "3"}],
            },
            "Expected `int",
        ),
    ],
)
def test_a_row_of_ifeval_that_is_wrong_says_why(meta, told):
    """Before any answer is scored by it."""
    with pytest.raises(NoInstructions, match=told):
        read_ifeval(meta)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "an empty list"),
        ([{"follows": "word", "at_least": 3}], "number 1 follows 'word', which is unknown; did you mean 'words'"),
        ([{"follows": "title"}, {"follows": "haiku"}], "number 2 follows 'haiku'"),
        ([{"follows": "words"}], "needs `at_least`, `at_most` or `less_than`"),
        ([{"follows": "words", "at_most": 3, "less_than": 3}], "keep one"),
        ([{"follows": "words", "at_least": 4, "less_than": 4}], "at least 4 and at most 3"),
        ([{"follows": "words", "at_least": 0}], "at_least"),
        ([{"follows": "words", "at_least": "3"}], "at_least"),
        ([{"follows": "words", "minimum": 3}], "minimum"),
        ([{"follows": "keywords", "words": []}], "words"),
        ([{"follows": "keywords", "words": [" "]}], "words"),
        ([{"follows": "letter_count", "letter": "ab", "at_least": 1}], "letter"),
        ([{"follows": "language", "code": "english"}], "unknown language 'english'"),
        ([{"follows": "uppercase", "language": "xx"}], "unknown language 'xx'"),
        ([{"words": 3}], "follows"),
        (["words"], "number 1"),
        ("words", "number 1"),
    ],
)
def test_an_instruction_that_is_wrong_says_which_and_why(given, told):
    """And names the nearest kind that there is."""
    with pytest.raises(NoInstructions, match=told):
        read_instructions(given)


def test_ifevals_answers_are_its_three():
    """They are in its prompts, not in its arguments."""
    assert len(in_our_words("detectable_format:constrained_response", {})["answers"]) == 3
