"""A task's metrics as scorers of the catalogue that give every answer the same score, and its documents as cases."""

import re
from collections.abc import Iterator, Sequence

from harness.asking.cases import check_case
from harness.cases.lm_eval.task import Chat, Document, FilterList, Metric, Task, text_of
from harness.errors import CaseFileError, DataError, ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import Json, Record
from harness.records.scored import Scorer
from harness.scorers import chooses, follows_instructions, matches_filtered

CHOOSING = {"acc": "answer", "acc_norm": "character", "acc_bytes": "byte"}
"""What ``chooses`` compares, by the metric of a multiple choice."""
FOLLOWING: dict[str, Scorer] = {
    "prompt_level_strict_acc": follows_instructions(),
    "inst_level_strict_acc": follows_instructions(value="share"),
    "prompt_level_loose_acc": follows_instructions(reading="loose"),
    "inst_level_loose_acc": follows_instructions(value="share", reading="loose"),
}
"""By the metrics of IFEval. Of one answer the two of inst_level are lists there, whose mean is the share here."""
MATCHING = "exact_match"
TEXT_TYPE, CHOICE_TYPE = "generate_until", "multiple_choice"
MOST_TOKENS = 256
"""What lm-evaluation-harness generates at most where a task doesn't say."""


class Measure(Record, frozen=True, kw_only=True):
    """One figure of a task: its name as results there have it (``exact_match,strict-match``), and the scorer."""

    name: str
    scorer: Scorer


def measures_of(task: Task, only: Sequence[str] = ()) -> tuple[Measure, ...]:
    """Return a task's figures, or those that ``only`` names, with or without the name of the filters.

    Raises:
        DataError: one has no scorer here, ``only`` names none of them, or the task can't be asked as it is there.
    """
    _refuse_special(task)
    pairs = [(metric, filters) for filters in task.filters for metric in task.metrics]
    chosen = [pair for pair in pairs if not only or {pair[0].name, _name(*pair)} & set(only)]
    if not chosen:
        raise DataError(f"task {task.name}: no metric is called {' or '.join(only)}; it has {_names(pairs)}")
    measures, without = [], []
    for metric, filters in chosen:
        try:
            measures.append(Measure(name=_name(metric, filters), scorer=_scorer(task, metric, filters)))
        except DataError as problem:
            without.append(str(problem))
    if not without:
        return tuple(measures)
    have = f"; leave it out with --metric {' --metric '.join(one.name for one in measures)}" if measures else ""
    raise DataError(f"task {task.name} {without[0]}, which has no scorer here{have}")


def cases_of(task: Task, measures: Sequence[Measure]) -> tuple[Case, ...]:
    """Return the task's documents as cases.

    Raises:
        DataError: one can't be asked, or a scorer can't score it; the text names the document.
    """
    return tuple(_case(task, document, measures) for document in task.documents)


def delimiter_of(task: Task) -> str:
    """Return what is between prompt and choice in all documents of a multiple choice.

    Raises:
        DataError: it isn't the same everywhere.
    """
    found = {
        option.removesuffix(choice) if option.endswith(choice) else None
        for document in task.documents
        for option, choice in zip(document.options, document.choices, strict=True)
    }
    if len(found) != 1 or None in found:
        raise DataError(f"task {task.name}: what is between question and choice differs from document to document")
    return str(found.pop())


def sampling_of(task: Task) -> dict[str, Json]:
    """Return how answers are drawn, as the suite mark has it.

    Raises:
        DataError: the task says something that suites can't.
    """
    given = dict(task.generation)
    until, tokens = given.pop("until", []), given.pop("max_gen_toks", MOST_TOKENS)
    temperature, draws = given.pop("temperature", 0.0), given.pop("do_sample", None)
    share = given.pop("top_p", 1.0)
    if given:
        raise DataError(f"task {task.name} generates with {', '.join(sorted(given))}, which suites can't say")
    if not isinstance(temperature, int | float) or bool(draws if draws is not None else temperature) != (
        temperature > 0
    ):
        raise DataError(
            f"task {task.name} says do_sample: {text_of(draws)} and temperature: {text_of(temperature)}, so engines "
            "differ in what they do"
        )
    stops = [until] if isinstance(until, str) else until
    if not isinstance(stops, list) or not all(isinstance(one, str) for one in stops) or not isinstance(tokens, int):
        raise DataError(f"task {task.name}: until is {text_of(until)} and max_gen_toks {text_of(tokens)}")
    chosen: dict[str, Json] = {"max_tokens": tokens}
    chosen |= {"temperature": float(temperature)} if temperature else {}
    chosen |= {"top_p": share} if share != 1 else {}
    kept = [one for one in stops if one]
    return chosen | ({"stop": kept} if kept else {})


