"""The promoted adapter goes into a running server only when it was proved there; until then the old one answers."""

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.deploy.chosen import folder_to_serve
from harness.deploy.modules import endpoint_of
from harness.deploy.proof import earlier, proof_file
from harness.deploy.reload import SLOW, Reloaded, alone, reload
from harness.errors import EngineError, EngineSetupError, ServingError, SilentAdapter, Unmeasured, WrongAdapter
from harness.records.asked import Rendering
from tests.apart import run_harness
from tests.deploy.made import SILENT, promote
from tests.models.fakes import adapter_in, base_in, write_config
from tests.registry.made import ADA

CHAT = "/v1/chat/completions"
LOAD, UNLOAD = "/v1/load_lora_adapter", "/v1/unload_lora_adapter"


@pytest.fixture
def run(registry, chosen, vllm):
    """Return `harness reload` as a function, which takes what is said beside the result."""

    def run_here(say=print, environ=None, **changed: object) -> Reloaded:
        endpoint = endpoint_of(vllm.url, "VLLM_API_KEY", environ or {}, EngineConfig())
        return reload(chosen(**changed), registry.ledger.entries(), endpoint, say)

    return run_here


def test_it_is_proved_beside_the_old_one_then_swapped_then_the_old_one_goes(vllm, run, chosen):
    """Nobody asks the stable name for a new adapter before its proof."""
    folder = folder_to_serve(chosen().model)
    said = []

    done = run(said.append)

    assert vllm.modules == {"promoted": folder, "second@2": folder}
    assert (done.adapter, done.before, done.changed, said) == ("second@2", "first@1", True, [])
    assert (done.proof.prompts, done.proof.changed) == (4, 4)
    steps = [one for one in vllm.asked if one[0] != CHAT]
    assert steps == [(LOAD, "second@2"), (LOAD, "promoted"), (UNLOAD, "first@1")]
    assert vllm.asked.index((LOAD, "promoted")) > vllm.asked.index((CHAT, "second@2"))
    assert len(earlier(proof_file(chosen()))) == 4


def test_what_is_served_already_is_proved_again_and_stays(vllm, run):
    """As when a command is given twice."""
    run()
    vllm.asked.clear()

    done = run()

    assert (done.changed, done.before) == (False, "")
    assert {path for path, _ in vllm.asked} == {CHAT}


def test_after_a_rollback_the_earlier_one_comes_back(vllm, run, registry):
    """Under the number of the rollback."""
    run()
    registry.roll_back(None, ADA)

    done = run()

    assert (done.adapter, done.before, set(vllm.modules)) == ("first@3", "second@2", {"promoted", "first@3"})


def test_another_ones_server_gets_the_stable_name_and_is_told_what_that_costs(vllm, run):
    """In plain vLLM what is loaded in place is read again at each step."""
    vllm.modules.clear()
    vllm.owner = "vllm"
    said = []

    done = run(said.append)

    assert (set(vllm.modules), done.before, said) == ({"promoted", "second@2"}, "", [SLOW])


@pytest.mark.parametrize(
    ("weights", "faults", "error", "text"),
    [
        (SILENT, {}, SilentAdapter, "second changes nothing|second@3 changes nothing"),
        ("good", {LOAD: (500, "boom")}, EngineError, "can't load second@3: HTTP 500: boom"),
        ("good", {LOAD: (500, "LoRA rank 64 is greater than max_lora_rank 16.")}, EngineSetupError, "up to rank 16"),
        ("good", {LOAD: (404, "No adapter found for /x")}, EngineSetupError, "under the same path"),
        ("good", {LOAD: (500, "LoRA is not enabled")}, EngineSetupError, "--enable-lora"),
        ("good", {LOAD: (404, "")}, EngineSetupError, "VLLM_ALLOW_RUNTIME_LORA_UPDATING=1"),
        ("good", {CHAT: (400, "NaN")}, Unmeasured, "could not check that second@3"),
    ],
)
def test_what_is_not_proved_leaves_the_old_one_answering(vllm, run, registry, base, weights, faults, error, text):  # noqa: PLR0917
    """Under the stable name and its own, and nothing else is there."""
    adapter_in(registry.adapters / "second", weights=weights.encode())
    promote(registry, base, "second")
    before = dict(vllm.modules)
    vllm.faults = faults

    with pytest.raises(error, match=text):
        run()

    assert vllm.modules == before


def test_a_swap_that_did_not_take_is_undone(vllm, run):
    """The stable name answers as before."""
    before = dict(vllm.modules)
    vllm.ignores_swaps = True

    with pytest.raises(WrongAdapter, match="promoted answers otherwise than it did when it was proved"):
        run()

    assert vllm.modules == before


