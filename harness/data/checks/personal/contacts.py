"""Ways to reach a person: e-mail addresses, telephone numbers (by phonenumbers) and public IP addresses.

What can't be a person's is left alone: names and numbers reserved for documentation and fiction (RFC 2606, 5737, 3849;
555 numbers, those that Ofcom keeps for drama), addresses of an office such as "support@", toll-free numbers.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.data.checks.personal.hits import Hit

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

REGION = "US"
"""Where a number without a country is looked up, and only in the way that it is written there."""

_EMAIL = re.compile(r"(?<![\w.+%/:@-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w@])")
_NOBODYS_DOMAIN = re.compile(
    r"(?:(?:.*[.-])?example(?:[.-].*)?|(?:.*\.)?(?:test|invalid|localhost|local|internal)"
    r"|(?:.*\.)?(?:domain|yourdomain|mydomain|company|yourcompany|acme|email|mail|foo|bar|test|sample|xyz|abc)"
    r"\.(?:com|org|net|co|io|edu))"
    r"|.*\.(?:png|jpe?g|gif|svg|webp|js|ts|py|css|html|json|txt|sh|zip|service)",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"(?:(?:no|do[._-]?not)[._-]?reply|info|support|sales|contact|help(?:desk)?|admin|office|service|billing|hello|team"
    r"|press|jobs|careers|hr|(?:post|web|host)master|abuse|security|privacy|legal|marketing|newsletter|feedback|mail"
    r"|orders?|accounts?|customer[._-]?(?:service|care|support)|enquir(?:y|ies)|kontakt|root|git|user(?:name)?|name|you"
    r"|your[._-]?(?:name|e?mail|address)|e?mail|someone|somebody|me|first(?:name)?[._-]?last(?:name)?|john[._-]?doe"
    r"|jane[._-]?doe|max[._-]?mustermann|example|x+|test(?:er|ing)?|foo|bar|sample|abc)\d{0,3}",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.,/=#+$€£%-])(?:\+|\(?\d)[\d ()./\u2010-\u2013-]{6,24}\d(?![\w%])")
_CALLED = re.compile(
    r"(?:phone|tel|telephone|call|mobile|cell|fax|whatsapp|sms|text|dial|ring|reach\w*|number is|contact|telefon\w*"
    r"|handy|mobil|portable|teléfono|móvil|\bt|\bm|\bp)\b[^\n\d+]{0,25}$",
    re.IGNORECASE,
)
_AMERICAN = re.compile(r"(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}")
_FICTION = re.compile(
    r"1?\d{3}555\d{4}|44(?:20|11\d|1\d{3}|7|28)\d*?(?:79460|4960|496|700900|632960|8081570|909879)\d{3,4}"
)
"""Exchange 555 in North America, and what Ofcom keeps for drama."""
_MADE_UP = re.compile(r"(?<!\d)555[ .-]?01\d\d$")
"""In any country: whoever makes up a number ends it so."""
_IP4 = re.compile(r"(?<![\w.+-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{1,4}:{1,2}){3,7}[0-9a-fA-F]{1,4}(?![\w:]|\.\d)")
_GROUP_OF_IP6 = re.compile(r":[0-9a-fA-F]{1,4}:")
_VERSION = re.compile(
    r"(?:\bv|version|ver|release[ds]?|build|firmware|kernel|sdk|driver|patch|update[ds]?|upgrade[ds]?|chapter|section|§"
    r"|[A-Za-z]/)[\s.:=]{0,3}(?:to |from |is |was )?$",
    re.IGNORECASE,
)
_RESOLVERS = frozenset(
    ["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220"]
)
SMALL = 30
"""Four numbers that are all no larger are a version or a section."""


def emails_in(text: str) -> Iterator[Hit]:
    """Yield each e-mail address that can be a person's."""
    if "@" not in text:
        return
    for found in _EMAIL.finditer(text):
        user, _, domain = found[0].partition("@")
        if not (_OFFICE.fullmatch(user) or _NOBODYS_DOMAIN.fullmatch(domain) or user[0] in ".%-" or user[-1] == "."):
            yield Hit(kind="e-mail", called="an e-mail address", start=found.start(), end=found.end())


def phones_in(text: str) -> Iterator[Hit]:
    """Yield each telephone number: international ones, American ones by how they are written, others where one calls.

    Such others are numbers of ``REGION`` after "phone", "call", "tel" and the like.
    """
    for found in _PHONE.finditer(text):
        written = found[0].strip()
        digits = sum(map(str.isdecimal, written))
        odd = not written.isascii() or written.count("(") != written.count(")")
        if not 7 <= digits <= 15 or odd or _MADE_UP.search(written):
            continue
        american = _AMERICAN.fullmatch(written) is not None
        if not (written[0] == "+" or american or _CALLED.search(text, max(found.start() - 40, 0), found.start())):
            continue
        if _is_a_persons(written):
            yield Hit(kind="phone", called="a telephone number", start=found.start(), end=found.end())


def addresses_in(text: str) -> Iterator[Hit]:
    """Yield each IP address that the internet can reach, unless it is that of a well-known name server."""
    for found in _IP4.finditer(text):
        parts = found[0].split(".")
        before = _VERSION.search(text, max(found.start() - 24, 0), found.start())
        if before or found[0] in _RESOLVERS or all(int(part) <= SMALL for part in parts):
            continue
        if _is_public(found[0]):
            yield Hit(kind="ip", called="a public IP address", start=found.start(), end=found.end())
    if not _GROUP_OF_IP6.search(text):
        return
    for found in _IP6.finditer(text):
        if _is_public(found[0]):
            yield Hit(kind="ip", called="a public IP address", start=found.start(), end=found.end())


def _is_public(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


def _is_a_persons(written: str) -> bool:
    """Tell whether a number exists, by phonenumbers, and is neither of a service nor kept for fiction."""
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type

    try:
        number: PhoneNumber = phonenumbers.parse(written, REGION)
    except phonenumbers.NumberParseException:
        return False
    whole = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    if not phonenumbers.is_valid_number(number) or _FICTION.fullmatch(whole):
        return False
    services = {Type.TOLL_FREE, Type.PREMIUM_RATE, Type.SHARED_COST, Type.UAN, Type.VOICEMAIL}
    return phonenumbers.number_type(number) not in services
