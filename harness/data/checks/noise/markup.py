"""What comes with texts that were copied out of web pages and mailboxes: HTML, signatures, quoted mail.

Each function returns where the first such piece is, or None. In code, and where a conversation is about HTML, tags are
what they should be; so are greetings and signatures in an answer that was asked for a letter.
"""

import re
from collections.abc import Sequence
from html import unescape

Span = tuple[int, int]

READ = 20_000
"""Characters of a text that are read."""
FEWEST_TAGS = 2
"""Tags that only lay out; a single one can be what is spoken of."""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_TAG = re.compile(
    r"</?(?:p|br|div|span|font|b|i|u|em|strong|a|ul|ol|li|table|tbody|tr|td|th|h[1-6]|img|hr|blockquote|center|small|o:p)"
    r"(?: [^<>\n]{0,300})?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"&(?:nbsp|amp|lt|gt|quot|apos|rsquo|lsquo|rdquo|ldquo|ndash|mdash|hellip|#\d{2,5}|#x[0-9a-fA-F]{2,4});"
)
_ABOUT_HTML = re.compile(
    r"\b(?:x?html\w*|css|xml|svg|javascript|jsx|react|php|website|web ?page|tags?|markup|entit(?:y|ies)|escap\w+"
    r"|bold|italics?|underlin\w+|fett\w*|kursiv\w*|unterstr\w+|gras|italique|soulign\w+|negrita|cursiva|subraya\w*"
    r"|(?:writ|creat|generat|erstell|schreib|écri|crée|escrib)\w*\W+(?:\w+\W+){0,2}code)\b",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"^(?:sent from my \w+|sent from (?:outlook|mail|yahoo|proton)\b.*|get outlook for .*|von meinem \w+ gesendet"
    r"|gesendet (?:von|mit) (?:meinem|der) .*|envoyé de(?:puis)? mon .*|enviado desde mi .*"
    r"|inviato da.{1,3}(?:i|mio ).*|verstuurd vanaf mijn .*|-- ?\n(?:[^\n]{1,80}(?:\n|$)){1,8}\Z)",
    re.IGNORECASE | re.MULTILINE,
)
_CONFIDENTIAL = re.compile(
    r"\bthis (?:e-?mail|message|communication)\b[^.]{0,120}\b(?:confidential|intended (?:solely|only|recipient))"
    r"|\bif you are not the intended recipient\b|\bdiese (?:e-?mail|nachricht)\b[^.]{0,120}\bvertraulich",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:kind|best|warm|with (?:kind|best)) regards|regards|best wishes|sincerely|cheers|mit freundlichen grüßen"
    r"|(?:viele|beste|freundliche) grüße|cordialement|bien cordialement|un saludo|saludos|cordiali saluti"
    r"|met vriendelijke groet)[,.!]?[ \t]*\n(?P<name>(?:[^\n]{0,80}(?:\n|$)){2,10})",
    re.IGNORECASE | re.MULTILINE,
)
_CONTACT = re.compile(
    r"^[^\n\[]*(?:\b(?:tel|phone|mobile|fax|mob|cell|telefon)\b[.:]? ?[+(\d]|\bwww\.\w|https?://"
    r"|\w@\w+\.\w|[+(]\d[\d ()/-]{7,}|\b(?:gmbh|ltd|inc|llc|s\.a\.|b\.v\.)(?!\w))",
    re.IGNORECASE | re.MULTILINE,
)
_LETTER = re.compile(
    r"\be-?mails?\b|\bletters?\b|\bmessages?\b|\bsignature|\breply\b|\bresponses?\b|\bdraft|\bwrite\b|\brewrite\b|\bcompose"
    r"|\bbrief\b|\bschreib",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"^(?:>+ ?)?(?:on\b[^\n]{6,120}\n?[^\n]{0,80}\bwrote|am\b[^\n]{6,120}\bschrieb\b[^\n]{0,80}"
    r"|le\b[^\n]{6,120}\ba écrit|el\b[^\n]{6,120}\bescribió"
    r"|op\b[^\n]{6,120}\bschreef[^\n]{0,80}|il\b[^\n]{6,120}\bha scritto) ?:[ \t]*$"
    r"|^-{2,} ?(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht"
    r"|message d'origine|mensaje original) ?-{2,}[ \t]*$"
    r"|^(?:from|von|de|da|van): [^\n]{3,200}\n"
    r"(?:(?:sent|date|to|cc|gesendet|an|datum|envoyé|à|enviado|para): [^\n]{0,200}\n){1,4}"
    r"(?:subject|betreff|objet|asunto|onderwerp|oggetto):"
    r"|(?:^>{2,} ?[^\n>]{3,}\n){2,}",
    re.IGNORECASE | re.MULTILINE,
)


