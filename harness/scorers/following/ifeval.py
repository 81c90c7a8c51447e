"""The 25 instructions of IFEval (Zhou et al. 2023, arXiv 2311.07911), as its file of prompts writes them."""

from collections.abc import Callable, Mapping

from harness.records.record import Json

Arguments = Mapping[str, Json]

_ANSWERS: list[Json] = ["My answer is yes.", "My answer is no.", "My answer is maybe."]


def in_our_words(instruction: str, given: Arguments) -> dict[str, Json]:
    """Return an instruction of IFEval as a case writes it; an argument that is null is not given.

    Raises:
        ValueError: IFEval has no such instruction, or not with these arguments.
    """
    if instruction not in _INSTRUCTIONS:
        raise ValueError(f"IFEval has no instruction {instruction!r}; it has {', '.join(_INSTRUCTIONS)}")
    arguments = {name: value for name, value in given.items() if value is not None}
    known, write = _INSTRUCTIONS[instruction]
    if set(arguments) != set(known):
        raise ValueError(
            f"{instruction} takes {', '.join(known) or 'no arguments'}; got {', '.join(arguments) or 'none'}"
        )
    return write(arguments)


def _bound(relation: Json, number: Json) -> dict[str, Json]:
    if relation not in ("at least", "less than"):
        raise ValueError(f"a relation is 'at least' or 'less than', got {relation!r}")
    return {"at_least" if relation == "at least" else "less_than": number}


def _exactly(number: Json) -> dict[str, Json]:
    return {"at_least": number, "at_most": number}


_INSTRUCTIONS: dict[str, tuple[tuple[str, ...], Callable[[Arguments], dict[str, Json]]]] = {
    "keywords:existence": (("keywords",), lambda given: {"follows": "keywords", "words": given["keywords"]}),
    "keywords:frequency": (
        ("relation", "keyword", "frequency"),
        lambda given: {
            "follows": "keyword_count",
            "word": given["keyword"],
            **_bound(given["relation"], given["frequency"]),
        },
    ),
    "keywords:forbidden_words": (
        ("forbidden_words",),
        lambda given: {"follows": "forbidden_words", "words": given["forbidden_words"]},
    ),
    "keywords:letter_frequency": (
        ("let_relation", "letter", "let_frequency"),
        lambda given: {
            "follows": "letter_count",
            "letter": given["letter"],
            **_bound(given["let_relation"], given["let_frequency"]),
        },
    ),
    "language:response_language": (("language",), lambda given: {"follows": "language", "code": given["language"]}),
    "length_constraints:number_sentences": (
        ("relation", "num_sentences"),
        lambda given: {"follows": "sentences", **_bound(given["relation"], given["num_sentences"])},
    ),
    "length_constraints:number_paragraphs": (
        ("num_paragraphs",),
        lambda given: {"follows": "paragraphs", "separator": "***", **_exactly(given["num_paragraphs"])},
    ),
    "length_constraints:number_words": (
        ("relation", "num_words"),
        lambda given: {"follows": "words", **_bound(given["relation"], given["num_words"])},
    ),
    "length_constraints:nth_paragraph_first_word": (
        ("first_word", "num_paragraphs", "nth_paragraph"),
        lambda given: {
            "follows": "first_word",
            "word": given["first_word"],
            "paragraph": given["nth_paragraph"],
            "paragraphs": given["num_paragraphs"],
        },
    ),
    "detectable_content:number_placeholders": (
        ("num_placeholders",),
        lambda given: {"follows": "placeholders", "at_least": given["num_placeholders"]},
    ),
    "detectable_content:postscript": (
        ("postscript_marker",),
        lambda given: {"follows": "postscript", "marker": given["postscript_marker"]},
    ),
    "detectable_format:number_bullet_lists": (
        ("num_bullets",),
        lambda given: {"follows": "bullets", **_exactly(given["num_bullets"])},
    ),
    "detectable_format:constrained_response": ((), lambda _given: {"follows": "one_of", "answers": _ANSWERS}),
    "detectable_format:number_highlighted_sections": (
        ("num_highlights",),
        lambda given: {"follows": "highlights", "at_least": given["num_highlights"]},
    ),
    "detectable_format:multiple_sections": (
        ("section_spliter", "num_sections"),
        lambda given: {"follows": "sections", "marker": given["section_spliter"], "at_least": given["num_sections"]},
    ),
    "detectable_format:json_format": ((), lambda _given: {"follows": "json"}),
    "detectable_format:title": ((), lambda _given: {"follows": "title"}),
    "combination:two_responses": ((), lambda _given: {"follows": "two_answers"}),
    "combination:repeat_prompt": (
        ("prompt_to_repeat",),
        lambda given: {"follows": "starts_with", "text": given["prompt_to_repeat"]},
    ),
    "startend:end_checker": (("end_phrase",), lambda given: {"follows": "ends_with", "text": given["end_phrase"]}),
    "change_case:capital_word_frequency": (
        ("capital_relation", "capital_frequency"),
        lambda given: {
            "follows": "capital_words",
            **_bound(given["capital_relation"], given["capital_frequency"]),
        },
    ),
    "change_case:english_capital": ((), lambda _given: {"follows": "uppercase", "language": "en"}),
    "change_case:english_lowercase": ((), lambda _given: {"follows": "lowercase", "language": "en"}),
    "punctuation:no_comma": ((), lambda _given: {"follows": "no_commas"}),
    "startend:quotation": ((), lambda _given: {"follows": "quoted"}),
}
