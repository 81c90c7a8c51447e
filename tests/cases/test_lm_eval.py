"""Tasks of lm-evaluation-harness as suites, by what version 0.4.13 said of our own (scripts/lm_eval_tasks.py)."""

import json
import statistics
from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import load_cases
from harness.cases.lm_eval.mapping import cases_of, measures_of, sampling_of
from harness.cases.lm_eval.reader import right_of
from harness.cases.lm_eval.task import Chat, FilterList, Metric, Task, Wanted, read_tasks, tasks_in
from harness.cases.lm_eval.written import suite_of_task, write_suites
from harness.errors import DataError, InputError
from harness.records.answered import Likelihood, Response
from harness.scorers.scoring import score_one

FILES = Path(__file__).parent / "files" / "lm_eval"
SCORED: dict[str, list[dict]] = {}
for line in (FILES / "scores.jsonl").read_text().splitlines():
    SCORED.setdefault(json.loads(line)["task"], []).append(json.loads(line))


def tasks_of(kind: str = "text") -> dict[str, Task]:
    """Return the tasks as the tool read them, by their names."""
    return {one.name: one for one in tasks_in((FILES / f"{kind}.json").read_bytes(), "python")}


def changed(name: str, **changes: object) -> Task:
    """Return a task in which something is different."""
    return msgspec.structs.replace(tasks_of()[name], **changes)


def response_to(answer: object, options: tuple[str, ...]) -> Response:
    """Return a text as an answer, or log-probabilities of the options."""
    if isinstance(answer, str):
        return Response(request_key="k", text=answer)
    weighed = [Likelihood(text=text, logprobs=(value,)) for text, value in zip(options, answer, strict=True)]
    return Response(request_key="k", text=options[0], likelihoods=tuple(weighed))


@pytest.mark.parametrize("name", SCORED)
def test_every_answer_has_the_score_that_the_tool_gave_it(name):
    """By each metric behind each filter list; what the tool lists for each instruction is the share of them."""
    task = tasks_of()[name]
    measures = measures_of(task)
    cases = {case.id: case for case in cases_of(task, measures)}
    options = {one.doc_id: one.options for one in task.documents}

    ours, theirs = {}, {}
    for place, one in enumerate(SCORED[name]):
        for metric, value in one["scores"].items():
            figure = metric if one["filter"] == "none" else f"{metric},{one['filter']}"
            (scorer,) = [measure.scorer for measure in measures if measure.name == figure]
            response = response_to(one["answer"], options[one["doc_id"]])
            ours[place, figure] = score_one(scorer, cases[f"doc-{one['doc_id']}"], response).value
            theirs[place, figure] = statistics.mean(value) if isinstance(value, list) else float(value)

    assert {key: (one, theirs[key]) for key, one in ours.items() if one != pytest.approx(theirs[key])} == {}
    for figure in {key[1] for key in theirs}:  # or nothing would be compared
        assert len({value for key, value in theirs.items() if key[1] == figure}) > 1


def test_a_suite_asks_what_the_tool_asks(tmp_path):
    """Word for word, with its examples, and where it stops; the suite's files are read again as they were written."""
    suite = suite_of_task(tasks_of()["own_sums"])
    write_suites(tmp_path, [suite])

    cases = load_cases(tmp_path / "own_sums" / "cases.jsonl")
    assert cases == suite.cases
    assert [case.messages[0].text for case in cases] == [one.prompt for one in tasks_of()["own_sums"].documents]
    assert cases[0].messages[0].text.count("Question: ") == 3
    test = (tmp_path / "own_sums" / "test_own_sums.py").read_text()
    assert "own_sums, version 1.0, read with lm-evaluation-harness 0.4.13: 4 documents. 2 examples" in test
    assert "prompt_format='raw', max_tokens=256, stop=['Question:', '</s>', '<|im_end|>']" in test


def test_a_chat_has_the_examples_as_turns():
    """As lm-evaluation-harness asks with --apply_chat_template."""
    suite = suite_of_task(tasks_of("chat")["own_sums"])

    assert [one.role for one in suite.cases[0].messages] == ["user", "assistant"] * 2 + ["user"]
    assert "prompt_format" not in suite.test
    described = suite_of_task(tasks_of("chat")["own_queue"]).cases[0]
    assert [one.role for one in described.messages] == ["system", "user"]


def test_the_scorers_of_a_written_test_are_those_that_were_compared(tmp_path):
    """The module can be imported, and has each scorer under the name of its figure."""
    for task in map(changed, SCORED):
        suite = suite_of_task(task)
        names: dict[str, object] = {"__file__": str(tmp_path / "test_it.py")}

        exec(compile(suite.test, "test_it.py", "exec"), names)  # noqa: S102 - what was written is run

        scorers = [repr(one.scorer) for one in measures_of(task)]
        assert scorers == [repr(names[name]) for name in names if name.isupper() and name != "HERE"]
        assert len([name for name in names if name.startswith("test_")]) == len(scorers)


def test_nothing_is_overwritten(tmp_path):
    """Where one file is there, no file of any suite is written."""
    there = tmp_path / "own_sums" / "cases.jsonl"
    there.parent.mkdir()
    there.write_text("mine")
    suites = [suite_of_task(tasks_of()[name]) for name in ("own_queue", "own_sums")]

    with pytest.raises(InputError, match=r"own_sums/cases\.jsonl: is there already, and nothing is overwritten"):
        write_suites(tmp_path, suites)

    assert there.read_text() == "mine"
    assert not (tmp_path / "own_queue").exists()


