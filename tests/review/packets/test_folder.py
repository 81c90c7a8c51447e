"""The files of a review: what is written where, and that any change of packet, key or ballot is refused by name."""

import hashlib
import json

import msgspec
import pytest

from harness.errors import HarnessError, ReviewError
from harness.review.packets.blind import other
from harness.review.packets.folder import default_key, open_review, read_key, write_review
from harness.review.packets.records import Ballot, checksum
from harness.review.votes.ballots import check_ballot, read_ballot, read_ballots
from tests.review.sample import ballot, cast, review_of, vote, write_all


def chosen(_pair, _seen):
    """Vote for A."""
    return vote("a")


@pytest.fixture
def files(tmp_path):
    """Write a review of two reviewers with both ballots; return folder, key, and ballots."""
    review = review_of(tmp_path, 12, reviewers=2, checks=1)
    return write_all(tmp_path, review, [cast(review, number, chosen) for number in range(2)])


def edited(path, steps, value):
    """Change one value deep in a JSON file."""
    content = json.loads(path.read_text())
    place = content
    for step in steps[:-1]:
        place = place[step]
    assert place[steps[-1]] != value
    place[steps[-1]] = value
    path.write_text(json.dumps(content))


def test_packets_lie_in_their_folder_and_the_key_beside_it(tmp_path, files):
    """The folder holds nothing else, and the key can be read by its owner alone."""
    folder, key, ballots = files

    assert sorted(path.name for path in folder.iterdir()) == ["reviewer-1.html", "reviewer-2.html"]
    assert default_key(folder) == key
    assert key.stat().st_mode & 0o077 == 0
    opened = open_review(folder, key)
    assert [packet.reviewer for packet in opened.packets] == ["reviewer-1", "reviewer-2"]
    assert len(read_ballots(ballots, [opened])) == 2


@pytest.mark.parametrize("name", ["review/key.json", "review/deep/er/key", "review/../review/k.json"])
def test_a_key_is_never_written_among_the_packets(tmp_path, name):
    """Whatever it is called."""
    with pytest.raises(ReviewError, match=r"reveals who is who, so it must not be in .*review, which reviewers get"):
        write_review(review_of(tmp_path), tmp_path / "review", tmp_path / name)

    assert not (tmp_path / "review").exists()


def test_a_key_that_was_put_among_the_packets_is_found(files):
    """Under any name, also edited, also when another key is named."""
    folder, key, _ = files
    (folder / "notes.txt").write_text(key.read_text().replace('"seed":7', '"seed":"x"'))

    with pytest.raises(ReviewError, match=r"notes\.txt: is a key, in the folder that reviewers get"):
        open_review(folder, key)


def test_a_review_is_not_written_over_another(tmp_path, files):
    """Its votes would be lost."""
    folder, key, _ = files
    before = key.read_bytes()

    with pytest.raises(ReviewError, match="already exists"):
        write_review(review_of(tmp_path), folder, key)
    with pytest.raises(ReviewError, match="already exists"):
        write_review(review_of(tmp_path), folder, tmp_path / "other.json")
    assert key.read_bytes() == before
    assert not (tmp_path / "other.json").exists()


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("seed",), 8),
        (("run",), "0008"),
        (("cases", 0, "weight"), 2.0),
        (("cases", 0, "group"), "g"),
        (("left_out", "failed"), 5),
        (("candidate", "adapter"), "other"),
        (("packets", 0, "pairs", 0, "kind"), "repeat"),
        (("packets", 1, "pairs", 3, "case_id"), "talk-999"),
        (("packets", 1, "pairs", 3, "planted"), "b"),
        (("secret",), "0" * 64),
        (("packets", 0, "commitment"), "0" * 64),
        (("packets", 0, "page"), "0" * 64),
        (("packets", 0, "packet"), "0" * 64),
        (("packets", 0, "reviewer"), "reviewer-2"),
        (("packets", 0, "reviewer"), "reviewer-9"),
        (("format",), 2),
    ],
)
def test_an_edited_key_is_refused_by_name(files, steps, value):
    """Whatever was changed in it."""
    folder, key, _ = files
    edited(key, steps, value)

    with pytest.raises(ReviewError, match=r"review\.key\.json|reviewer-.\.html"):
        open_review(folder, key)


