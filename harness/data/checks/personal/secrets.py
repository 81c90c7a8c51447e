"""Keys and tokens of the usual services: by the patterns of detect-secrets, and of services that it does not know.

The patterns of its plugins are used one by one: those for words such as "password" and for random letters are left out,
for most of what they find is none, and nothing is asked over the network. ``harness.text.secrets`` is something else:
it hides the secrets that a run knows, by their values.
"""

import base64
import functools
import importlib
import json
import re
from collections.abc import Iterator

from harness.data.checks.personal.hits import Hit
from harness.text.secrets import is_unlike_words

KIND = "secret"
JWT = "a JSON web token"
PLUGINS = {
    "aws.AWSKeyDetector": "a key of AWS",
    "azure_storage_key.AzureStorageKeyDetector": "a key of Azure storage",
    "discord.DiscordBotTokenDetector": "a token of Discord",
    "github_token.GitHubTokenDetector": "a token of GitHub",
    "gitlab_token.GitLabTokenDetector": "a token of GitLab",
    "jwt.JwtTokenDetector": JWT,
    "mailchimp.MailchimpDetector": "a key of Mailchimp",
    "openai.OpenAIDetector": "a key of OpenAI",
    "pypi_token.PypiTokenDetector": "a token of PyPI",
    "sendgrid.SendGridDetector": "a key of SendGrid",
    "slack.SlackDetector": "a token of Slack",
    "square_oauth.SquareOAuthDetector": "a secret of Square",
    "stripe.StripeDetector": "a key of Stripe",
    "telegram_token.TelegramBotTokenDetector": "a token of Telegram",
    "twilio.TwilioKeyDetector": "a key of Twilio",
}
"""Modules and classes of detect-secrets, and what they find."""

