"""Slices, end to end: gated one by one."""

from tests.gating.projects import SUITE, forgetful, right

TAGGED = SUITE.replace("evaluate(exact_match())", 'evaluate(exact_match()).by_tag("size")')


def sums(*tags: str) -> list[dict[str, object]]:
    """Return a case for each string of tags, apart by spaces."""
    return [
        {
            "id": f"sum-{n}",
            "messages": [{"role": "user", "content": f"{n}+1"}],
            "expected": str(n + 1),
            "tags": named.split(),
        }
        for n, named in enumerate(tags)
    ]


def test_slices_are_gated_one_by_one(project):
    """One verdict for each tag, the worst decides, each that did not pass is named, and no measure is left over."""
    run = project(lambda model, question: "?" if model == "mine" and len(question) == 3 else right(model, question))
    run.suite(code=TAGGED, thresholds="max_flips=0")
    run.cases(*sums(*["size-small"] * 10, *["size-large"] * 5, "other", "other"))

    result = run.gate("--junitxml", "junit.xml")

    assert result.ret == 1
    saved = run.run()
    assert [(one["comparison"]["tag"], one["outcome"]) for one in saved["verdicts"]] == [
        ("size-large", "passed"),
        ("size-small", "failed"),
    ]
    assert saved["measures"] == []
    text = result.stdout.str()
    assert "GateFailed: 2 slices by 'size': 1 failed, 1 passed; 2 of 17 cases are in no slice" in text
    lost = "lost 10 cases, more than the allowed 0; asked again twice, they were lost again; beyond chance"
    assert f"exact_match() on 10 cases of size-small: {lost}" in text
    assert (run.folder / "junit.xml").read_text().count('name="slice"') == 2


def test_a_slice_that_may_have_dropped_by_chance_is_inconclusive(project):
    """Two of three lost are not a proof: exit 6, never 0."""
    run = project(forgetful)
    run.suite(code=TAGGED, thresholds="max_flips=0")
    run.cases(*sums("size-small", "size-small", "size-small", "size-large"))

    result = run.gate()

    assert result.ret == 6
    assert "p 0.250 for this slice alone, 0.500 corrected for 2 slices" in result.stdout.str()


def test_slices_by_a_tag_that_no_case_has_are_no_pass(project):
    """A typo breaks the test, with the tags that there are."""
    run = project(right)
    run.suite(code=TAGGED, thresholds="max_flips=0")
    run.cases(*sums("colour-red"))

    result = run.gate()

    assert result.ret == 1
    assert "no case has a tag 'size-...'; the tags are 'colour-red'" in result.stdout.str()