def _refuse_special(task: Task) -> None:
    if task.special:
        raise DataError(f"task {task.name} can't become a suite: {task.special}")
    if task.output_type not in (TEXT_TYPE, CHOICE_TYPE):
        raise DataError(
            f"task {task.name} can't become a suite: its output_type is {task.output_type}; {TEXT_TYPE} and "
            f"{CHOICE_TYPE} can"
        )
    if task.repeats != 1:
        raise DataError(f"task {task.name} can't become a suite: it asks each question {task.repeats} times")
    if not task.documents:
        raise DataError(f"task {task.name} has no documents")


def _name(metric: Metric, filters: FilterList) -> str:
    return metric.name if filters.name == "none" else f"{metric.name},{filters.name}"


def _names(pairs: Sequence[tuple[Metric, FilterList]]) -> str:
    return " and ".join(_name(*pair) for pair in pairs)


def _scorer(task: Task, metric: Metric, filters: FilterList) -> Scorer:
    """Return the scorer of one figure.

    Raises:
        DataError: there is none; the text says by what the task scores.
    """
    steps = [step for step in filters.steps if step != {"function": "take_first"}]
    by = f"scores by metric {metric.name!r}"
    if task.own_scoring == "ifeval" and metric.name in FOLLOWING and not steps:
        return FOLLOWING[metric.name]
    if task.own_scoring:
        raise DataError(f"{by} with code of its own ({task.own_scoring})")
    if metric.own:
        raise DataError(f"{by}, a function of its own")
    if task.output_type == CHOICE_TYPE and metric.name in CHOOSING and not steps and not metric.options:
        per = CHOOSING[metric.name]
        return chooses(per=per, delimiter="" if per == "answer" else delimiter_of(task))  # type: ignore[arg-type]
    if task.output_type != TEXT_TYPE or metric.name != MATCHING:
        raise DataError(by)
    return _matching(steps, metric, by)


def _matching(steps: Sequence[dict[str, Json]], metric: Metric, by: str) -> Scorer:
    known = {"regexes_to_ignore", "ignore_case", "ignore_punctuation", "ignore_numbers"}
    if strange := sorted(set(metric.options) - known):
        raise DataError(f"{by} with {strange[0]}")
    options = {name: value for name, value in metric.options.items() if value}
    try:
        return matches_filtered(steps, **options)  # type: ignore[arg-type]
    except ScorerError as problem:
        raise DataError(f"{by} behind a filter that is not known ({problem})") from None
    except TypeError:
        raise DataError(f"{by} with options of another type ({text_of(metric.options)})") from None


def _case(task: Task, document: Document, measures: Sequence[Measure]) -> Case:
    place = f"task {task.name}: document {document.doc_id}"
    case = Case(
        id=f"doc-{document.doc_id}",
        messages=_messages(document.prompt, place),
        expected=_expected(task, document, place),
        meta={**_meta(document), "doc_hash": document.doc_hash},
    )
    try:
        check_case(case, place)
        if not document.options:
            for one in measures:
                one.scorer(case, Response(request_key="", text="-"))
    except (CaseFileError, ScorerError) as problem:
        raise DataError(f"{place}: {str(problem).removeprefix(f'{place}: ')}") from None
    return case


def _messages(prompt: str | Chat, place: str) -> tuple[Message, ...]:
    if isinstance(prompt, str):
        return (Message(role="user", content=prompt),)
    if prompt.is_begun:
        raise DataError(f"{place} begins the answer for the model (gen_prefix), which chats can't; leave out --chat")
    return prompt.messages


def _expected(task: Task, document: Document, place: str) -> Json:
    if task.own_scoring:
        return None
    if task.output_type == CHOICE_TYPE:
        if not document.right:
            raise DataError(f"{place}: what is right is not among its choices")
        if len(set(document.options)) < len(document.options) or not all(one.strip() for one in document.choices):
            raise DataError(f"{place}: two of its choices are the same, or one is blank")
        return _one_or_all([document.options[place] for place in document.right])
    return _one_or_all(document.targets)


def _one_or_all(texts: Sequence[Json]) -> Json:
    different = list(dict.fromkeys(texts)) if all(isinstance(one, str) for one in texts) else list(texts)
    return different[0] if len(different) == 1 else different


def _meta(document: Document) -> dict[str, Json]:
    if document.options:
        return {"options": list(document.options)}
    if document.instruction_id_list is not None:
        return {"instruction_id_list": document.instruction_id_list, "kwargs": document.kwargs}
    return {}


def imports_of(measures: Sequence[Measure]) -> Iterator[str]:
    """Yield the names of the functions that make the scorers, each once, in order."""
    yield from sorted({str(re.match(r"\w+", repr(one.scorer))[0]) for one in measures})  # type: ignore[index]