def test_a_swapped_side_in_the_key_is_refused(files):
    """Even one."""
    folder, key, _ = files
    side = json.loads(key.read_text())["packets"][0]["pairs"][0]["a"]
    edited(key, ("packets", 0, "pairs", 0, "a"), other(side))

    with pytest.raises(
        ReviewError, match=r"review\.key\.json: was edited: the commitment in .*-1\.html is to another key"
    ):
        open_review(folder, key)


def test_the_key_of_another_review_is_refused(tmp_path, files):
    """Also of the same run."""
    folder, _, _ = files
    other = tmp_path / "second"
    write_review(review_of(tmp_path, 12, reviewers=2, seed=8), other, default_key(other))

    with pytest.raises(ReviewError, match=r"second\.key\.json: is the key of another review than .*reviewer-1\.html"):
        open_review(folder, default_key(other))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"format":1}', b"[" * 100_000])
def test_what_is_no_key_is_refused(tmp_path, content):
    """By name, with what to do."""
    (tmp_path / "key.json").write_bytes(content)

    with pytest.raises(ReviewError, match=r"key\.json: is not a key: .*restore the file that was built"):
        read_key(tmp_path / "key.json")


def test_a_missing_key_says_how_to_name_it(files):
    """With --key."""
    folder, key, _ = files
    key.unlink()

    with pytest.raises(ReviewError, match=r"review\.key\.json: no such file; it should be the key; name it with --key"):
        open_review(folder, key)


@pytest.mark.parametrize(
    ("old", "new"),
    [("Question 3?", "Question 4?"), ("short answer", "long answer"), ("<title>", "<title> "), ("</html>", "")],
)
def test_an_edited_packet_is_refused_by_name(files, old, new):
    """Its words, its answers, or the page around them."""
    folder, key, _ = files
    page = folder / "reviewer-2.html"
    assert old in page.read_text()
    page.write_text(page.read_text().replace(old, new, 1))

    with pytest.raises(HarnessError, match=r"^\S*reviewer-2\.html: "):
        open_review(folder, key)


def test_a_missing_or_exchanged_packet_is_refused(files):
    """The reviewers' files belong to their names."""
    folder, key, _ = files
    one, two = folder / "reviewer-1.html", folder / "reviewer-2.html"
    (two).write_bytes(one.read_bytes())

    with pytest.raises(ReviewError, match=r"is the key of another review than .*reviewer-2\.html"):
        open_review(folder, key)
    two.unlink()
    with pytest.raises(ReviewError, match=r"reviewer-2\.html: no such file"):
        open_review(folder, key)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_truncated_ballot_is_refused_by_name(files, cut):
    """Wherever it was cut."""
    folder, key, ballots = files
    ballots[1].write_bytes(ballots[1].read_bytes()[:cut])

    with pytest.raises(ReviewError, match=r"reviewer-2\.ballot\.json: is cut off or not a ballot; ask the reviewer"):
        read_ballots(ballots, [open_review(folder, key)])


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("votes", 0, "choice"), "b"),
        (("votes", 0, "ship_a"), None),
        (("votes", 3, "note"), "better"),
        (("reviewer",), "reviewer-1"),
        (("finished",), False),
        (("checksum",), "0" * 64),
    ],
)
def test_an_edited_ballot_is_refused_by_name(files, steps, value):
    """Its checksum tells."""
    folder, key, ballots = files
    edited(ballots[1], steps, value)

    with pytest.raises(ReviewError, match=r"reviewer-2\.ballot\.json: was edited after it was saved"):
        read_ballots(ballots, [open_review(folder, key)])


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"votes":"\x1b[2J"}', b'{"\\u001b[2J":1}']
)
def test_what_is_no_ballot_is_refused(content):
    """Nothing of it reaches the terminal as it is."""
    with pytest.raises(ReviewError, match=r"^b\.json: ") as refused:
        read_ballot(content, "b.json")

    assert "\x1b" not in str(refused.value)


