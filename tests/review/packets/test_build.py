"""Building packets: what is in them, what is left out, and that nothing in them tells the sides apart."""

import json
from collections import Counter

import msgspec
import pytest

from harness.errors import ConfigError, InputError, StoreError
from harness.records.messages import Message
from harness.review.count.unblind import answers_of
from harness.review.packets.blind import other
from harness.review.packets.build import ReviewPlan, build_review
from harness.review.packets.material import load_settings, normalized, read_material
from harness.review.packets.page import packet_html, read_packet
from harness.review.packets.records import Packet, canonical, sealed_part
from harness.runs.folder import read_answers
from tests.review.made import packet_of
from tests.review.sample import SECRET, TEST, cases, opened, review_of, rewritten, says, write_sample
from tests.two_askings import CASES as ASKED_TWICE
from tests.two_askings import PROMPTS, SAMPLINGS, asked_twice, clueless, cut_short, written, written_by_version_0_1

PLAN = ReviewPlan(cases=10, reviewers=2, seed=7, checks=0)


def build(tmp_path, asked, text=says, plan=PLAN):
    """Build a review of an invented run."""
    folder = write_sample(tmp_path / "0007-2026-11-22-1f3c", asked, text)
    return build_review(read_material(folder, None, tmp_path), plan, SECRET)


def test_a_packet_holds_both_answers_of_each_case(tmp_path):
    """Each at A or B as the key says."""
    review = build(tmp_path, cases(10))

    for packet, part in zip(review.packets, review.key.packets, strict=True):
        assert [pair.id for pair in packet.pairs] == [pair.id for pair in part.pairs]
        for seen, pair in zip(packet.pairs, part.pairs, strict=True):
            index = int(pair.case_id[-3:])
            assert (seen.a, seen.b) == (says(pair.a, index), says(other(pair.a), index))
            assert seen.messages[0].content == f"Question {index}?"
            assert seen.expected is None


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    """And another secret other sides, another seed another order."""
    one, same = review_of(tmp_path), review_of(tmp_path)
    seed = review_of(tmp_path, seed=8)
    material = read_material(tmp_path / "0007-2026-11-22-1f3c", None, tmp_path)
    secret = build_review(material, ReviewPlan(cases=12, reviewers=3, seed=7, checks=0), b"x" * 32)

    assert one == same
    order = [[pair.case_id for pair in part.pairs] for part in one.key.packets]
    assert order == [[pair.case_id for pair in part.pairs] for part in secret.key.packets]
    assert order != [[pair.case_id for pair in part.pairs] for part in seed.key.packets]
    sides = [{pair.case_id: pair.a for pair in part.pairs} for part in one.key.packets]
    assert sides == [{pair.case_id: pair.a for pair in part.pairs} for part in seed.key.packets]
    assert sides != [{pair.case_id: pair.a for pair in part.pairs} for part in secret.key.packets]


def test_what_nobody_can_be_asked_about_is_left_out_and_counted(tmp_path):
    """The same answer twice, also after trimming; a failed call."""

    def text(side, index) -> str:
        if index < 2:
            return "Both say so." + "\n" * (side == "baseline")
        return "ERROR 500" if index == 2 and side == "candidate" else says(side, index)

    review = build(tmp_path, cases(13), text)

    left_out = review.key.left_out
    assert (left_out.identical, left_out.failed, left_out.one_sided) == (2, 1, 0)
    assert {case.case_id for case in review.key.cases} == {f"talk-{index:03}" for index in range(3, 13)}


def test_fewer_cases_than_asked_is_an_error_that_says_why(tmp_path):
    """With the number that can be asked for."""
    with pytest.raises(InputError) as refused:
        build(tmp_path, cases(10), lambda side, index: "same" if index < 3 else says(side, index))

    assert str(refused.value) == (
        "suite 'talk' has 7 to review, not 10 cases (3 with the same answer twice); ask for --cases 7 or fewer"
    )


def test_nothing_to_review_is_said(tmp_path):
    """When all answers are the same."""
    with pytest.raises(InputError, match="nothing is left to review"):
        build(tmp_path, cases(10), lambda side, index: "same")