_MORE = tuple(
    (re.compile(pattern), called)
    for pattern, called in (
        (r"\bsk-ant-[a-z0-9]{3,10}-[\w-]{20,200}", "a key of Anthropic"),
        (r"\bsk-(?:proj|svcacct|admin|or-v1)-[\w-]{20,250}", "a key of OpenAI or OpenRouter"),
        (r"\bsk-(?=[a-zA-Z]*\d)[a-zA-Z0-9]{32,64}\b", "a key of OpenAI or a service like it"),
        (r"\bhf_[a-zA-Z0-9]{30,40}\b", "a token of Hugging Face"),
        (r"\bAIza[\w-]{35}(?![\w-])", "a key of Google"),
        (r"\bya29\.[\w-]{30,300}", "a token of Google"),
        (r"\bgithub_pat_[A-Za-z0-9_]{60,100}\b", "a token of GitHub"),
        (r"\bnpm_[A-Za-z0-9]{36}\b", "a token of npm"),
        (r"\b[rs]k_live_[0-9a-zA-Z]{20,120}\b", "a key of Stripe"),
        (r"\bgsk_[A-Za-z0-9]{40,60}\b", "a key of Groq"),
        (r"\bdop_v1_[a-f0-9]{64}\b", "a token of DigitalOcean"),
        (r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b", "a token of Shopify"),
        (r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b", "a token of Grafana"),
        (r"\bxapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{20,80}", "a token of Slack"),
        (r"\b(?:hvs|hvb)\.[\w-]{24,200}", "a token of Vault"),
    )
)
_BEGINS = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_ENDS = re.compile(r"-----END [A-Z0-9 ]{1,40}-----")
LONGEST_BODY = 20_000
"""Characters of a private key whose end is missing."""
_AWS = re.compile(r"aws.{0,30}?secret.{0,30}?[\"'=: ](?P<key>[0-9a-zA-Z/+]{40})(?![\w/+])", re.IGNORECASE)
_LOGIN = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s:@/\"'<>]{1,64}:(?P<word>[^\s:@/\"'<>]{8,128})@[\w.-]{1,200}")
SHORTEST, LONGEST = 20, 2_000
"""Characters of a piece without white space, quotation marks and brackets that can be a key or have one."""
_PIECE = re.compile(rf"(?<![^\s\"'`,;(){{}}<>\[\]])[^\s\"'`,;(){{}}<>\[\]]{{{SHORTEST},}}+")
_PERHAPS = re.compile(r"[\w=-]{16}|eyJ|AccountKey=|(?i:xox|hooks\.slack)")
"""What every pattern needs a part of: most addresses of pages have none."""
_PLAIN_ID = re.compile(r"[0-9a-f-]+")
"""Of a request or a trace: there is no key of these characters alone."""
_SIGNATURE = re.compile(r"[\w.-]*")
_KEY_LIKE = re.compile(r"[A-Za-z].*[0-9]|[0-9].*[A-Za-z]")
_PLACEHOLDER = re.compile(
    r"x{4}|X{4}|\*{3}|\.{3}|0{8}|(?:your|my|insert|replace|example|sample|dummy|fake|placeholder|redacted|secret_?key"
    r"|1234567890?|abcdefgh?|0123456789)",
    re.IGNORECASE,
)


def secrets_in(text: str) -> Iterator[Hit]:
    """Yield each key, token, private key, and each password in an address. A placeholder is none."""
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    for found in _LOGIN.finditer(text) if "://" in text and "@" in text else ():
        if is_unlike_words(found["word"]) and not _PLACEHOLDER.search(found["word"]):
            yield _hit("a password in an address", *found.span("word"))
    for found in _AWS.finditer(text) if "secret" in text.lower() else ():
        if not _is_made_up(found["key"]):
            yield _hit("a secret key of AWS", *found.span("key"))
    if max(map(len, text.split()), default=0) < SHORTEST:
        return
    for piece in _PIECE.finditer(text):
        word = piece[0]
        if len(word) <= LONGEST and _PERHAPS.search(word) and _KEY_LIKE.search(word) and not _PLAIN_ID.fullmatch(word):
            yield from _in_piece(word, piece.start())


def _in_piece(piece: str, start: int) -> Iterator[Hit]:
    """Yield what the patterns find in a piece of a text, unless it is part of a longer word."""
    for pattern, called in (*_MORE, *_known()):
        for found in pattern.finditer(piece):
            first, last = found.span()
            if called == JWT and (rest := _SIGNATURE.match(piece, last)):
                last = rest.end()
                if not _is_web_token(piece[first:last]):
                    continue
            if not (piece[first - 1 : first].isalnum() or piece[last : last + 1].isalnum() or _is_made_up(found[0])):
                yield _hit(called, start + first, start + last)


def _private_keys(text: str) -> Iterator[Hit]:
    end = 0
    while found := _BEGINS.search(text, end):
        ends = _ENDS.search(text, found.end(), found.end() + LONGEST_BODY)
        end = ends.end() if ends else min(found.end() + LONGEST_BODY, len(text))
        yield _hit("a private key", found.start(), end)


def _hit(called: str, start: int, end: int) -> Hit:
    return Hit(kind=KIND, called=called, start=start, end=end)


def _is_web_token(text: str) -> bool:
    """Tell whether the first two parts of a JSON web token are JSON."""
    try:
        parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(".")[:2]]
        return all(isinstance(json.loads(part), dict) for part in parts)
    except ValueError:
        return False


def _is_made_up(value: str) -> bool:
    return _PLACEHOLDER.search(value) is not None or len(set(value)) < 10 or not any(map(str.isdigit, value))


@functools.cache
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the patterns of detect-secrets; loading takes 0.3 s.

    The patterns themselves: ``analyze_string`` returns only the prefix of some keys, such as "ghp".
    """
    found = []
    for name, called in PLUGINS.items():
        module, _, detector = name.partition(".")
        plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), detector)()
        found += [(pattern, called) for pattern in plugin.denylist]
    return tuple(found)