def test_an_enormous_ballot_is_not_read():
    """It would only cost memory."""
    with pytest.raises(ReviewError, match="20,000,001 bytes, too many for a ballot"):
        read_ballot(b" " * 20_000_001, "b.json")


def test_a_ballot_is_what_the_page_writes(tmp_path):
    """The checksum is of canonical JSON: sorted, no white space, nothing escaped that need not be."""
    one = ballot(
        review_of(tmp_path, 4).packets[0],
        [vote("bad", pair="0a", ship_a=None, ship_b=False, reasons_b=("too long",), note="naïve/\a\u2028é")],
    )
    by_hand = (
        f'{{"commitment":"{one.commitment}","finished":true,"format":1,"packet":"{one.packet}","reviewer":"reviewer-1",'
        '"votes":[{"choice":"bad","note":"naïve/\\u0007\u2028é","pair":"0a","reasons_a":[],"reasons_b":["too long"],'
        '"ship_a":null,"ship_b":false}]}'
    )

    assert checksum(one) == hashlib.sha256(by_hand.encode()).hexdigest()


def test_a_ballot_cast_twice_is_refused(tmp_path, files):
    """Both files are named."""
    folder, key, ballots = files
    copy = tmp_path / "copy.json"
    copy.write_bytes(ballots[0].read_bytes())

    with pytest.raises(ReviewError, match=r"copy\.json: has the same packet as .*reviewer-1\.ballot\.json"):
        read_ballots([*ballots, copy], [open_review(folder, key)])


def test_a_ballot_of_another_packet_is_refused(tmp_path, files):
    """Of another review, say."""
    folder, key, ballots = files
    foreign = review_of(tmp_path, 12, reviewers=1, seed=9)
    ballots[0].write_bytes(msgspec.json.encode(cast(foreign, 0, chosen)))

    with pytest.raises(ReviewError, match=r"reviewer-1\.ballot\.json: is a ballot of another packet"):
        read_ballots(ballots, [open_review(folder, key)])


def test_a_ballot_that_doesn_t_fit_its_packet_is_refused(tmp_path):
    """Unknown pairs, two votes on one, unknown reasons, a false end, another key or reviewer: all rightly summed."""
    review = review_of(tmp_path, 4, reviewers=2)
    packet = review.packets[0]
    good = cast(review, 0, chosen)
    first = good.votes[0]

    def refusal(one: Ballot) -> str:
        sealed = msgspec.structs.replace(one, checksum=checksum(one))
        with pytest.raises(ReviewError) as refused:
            check_ballot(read_ballot(msgspec.json.encode(sealed), "b.json"), packet, "b.json")
        return str(refused.value)

    stranger = msgspec.structs.replace(first, pair="\x1b[2J")
    reason = msgspec.structs.replace(first, reasons_a=("ugly",))
    check_ballot(good, packet, "b.json")
    assert "votes on pair '\\x1b[2J', which its packet doesn't hold" in refusal(ballot(packet, [*good.votes, stranger]))
    assert f"votes 2 times on pair '{first.pair}'" in refusal(ballot(packet, [*good.votes, first]))
    assert "gives the reason 'ugly'" in refusal(ballot(packet, [reason, *good.votes[1:]]))
    assert "is marked as finished, but has votes on only 3 of 4 pairs" in refusal(ballot(packet, good.votes[:3]))
    assert "another packet" in refusal(cast(review, 1, chosen))
    assert "names another key or reviewer" in refusal(msgspec.structs.replace(good, commitment="0" * 64))
    assert "names another key or reviewer" in refusal(msgspec.structs.replace(good, reviewer="reviewer-2"))


def test_an_unfinished_ballot_is_read(tmp_path):
    """With the votes that it has."""
    review = review_of(tmp_path, 4)
    one = ballot(review.packets[0], cast(review, 0, chosen).votes[:2], finished=False)

    check_ballot(one, review.packets[0], "b.json")


def test_a_ballot_that_isn_t_there_is_named(files, tmp_path):
    """As any other file."""
    folder, key, _ = files

    with pytest.raises(ReviewError, match=r"none\.json: can't be read: No such file"):
        read_ballots([tmp_path / "none.json"], [open_review(folder, key)])