def test_an_adapter_that_answers_otherwise_than_when_it_was_proved_is_refused(vllm, run, chosen, registry):
    """As where the server reads another folder."""
    run()
    proved = chosen()
    file = proof_file(proved)
    changed = [
        msgspec.structs.replace(
            one, logprobs=(msgspec.structs.replace(one.logprobs[0], logprob=-9.0, top={"a": -9.0}),)
        )
        for one in earlier(file)
    ]
    file.write_bytes(msgspec.json.encode(changed))

    with pytest.raises(WrongAdapter, match="second@2 answers otherwise"):
        run()
    assert set(vllm.modules) == {"promoted", "second@2"}


def test_a_server_with_another_base_model_is_refused(vllm, run, tmp_path):
    """By its folder where that is here, else by its name."""
    for root in (str(base_in(tmp_path / "other", b"other")), "/nowhere/other"):
        vllm.root, vllm.base = root, "other"
        with pytest.raises(EngineSetupError, match="is an adapter on tiny"):
            run()


def test_a_merged_model_can_not_be_replaced(vllm, run, registry, base):
    """Neither a server's, nor by an adapter that no module can carry."""
    adapter_in(registry.adapters / "second", weights=b"wide")
    write_config(registry.adapters / "second", use_dora=True)
    promote(registry, base, "second")
    with pytest.raises(EngineSetupError, match="second@3 is served merged, since LoRA modules can't carry"):
        run()

    vllm.modules, vllm.base = {}, "promoted"
    with pytest.raises(EngineSetupError, match="serves a merged model"):
        run()


def test_another_chat_template_needs_a_new_start(vllm, run, registry, base):
    """That of a server is set at its start."""
    (registry.adapters.parent / "own.jinja").write_text("{{ messages }}!")
    adapter_in(registry.adapters / "second", weights=b"new")
    promote(registry, base, "second", Rendering(template="{{ messages }}!"))

    with pytest.raises(EngineSetupError, match="was gated with another chat template"):
        run(chat_template="own.jinja")


def test_keys_come_from_the_environment(vllm, run):
    """Refused, missing, right."""
    vllm.key = "right-key-123"

    with pytest.raises(EngineSetupError, match="asks for an API key, and VLLM_API_KEY has none"):
        run()
    with pytest.raises(EngineSetupError, match="refuses the API key in VLLM_API_KEY; set"):
        run(environ={"VLLM_API_KEY": "wrong-key-123"})
    assert run(environ={"VLLM_API_KEY": vllm.key}).changed


def test_what_is_no_vllm_is_refused(vllm, run):
    """Neither another server, nor none."""
    vllm.models = lambda: {"data": [{"id": "gpt", "owned_by": "openai"}]}
    with pytest.raises(EngineSetupError, match="is not that of a vLLM server"):
        run()

    vllm.url = "http://127.0.0.1:9"
    with pytest.raises(EngineSetupError, match="nothing answers at"):
        run()


def test_of_two_reloads_at_once_one_is_told(vllm, run):
    """The other one goes on undisturbed; by whatever name it asks for the server."""
    this_server = endpoint_of(vllm.url.replace("127.0.0.1", "localhost"), "VLLM_API_KEY", {}, EngineConfig())

    with alone(this_server), pytest.raises(ServingError, match="another harness reload"):
        run()


def test_a_reload_from_elsewhere_that_came_in_between_is_told(vllm, run):
    """It is not said that an adapter answers which doesn't any more."""
    post = vllm.post

    def interfering(path: str, body: dict[str, object]) -> object:
        answer = post(path, body)
        if path == UNLOAD:
            vllm.modules["promoted"] = "/another/machine"
        return answer

    vllm.post = interfering

    with pytest.raises(ServingError, match="has changed what promoted leads to in the meantime"):
        run()


def test_the_command_says_what_answers_now(vllm, registry):
    """And ends with 2 where the old one goes on."""
    root = registry.adapters.parent

    done = run_harness(root, "reload", "--url", vllm.url)
    vllm.faults = {CHAT: (400, "NaN")}
    failed = run_harness(root, "reload", "--url", vllm.url)

    assert (done.ret, "promoted is second@2 now, in place of first@1" in done.stdout.str()) == (0, True)
    assert "proved: on 4 of 4 prompts" in done.stdout.str()
    assert (failed.ret, "could not check that second@2" in failed.stderr.str()) == (2, True)
