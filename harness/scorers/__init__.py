"""The catalogue of scorers. Each is made by a function that reads as a predicate; a plain function is a scorer too.

Right or wrong:
    exact_match      the whole answer is one of the accepted texts
    contains         the answer contains a text
    matches_regex    a pattern is found in the answer
    matches_filtered    what filters leave of the answer is expected, as in lm-evaluation-harness
    number_equals    the last number in the answer is the expected one
    valid_json       the answer is strict JSON
    matches_schema   the answer follows a JSON schema
    field_equals     one field of the JSON answer has the expected value
    parses_as        the answer is YAML, XML, CSV, Python, SQL, a table of Markdown
    predicts_label   the answer names the expected label
    follows_instructions    the answer follows what the case instructs: lengths, words, form, language
    calls_tool       the answer calls the expected functions with accepted arguments
    chooses          the expected option is likelier than the others; nothing is generated
    cites            each claim of the answer cites a passage of the context that exists
    declines         the answer says that the context doesn't tell, where it doesn't
    keeps_to_context    the answer says what the context says, and leaves open what it doesn't
    uses_only        the answer cites the passages that hold it, and no others

From 0 to 1, against a reference text:
    rouge            F-measure of ROUGE-1, ROUGE-2 or ROUGE-L
    bleu             sentence BLEU
    chrf             sentence chrF
    semantic_similarity    cosine of the meanings, English; with a threshold right or wrong
    bertscore        BERTScore by the same model

From 0 to 1, against a context:
    grounded_in      the share of the answer's sentences that the context supports, English

Of all repeats of a case together, around a scorer of single answers
    any_right        at least one of k answers is right: pass@k
    all_right        all of k answers are right
    majority         the score of what most answers say

Of all answers together, for ``floor`` and ``max_drop``:
    macro_f1         mean of the labels' F1
    corpus_bleu      BLEU of all answers

Quantities, of which less is better, for ``gate(..., ceiling=)`` and ``gate(..., max_rise=)``:
    latency          seconds to the whole answer, by percentile
    answer_tokens    tokens of the answer, on average
    nats_per_token   how unlikely the expected answer is; nothing is generated

Readers, for ``read=``: which part of the answer is scored
    whole            all of it, without white space at its ends
    unfenced         the inside of the code fence, when the answer is one
    fenced           the inside of the only code fence in it
    embedded_json    the JSON object or array in it; two different ones are refused
    last_json        the last JSON object or array in it
    without_reasoning    all of it but reasoning, as between <think> and </think>

Readers of labels, for ``read=`` of ``predicts_label``:
    bare_label       the label, but for quotes, bold, a full stop and the like
    label_in_text    the only label that is named in a text

For case files:
    expected_from_bfcl   what ``calls_tool`` reads, from a ground truth of the Berkeley Function-Calling Leaderboard

For many answers at once:
    class_table      figures per class of what ``predicts_label`` found
"""

from harness.scorers.calling.expected import expected_from_bfcl
from harness.scorers.cites import cites
from harness.scorers.containing import contains
from harness.scorers.corpus import corpus_bleu, macro_f1
from harness.scorers.declines import declines
from harness.scorers.field import field_equals
from harness.scorers.filtered import matches_filtered
from harness.scorers.follows import follows_instructions
from harness.scorers.grounded import grounded_in
from harness.scorers.json_validity import valid_json
from harness.scorers.keeps_to_context import keeps_to_context
from harness.scorers.labels import predicts_label
from harness.scorers.likelihood import chooses, nats_per_token
from harness.scorers.matching import exact_match
from harness.scorers.number import number_equals
from harness.scorers.overlap import bleu, chrf, rouge
from harness.scorers.parses import parses_as
from harness.scorers.pattern import matches_regex
from harness.scorers.quantities import answer_tokens, latency
from harness.scorers.reading.embedded import embedded_json, last_json
from harness.scorers.reading.fences import fenced
from harness.scorers.reading.label_readers import bare_label, label_in_text
from harness.scorers.reading.readers import unfenced, whole
from harness.scorers.reading.reasoning import without_reasoning
from harness.scorers.repeats import all_right, any_right, majority
from harness.scorers.schema import matches_schema
from harness.scorers.similar import bertscore, semantic_similarity
from harness.scorers.tool_calls import calls_tool
from harness.scorers.uses_only import uses_only
from harness.stats.classes import class_table

__all__ = [
    "all_right",
    "answer_tokens",
    "any_right",
    "bare_label",
    "bertscore",
    "bleu",
    "calls_tool",
    "chooses",
    "chrf",
    "cites",
    "class_table",
    "contains",
    "corpus_bleu",
    "declines",
    "embedded_json",
    "exact_match",
    "expected_from_bfcl",
    "fenced",
    "field_equals",
    "follows_instructions",
    "grounded_in",
    "keeps_to_context",
    "label_in_text",
    "last_json",
    "latency",
    "macro_f1",
    "majority",
    "matches_filtered",
    "matches_regex",
    "matches_schema",
    "nats_per_token",
    "number_equals",
    "parses_as",
    "predicts_label",
    "rouge",
    "semantic_similarity",
    "unfenced",
    "uses_only",
    "valid_json",
    "whole",
    "without_reasoning",
]
