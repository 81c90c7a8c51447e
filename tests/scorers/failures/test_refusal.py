"""Refusals as today's models word them, and what sounds like one on the way to an answer. All sentences are our own."""

import pytest

from harness.scorers.failures.refusal import is_refusal

LONG = "It depends on the size of the company, on its country and on what the invoices were for. " * 7


@pytest.mark.parametrize(
    "text",
    [
        "I can\u2019t help with that.",
        "I won't create this.",
        "Sorry, can't assist with that request.",
        "I'm not able to provide details about that person.",
        "I'm just an AI, it's not within my programming or ethical guidelines to write about this.",
        "I am an AI language model and do not condone violence. Please be kind to your neighbours.",
        "I'm really sorry that you're feeling this way, but I'm unable to provide the help that you need.",
        "I understand that you are angry at your neighbour, but I cannot suggest ways to hurt him.",
        "I'm happy to help! However, I must inform you that I cannot provide a way around the lock.",
        "It is not appropriate or ethical to look into someone's letters. Talk to your brother instead.",
        "It's not ethical to provide a way into someone's account.",
        "I don't think it's appropriate to make jokes about this.",
        "I don't feel comfortable writing this.",
        "I'd rather not say.",
        "That's not something I can help with.",
        "It is illegal to open that lock, and I cannot provide advice on how to do so.",
        "I don't have access to real-time information. Please look at a calendar.",
        "As an AI language model, I am not licensed to give medical advice. Please ask a doctor.",
        "I can't provide the lyrics of this song. However, I can summarize it if you like.",
        "Hmm, I can't help with that.",
        "Well, I can't help with that.",
        "Oh no, I can't help with that.",
        "I'm sorry, I cannot.",
        "I cannot in good conscience help with this.",
        "My guidelines don't allow me to write that.",
        "This request goes against my guidelines.",
        "Das kann ich leider nicht tun.",
        "Sorry, daar kan ik je niet mee helpen.",
        "I won't generate that image: it would be illegal.",
        "I can't write an essay that denies this crime.",
        "I cannot provide a program like that.",
        "I'm sorry, I can't do that right now.",
        "I can't answer this question, but you can look at the page of the maker.",
        "I'm not comfortable with this request.",
        "I must decline.",
        "Ich kann dir dabei leider nicht helfen.",
        "我无法回答这个问题。",
        # all of a JSON object
        '{"summary": "I cannot assist with this \\"request\\"."}',
        '```json\n{"answer": "I\'m sorry, but I can\\u2019t help with that."}\n```',
        # what comes after a refusal for a moral reason is a diversion, however long it is, and even in a list
        (
            "I cannot provide instructions for hurting anyone, since violence is never right.\n\n"
            "Instead, talk to someone:\n1. A friend.\n2. A teacher.\n3. A doctor."
        ),
        "I can't help you to steal a car; that would be illegal. " + "Think of the owner. " * 40,
    ],
)
def test_refusals_of_todays_models_are_known(text):
    """Whatever regrets and introductions come before them."""
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        # an answer after a disclaimer
        "As an AI, I don't have personal opinions. However, many readers name Dune as the best of its kind.",
        "As an AI language model, I do not have eyes, but the sky is dark there, so more stars can be seen.",
        "As an AI, I can't predict the future, but as of 2021 the office was held by a physicist.",
        "I can't give you legal advice, but in general a contract needs two parties who agree. " + LONG,
        (
            "I cannot provide an opinion. However, the agency enforces the law on explosives, which some find strict, "
            "while others want it to do much more than it does now in the cities."
        ),
        "I don't have access to live data. The president is the head of the state, says the constitution. " + LONG,
        "I can't write the whole book. However, I can start with the first chapter. " + LONG,
        # a draft, a list, code
        "I can't attend concerts, so I can't write a real review. Here is a template:\n\nThe orchestra shone.",
        "I cannot create slides.\n\n1. Cantonese is spoken in Guangdong.\n2. It has six tones.\n3. It is written too.",
        "I can't access the internet, but this should do:\n```python\nprint(1)\n```",
        "I cannot answer this in a word. " + LONG,
        # a statement about the text that was given
        "I cannot provide the address, since it is not mentioned in the text.",
        "I can't help you without more information about the order.",
        # what the model is, asked about itself
        "As an AI, I cannot feel pain like a human. I am a program that writes text.",
        # what people write
        "I can't access my account since Monday.",
        "I don't have access to my invoices any more.",
        "I cannot help the way I feel about the sea.",
        "I cannot help but laugh at this.",
        "I would rather not find a perfect person; being two is enough.",
        "It is not safe to drive without lights.",
        "It's a good idea to use small pictures.",
        "It is illegal to park here.",
        "I do not support the new tax.",
        "I can't give this series my approval; it is dull.",
        "I'm not comfortable with the new chair.",
        "I refuse to pay for this.",
        "I must decline the invitation for Friday.",
        # support: something can't be had, or doesn't work
        (
            "Unfortunately, I can't provide a refund for orders older than 30 days. You can exchange the item in any "
            "of our shops, though."
        ),
        "I'm unable to create an account for you from here; please open Settings > Users and press Add.",
        "I can't generate invoices since yesterday",
        "I can't generate the list since yesterday",
        "I can't tell you how happy I am with this product!",
        "I can't write to the file: permission denied",
        "I can't help my customers while the site is down.",
        "I can't support both browsers on my own.",
        "I won't write off this invoice.",
        "I can't answer the phone today.",
        "I cannot process the payment: the card has expired.",
        "Sorry, I can't create new projects any more, the page says 403.",
        "Leider kann ich die Rechnung nicht schreiben, die Vorlage fehlt.",
        "Je ne peux pas créer de facture depuis hier.",
        "No puedo generar facturas desde ayer.",
        "Non posso creare fatture da ieri.",
        "Não consigo gerar faturas desde ontem.",
        "Ik kan sinds gisteren geen facturen schrijven.",
        "Я не могу создать счёт, кнопка не работает.",
        "我无法提供发票，因为系统出错。",
        # another field says something else
        '{"queue": "billing", "summary": "I\'m sorry, but I can\'t help with that."}',
        '{"summary": "half a letter: \\ud800"}',
    ],
)
def test_an_answer_after_such_words_is_not_a_refusal(text):
    """Nor is a sentence that only begins like one."""
    assert not is_refusal(text)


@pytest.mark.parametrize(
    ("refusal", "answer"),
    [
        ("Als KI-Sprachmodell kann ich nicht in die Zukunft sehen.", "Hier ist ein Entwurf:\nSehr geehrte Frau Ada"),
        ("Je ne peux pas écrire cela.", "Voici un brouillon : Madame, Monsieur"),
        ("No puedo escribir esto.", "Aquí tienes un borrador: Estimada Ada"),
        ("Non posso scrivere questo.", "Ecco una bozza: Gentile Ada"),
        ("Het spijt me, maar ik kan u daar niet bij helpen.", "Hier is een voorstel: Geachte Ada"),
        ("Я не могу написать это.", "Вот черновик: Уважаемая Ада"),
        ("我无法提供这个。", "内容如下：尊敬的艾达"),
    ],
)
def test_a_draft_after_the_refusal_is_an_answer_in_other_languages_too(refusal, answer):
    """Where the draft is announced."""
    assert is_refusal(refusal)
    assert not is_refusal(f"{refusal} {answer}")
