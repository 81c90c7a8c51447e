"""What a model that wrote the answers left in them: refusals, talk of itself, thinking."""

import re

from harness.data.checks.noise.markup import Span, has_any
from harness.scorers.failures.refusal import is_refusal
from harness.scorers.reading.reasoning import REASONING_TAG

_DECLINES = (
    *("n't", "not", "unable", "sorry", " ai", "model", "refus", "declin", "apolog", "against", "unfortunately"),
    *("won", "beyond", "outside", "only ", "never", "must", "lack", "without", "nicht", "leider", "kein", "nein"),
    *("pas ", "désolé", "no ", "lo siento", "non ", "mi dispiace", "purtroppo", "desculp", "niet", "geen", "helaas"),
)
"""Without any of these at its start, and in ASCII, no answer refuses in any of the languages: to read on is slow."""
_ITSELF = re.compile(
    r"\b(?:as an?|i am an?|i'm an?|being an?|i'm just an?) (?:(?:large|helpful|virtual) )?"
    r"(?:ai\b|artificial intelligence|(?:large )?language model|llm\b|chatbot)"
    r"|\b(?:my (?:knowledge|training(?: data)?) (?:cut-?off|only goes)|as of my last (?:knowledge |training )?update"
    r"|(?:i am|i'm|as|being|called|named) chatgpt"
    r"|(?:trained by openai|developed by (?:openai|anthropic|google|meta|deepseek|alibaba)))\b"
    r"|\bals (?:eine? )?(?:ki\b|künstliche intelligenz|sprachmodell)|\ben tant qu(?:e |')(?:ia\b|modèle de langage)"
    r"|\bcomo (?:una? )?(?:ia\b|inteligencia artificial|modelo de lenguaje)",
    re.IGNORECASE,
)
_ITS_WORDS = (
    "an ai",
    "artificial intel",
    "language model",
    "llm",
    "chatbot",
    "cutoff",
    "cut-off",
    "only goes",
    "last update",
    "knowledge update",
    "training update",
    "chatgpt",
    "trained by",
    "developed by",
    "sprachmodell",
    "ine ki",
    "ls ki",
    "künstliche",
    "modèle de lang",
    "que ia",
    "como ia",
    "una ia",
    "inteligencia art",
    "modelo de leng",
)
"""Without any of these, no answer speaks of itself."""
_ABOUT_ITSELF = re.compile(
    r"\b(?:ai|artificial intelligence|language models?|llms?|chatbots?|chat-?gpt|gpt-?\d|openai|who are you"
    r"|what are you"
    r"|ki|künstliche intelligenz|sprachmodelle?n?|ia|intelligence artificielle|modèles? de langage"
    r"|inteligencia artificial|modelos? de lenguaje"
    r"|are you an?|robots?)\b",
    re.IGNORECASE,
)
_TAG = re.compile(REASONING_TAG, re.IGNORECASE)
_THINKING = re.compile(
    r"\s*(?:(?:okay|ok|alright|hmm+|well|so|first)[,.…]* ?){0,3}"
    r"(?:let(?:'|\u2019)?s think (?:about (?:this|it) )?(?:step by step|carefully|through)"
    r"|let me (?:think|break (?:this|it) down|work through|analy[sz]e|figure|consider (?:the|this))\b[^.\n]{0,60}"
    r"|the user(?:'s| is)? (?:wants?|asks?|asking|asked|says?|provided|needs?)\b|they(?:'re| are)? (?:asking|want me)\b"
    r"|(?:i|we) (?:need|have) to (?:respond|answer the user|figure out what)\b|hmm+[,.… ])",
    re.IGNORECASE,
)
OPENING = 400
"""Characters of an answer in which a refusal begins."""


def refuses(text: str) -> bool:
    """Tell whether an answer refuses; see ``is_refusal``, which reads ten languages."""
    start = text[:OPENING]
    return (not start.isascii() or has_any(start, _DECLINES)) and is_refusal(text)


def itself_in(text: str, asked: str) -> Span | None:
    """Return where an answer says that a model wrote it, unless that was asked."""
    found = _ITSELF.search(text) if has_any(text, _ITS_WORDS) else None
    return found.span() if found and not _ABOUT_ITSELF.search(asked) else None


def thinking_tag_in(text: str) -> Span | None:
    """Return where a tag of reasoning is, such as ``<think>``."""
    if "<" not in text and "[" not in text:
        return None
    found = _TAG.search(text)
    return found.span() if found else None


def thinking_in(text: str) -> Span | None:
    """Return where an answer begins with thinking aloud, such as "Okay, so the user wants"."""
    found = _THINKING.match(text)
    return found.span() if found else None
