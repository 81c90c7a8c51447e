"""Sentences that say that a context doesn't hold the answer, or that the speaker doesn't know it, in ten languages.

Patterns are matched in small letters, with straight quotes, in one sentence each. A document that doesn't cover, or a
policy that doesn't provide, something in the world is no such sentence, so few nouns count as the context.
"""

import re

from harness.text.later import pattern_later

LONGEST = 600
"""Characters of a sentence that are looked at."""
_CONTEXT = (
    r"(?:(?:provided|given|supplied|retrieved|available|above|attached|following|relevant) )*"
    r"(?:context|passages?|documents?|docs?|texts?|articles?|sources?|excerpts?|snippets?|information|materials?"
    r"|content"
    r"|paragraphs?|knowledge base|search results?)(?: (?:provided|given|above|available|i have|you (?:gave"
    r"|provided)))?"
)
_NOT = r"(?:(?:does|do|did)(?: not|n't)|doesn't|don't|didn't|fails? to|never)"
_TELLS = (
    r"(?:mention|contain|provide|specify|state|say|include|give|tell|indicate|address|discuss|cover|describe|reveal"
    r"|explain|list|answer|have|hold|disclose|clarify)"
)
_TOLD = (
    r"(?:mentioned|stated|provided|specified|given|included|contained|found|available|discussed|covered|addressed"
    r"|listed"
    r"|described|present|disclosed|answered|clear|known)"
)
_ENGLISH = (
    rf"\b{_CONTEXT}(?: (?:above|itself|here|only))? {_NOT} (?:\w+ ){{0,2}}?{_TELLS}"
    rf"|\b(?:it|they|this|that|these|those) {_NOT} (?:\w+ly )?(?:mention|say|specify|state|tell|indicate)\b"
    rf"|\b(?:is|are|was|were)(?: not|n't) (?:\w+ly )?{_TOLD}\b[^.]{{0,60}}?\b(?:in|by|from|within) (?:the|this"
    rf"|these|any|your|my)"
    rf" {_CONTEXT}"
    r"|\bthere (?:is|are|was|were)(?: no|n't (?:any|enough)| not (?:any|enough)) (?:\w+ ){0,2}?(?:information"
    r"|mention|details?"
    r"|answer|reference|indication)\b"
    r"|^(?:[\w ]{0,40}, )?(?:but )?(?:sorry, )?i (?:really |simply |honestly )?(?:don't"
    r"|do not) (?:actually )?know\b(?! (?:if|whether|why) (?:you|i)\b)"
    r"|\b(?:i|we)(?:'m| am| are| was| were)? (?:can't|can ?not|could ?n[o']t|unable to|not able to|did ?n[o']t"
    r"|did not|do not|don't)"
    r" (?:find|locate|see|determine|answer (?:this|that|the|your|it)|tell (?:from|you (?:that|from))|confirm from"
    r"|have (?:enough|sufficient|any)"
    r" (?:\w+ )?(?:information|context|details))\b"
    r"|\b(?:can't|can ?not|could ?n[o']t|could not) be (?:\w+ly )?(?:determined|answered|found|inferred|established"
    r"|derived)\b"
    r"|\b(?:(?:not|isn't|n't) enough|insufficient|no relevant|no (?:specific|explicit)) (?:information|context"
    r"|details)\b"
    r"|^(?:the )?(?:question|this)(?: is|'s) unanswerable\b|^unanswerable\b|\bno (?:answer|information) (?:was "
    r"|is )?(?:found|available|given|provided)\b"
    rf"|^(?:not (?:mentioned|stated|specified|provided|given|available|found|known|in the {_CONTEXT})|no answer"
    rf"|no information|unknown|n/?a)"
    r"(?: in the [\w ]{1,30})?[.!]?$"
)
_OTHERS = (
    # German
    r"\b(?:kontext\w*|text\w*|dokument\w*|quellen?|abschnitt\w*|unterlagen|passagen?|artikel\w*"
    r"|informationen)\b[^.!?]{0,80}\b(?:nicht|kein\w*)\b"
    r"[^.!?]{0,60}(?:hervor|erwähn|enth[aä]lt|genannt|nennt|angegeben|angaben|steht|beantwort|find|auskunft"
    r"|information|entnehmen)"
    r"|\bich weiß (?:es |das )?(?:leider )?nicht\b|\b(?:lässt|lassen) sich\b[^.!?]{0,80}nicht (?:beantworten"
    r"|entnehmen|bestimmen)"
    r"|\b(?:keine|nicht genug|nicht genügend) (?:angaben?|informationen|auskunft)\b"
    r"|\bgeht\b[^.!?]{0,60}\bnicht hervor\b"
    r"|\b(?:wird|werden|ist|sind) (?:im|in den|in der|in dem)\b[^.!?]{0,40}\bnicht (?:erwähnt|genannt|angegeben"
    r"|enthalten|beschrieben)"
    # French
    r"|\bje ne (?:le )?sais pas\b|\b(?:contexte|textes?|documents?|passages?|sources?|extraits?"
    r"|articles?)\b[^.!?]{0,60}\bn(?:e |')[^.!?]{0,30}\b(?:pas|aucune?)\b"
    r"|\b(?:n'est|ne sont|n'a|n'ont) pas (?:été )?(?:mentionn|précis|indiqu|fourni|donné)"
    r"|\b(?:aucune (?:information|mention|précision)|pas (?:d'information|assez d'information))"
    # Spanish
    r"|\bno (?:lo )?sé\b|\b(?:contexto|textos?|documentos?|pasajes?|fuentes?|artículos?"
    r"|fragmentos?)\b[^.!?]{0,60}\bno (?:se )?(?:mencion|conti|proporcion|especific|indic|dice|inclu|encuentr)"
    r"|\bno (?:se (?:menciona|especifica|indica|dice)|est[áa] (?:mencionad|indicad))"
    r"|\bno hay (?:suficiente )?(?:información|mención|datos suficientes)"
    # Italian
    r"|\bnon (?:lo )?so\b|\b(?:contesto|test[oi]|document[oi]|passaggi?o?|font[ei]"
    r"|articol[oi])\b[^.!?]{0,60}\bnon (?:menzion|conten|contien|fornis|specific|indic|dice|riport)"
    r"|\bnon (?:è|viene|vengono|sono) (?:menzionat|specificat|indicat|riportat)|\b(?:nessuna informazione"
    r"|non ci sono (?:abbastanza )?informazioni)"
    # Portuguese
    r"|\b(?:eu )?não sei\b|\b(?:contexto|textos?|documentos?|trechos?|fontes?"
    r"|artigos?)\b[^.!?]{0,60}\bnão (?:mencion|cont|fornec|especific|indic|diz|inform|traz)"
    r"|\bnão (?:é|está|foi|são) (?:mencionad|especificad|indicad|informad)|\bnão há (?:informaç|menção"
    r"|dados suficientes)"
    # Dutch
    r"|\bik weet (?:het|dat) niet\b|\b(?:context|tekst\w*|document\w*|bron\w*|passages?"
    r"|artikel\w*)\b[^.!?]{0,60}\b(?:niet|geen)\b[^.!?]{0,40}(?:vermeld|genoemd|informatie|staat|bevat|gegeven"
    r"|antwoord)"
    r"|\b(?:vermeldt|noemt|bevat|geeft)\b[^.!?]{0,40}\b(?:niet|geen)\b|\b(?:geen|onvoldoende) informatie\b"
    r"|\bwordt niet (?:vermeld|genoemd|beschreven)"
    # Russian
    r"|\b(?:я )?не знаю\b|(?:контекст|текст|документ|источник|отрыв|стать)\w*[^.!?]{0,60}\bне (?:упомина|упомян"
    r"|содерж|указ|сказан|говор|найден)"
    r"|\bне (?:упоминается|указан[аоы]?|сказано)\b|\bнет (?:информации|данных|сведений|упоминан)"
    r"|\bнедостаточно (?:информации|данных)"
    # Chinese
    r"|(?:上下文|文中|原文|文本|资料|資料|文档|文件|文章|材料|段落|提供的)[^。！？]{0,24}(?:没有|沒有|未|并未|無"
    r"|无法|无|不)[^。！？]{0,8}(?:提及|提到|说明|說明|包含|给出|找到|提供|涉及|回答|确定|得知|信息|資訊)"
    r"|(?:没有|沒有|未找到|缺乏|找不到)(?:任何)?(?:相关|相關|足够的?)?(?:信息|資訊|内容|资料|答案)|^(?:抱歉，?"
    r"|对不起，?)?我?不知道|无法(?:从|根据)[^。！？]{0,24}(?:确定|回答|判断|得知|找到)"
    # Japanese
    r"|(?:文脈|文章|本文|資料|文書|コンテキスト|テキスト|情報)[^。！？]{0,40}(?:記載|記述|言及|含まれ|書かれ"
    r"|見つかり|示され)[^。！？]{0,12}(?:ません|ない|なかった)"
    r"|(?:分かり|わかり)ません|情報(?:が|は)[^。！？]{0,6}(?:ありません|見つかりません|不足)"
)
_ABSENT = pattern_later(f"{_ENGLISH}|{_OTHERS}")


def says_absent(sentence: str) -> bool:
    """Tell whether a sentence says that the context doesn't hold what was asked.

    >>> says_absent("The passage does not mention a price."), says_absent("Mars has no rings.")
    (True, False)
    """
    return _ABSENT().search(plain(sentence[:LONGEST])) is not None


def plain(text: str) -> str:
    """Return a text in small letters, with straight quotes, single spaces, and nothing around it."""
    straight = re.sub(r"[\u2019\u2018\u02bc\u00b4`]", "'", text.lower())
    return " ".join(straight.split()).strip('"*_#>-\u2022\u201c\u201d ')
