"""How a side is given messages: what is set, what is refused before an engine starts, and what is noted."""

from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.config.whole import HarnessConfig
from harness.engines.function import FunctionEngine
from harness.errors import CaseFileError, ConfigError, InputError, NoSuchModel
from harness.gating.naming import meaning
from harness.gating.renderings import check, rendering_of, rendering_of_mark, told, unlike_training
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.asked import Case, Rendering, Sampling
from harness.records.engine import Contender
from harness.records.messages import Message
from harness.train.config import TrainConfig
from harness.train.manifest import Manifest
from tests.models.fakes import adapter_in, base_in

RAW = Rendering(format="raw")
QUIET = Rendering(template_args={"enable_thinking": False})


@pytest.fixture
def base(tmp_path):
    """Return what looks like a base model, whose template knows ``enable_thinking``."""
    folder = base_in(tmp_path / "tiny")
    (folder / "chat_template.jinja").write_text("{{ messages }}{{ enable_thinking }}")
    return local_base("tiny", folder)


def suite(*roles: str, rendering=Rendering()):  # noqa: B008 - frozen
    """Return a suite of one case with messages of these roles."""
    messages = tuple(Message(role=role, content=role) for role in roles)
    cases = (Case(id="one", messages=messages),)
    return Suite(name="sums", cases=cases, sampling=Sampling(), digest="d", rendering=rendering)


def side(model, rendering=Rendering()):  # noqa: B008 - frozen
    """Return a contender that is given messages like this."""
    return Contender(model=model.ref, engine=FunctionEngine(lambda _: "fine"), rendering=rendering)


def made(base, root, **settings: object):
    """Return the rendering of the base model under these settings."""
    return rendering_of(
        meaning("candidate", "base", HarnessConfig(base_model="tiny", **settings), root), root / "tiny", root
    )


def test_a_template_file_and_its_values_are_part_of_what_is_asked(base, tmp_path):
    """The file's text, not its name: who moves it changes nothing."""
    (tmp_path / "own.jinja").write_text("{{ messages[0] }}\n")

    rendering = made(base, tmp_path, chat_template="own.jinja", template_args=QUIET.template_args)

    assert rendering == Rendering(template="{{ messages[0] }}", template_args={"enable_thinking": False})
    assert told(side(base, rendering))[0].startswith("tiny: asked with a chat template of its own (digest ")
    assert told(side(base)) == ()


def test_a_file_that_says_what_the_models_folder_says_is_no_difference(base, tmp_path):
    """Answers that were stored without it serve."""
    (tmp_path / "same.jinja").write_text("{{ messages }}{{ enable_thinking }}\n")

    assert made(base, tmp_path, chat_template="same.jinja") == Rendering()


def test_a_template_beside_raw_text_is_a_contradiction(base, tmp_path):
    """Only one of them could hold."""
    with pytest.raises(ConfigError, match='prompt_format = "raw" uses no chat template; leave out'):
        made(base, tmp_path, prompt_format="raw", template_args=QUIET.template_args)


def test_a_suites_mark_names_files_beside_its_test(tmp_path):
    """What is wrong in it is told with the test's name."""
    (tmp_path / "mark.jinja").write_text("{{ messages }}!")

    assert rendering_of_mark({"chat_template": "mark.jinja"}, tmp_path, "t").template == "{{ messages }}!"
    with pytest.raises(InputError, match=r"^t: .*template_args"):
        rendering_of_mark({"template_args": "off"}, tmp_path, "t")


def test_a_base_model_without_a_template_is_refused_with_both_ways_out(base, tmp_path):
    """Unless a server that runs already has one of its own."""
    (tmp_path / "tiny" / "chat_template.jinja").unlink()

    with pytest.raises(NoSuchModel, match=r'no chat template.* chat_template = "FILE.jinja", .*prompt_format = "raw"'):
        check(suite("user"), side(base), Path(base.base_path), is_served_here=True)
    for way_out in (RAW, Rendering(template="{{ messages }}")):
        assert check(suite("user", rendering=way_out), side(base), Path(base.base_path), is_served_here=True) == ()
    assert check(suite("user"), side(base), Path(base.base_path), is_served_here=False) == ()


def test_values_that_the_template_does_not_know_are_named(base):
    """They change nothing; the run goes on."""
    typo = Rendering(template_args={"enable_thinking": False, "enable_thinkin": False})

    noted = check(suite("user", rendering=typo), side(base), Path(base.base_path), is_served_here=True)

    assert noted == ("tiny: its chat template doesn't know enable_thinkin (template_args): setting it changes nothing",)
    assert check(suite("user"), side(base, QUIET), Path(base.base_path), is_served_here=True) == ()


def test_only_one_users_message_can_be_sent_as_plain_text(base):
    """There is no way to write a second one."""
    with pytest.raises(
        CaseFileError, match=r"suite sums: case 'one' has the messages system, user; .*leave out system="
    ):
        check(suite("system", "user"), side(base, RAW), Path(base.base_path), is_served_here=True)


def test_an_adapter_asked_otherwise_than_it_was_trained_is_noted(base, tmp_path):
    """The most common fault of an adapter in use."""
    folder = adapter_in(tmp_path / "mine")
    facts = {"base": "tiny", "base_digest": "", "template_digest": "", "train_digest": "", "validation_digest": None}
    losses = {"step": 1, "steps": 1, "tokens": 1, "seconds": 1.0, "train_losses": (), "validation_losses": ()}
    adapter = local_adapter(base, folder)
    manifest = Manifest(
        **(facts | losses),
        name="mine",
        settings=TrainConfig(output="o", train=("t",)),
        rendering=QUIET,
        settings_digest="",
        adapter_digest="",
        versions={},
        device="",
        dtype="",
        time="",
    )
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))

    (note,) = unlike_training(suite("user"), side(adapter), adapter)
    assert note == (
        "mine: asked with its base model's own chat template, but trained with template arguments "
        '{"enable_thinking":false}'
    )
    assert unlike_training(suite("user", rendering=QUIET), side(adapter), adapter) == ()
    assert unlike_training(suite("user"), side(base), base) == ()