def test_a_run_of_one_side_is_refused(tmp_path):
    """A review needs both sides' answers."""
    folder = write_sample(tmp_path / "run", cases(3))
    lines = (folder / "answers.jsonl").read_text().splitlines(keepends=True)
    (folder / "answers.jsonl").write_text("".join(line for line in lines if '"side":"candidate"' in line))

    with pytest.raises(InputError, match="'talk' was answered by one side only; a review needs a run of both sides"):
        read_material(folder, None, tmp_path)


def test_a_run_without_answers_is_refused(tmp_path):
    """As an older version may have left it."""
    folder = write_sample(tmp_path / "run", cases(3))
    (folder / "answers.jsonl").write_text("")

    with pytest.raises(InputError, match="holds no answers to suite 'talk'"):
        read_material(folder, None, tmp_path)


def test_of_several_suites_one_must_be_named(tmp_path):
    """The error lists them; so does that for an unknown one."""
    folder = write_sample(tmp_path / "run", cases(3))
    run = json.loads((folder / "run.json").read_text())
    run["measures"].append({**run["measures"][0], "test_id": "suites/other/test_other.py::test_x"})
    (folder / "run.json").write_text(json.dumps(run))

    with pytest.raises(InputError, match="the run has 2 suites; choose one with --suite: 'other', 'talk'"):
        read_material(folder, None, tmp_path)
    with pytest.raises(InputError, match="the run has no suite 'talking'; it has 'other', 'talk'"):
        read_material(folder, "talking", tmp_path)
    assert read_material(folder, "talk", tmp_path).suite == "talk"


def test_the_suite_says_how_it_is_shown(tmp_path):
    """review.toml beside its cases: words, reasons, the expected answer, tell-tales."""
    place = tmp_path / "suites" / "talk"
    place.mkdir(parents=True)
    (place / "review.toml").write_text(
        'title = "Two replies"\nquestion = "Which?"\nreasons = ["rude"]\nshow_expected = true\n'
        "tell_tales = ['Quite another ', 'A short ']\n"
    )

    asked = cases(10, lambda index: {"n": index} if index else "zero")
    review = build(tmp_path, asked, lambda side, index: f"{says(side, index)} {side}")

    packet = review.packets[0]
    assert (packet.title, packet.question, packet.reasons) == ("Two replies", "Which?", ("rude",))
    assert all(text.startswith("answer to ") for pair in packet.pairs for text in (pair.a, pair.b))
    assert {pair.expected for pair in packet.pairs} >= {'{\n  "n": 3\n}'}


def test_suites_that_share_ids_are_told_apart(tmp_path):
    """By their sets of cases, as scores.jsonl has them: the other suite's answers are of other questions."""
    talk = write_sample(tmp_path / "talk", cases(10))
    asked = [msgspec.structs.replace(case, messages=(Message(role="user", content="Else?"),)) for case in cases(10)]
    other_one = write_sample(tmp_path / "other", asked, lambda side, _: side, test_id="suites/other/test_o.py::test_o")
    for name in ("answers.jsonl", "scores.jsonl"):
        (talk / name).write_text((other_one / name).read_text() + (talk / name).read_text())
    runs = [json.loads((folder / "run.json").read_text()) for folder in (talk, other_one)]
    (talk / "run.json").write_text(json.dumps({**runs[0], "measures": runs[0]["measures"] + runs[1]["measures"]}))

    for suite, question in (("talk", "Question 3?"), ("other", "Else?")):
        found = read_material(talk, suite, tmp_path)
        assert len(found.differing) == 10
        assert found.differing[3].case.messages[0].content == question


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("tell_tales = ['(']", "tell_tales: '(' is not a regular expression"),
        ("titel = 'x'", "unknown key `titel`; did you mean `title`"),
        ("reasons = ['a', 'a']", "reasons must be unique and not empty"),
    ],
)
def test_a_wrong_review_toml_is_refused(tmp_path, content, words):
    """By file and key."""
    path = tmp_path / "review.toml"
    path.write_text(content)

    with pytest.raises(ConfigError, match=r"review\.toml: ") as refused:
        load_settings(path)

    assert words in str(refused.value)


