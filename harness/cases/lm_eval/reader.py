"""Let lm-evaluation-harness read tasks, and write what it would ask and expect as JSON.

A script for the Python in which that tool is installed, which can be another than the harness's own: so it imports
nothing of the harness. ``python reader.py OUT`` reads what is wanted as JSON from its standard input.
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

SEED = 1234
"""With which the tool itself draws examples, unless it is told otherwise."""
IFEVAL = "tasks/ifeval/utils.py"


def main() -> None:
    """Read the tasks; what the tool raises is written as ``problem``."""
    out, wanted = Path(sys.argv[1]), json.loads(sys.stdin.read())
    try:
        told: dict[str, Any] = {"tasks": read(wanted)}
    except ModuleNotFoundError as problem:
        told = {"missing": problem.name or str(problem)}
    except Exception as problem:  # noqa: BLE001 - the task's own code can raise anything; the harness says what
        told = {"problem": f"{type(problem).__name__}: {problem}"}
    out.write_text(json.dumps(told, default=str), encoding="utf-8")


def read(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tasks, those of groups and tags each for itself."""
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=wanted["folder"] or None)
    loaded = manager.load(wanted["names"])["tasks"]
    return [described(task, wanted) for task in loaded.values()]


def described(task: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a task; its documents only where the harness can use them."""
    import lm_eval

    config = task.config
    if wanted["examples"] is not None and config.num_fewshot != 0:
        task.set_config(key="num_fewshot", value=wanted["examples"])
    elif config.num_fewshot is None:
        task.set_config(key="num_fewshot", value=0)
    told = {
        "name": task.task_name,
        "version": str(task.VERSION),
        "tool": lm_eval.__version__,
        "output_type": str(task.OUTPUT_TYPE),
        "examples": config.num_fewshot,
        "repeats": config.repeats,
        "generation": config.generation_kwargs or {},
        "filters": filters_of(config),
        "metrics": metrics_of(task),
        "own_scoring": own_scoring(config.process_results),
        "special": special(task),
    }
    usable = not told["special"] and told["output_type"] in ("generate_until", "multiple_choice")
    return told | {"documents": documents_of(task, is_chat=wanted["chat"]) if usable else []}


def special(task: Any) -> str:
    """Return why a task can't be read as others are; empty where it can."""
    from lm_eval.api.task import ConfigurableTask

    if type(task) is not ConfigurableTask:
        return f"it is written in Python, as the class {type(task).__name__}"
    if task.config.unsafe_code:
        return "it runs the code that a model writes"
    if task.config.doc_to_image is not None or task.config.doc_to_audio is not None:
        return "it shows images or plays sound"
    if task.multiple_input:
        return "each of its options has a prompt of its own"
    return ""


def filters_of(config: Any) -> list[dict[str, Any]]:
    """Return the filter lists by name; without any, the first answer is taken."""
    if config.filter_list is None:
        return [{"name": "none", "steps": []}]
    return [{"name": one["name"], "steps": [dict(step) for step in one["filter"]]} for one in config.filter_list]


def metrics_of(task: Any) -> list[dict[str, Any]]:
    """Return names and options of the metrics; one that is a function of the task's own has no options here."""
    if task.config.metric_list is None:
        return [{"name": name, "options": {}} for name in task._metric_fn_list]  # noqa: SLF001 - it says nowhere else
    left = ("metric", "aggregation", "higher_is_better")
    return [
        {"name": getattr(one["metric"], "__name__", one["metric"]), "own": callable(one["metric"])}
        | {"options": {name: value for name, value in one.items() if name not in left}}
        for one in task.config.metric_list
    ]


def own_scoring(function: Any) -> str:
    """Return where a task's own code for scores is: "ifeval" for that of IFEval, empty where it has none."""
    if function is None:
        return ""
    import lm_eval

    if not callable(function):
        return str(function)
    file = Path(inspect.getsourcefile(function) or "")
    if file == Path(lm_eval.__file__).parent / IFEVAL and function.__name__ == "process_results":
        return "ifeval"
    return f"{function.__name__} in {file.name}"


def documents_of(task: Any, *, is_chat: bool) -> list[dict[str, Any]]:
    """Return each document as the tool asks it."""
    task.set_fewshot_seed(seed=SEED)
    task.build_all_requests(
        apply_chat_template=is_chat, fewshot_as_multiturn=is_chat, chat_template=as_json if is_chat else None
    )
    asked: dict[int, list[Any]] = {}
    for one in task.instances:
        asked.setdefault(one.doc_id, []).append(one)
    return [document(task, doc_id, instances, is_chat=is_chat) for doc_id, instances in asked.items()]


def as_json(messages: list[dict[str, Any]], *, add_generation_prompt: bool = True) -> str:
    """Take the place of a model's chat template."""
    return json.dumps({"messages": messages, "is_begun": not add_generation_prompt})


def document(task: Any, doc_id: int, instances: list[Any], *, is_chat: bool) -> dict[str, Any]:
    """Return one document: its prompt, and what is right."""
    doc, prompt = instances[0].doc, instances[0].args[0]
    told = {"doc_id": doc_id, "doc_hash": hash_of(doc), "prompt": json.loads(prompt) if is_chat else prompt}
    if task.config.process_results is not None:
        return told | {name: doc.get(name) for name in ("instruction_id_list", "kwargs")}
    if task.OUTPUT_TYPE == "generate_until":
        return told | {"targets": targets_of(task, doc)}
    options = [one.args[1] for one in instances]
    choices = list(task.doc_to_choice(doc))
    return told | {"options": options, "choices": choices, "right": right_of(task.doc_to_target(doc), choices)}


def hash_of(doc: Any) -> str:
    """Return the hash by which the tool's own results name a document."""
    from lm_eval.utils import handle_non_serializable, hash_string

    text = json.dumps(doc, indent=2, default=handle_non_serializable, ensure_ascii=False)
    return str(hash_string(text))


def targets_of(task: Any, doc: Any) -> list[Any]:
    """Return what is right, as the tool compares it."""
    right = task.doc_to_target(doc)
    if task.config.doc_to_choice is not None:
        return [task.doc_to_choice(doc)[right]]
    if task.multiple_target:
        return list(right) if isinstance(right, list) else [right]
    return [right if isinstance(right, str) else str(right)]


def right_of(right: Any, choices: list[Any]) -> list[int]:
    """Return which options are right; what is none of them is left out."""
    given = right if isinstance(right, list) else [right]
    places = [choices.index(one) if isinstance(one, str) and one in choices else one for one in given]
    return [one for one in places if isinstance(one, int) and 0 <= one < len(choices)]


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose modules have names that others have too
    main()
