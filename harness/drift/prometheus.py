"""A drift as text in Prometheus' exposition format, for a pushgateway or the collector of text files.

https://prometheus.io/docs/instrumenting/exposition_formats/. Labels are names of figures, suites and slices alone.
"""

from collections.abc import Iterator, Mapping

from harness.drift.found import Drift
from harness.stats.two_sample import Verdict

CODES: Mapping[Verdict, int] = {"steady": 0, "drifted": 1, "too little to tell": 2}
PREFIX = "tunegate_drift"


def exposition(drift: Drift) -> str:
    """Return the metrics; each has its help and type, and ends in a new line."""
    return "".join(f"{line}\n" for line in _lines(drift))


def escaped(value: str) -> str:
    r"""Return the value of a label: a backslash, a quotation mark and a new line are escaped, and nothing else can be.

    >>> escaped('a"b\\c')
    'a\\"b\\\\c'
    """
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", " ")


def _lines(drift: Drift) -> Iterator[str]:
    suite = {"suite": drift.suite}
    yield from _family("verdict", "0 steady, 1 drifted, 2 too little to tell; of each question")
    for question in drift.questions:
        if question.verdict is not None:
            yield _sample("verdict", {**suite, "question": question.name}, CODES[question.verdict])
    yield from _family("requests", "requests in the logs")
    yield _sample("requests", suite, drift.requests)
    yield from _family("time_seconds", "when the logs were looked at, in seconds since 1970")
    yield _sample("time_seconds", suite, _seconds(drift.time))
    yield from _family(
        "change", "how far a figure is from its reference; its interval at 95 % is change_low to change_high"
    )
    yield from _changes(drift, "change", "mean")
    for end in ("low", "high"):
        yield from _family(f"change_{end}", f"the {end} end of the interval of the change")
        yield from _changes(drift, f"change_{end}", end)
    yield from _judges(drift)
    yield from _family("value", "a figure as it is drawn over the runs")
    for chart in drift.charts:
        if (value := chart.values[-1]) is not None:
            yield _sample("value", {**suite, "figure": chart.figure, "unit": chart.unit}, value)
    yield from _family("alarm", "1 where a figure is beyond its limits over the runs")
    for chart in drift.charts:
        yield _sample("alarm", {**suite, "figure": chart.figure}, int(chart.alarm))


def _changes(drift: Drift, name: str, end: str) -> Iterator[str]:
    for question in drift.questions:
        for one in question.figures:
            if one.change is not None:
                labels = {"suite": drift.suite, "question": question.name, "figure": one.name, "against": one.against}
                yield _sample(name, labels, float(getattr(one.change, end)))


def _judges(drift: Drift) -> Iterator[str]:
    suite = {"suite": drift.suite}
    yield from _family("judge_e_value", "how strong the evidence is that a judge, or what it says of answers, moved")
    for who in drift.judges:
        for of, evidence in (("judge", who.judge_e), ("answers", who.answers_e)):
            yield _sample("judge_e_value", {**suite, "rubric": who.rubric, "of": of}, evidence)
    yield from _family(
        "judge_agreement", "how often a judge agrees with people on labels: now, and when it was checked"
    )
    yield from _agreements(drift, "judge_agreement", "mean")
    for end in ("low", "high"):
        yield from _family(f"judge_agreement_{end}", f"the {end} end of the interval of the agreement at 95 %")
        yield from _agreements(drift, f"judge_agreement_{end}", end)
    yield from _family("who", "1 for what is told of each judge: nobody, judge, adapter, both, too little")
    for who in drift.judges:
        yield _sample("who", {**suite, "rubric": who.rubric, "outcome": who.outcome}, 1)


def _agreements(drift: Drift, name: str, end: str) -> Iterator[str]:
    for who in drift.judges:
        for at, one in (("now", who.agreement), ("check", who.agreement_then)):
            if one is not None:
                yield _sample(name, {"suite": drift.suite, "rubric": who.rubric, "at": at}, float(getattr(one, end)))


def _family(name: str, told: str) -> Iterator[str]:
    yield f"# HELP {PREFIX}_{name} {told}"
    yield f"# TYPE {PREFIX}_{name} gauge"


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    written = ",".join(f'{key}="{escaped(text)}"' for key, text in labels.items())
    return f"{PREFIX}_{name}{{{written}}} {value!r}"


def _seconds(time: str) -> float:
    import datetime as dt

    return dt.datetime.fromisoformat(time).timestamp()
