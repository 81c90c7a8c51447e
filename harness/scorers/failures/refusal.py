"""Tell from its first words that an answer refuses, in ten languages. Precise rather than complete.

What counts is "I can't" with a verb of helping or answering, after any number of regrets: a letter that begins with
"I'm sorry to hear that" or "Unfortunately, I can't attend" is not a refusal.
"""

import re

OPENING = 300
"""Characters that are looked at. A refusal says so at once; what comes later is the answer."""

_FIRST_WORDS = (
    # English
    (
        r"i'?(?:m| am) (?:\w+ )?(?:sorry|afraid)|sorry|(?:my )?apologies|i (?:\w+ )?apologi[sz]e|unfortunately|but",
        (
            r"(?:i (?:really |simply )?(?:can't|can ?not|won't|will not|could ?n[o']t)"
            r"|i(?:'m| am) (?:unable|not able) to|it (?:is|would be) (?:not |in)(?:possible|appropriate) for me to)"
            r" (?:\w+ly )?(?:be able to )?(?:help|assist|provide|fulfil|comply|answer|do (?:that|this)|create|write"
            r"|generate|produce|discuss|engage|share|offer|give|respond|continue|participate|complete|process|browse|translate)"
            r"|i (?:must|have to) (?:\w+ly )?decline|i (?:refuse|decline) to\b"
            r"|as an? (?:\w+[ -]){0,2}(?:ai|language model|chatbot)\b[^.]{0,60}?\bi"
            r"(?: can ?not| can't| don't| do not| lack|(?:'m| am) (?:not|unable))\b"
        ),
    ),
    # German
    (
        r"(?:es )?tut mir (?:sehr )?leid|leider|entschuldigung|aber",
        (
            r"(?:ich (?:kann|darf)|(?:\w+ ){0,3}(?:kann|darf) ich)\b[^.!?]{0,80}\b(?:nicht|kein\w*)\b[^.!?]{0,60}"
            r"(?:helf|behilflich|unterstütz|antwort|erfüll|bereitstell|nachkomm|erstell|schreib|anbiet)"
            r"|als (?:ki|ai|sprachmodell|künstliche intelligenz)\b[^.!?]{0,60}\bich\b[^.!?]{0,60}\b(?:nicht|kein\w*)\b"
        ),
    ),
    # French
    (
        r"(?:je suis )?(?:vraiment )?désolée?|malheureusement|je m'excuse|mais",
        (
            r"je (?:ne )?(?:peux|puis|suis) (?:malheureusement )?pas (?:en mesure d|capable d)?[e']?\s?"
            r"(?:vous |t'|te )?(?:aider|répondre|fournir|assister|satisfaire|créer|générer|écrire|donner)"
            r"|en tant qu(?:'|e )(?:ia|intelligence artificielle|assistant\w*|modèle de langage)\b[^.!?]{0,60}je ne\b"
        ),
    ),
    # Spanish
    (
        r"lo siento(?: mucho)?|lamentablemente|disculpa|perdona|pero",
        (
            r"(?:yo )?no puedo (?:ayudar|asistir|proporcionar|responder|cumplir|generar|crear|escribir|ofrecer)"
            r"|como (?:una )?(?:ia|inteligencia artificial|modelo de lenguaje)\b[^.!?]{0,60}\bno (?:puedo|tengo)"
        ),
    ),
    # Italian
    (
        r"mi dispiace|purtroppo|spiacente|ma",
        (
            r"(?:io )?non posso (?:aiutar|fornir|rispond|assister|soddisf|crear|generar|scriver|offrir)"
            r"|(?:come|in quanto) (?:ia|intelligenza artificiale|modello linguistico)\b[^.!?]{0,60}\bnon (?:posso|ho)"
        ),
    ),
    # Portuguese
    (
        r"desculpe?|sinto muito|lamento|infelizmente|mas",
        (
            r"(?:eu )?não (?:posso|consigo) (?:te |lhe |o |a )?"
            r"(?:ajudar|fornecer|responder|atender|criar|gerar|escrever|oferecer|fazer isso)"
            r"|como (?:uma? )?(?:ia|inteligência artificial|modelo de linguagem)\b[^.!?]{0,60}\bnão (?:posso|tenho)"
        ),
    ),
    # Dutch
    (
        r"het spijt me|sorry|helaas|maar",
        (
            r"(?:ik kan|kan ik)\b[^.!?]{0,60}\b(?:niet|geen)\b[^.!?]{0,40}"
            r"(?:help|antwoord|verstrek|voldoe|schrijv|bieden)"
            r"|als (?:ai|taalmodel|kunstmatige intelligentie)\b[^.!?]{0,60}\bik\b[^.!?]{0,60}\b(?:niet|geen)\b"
        ),
    ),
    # Russian
    (
        r"извини(?:те)?|прости(?:те)?|к сожалению|мне (?:очень )?жаль|но",
        (
            r"я не (?:могу|смогу) (?:вам |тебе |с этим )?"
            r"(?:помо|предоставить|ответить|выполнить|создать|написать|обсуждать)"
            r"|как (?:ии|искусственный интеллект|языковая модель)\b[^.!?]{0,60}\bне (?:могу|имею)"
        ),
    ),
    # Chinese
    (
        r"(?:很|非常|真的)?(?:抱歉|对不起|對不起|不好意思)|但是?",
        (
            r"我?(?:无法|無法|不能|没有办法|没法)(?:为您|为你|帮|提供|回答|协助|满足|完成|生成|讨论|處理|处理)"
            r"|作为(?:一个|一名)?(?:ai|人工智能|(?:大型?)?语言模型)[^。]{0,20}(?:无法|不能|没有)"
        ),
    ),
    # Japanese
    (
        "大変",
        (
            r"(?:申し訳(?:ありません|ございません|ない)|すみません|ごめんなさい)[^。]{0,40}"
            r"(?:お手伝い|お答え|回答|提供|対応|お応え)[^。]{0,8}(?:できません|かねます)"
        ),
    ),
)
_REFUSAL = re.compile(
    "|".join(rf"(?:(?:{regret})\b[\s,.;:!*_–—、，。！-]*+){{0,4}}+(?:{no})" for regret, no in _FIRST_WORDS)
)
_BEFORE = "\"'*_#>`([{-–—“”„«»「 "


def is_refusal(text: str) -> bool:
    """Tell whether an answer begins by refusing.

    >>> is_refusal("I'm sorry, but I can't help with that."), is_refusal("I'm sorry to hear that you can't log in.")
    (True, False)
    """
    opening = " ".join(text[:OPENING].casefold().replace("’", "'").split()).lstrip(_BEFORE)
    return _REFUSAL.match(opening) is not None