def test_tell_tales_are_cut_at_the_start_alone():
    """And white space at the end always."""
    assert normalized("Sure! Sure! yes \n", ("Sure! ",)) == "Sure! yes"
    assert normalized("no. Sure! ", ("Sure! ",)) == "no. Sure!"


def test_stratified_cases_are_drawn_evenly_and_weighted(tmp_path):
    """60 % English, 20 % each of German and French: a third each, weighted back."""
    review = build(tmp_path, cases(50), plan=msgspec.structs.replace(PLAN, cases=12, by_tag="language"))

    assert Counter(case.stratum for case in review.key.cases) == {"en": 4, "de": 4, "fr": 4}
    weights = {case.stratum: case.weight for case in review.key.cases}
    assert weights == pytest.approx({"en": 1.8, "de": 0.6, "fr": 0.6})


def test_an_unknown_tag_is_refused(tmp_path):
    """The error lists the tags that are there."""
    with pytest.raises(InputError, match=r"--by-tag lang: no case has a tag lang-\.\.\.; tags here: language"):
        build(tmp_path, cases(12), plan=msgspec.structs.replace(PLAN, by_tag="lang"))


def test_cases_of_an_earlier_review_are_not_drawn_again(tmp_path):
    """And when they run out, the error says why."""
    first = build(tmp_path, cases(15))
    used = frozenset(case.case_id for case in first.key.cases)

    second = build(tmp_path, cases(15), plan=msgspec.structs.replace(PLAN, cases=5, used=used))

    assert not used & {case.case_id for case in second.key.cases}
    with pytest.raises(InputError, match=r"has 5 to review, not 6 cases \(10 reviewed before\)"):
        build(tmp_path, cases(15), plan=msgspec.structs.replace(PLAN, cases=6, used=used))


def test_some_pairs_come_again_late_with_sides_swapped(tmp_path):
    """Marked in the key alone."""
    review = review_of(tmp_path, 20, checks=3)

    for packet, part in zip(review.packets, review.key.packets, strict=True):
        first = {pair.case_id: (place, pair) for place, pair in enumerate(part.pairs) if pair.kind == "case"}
        again = [(place, pair) for place, pair in enumerate(part.pairs) if pair.kind == "repeat"]
        seen = {pair.id: pair for pair in packet.pairs}
        assert len(again) == 3
        for place, pair in again:
            earlier, before = first[pair.case_id]
            assert place - earlier >= 5
            assert pair.a == other(before.a)
            assert (seen[pair.id].a, seen[pair.id].b) == (seen[before.id].b, seen[before.id].a)


def test_some_pairs_have_a_planted_bad_answer(tmp_path):
    """Another case's, of either side, beside a true one; cases that are not under review come first."""
    folder = write_sample(tmp_path / "run", cases(30))
    review = build_review(
        read_material(folder, None, tmp_path), ReviewPlan(cases=20, reviewers=4, seed=1, checks=4), SECRET
    )

    own = {case.case_id for case in review.key.cases}
    manners = Counter()
    for packet, part in zip(review.packets, review.key.packets, strict=True):
        seen = {pair.id: pair for pair in packet.pairs}
        planted = [pair for pair in part.pairs if pair.kind == "planted"]
        assert len(planted) == 4
        for pair in planted:
            a, b, index = seen[pair.id].a, seen[pair.id].b, int(pair.case_id[-3:])
            bad, good = (a, b) if pair.planted == "a" else (b, a)
            assert pair.case_id not in own
            assert good == says(pair.a if pair.planted == "b" else other(pair.a), index)
            assert bad not in {says("baseline", index), says("candidate", index)}
            manners[bad.partition(" answer")[0]] += 1
    assert len(manners) == 2


def test_a_planted_answer_is_never_right(tmp_path):
    """Cases that expect the same, or are of one group, lend each other none."""
    asked = cases(12, lambda index: index % 2)

    review = build(
        tmp_path, asked, lambda side, index: f"{index % 2} {side} {index}", plan=msgspec.structs.replace(PLAN, checks=5)
    )

    for packet, part in zip(review.packets, review.key.packets, strict=True):
        seen = {pair.id: pair for pair in packet.pairs}
        for pair in part.pairs:
            if pair.kind == "planted":
                assert (seen[pair.id].a)[0] != (seen[pair.id].b)[0]


