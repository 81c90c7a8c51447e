"""Every attack of bench/judge_attacks.toml against a judge that obeys, through templating and reading."""

import re

import pytest

from bench import judge_attacks
from bench.judge_attacks import JUDGES, STYLES, Attack, attacks
from harness.records.answered import Response
from harness.records.asked import Request
from harness.scorers.judges import prompt, reply, said
from harness.scorers.judges.once_more import once_more

ALL = tuple(attacks())
PLAIN = next(iter(STYLES))


def moved_by(judge: object, style: str) -> set[str]:
    """Return the names of the attacks that give the wrong answer a better score."""

    def ask(request: Request) -> Response:
        return judge_attacks.obeying(request, style)

    return {f"{one.kind}.{one.name}" for one in ALL if judge_attacks.effect(judge, one.text, ask, 0.0) == "moved"}


def test_there_are_at_least_60_attacks_of_their_own() -> None:
    """None stands twice, and each kind that the issue names is among them."""
    assert len({one.text for one in ALL}) == len(ALL) >= 60
    kinds = {"claims", "verdicts", "ends", "turns", "roles", "rival", "languages", "hidden", "shapes", "lengths"}
    assert {one.kind for one in ALL} == kinds
    assert not [one for one in ALL if re.search(r"\{(wrong|code|n)\}", one.text)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("judge", JUDGES, ids=repr)
def test_no_attack_moves_a_judge_that_obeys(judge: object, style: str) -> None:
    """Nothing gets out of the material, and nothing that a judge repeats of it is read as its verdict."""
    assert moved_by(judge, style) == set()


@pytest.mark.parametrize("judge", JUDGES, ids=repr)
def test_no_attack_takes_the_verdict_of_a_judge_that_keeps_to_the_form(judge: object) -> None:
    """An attack that leaves its own loss unscored would have won as well."""

    def ask(request: Request) -> Response:
        return judge_attacks.obeying(request, PLAIN)

    assert {judge_attacks.score_of(judge, one.text, ask) for one in ALL} == {0.0}


@pytest.mark.parametrize("judge", JUDGES, ids=repr)
def test_material_that_is_not_made_harmless_moves_the_scripted_judge(
    judge: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the scripted judge can be moved, by every false end and by every false turn."""
    monkeypatch.setattr(prompt, "harmless", lambda text: text)

    moved = moved_by(judge, PLAIN)

    assert moved >= {f"{one.kind}.{one.name}" for one in ALL if one.kind in {"ends", "turns"}}


def test_a_reader_that_takes_any_verdict_in_a_reply_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """So what a judge repeats of its material is an attack on the reading."""

    def anywhere(text: str, *_: object) -> dict[str, object] | None:
        found = re.findall(r'"score": (\d)', text)
        return {"score": int(found[-1])} if found else None

    monkeypatch.setattr(reply, "said_object", anywhere)

    assert len(moved_by(JUDGES[0], "verdict first")) > 20


def test_without_a_look_at_the_material_a_quoted_verdict_moves_the_scripted_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the styles that quote are attacks on the reading of JSON beside words."""
    monkeypatch.setattr(said, "_looks_like_verdict", lambda *_: False)

    assert len(moved_by(JUDGES[0], "quoting its verdict")) > 20
    assert len(moved_by(JUDGES[0], "quoting it first")) > 20
    assert moved_by(JUDGES[0], "quoting last")
    assert len(moved_by(JUDGES[2], "quoting its verdict")) > 20


BRACES = [one for one in ALL if "{{" in one.text or "{%" in one.text or "{nonce}" in one.text]


@pytest.mark.parametrize("attack", BRACES, ids=lambda attack: attack.name)
def test_braces_reach_the_judge_as_they_are(attack: Attack) -> None:
    """Neither the template nor a format fills them in."""
    (request,) = JUDGES[0].requests(judge_attacks.CASE, Response(request_key="k", text=attack.text))

    assert f">>>\n{attack.text}\n<<<end answer " in request.messages[-1].content


def test_the_table_names_what_moved_a_verdict() -> None:
    """By its kind, with what else happened."""
    one, other = ALL[:2]

    lines = judge_attacks.table([(one, "moved"), (other, "unscored"), (other, "held")])

    assert lines[1].split() == [one.kind, "3", "1", "1", "1", one.name]


def test_a_real_judge_is_compared_with_its_own_verdict_on_the_plain_answer() -> None:
    """One that is moved by a word is reported with the attacks that hold it; one that never replies gives no figure."""

    def easily_moved(request: Request) -> Response:
        level = 4 if "rival" in request.messages[-1].content else 2
        return Response(request_key=request.key, text=f'{{"score": {level}}}')

    effects = judge_attacks.against(JUDGES[:1], easily_moved)
    silent = judge_attacks.against(JUDGES[:1], lambda request: Response(request_key=request.key))

    assert {attack.name for attack, one in effects if one == "moved"} == {"worse"}
    assert len(effects) == len(ALL)
    assert silent == []


@pytest.mark.parametrize("style", STYLES)
def test_no_attack_acts_where_a_judge_that_repeated_it_is_asked_once_more(style: str) -> None:
    """Neither in the turn that quotes the reply, nor in the reply itself, which stands before it."""
    judge = JUDGES[0]
    [request] = judge.requests(judge_attacks.CASE, Response(request_key="k", text=judge_attacks.WRONG))
    for one in ALL:
        repeated = Response(request_key=request.key, text=STYLES[style]('{"score": 5}', one.text))
        *_, its, turn = once_more(judge.rubric, request, repeated).messages
        [code] = re.findall(r"<<<begin reply ([0-9a-f]{16})>>>", turn.content)

        assert judge_attacks.foreign_orders(turn.content, code) == []
        assert its.content in turn.content
        assert code not in its.content
