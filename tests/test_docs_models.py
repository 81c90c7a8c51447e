"""What docs/models.md, adapters.md and tools.md show can be set and typed as it is written there."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from _pytest.config.argparsing import Parser
from huggingface_hub import constants

from harness.config.read import load_config
from harness.config.whole import HarnessConfig
from harness.engines.server.arguments import refuse_ours
from harness.engines.vllm import VllmEngine, to_launch
from harness.engines.weights.hardware import Hardware
from harness.gating.contenders import Contenders
from harness.gating.naming import check_tables, meaning
from harness.gating.options import add_base_url, add_options, candidates_of, names_of
from harness.gating.renderings import rendering_of_mark
from harness.gating.settings import overrule
from tests.models.fakes import adapter_in, base_in

DOCS = Path(__file__).parent.parent / "docs"
PAGES = ("models", "adapters", "tools")
COMMIT = "1" * 40
BASES = ("qwen3-8b", "Qwen3-8B", "llama-3.1-8b", "qwen3-8b-support")
ADAPTERS = ("adapters/support", "adapters/ours", "adapters/invoices", "out", "out/checkpoint-250", "out/checkpoint-500")
OF_TRAINER = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "trainer_state.json", "README.md")


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language; "" is one without."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [code for known, code in found if known == language]


def read(page: str) -> str:
    """Return the text of a page."""
    return (DOCS / f"{page}.md").read_text()


def commands() -> Iterator[tuple[str, str]]:
    """Yield each pytest command of the pages, with the settings in the section that it is in."""
    for page in PAGES:
        for section in read(page).split("\n## "):
            lines = "".join(
                code for language in ("", "sh", "console") for code in blocks(section, language)
            ).splitlines()
            settings = "\n".join(blocks(section, "toml"))
            yield from (
                (line.removeprefix("$ "), settings) for line in lines if line.removeprefix("$ ")[:7] == "pytest "
            )


SETTINGS = {f"{page} {number}": text for page in PAGES for number, text in enumerate(blocks(read(page), "toml"))}
COMMANDS = dict(commands())
MODULES = ("--enable-lora", "--lora-modules")
SERVED = (
    "pytest suites/ --base-url http://127.0.0.1:8000/v1 --candidate served:support-lora --baseline served:Qwen/Qwen3-8B"
)
EXPECTED: Mapping[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    SERVED: (("support-lora",), "Qwen/Qwen3-8B", ()),
    "pytest suites/ --candidate adapters/support": (
        ("support",),
        "qwen3-8b",
        (*MODULES, '"name": "support"', "--tensor-parallel-size 2"),
    ),
    "pytest suites/ --candidate thinking --baseline quiet": (("thinking",), "quiet", ("--tensor-parallel-size 2",)),
    "pytest suites/ --candidate out/checkpoint-500": (
        ("checkpoint-500",),
        "Qwen3-8B",
        (*MODULES, '"name": "checkpoint-500"'),
    ),
    "pytest suites/ --candidate out": (("out",), "Qwen3-8B", (*MODULES, '"name": "out"')),
    "pytest suites/ --candidate out/checkpoint-500 --baseline out/checkpoint-250": (
        ("checkpoint-500",),
        "checkpoint-250",
        (*MODULES, '"name": "checkpoint-250"', '"name": "checkpoint-500"'),
    ),
    'pytest suites/ --candidate "out/checkpoint-*"': (
        ("checkpoint-250", "checkpoint-500"),
        "Qwen3-8B",
        (*MODULES, '"name": "checkpoint-250"', '"name": "checkpoint-500"'),
    ),
    "pytest suites/invoices --candidate adapters/invoices": (
        ("invoices",),
        "Qwen/Qwen3-8B",
        (*MODULES, "--enable-auto-tool-choice --tool-call-parser hermes --reasoning-parser qwen3"),
    ),
}
"""For each command: the candidates, the baseline, and what the one server is started with; none for a running one."""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folders that the pages name, what a trainer leaves among them, on a machine with vLLM and a GPU."""
    monkeypatch.setattr("harness.engines.vllm.installed_vllm", lambda: ("vllm", "0.32.0"))
    gpu = Hardware(cores=(0, 1), has_gpu=True, gpu_capability=(9, 0))
    monkeypatch.setattr("harness.engines.vllm.hardware_for", lambda *_: gpu)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in BASES:
        base_in(tmp_path / "models" / name)
    for name in ADAPTERS:
        for file in OF_TRAINER:
            (adapter_in(tmp_path / name, weights=name.encode()) / file).write_bytes(b"never opened")
    model = tmp_path / "cache" / "models--Qwen--Qwen3-8B"
    base_in(model / "snapshots" / COMMIT)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(COMMIT)
    return tmp_path