def test_where_no_answer_would_be_bad_none_is_planted(tmp_path):
    """All cases expect the same."""
    review = build(tmp_path, cases(10, lambda _: "yes"), plan=msgspec.structs.replace(PLAN, checks=3))

    kinds = Counter(pair.kind for pair in review.key.packets[0].pairs)
    assert kinds == {"case": 10, "repeat": 3}


def test_nothing_about_models_or_the_run_is_in_a_page(tmp_path):
    """No name, digest, run id, path, time, token count, case id, tag, seed or secret."""
    review = review_of(tmp_path, 20, checks=3)

    for packet in review.packets:
        page = packet_html(packet)
        own = canonical(packet).decode()
        for word in ("tiny", "mine-v7", "fake 1", "0007", "2026-11-22", "talk", "language", "a" * 64, "b" * 64):
            assert word not in own
        for word in ("mine-v7", "fake 1", "0007-", "talk-0", str(tmp_path), SECRET.hex()):
            assert word not in page
        assert set(msgspec.to_builtins(packet)) == set(Packet.__struct_fields__)
        for pair in msgspec.to_builtins(packet)["pairs"]:
            assert set(pair) == {"id", "messages", "expected", "a", "b"}


def test_a_guesser_without_the_answers_does_no_better_than_chance(tmp_path):
    """Cross-validated trees on place, id, order, reviewer, offsets and lengths of all but the answers: 1,200 pairs."""
    from scipy.stats import binomtest
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_predict

    facts, sides = [], []
    asked = cases(100, lambda index: "x" * (index % 7))
    folder = write_sample(
        tmp_path / "run", asked, lambda side, index: f"{'long ' * 9 if side == 'candidate' else ''}{index}"
    )
    material = read_material(folder, None, tmp_path)
    for seed in range(3):
        plan = ReviewPlan(cases=100, reviewers=4, seed=seed, checks=0, show_expected=True)
        review = build_review(material, plan, bytes([seed]) * 32)
        for number, (packet, part) in enumerate(zip(review.packets, review.key.packets, strict=True)):
            bare = [msgspec.structs.replace(pair, a="", b="") for pair in packet.pairs]
            page = packet_html(msgspec.structs.replace(packet, pairs=tuple(bare)))
            for place, (pair, secret) in enumerate(zip(bare, part.pairs, strict=True)):
                offset = page.index(pair.id)
                digits = [int(digit, 16) for digit in pair.id]
                lengths = [len(pair.messages[0].content), len(pair.expected or ""), len(canonical(pair))]
                commitment = [int(packet.commitment[place % 64], 16), int(packet.packet[place % 64], 16)]
                facts.append([place, place % 2, number, seed, offset, offset % 64, *digits, *lengths, *commitment])
                sides.append(secret.a == "candidate")

    guessed = cross_val_predict(RandomForestClassifier(60, random_state=0), facts, sides, cv=8)

    right = sum(int(guess == side) for guess, side in zip(guessed, sides, strict=True))
    assert binomtest(right, len(sides), alternative="greater").pvalue > 0.001


def test_the_test_id_s_folder_is_the_suite(tmp_path):
    """Whatever is in brackets after the test's name."""
    folder = write_sample(tmp_path / "run", cases(3), test_id=f"{TEST}[de]")

    assert read_material(folder, None, tmp_path).suite == "talk"


@pytest.mark.parametrize(
    ("suites", "reply", "baseline"),
    [
        (SAMPLINGS, cut_short, lambda case: str(case.expected)),
        (PROMPTS, clueless, lambda case: f"no idea of {case.id}"),
    ],
)
def test_both_answers_to_a_case_were_scored_in_one_test(tmp_path, suites, reply, baseline):
    """The first test's, where another asked the same cases in another way."""
    folder = written(tmp_path / "0001", asked_twice(suites, reply))

    material = read_material(folder, None, tmp_path)

    pairs = {
        pair.case.id: (pair.baseline.text, pair.candidate.text) for pair in (*material.differing, *material.identical)
    }
    assert pairs == {
        case.id: (baseline(case), "?" if case.id == "sum-1" else str(case.expected)) for case in ASKED_TWICE
    }


