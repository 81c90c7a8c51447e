"""Numbers that prove themselves by a checksum: payment cards (Luhn, ISO/IEC 7812-1), accounts (IBAN, ISO 13616).

One in ten numbers passes Luhn by chance, so a card must also begin and be as long as those of a known network, and be
written as cards are. Numbers that networks and banks publish as examples are nobody's.
"""

import re
from collections.abc import Iterator

from harness.data.checks.personal.hits import Hit

_NETWORKS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|3(?:0[0-5]|[68]\d|9\d)\d{11}"  # Diners Club
    r"|62\d{14,17}"  # UnionPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}"  # Maestro
)
_CARD = re.compile(
    r"(?<![\w.,+=/-])\d{4}(?:(?P<by>[ -]?)\d{4}(?P=by)\d{4}(?:(?P=by)\d{1,4}){0,2}|[ -]\d{6}[ -]\d{4,5})"
    r"(?![\w-]|[.,]\d)"
)
_REPEATED = re.compile(r"\d{4}(?:(\d)\1*)(?:(\d)\2*)?|(?:(\d)\3{3}){3,4}")
"""Made up: after the first four digits two of them at most, each again and again; or so in each group of four."""
_OTHER_NUMBER = re.compile(
    r"(?:order|invoice|ticket|tracking|track|ref(?:erence)?|parcel|shipment|case|serial|imei|ean|isbn|sku|barcode|id"
    r"|bestell\w*|rechnung\w*|sendung\w*|vorgang\w*)\W{0,3}(?:(?:no|nr|num|number|nummer|id|code)\b)?[\s.:#=-]{0,4}"
    r"(?:is )?$",
    re.IGNORECASE,
)
"""What is before a number that is not a card's."""
_EXAMPLE_CARDS = (
    "4111111111111111 4242424242424242 4012888888881881 4000056655665556 4222222222222 5555555555554444"
    " 5105105105105100 2223003122003222 5200828282828210 378282246310005 371449635398431 378734493671000"
    " 6011111111111117 6011000990139424 3530111333300000 3566002020360505 30569309025904 38520000023237"
    " 36227206271667 6200000000000005 4000000000000002 4917610000000000 5454545454545454 4444333322221111"
)

_IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FO FI GL NL SD FK",
    19: "MK SI",
    20: "AT BA EE KZ XK LT LU MN",
    21: "HR LV LI CH",
    22: "BH BG CR GE DE IE ME RS GB VA",
    23: "GI IL IQ TL AE OM SO",
    24: "AD CZ MD PK RO SA SK ES SE TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO SV GT HU LB NI PL",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
"""Countries by the length of their numbers."""
_LENGTH_IN = {country: length for length, countries in _IBAN_LENGTHS.items() for country in countries.split()}
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_EXAMPLE_IBANS = (
    "DE89370400440532013000 GB82WEST12345698765432 GB29NWBK60161331926819 FR1420041010050500013M02606"
    " NL91ABNA0417164300 CH9300762011623852957 AT611904300234573201 ES9121000418450200051332"
    " IT60X0542811101000000123456 BE68539007547034 PL61109010140000071219812874 SE4550000000058398257466"
    " NO9386011117947 DK5000400440116243 FI2112345600000785 IE29AICE93115212345678 PT50000201231234567890154"
    " LU280019400644750000 DE75512108001245126199 GB33BUKB20201555555555"
)


def cards_in(text: str) -> Iterator[Hit]:
    """Yield each number of a payment card."""
    for found in _CARD.finditer(text):
        number = "".join(filter(str.isdecimal, found[0]))
        if not number.isascii() or number in _EXAMPLE_CARDS.split() or _REPEATED.fullmatch(number):
            continue
        another = _OTHER_NUMBER.search(text, max(found.start() - 40, 0), found.start())
        if _NETWORKS.fullmatch(number) and passes_luhn(number) and not another:
            yield Hit(kind="card", called="the number of a payment card", start=found.start(), end=found.end())


def passes_luhn(number: str) -> bool:
    """Tell whether the last of some digits is the check digit of the others.

    >>> passes_luhn("79927398713"), passes_luhn("79927398714")
    (True, False)
    """
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


def ibans_in(text: str) -> Iterator[Hit]:
    """Yield each number of a bank account."""
    for found in _IBAN.finditer(text):
        country = _LENGTH_IN.get(found[0][:2])
        if country is None:
            continue
        end = _end_of(found[0], country)
        number = found[0][:end].replace(" ", "") if end else ""
        if number and number not in _EXAMPLE_IBANS.split() and passes_mod_97(number):
            yield Hit(kind="iban", called="the number of a bank account", start=found.start(), end=found.start() + end)


def passes_mod_97(number: str) -> bool:
    """Tell whether an IBAN's check digits are right.

    >>> passes_mod_97("GB82WEST12345698765432"), passes_mod_97("GB83WEST12345698765432")
    (True, False)
    """
    moved = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def _end_of(written: str, length: int) -> int:
    """Return where an IBAN of a length ends, as it is written, when a word's end is there; 0 when there is none."""
    seen = 0
    for place, character in enumerate(written, 1):
        seen += character != " "
        if seen == length:
            return place if place == len(written) or written[place] == " " else 0
    return 0