_SIGNED = (
    "sent from",
    "get outlook",
    "gesendet",
    "envoyé",
    "enviado",
    "inviato",
    "verstuurd",
    "--",
    "confidential",
    "intended",
    "vertraulich",
    "regards",
    "best wishes",
    "sincerely",
    "cheers",
    "grüße",
    "cordialement",
    "saludo",
    "saluti",
    "groet",
)
"""Without any of these, no text is signed."""
_QUOTES = (
    "wrote",
    "schrieb",
    "a écrit",
    "escribió",
    "schreef",
    "ha scritto",
    "message-",
    "message -",
    "nachricht-",
    "nachricht -",
    "d'origine",
    "original-",
    "original -",
    "subject:",
    "betreff:",
    "objet:",
    "asunto:",
    "onderwerp:",
    "oggetto:",
    ">>",
)
"""Without any of these, no text quotes a mail."""


def has_any(text: str, words: Sequence[str]) -> bool:
    """Tell whether a text has one of some words, which are in small letters: faster than any pattern."""
    small = text.lower()
    return any(word in small for word in words)


def html_in(text: str, around: str, asked: str = "") -> Span | None:
    """Return where HTML is that lays out a text: one escaped character, or two tags.

    ``around`` is the conversation; ``asked`` what an answer replies to: a tag in it was asked for.
    """
    if "<" not in text and "&" not in text:
        return None
    plain = _blanked(text[:READ])
    escaped = _ENTITY.search(plain)
    tags = list(_TAG.finditer(plain))
    found = escaped or (tags[0] if len(tags) >= FEWEST_TAGS else None)
    if not found or found[0] in asked or _ABOUT_HTML.search(around[:READ]):
        return None
    return found.span()


def unescaped(text: str, around: str, asked: str = "") -> str:
    """Return a text whose escaped characters are written as they are, where it has no other HTML; see ``html_in``.

    A space that must not break is a plain one then. In code, everything stays.

    >>> unescaped("boards &amp; cards", ""), unescaped("<b>a</b> &amp; b", "")
    ('boards & cards', '<b>a</b> &amp; b')
    """
    if html_in(text, around, asked) is None:
        return text
    written, start = [], 0
    for code in (*_CODE.finditer(text), None):
        end = code.start() if code else len(text)
        written.append(_ENTITY.sub(_character, text[start:end]))
        if code:
            written.append(code[0])
            start = code.end()
    whole = "".join(written)
    return text if html_in(whole, around, asked) else whole


def _character(found: re.Match[str]) -> str:
    return unescape(found[0]).replace("\u00a0", " ")


def signature_in(text: str, asked: str) -> Span | None:
    """Return where the signature of an e-mail is; a closing with a name alone is none.

    ``asked`` is what an answer replies to, empty where the text is not an answer.
    """
    if not has_any(text[:READ], _SIGNED):
        return None
    plain = _blanked(text[:READ])
    if found := _SENT_FROM.search(plain) or _CONFIDENTIAL.search(plain):
        return found.span()
    if _LETTER.search(asked[:READ]):
        return None
    for found in _CLOSING.finditer(plain):
        if _CONTACT.search(found["name"]):
            return found.span()
    return None


def quoted_mail_in(text: str) -> Span | None:
    """Return where an earlier mail is quoted: "On ... wrote:", an original message, its headers, two levels of ">"."""
    if not has_any(text[:READ], _QUOTES):
        return None
    found = _QUOTED.search(_blanked(text[:READ]))
    return found.span() if found else None


def _blanked(text: str) -> str:
    """Return a text whose code is blank, everything else where it was."""
    return _CODE.sub(lambda found: " " * len(found[0]), text) if "`" in text else text