def test_a_suite_is_reviewed_by_its_own_answers(tmp_path):
    """Another suite of the run asked the same cases, in another way, and before it."""
    by_suite = zip(
        ("suites/long/test_a.py::test_it", "suites/short/test_a.py::test_it"), SAMPLINGS.values(), strict=True
    )
    folder = written(tmp_path / "0001", asked_twice(dict(by_suite), cut_short))

    material = read_material(folder, "short", tmp_path)

    assert {(pair.baseline.text, pair.candidate.text) for pair in material.differing} == {
        (f"short answer of tiny to {case.id}", f"short answer of mine to {case.id}") for case in ASKED_TWICE
    }


@pytest.mark.parametrize(("suites", "reply"), [(SAMPLINGS, cut_short), (PROMPTS, clueless)])
def test_packets_of_a_run_of_version_0_1_are_refused_where_answers_may_be_mixed(tmp_path, suites, reply):
    """Nobody knows which of them were scored together; where only one way of asking is there, nothing changes."""
    mixed = written_by_version_0_1(tmp_path / "0001", asked_twice(suites, reply))
    one = dict([*suites.items()][:1])
    plain = written_by_version_0_1(tmp_path / "0002", asked_twice(one, reply))

    with pytest.raises(StoreError, match="run the suites again"):
        read_material(mixed, None, tmp_path)
    material = read_material(plain, None, tmp_path)

    assert len(material.differing) + len(material.identical) == len(ASKED_TWICE)


def test_a_key_says_which_answers_are_shown_and_an_old_one_keeps_its_seal(tmp_path):
    """Version 0.1 sealed keys without that, so an empty one must leave no trace."""
    folder = written(tmp_path / "0001", asked_twice(PROMPTS, clueless))
    plan = ReviewPlan(cases=2, reviewers=1, seed=1, checks=0)
    key = build_review(read_material(folder, None, tmp_path), plan, SECRET).key
    answers = {(one.side, one.response.request_key): one.response.text for one in read_answers(folder)}
    bare = msgspec.structs.replace(key, cases=tuple(msgspec.structs.replace(case, requests={}) for case in key.cases))

    shown = [answers["baseline", case.requests["baseline"]] for case in key.cases]

    assert shown == [f"no idea of {case.case_id}" for case in key.cases]
    assert b"requests" in sealed_part(key)
    assert b"requests" not in sealed_part(bare)


REASONS = {"baseline": "The clerk thinks: ", "candidate": "Okay, let me see. "}


def reasons(answer, index) -> None:
    """Give an answer the reasoning of its side."""
    answer["response"] |= {"reasoning": f"{REASONS[answer['side']]}{index}\n"}


def calls(answer, index) -> None:
    """Let an answer only call, each side with its own arguments but in case 0, after a turn that called."""
    call = {"name": "find", "arguments": json.dumps({"side": answer["side"]}) if index else "{}"}
    answer["response"] |= {"text": "", "tool_calls": [call], "reasoning": "secretly hm"}
    asked = {"id": "1", "type": "function", "function": {"name": "find", "arguments": {"id": index}}}
    answer["case"]["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "content": [{"type": "text", "text": "none"}], "tool_call_id": "1"},
    ]


def rebuilt(tmp_path, change, **plan: int | bool):
    """Build a review of an invented run whose answers were changed."""
    folder = write_sample(tmp_path / "0007-2026-11-22-1f3c", cases(20))
    rewritten(folder, change)
    return build_review(read_material(folder, None, tmp_path), msgspec.structs.replace(PLAN, **plan), SECRET)