def test_a_metric_without_a_scorer_is_refused_by_its_name():
    """With what to add to have the others."""
    task = tasks_of()["own_overlap"]

    with pytest.raises(DataError, match=r"own_overlap scores by metric 'bleu', which has no .*--metric exact_match"):
        suite_of_task(task)
    assert suite_of_task(task, ["exact_match"]).measures == ("exact_match",)
    with pytest.raises(DataError, match="no metric is called f1; it has bleu and exact_match"):
        suite_of_task(task, ["f1"])


def test_a_figure_is_named_with_its_filters():
    """As the results of the tool name it."""
    task = tasks_of()["own_sums"]

    assert suite_of_task(task, ["exact_match,strict-match"]).measures == ("exact_match,strict-match",)
    assert len(suite_of_task(task, ["exact_match"]).measures) == 2


VOTE = FilterList(name="maj@8", steps=({"function": "majority_vote"}, {"function": "take_first"}))
OWN = Metric(name="closeness", options={}, own=True)
FUZZY = Metric(name="exact_match", options={"fuzzy": True})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"special": "it runs the code that a model writes"}, "can't become a suite: it runs the code"),
        ({"output_type": "loglikelihood_rolling"}, "its output_type is loglikelihood_rolling"),
        ({"repeats": 8}, "asks each question 8 times"),
        ({"own_scoring": "scores in utils.py"}, r"metric 'exact_match' with code of its own \(scores in utils.py\)"),
        ({"filters": (VOTE,)}, "behind a filter that is not known .*majority_vote"),
        ({"metrics": (OWN,)}, "metric 'closeness', a function of its own"),
        ({"metrics": (FUZZY,)}, "metric 'exact_match' with fuzzy"),
        ({"generation": {"until": [], "num_beams": 4}}, "generates with num_beams, which suites can't say"),
        ({"generation": {"do_sample": True}}, "do_sample: true and temperature: 0.0"),
        ({"generation": {"do_sample": False, "temperature": 0.7}}, "do_sample: false and temperature: 0.7"),
        ({"documents": ()}, "has no documents"),
        ({"name": 'x"""'}, "a name of letters"),
    ],
)
def test_what_has_no_like_here_is_refused_by_its_name(changes, said):
    """Nothing is left out or taken for something near it."""
    with pytest.raises(DataError, match=said):
        suite_of_task(msgspec.structs.replace(tasks_of()["own_sums"], **changes))


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("own_sums", {"targets": (7,)}, "document 0: .*string"),
        ("own_sums", {"prompt": Chat(messages=(), is_begun=True)}, "begins the answer for the model"),
        ("own_choice", {"right": ()}, "document 0: what is right is not among its choices"),
        ("own_choice", {"options": (" a", " a"), "choices": ("a", "a")}, "two of its choices are the same"),
        ("own_choice", {"options": (":a", "-b"), "choices": ("a", "b")}, "differs from document to document"),
        ("own_following", {"instruction_id_list": ["a:b"], "kwargs": [{}]}, "document 0: .*IFEval has no instruction"),
    ],
)
def test_a_document_that_cannot_be_scored_is_refused(name, changes, said):
    """By its number."""
    first, *others = tasks_of()[name].documents
    documents = (msgspec.structs.replace(first, **changes), *others)

    with pytest.raises(DataError, match=said):
        suite_of_task(changed(name, documents=documents))


def test_how_answers_are_drawn_is_taken_over():
    """256 tokens where the task doesn't say, which is what the tool generates then."""
    given = {"until": ["\n", ""], "do_sample": True, "temperature": 0.5, "top_p": 0.9, "max_gen_toks": 64}

    assert sampling_of(changed("own_sums", generation={})) == {"max_tokens": 256}
    assert sampling_of(changed("own_sums", generation=given)) == {
        "max_tokens": 64,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["\n"],
    }


def test_what_is_right_is_named_by_place_or_by_text():
    """What is none of the choices is left out, and then refused."""
    assert [right_of(one, ["a", "b"]) for one in (1, "b", [0, 1], 2, -1, "c")] == [[1], [1], [0, 1], [], [], []]


def test_without_the_tool_it_is_said_how_to_install_it(tmp_path):
    """And that it can be in another environment; a package that a task needs is named."""
    lacking = tmp_path / "python"
    lacking.write_text('#!/bin/sh\ncat > /dev/null; printf \'{"missing": "lm_eval"}\' > $2\n')
    lacking.chmod(0o755)

    with pytest.raises(InputError, match=r"is not installed for .*pip install 'lm-eval\[ifeval\]==0.4.13'.*--python"):
        read_tasks(Wanted(names=("gsm8k",)), str(lacking))
    with pytest.raises(InputError, match="a task needs the package langdetect"):
        tasks_in(b'{"missing": "langdetect"}', "python")
    with pytest.raises(InputError, match="can't be started"):
        read_tasks(Wanted(names=("gsm8k",)), str(tmp_path / "none"))


def test_what_the_tool_says_is_passed_on(tmp_path):
    """Also when its process dies, or says something that is not known."""
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\ncat > /dev/null; echo 'MemoryError: none is left' >&2; exit 1\n")
    dying.chmod(0o755)

    with pytest.raises(DataError, match="stopped while reading tasks: MemoryError: none is left"):
        read_tasks(Wanted(names=("gsm8k",)), str(dying))
    with pytest.raises(DataError, match="can't read the tasks: KeyError: nope"):
        tasks_in(b'{"problem": "KeyError: nope"}', "python")
    with pytest.raises(DataError, match="is not known"):
        tasks_in(b'{"tasks": [{}]}', "python")