def typed(command: str, settings: str, checkout: Path) -> tuple[HarnessConfig, list[str]]:
    """Return the settings that a command line leads to, and its candidates."""
    (checkout / "harness.toml").write_text(settings)
    parser = Parser(_ispytest=True)
    add_options(parser)
    add_base_url(parser)
    words = shlex.split(command)[1:]
    option, unknown = parser.parse_known_and_unknown_args(words)
    assert unknown == []
    config = SimpleNamespace(option=option, invocation_params=SimpleNamespace(args=words, dir=checkout))
    names = [name for name in candidates_of(config).values() if name is not None]
    chosen = msgspec.structs.replace(names_of(config), candidate=names[0])
    return overrule(load_config(checkout / "harness.toml"), chosen), names


def started_with(engine: VllmEngine) -> str:
    """Return the command of the one server that answers for all models."""
    [serving] = dict.fromkeys(engine._servings.values())
    return " ".join(to_launch(serving, serving.base_path, 8000, (0,), engine._settings).command)


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_the_pages_are_settings(name, checkout):
    """Each key is known, no argument is refused, and each table leads to a model."""
    (checkout / "harness.toml").write_text(SETTINGS[name])

    config = load_config(checkout / "harness.toml")

    check_tables(config)
    for args in (config.engine.args, *(table.args for table in config.models.values())):
        refuse_ours(args)
    assert [meaning("candidate", table, config, checkout).table for table in config.models] == list(config.models)


def test_every_command_of_the_pages_has_its_line_here():
    """A command that is added to a page is tested too."""
    assert set(COMMANDS) == set(EXPECTED)


@pytest.mark.parametrize("command", EXPECTED)
def test_commands_of_the_pages_lead_to_their_models_and_to_one_server(command, checkout):
    """Sides, names and server are put together as in a run; nothing is started."""
    candidates, baseline, words = EXPECTED[command]
    config, named = typed(command, COMMANDS[command], checkout)

    first = Contenders(config, checkout, checkout / "run", print, beside=named[1:])

    asked = [first, *(first.with_candidate(name) for name in named[1:])]
    assert tuple(one.candidate.model.name for one in asked) == candidates
    assert {one.baseline.model.name for one in asked} == {baseline}
    assert len({id(side.engine) for one in asked for side in (one.baseline, one.candidate)}) == 1
    if words:
        command_line = started_with(first.candidate.engine)
        assert [word for word in words if word not in command_line] == []
    else:
        assert first.candidate.engine.identity == "openai http://127.0.0.1:8000/v1"


def test_the_walk_through_without_thinking_sends_its_value_and_the_two_tables_differ_in_it(checkout):
    """The difference is declared by the tables."""
    quiet = "pytest suites/ --candidate adapters/support"
    both = "pytest suites/ --candidate thinking --baseline quiet"

    sides = [Contenders(typed(one, COMMANDS[one], checkout)[0], checkout, checkout, print) for one in (quiet, both)]

    assert [(one.baseline.rendering.template_args, one.candidate.rendering.template_args) for one in sides] == [
        ({"enable_thinking": False}, {"enable_thinking": False}),
        ({"enable_thinking": False}, {"enable_thinking": True}),
    ]
    assert sides[0].candidate.declared == ()
    assert sides[1].candidate.declared == ("chat template",)


def test_the_mark_of_the_page_sets_values_for_the_template(tmp_path):
    """They overrule those of the settings."""
    [code] = blocks(read("models"), "python")
    names: dict[str, object] = {"pytest": pytest}

    exec(code, names)  # noqa: S102 - the page's own code

    mark = names["pytestmark"].mark
    assert (mark.name, mark.args) == ("suite", ("cases.jsonl",))
    assert rendering_of_mark(mark.kwargs, tmp_path, "here").template_args == {"enable_thinking": True}