def test_calls_and_tool_turns_are_kept_apart_from_the_text_and_reasoning_is_left_out(tmp_path):
    """Two answers that only call differ by what they call; no id of a call is in the page."""
    review = rebuilt(tmp_path, calls, cases=19)

    assert review.key.left_out.identical == 1
    for pair in (pair for packet in review.packets for pair in packet.pairs):
        assert (pair.a, pair.b) == ("", "")
        called = {(call.name, call.arguments) for call in (*pair.calls_a, *pair.calls_b)}
        assert called == {("find", f'{{"side": "{side}"}}') for side in ("baseline", "candidate")}
        turns = [(message.role, message.content, len(message.calls)) for message in pair.messages[1:]]
        assert turns == [("assistant", "", 1), ("tool", "none", 0)]
        assert pair.messages[1].calls[0].arguments.startswith('{"id":')
        assert msgspec.to_builtins(pair.messages[1])["tool_calls"][0]["id"] == ""
    assert "secretly hm" not in packet_html(review.packets[0])


def test_calls_are_at_the_side_that_the_key_says(tmp_path):
    """And come back with it."""
    review = rebuilt(tmp_path, calls, cases=19)

    for packet, part in zip(review.packets, review.key.packets, strict=True):
        for seen, pair in zip(packet.pairs, part.pairs, strict=True):
            assert (seen.calls_a[0].arguments, seen.calls_b[0].arguments) == tuple(
                f'{{"side": "{side}"}}' for side in (pair.a, other(pair.a))
            )
    for seen in answers_of(opened(review)).values():
        assert seen.candidate.said == 'find({"side": "candidate"})'


def test_reasoning_is_in_packets_only_when_it_is_asked_for(tmp_path):
    """Each with its own answer, wherever that is: at A or B, swapped when a pair comes again, planted."""
    hidden = rebuilt(tmp_path, reasons, checks=3)
    review = rebuilt(tmp_path, reasons, checks=3, show_reasoning=True)

    assert not [pair for packet in hidden.packets for pair in packet.pairs if pair.reasoning_a or pair.reasoning_b]
    assert [part.pairs for part in hidden.key.packets] == [part.pairs for part in review.key.packets]
    for pair in (pair for packet in review.packets for pair in packet.pairs):
        for text, reasoning in ((pair.a, pair.reasoning_a), (pair.b, pair.reasoning_b)):
            side = "baseline" if text.startswith("A short") else "candidate"
            assert reasoning == f"{REASONS[side]}{text.rpartition(' ')[2].rstrip('.')}"
    for case_id, seen in answers_of(opened(review)).items():
        assert seen.candidate.reasoning == f"{REASONS['candidate']}{int(case_id[-3:])}"


def test_answers_that_only_reason_differently_are_the_same(tmp_path):
    """As in every other place, so nobody is asked about them."""
    folder = write_sample(tmp_path / "run", cases(10), lambda _, index: f"Same {index}")
    rewritten(folder, reasons)

    material = read_material(folder, None, tmp_path)

    assert (len(material.differing), material.left_out.identical) == (0, 10)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ((), "none of these answers has reasoning; leave the option out"),
        (("candidate",), "only the candidate's answers have reasoning, so showing it would tell reviewers which side"),
        (("baseline",), "only the baseline's answers have reasoning, so showing it would tell reviewers which side"),
    ],
)
def test_reasoning_that_would_show_who_is_who_is_not_shown(tmp_path, who, words):
    """A side that never reasons beside one that does is known from the first pair on."""

    def reasons_alone(answer, index) -> None:
        answer["response"] |= {"reasoning": f"Hm {index}" if answer["side"] in who else " \n"}

    with pytest.raises(InputError, match=f"^--show-reasoning: {words}"):
        rebuilt(tmp_path, reasons_alone, show_reasoning=True)


def test_packets_without_calls_and_reasoning_have_the_bytes_that_they_had_before_there_were_any(tmp_path):
    """Their digests are those that were built then, so ballots on them still fit."""
    review = review_of(tmp_path, 20, checks=3, show_expected=True)

    digests = [packet.packet[:16] for packet in review.packets]
    assert digests == ["7db80b01f2c855b6", "184d68662b443463", "aa86575f620b4e87"]


def test_a_packet_of_before_is_read_with_its_calls_as_lines_of_text():
    """Its pair has neither calls nor reasoning."""
    old = packet_of([('One moment.\nfind({"id": 7})', "No.")])

    packet = read_packet(packet_html(old).encode(), "old.html")

    assert b"calls" not in canonical(packet)
    assert [answer.said for answer in packet.pairs[0].answers] == ['One moment.\nfind({"id": 7})', "No."]
