"""Tell that an answer leaves its question open, since the context doesn't tell, and doesn't answer after all."""

import re
from collections.abc import Sequence

from harness.scorers.contexts.absent import plain, says_absent
from harness.scorers.failures.refusal import is_refusal
from harness.scorers.following.sentences import sentences
from harness.scorers.reading.words import words
from harness.text.later import pattern_later

READ = 6_000
"""Characters of an answer that are looked at."""
FEWEST_WORDS = 4
"""Words after "but", from which on something is answered after all."""

_BEFORE = pattern_later(
    r"\b(?:sorry|apolog\w+|unfortunately|thank\w*|thanks|hello|hi|i (?:have )?(?:looked|searched|checked|reviewed"
    r"|read)"
    r"|leider|entschuldigung|tut mir|danke|désolée?|malheureusement|merci|lo siento|lamentablemente|gracias"
    r"|mi dispiace"
    r"|purtroppo|grazie|desculpe|infelizmente|obrigad[oa]|helaas|het spijt|bedankt|к сожалению|извините|спасибо)\b"
    r"|抱歉|对不起|谢谢|申し訳|残念|すみません"
)
_TURN = pattern_later(
    r"(?:^|[,;:\u2013\u2014-] ?|\. )(?:but|however|though|although|nevertheless|nonetheless|that said|still|instead"
    r"|based on (?:general|common|my|other)\b[^,]{0,40}|in general|generally|typically|usually|most likely|probably"
    r"|it is likely"
    r"|aber|jedoch|allerdings|dennoch|trotzdem|mais|cependant|toutefois|pourtant|pero|sin embargo|no obstante|ma"
    r"|però|tuttavia"
    r"|mas|porém|no entanto|contudo|maar|echter|toch|но|однако)[, ]+"
    r"|[，,。]?(?:但是?|不过|然而)|(?:ですが|しかし|ただし)[、，]?"
)
_NO_ANSWER = pattern_later(
    r"(?:however,? |but )?(?:(?:i|we)(?:'d|'ll|'m| can| could| would| will| am| do| may)\b|let me|you (?:can|could"
    r"|may|might|should|will|would|need)"
    r"|please|feel free|if (?:you|there|more)|contact|check|consult|refer|try|see|for (?:more|further)|any\b"
    # what it does say is no answer to what it doesn't
    r"|(?:it|they|these|this|the \w+)(?: (?:does|do|only|just|also|passage|context|document|text))* (?:mention|say"
    r"|state|discuss|note|describ|list"
    r"|provid|cover|focus|talk)"
    r"|sie (?:können|sollten)|du (?:kannst|solltest)|bitte|wenden|(?:ich )?kann ich|vous (?:pouvez|devriez)"
    r"|veuillez|n'hésitez|je peux|puede|puedes"
    r"|por favor|consulte|puedo|puoi|può|si prega|posso|você pode|pode|u kunt|je kunt|gelieve|ik kan|вы можете"
    r"|пожалуйста|обратитесь"
    r"|您可以|你可以|请|建议|我可以|お問い合わせ|[^。]{0,30}ください)"
)


def is_left_open(answer: str, says: Sequence[str] = ()) -> bool:
    """Tell whether an answer says that it can't be told from the context, or refuses, and leaves it at that.

    Only a regret or a few words can come first. What follows "but" or "however" is an answer after all, unless it is
    advice, an offer, or about what the context does say. ``says`` are further texts, of which one anywhere in the
    answer is enough.

    >>> is_left_open("The document does not mention a price."), is_left_open("It is 5 euros. The text doesn't say why.")
    (True, False)
    """
    text = answer[:READ]
    if any(plain(one) in plain(text) for one in says):
        return True
    parts = sentences(text)
    place = next((place for place, part in enumerate(parts) if says_absent(part)), None)
    if place is None:
        return is_refusal(text)
    if any(len(words(part)) >= FEWEST_WORDS and not _BEFORE().search(plain(part)) for part in parts[:place]):
        return False
    return not any(_turns(plain(part)) for part in parts[place:])


def _turns(part: str) -> bool:
    """Tell whether a sentence answers after "but" or its like."""
    for turn in _TURN().finditer(part):
        rest = part[turn.end() :]
        if (
            len(words(rest)) >= FEWEST_WORDS
            and not _NO_ANSWER().match(re.sub(r"^[^\w]+", "", rest))
            and not says_absent(rest)
        ):
            return True
    return False
