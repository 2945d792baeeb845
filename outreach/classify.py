"""What a reply by text means: ordered rules over plain words. A missed opt-out is the one fault not allowed.

An opt-out word suppresses wherever it stands, even in "Can I stop by Friday?"; a person is then asked as well.
"""

import re
import unicodedata
from typing import Literal, NamedTuple

LONGEST = 40_000  # characters; the longest joined SMS holds fewer

Kind = Literal[
    "opt_out", "wrong_number", "deceased", "help", "emergency", "decline", "question", "yes", "other", "empty"
]


class Classification(NamedTuple):
    """`matched` names the rule, never the text; `emergency` words may stand in a reply of any kind."""

    kind: Kind
    immediate_stop: bool
    ask_person: bool
    matched: str
    emergency: bool = False


def classify(text: str) -> Classification:
    """The kind of a reply; a reply longer than any SMS is judged by its two ends."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"
    plain = _plain(text)
    reaction = _REACTION.match(plain)
    said = _answer_in(reaction) if reaction else plain
    if words := _words(said):
        return _by_words(words, said)
    if reaction:
        asks = reaction["verb"].startswith(("questioned", "disliked"))
        kind = "question" if reaction["verb"].startswith("questioned") else "other"
        return Classification(kind, False, asks, "reaction")
    return _without_words(said)


def _without_words(said: str) -> Classification:
    if not said.strip():
        return Classification("empty", False, True, "empty")  # a picture may have come without words
    if _STOP_SIGNS & set(said):
        return Classification("opt_out", True, True, "stop sign")
    if "?" in said:
        return Classification("question", False, True, "question mark")
    return Classification("other", False, True, "no words")


def _by_words(words: list[str], said: str) -> Classification:
    line = " ".join(words)
    emergency = bool(_EMERGENCY.search(line))
    beside = _END_OF_LIFE.sub(" ", line)
    if rule := _opt_out_rule(beside.split(), said):
        return Classification("opt_out", True, emergency or rule != "stop word", rule, emergency)
    for kind, name, pattern in _WRONG_PERSON:
        if pattern.search(_DEVICE_DIED.sub(" ", line)):
            return Classification(kind, True, True, name, emergency)
    if set(words) - _POLITE <= _HELP:
        return Classification("help", False, False, "help word")
    if emergency:
        return Classification("emergency", beside != line, True, "emergency words", True)
    kind, name = _answer(words, line, said)
    return Classification(kind, False, True, name)


def _answer(words: list[str], line: str, said: str) -> tuple[Kind, str]:
    asked = "?" in said
    if _HELP_WANTED.search(line):
        return "help", "help in a sentence"
    if _DECLINE.search(line):
        return "decline", "declines"
    if not asked and _NO & set(words) and set(words) <= _NO | _POLITE | _SMALL_WORDS:
        return "decline", "no"
    if asked or _QUESTION.search(line):
        return "question", "question"
    if words[0] in _YES or _AGREES.search(line):
        return ("question", "yes with a condition") if _CONDITION.search(line) else ("yes", "yes")
    if set(words) <= _YES | _POLITE | _SMALL_WORDS and _YES & set(words):
        return "yes", "yes"
    return "other", "no rule"


# ---- from what was typed to plain words: case, accents, look-alikes, invisible characters, spelled-out letters

_LOOKALIKES = str.maketrans(
    dict(zip("АВСЕНІЈКМОРЅТХУасеіјорѕхуԁԛ", "ABCEHIJKMOPSTXYaceijopsxydq", strict=True))
    | dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧορτυ", "ABEZHIKMNOPTYXoptu", strict=True))
    | dict(zip("тпкмнв", "tnkmhb", strict=True))
    | {"ı": "i", "ɩ": "i", "ⅼ": "l", "ƿ": "p", "ո": "n", "ѕ": "s"}
    | {0x1F1E6 + n: chr(97 + n) for n in range(26)}  # regional indicators
    | {base + n: chr(97 + n) for base in (0x1F150, 0x1F170) for n in range(26)}  # white letters on black
    | dict.fromkeys("'’‘‛′`´ʼ＇", "")
    | dict.fromkeys("“”„‟″«»「」", '"')
    | dict.fromkeys("¿", "?")
    | dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", "")  # letters that show nothing
)
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})


def _plain(text: str) -> str:
    wide = unicodedata.normalize("NFKD", text.translate(_LOOKALIKES)).casefold()
    return "".join(c for c in wide if c.isascii() or unicodedata.category(c) not in _UNSEEN)


_LEET = str.maketrans("01345$@", "oieassa")
_REPEATED = re.compile(r"(.)\1+")


def _words(said: str) -> list[str]:
    """Lower-case words in order; disguised opt-out words are put back into their usual spelling."""
    words = [_undisguised(word) for word in re.findall(r"[a-z0-9$@]+", said)]
    return _joined_pairs(_joined_letters(words))


def _undisguised(word: str) -> str:
    if word.isalpha() or word.isdigit():
        return word
    spelled = word.translate(_LEET)
    return spelled if _is_opt_out_word(spelled) else word.strip("$@") or "$"


def _joined_letters(words: list[str]) -> list[str]:
    """`s t o p` becomes `stop`; other single letters stay as they are."""
    joined: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1:
            run.append(word)
            continue
        joined += _spelled_out(run)
        run = []
        joined += [word] if word else []
    return joined


def _spelled_out(letters: list[str]) -> list[str]:
    spelled = _REPEATED.sub(r"\1", "".join(letters).translate(_LEET))
    if spelled in _OPT_OUT_WORDS:
        return [spelled]
    return next(([word] for word in _LONG_OPT_OUT_WORDS if word in spelled), letters)


def _joined_pairs(words: list[str]) -> list[str]:
    """`st op` and `opt out` become one word."""
    joined: list[str] = []
    for word in words:
        if joined and not _is_opt_out_word(word) and _REPEATED.sub(r"\1", joined[-1] + word) in _OPT_OUT_WORDS:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


# ---- opt-out

# Doubled letters are written once: words are compared with their repetitions taken out.
_LONG_OPT_OUT_WORDS = ("stop", "quit", "unsubscribe", "cancel", "revoke", "optout")
_CANCEL_WORDS = frozenset("cancel cancle cancal cancelar cancela cancele cancelen".split())  # noqa: SIM905
_OPT_OUT_WORDS = _CANCEL_WORDS | frozenset(
    """
    stop stopal stopit quit end endal revoke revoking revocation unsubscribe optout optedout optingout
    stpo sotp tsop stp stopt qiut quti unsub unsubscribed unsubscribing unsubscribeme
    unsuscribe unsubcribe unsubscrib unsubscibe unsubsribe unsubscirbe unsubscribir
    cease desist arret areter alto parar pare paren basta detener detenga detengan deten revocar revoco
    desuscribir desuscribirme desuscribe darsedebaja
    """.split()
)
_NOT_STOP = re.compile(r"stop(?:ed|ing|er|ers|over|light|lights|sign|gap|watch|age)$|(?:non|short|door|back|pit|bus|truck)stop$")


def _is_opt_out_word(word: str) -> bool:
    once = _REPEATED.sub(r"\1", word)
    if once in _OPT_OUT_WORDS:
        return True
    return once.startswith("stop") ^ once.endswith("stop") and not _NOT_STOP.match(once)


_TEXT_WORDS = frozenset("text texts texting txt txts message messages messaging msg msgs sms mensajes textos".split())  # noqa: SIM905
_AROUND_STOP = _TEXT_WORDS | frozenset(
    """
    please pls plz plse thanks thank thx ty you u your ur ok okay yes no hi hello hey sir maam kindly now immediately
    just to all me my us this these those it the number phone cell and i im id a an want would like wish need
    sending from with be am right away asap today already can go ahead will shall must ever again any more anymore
    por favor gracias ya de los las me mis enviar mandar si no hola quiero
    """.split()
)


def _opt_out_rule(words: list[str], said: str) -> str:
    """The name of the first rule that makes a reply an opt-out, or ""."""
    opt_outs = [word for word in words if _is_opt_out_word(word)]
    others = {word for word in words if not _is_opt_out_word(word)}
    if opt_outs and others <= _AROUND_STOP:
        only_cancel = all(_REPEATED.sub(r"\1", word) in _CANCEL_WORDS for word in opt_outs)
        return "cancel alone" if only_cancel and not others & _TEXT_WORDS else "stop word"
    if "".join(word for word in words if word not in _AROUND_STOP) in _OPT_OUT_WORDS:
        return "stop word"
    line = " ".join(words)
    if named := next((name for name, pattern in _PLAIN_LANGUAGE if pattern.search(line)), ""):
        return named
    if opt_outs:
        return "stop word in a sentence"
    if _STOP_SIGNS & set(said):
        return "stop sign"
    return "misspelled stop" if _looks_like_stop([word for word in words if word not in _AROUND_STOP]) else ""


def _looks_like_stop(words: list[str]) -> bool:
    """One word that is one slip away from STOP: a letter too many, missing, changed or swapped."""
    if len(words) != 1 or words[0] in _NOT_SLIPS:
        return False
    word = _REPEATED.sub(r"\1", words[0])
    return word in _SLIPS


def _slips(word: str) -> frozenset[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    return frozenset(
        [a + b[1:] for a, b in cuts if b]
        + [a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1]
        + [a + c + b[1:] for a, b in cuts if b for c in letters]
        + [a + c + b for a, b in cuts for c in letters]
    )


_SLIPS = _slips("stop")
_NOT_SLIPS = frozenset({"top", "step", "shop", "stoop"})
_STOP_SIGNS = frozenset("🛑⛔🚫📵")

_MESSAGES = r"(?:texts?|texting|txts?|messages?|messaging|msgs?|sms|reminders?|notifications?|alerts?|spam|calls?|contact)"


def _pattern(alternatives: str) -> re.Pattern[str]:
    """One pattern, matched at whole words, from alternatives on a line each."""
    lines = [line.strip() for line in alternatives.strip().splitlines()]
    return re.compile(rf"\b(?:{'|'.join(lines)})\b")


_PLAIN_LANGUAGE = (
    (
        "take me off",
        _pattern(r"""
            (?:take|get|remove|delete|drop|cut|pull|scratch) (?:\w+ ){0,4}(?:off|from|out of)\b
            (?:remove|delete|erase|forget|lose|block) (?:me|us|my|our|this|the) ?(?:number|phone|cell|name|info|contact)?
            opt (?:\w+ ){1,3}out|(?:opted|opting) (?:\w+ ){0,2}out|off (?:of )?(?:your|the|this) (?:list|texts?|messages?)
            sa[cq]\w+me de|quit\w+me de|(?:borr|elimin|quit)\w+ (?:mi|este) (?:numero|nombre|telefono)
            (?:dar|den|de)me de baja|dar de baja|me doy de baja
        """),
    ),
    (
        "no more texts",
        _pattern(rf"""
            no (?:more|further|mas) (?:\w+ ){{0,3}}(?:{_MESSAGES}|of (?:this|these)|mensajes?|textos?|llamadas?)
            ^(?:please )?no (?:more|mas)(?: please| thanks| thank you)?$
            (?:enough|basta) (?:of |with |de )?(?:the |these |your |this )?(?:{_MESSAGES}|already|is enough)
            ^(?:thats |that is |ok )?enough(?: please)?$
            no {_MESSAGES}|stop(?:ping|ped)? (?:\w+ ){{0,3}}{_MESSAGES}|ya no (?:mas|me|quiero)|no mas
            (?:discontinue|terminate|halt|suspend|withdraw|end) (?:\w+ ){{0,3}}(?:{_MESSAGES}|consent|permission|me)
            unwanted {_MESSAGES}|too many {_MESSAGES}|sick of (?:\w+ ){{0,3}}{_MESSAGES}
            tired of (?:\w+ ){{0,3}}{_MESSAGES}
        """),
    ),
    (
        "do not text",
        _pattern(rf"""
            (?:dont|do not|donot|dnt|never|please not|pls dont|not to|cant you not) (?:(?:please|ever|you|u|even|keep|be|dare|try|to) ){{0,3}}(?:text|txt|texting|message|messaging|msg|contact|contacting|send|sending|bother|bothering|write|call|calling|spam|harass|sms)(?:ing)?
            (?:dont|do not|never|didnt|did not|no longer|not) (?:want|wish|need|like|care|wanna|ask|asked|sign|signed|agree|agreed|consent|consented|authorize|permit) (?:\w+ ){{0,6}}(?:{_MESSAGES}|contacted|texted|messaged|bothered|anymore|hear from)
            (?:instead of|rather than|not by|not via|prefer not|rather not) (?:\w+ ){{0,2}}{_MESSAGES}
            (?:not|dont|do not) (?:use|do|read|accept|have) (?:texts?|texting|text messages|text messaging|sms)
            no (?:me )?(?:\w+ )?(?:envi|mand|escrib|text|contact|molest|llam|habl)[a-z]*
            no (?:quiero|deseo|necesito) (?:\w+ ){{0,4}}(?:mensajes?|textos?|sms|llamadas?|textees)
            (?:dej|par)\w* de (?:\w+ )?(?:enviar|mandar|escribir|textear|molestar|llamar|contactar)\w*
            quit (?:\w+ )?texting
        """),
    ),
    (
        "leave me alone",
        _pattern(r"""
            leave (?:me|us|my \w+) (?:the \w+ )?(?:alone|be)|let me (?:alone|be)|go away|get lost|buzz off|bug off
            (?:fuck|piss|f|eff|screw) (?:off|you|u)|knock it off|cut it out|lose (?:my|this) number
            (?:block|blocking|blocked|report|reporting|reported) (?:you|this|u|your)|this is (?:spam|harassment|harassing)
            ^(?:spam|scam|harassment|enough|halt|baja|para ya|para|callate)$|stop2\w+|harassing me|im suing|my (?:lawyer|attorney)
            (?:dejenme|dejeme|dejame) (?:\w+ )?(?:en paz|tranquil[oa])|no molest\w+
        """),
    ),
)

# ---- the other kinds

_KIN = (
    "he|she|they|hes|shes|mom|mother|mama|dad|father|papa|husband|wife|spouse|son|daughter|brother|sister|patient"
    "|grandma|grandmother|grandpa|grandfather|aunt|uncle|parent|person|lady|man|owner"
)
_DEVICE_DIED = re.compile(r"\b(?:phone|battery|cell|tablet|computer|car|internet|dog|cat)(?: \w+){0,2} (?:died|dead)\b")
_WRONG_PERSON = (
    (
        "wrong_number",
        "wrong number",
        _pattern(r"""
            (?:wrong|rong|worng|incorrect|wong) (?:number|num|nbr|person|phone|cell|contact|guy|lady|patient|one)
            (?:not|isnt|aint|wasnt) (?:my|his|her|their|the right|the correct|\w+s) (?:number|phone|cell|name)
            not (?:the )?(?:right|correct|intended) (?:number|person|recipient)
            (?:not|aint) (?:me|him|her|he|she|them|that person|this person|the person|a patient|your patient|the patient)
            (?:never been|was never|am not|im not) (?:a |your |the )?(?:patient|client)|never been (?:to|seen)
            (?:number|phone) (?:has |is )?(?:changed|belongs|no longer|now belongs)|changed (?:his|her|their) number
            no longer (?:his|her|their|has|have|belongs|uses?|at this|lives?|works?)
            (?:doesnt|does not|dont|do not) (?:live|work|have|use|own) (?:\w+ )?(?:here|this number|this phone|anymore)
            (?:dont|do not) know (?:him|her|them|that person|this person|anyone|anybody|any|a \w+ (?:named|by))
            never heard of|no(?:body| one) (?:here |\w+ )?(?:by|named|with|called)
            mistaken (?:number|identity)|(?:just )?got (?:this|a new) (?:number|phone number)
            (?:numero|telefono|persona) (?:equivocad[oa]|incorrect[oa]|erroneo)|equivocad[oa]|se equivoc[a-z]+
            no soy (?:yo|el|ella|esa|ese|la|un|una|su|paciente)|no (?:lo|la|los) conozco|no conozco a
            no es (?:mi|su|el) (?:numero|telefono)|ya no (?:tiene|usa|vive)
        """),
    ),
    (
        "deceased",
        "deceased",
        _pattern(rf"""
            pass(?:ed)? away|passed on|deceased|demised|(?:is|was|been|hes|shes|are) dead|death certificate
            no longer (?:with us|living|alive)|rest in peace|rip|funeral|obituary|her estate|his estate
            lost (?:my|our|his|her) (?:{_KIN})
            (?:{_KIN}) (?:\w+ ){{0,4}}(?:died|passed|expired)(?! (?:by|out|the|your|my|a|it|me|him|her))
            died (?:in|on|last|yesterday|today|this|of|from|at|two|three|\d+|a|january|february|march|april|may|june)
            ^died$|fallec\w+|murio|(?:ha|habia|esta) muert[oa]|difunt[oa]|en paz descanse|descanse en paz
        """),
    ),
)
_HELP = frozenset({"help", "info", "information", "ayuda", "informacion", "hlp", "halp"})
_HELP_WANTED = re.compile(r"(?<!your )(?<!the )(?<!no )(?<!su )\b(?:help|ayuda|ayudeme|ayudarme|ayudenme)\b(?! needed)")
_EMERGENCY = _pattern(r"""
    911|988|emergency|emergencia|ambulance|ambulancia|suicid\w+
    chest (?:\w+ ){0,2}(?:pains?|hurts?|hurting|tight\w*|pressure)|(?:pains?|pressure|tight\w*) in (?:\w+ )?chest
    heart attack|(?:having|had|have) a stroke|stroke symptoms|face (?:is )?droop\w*
    (?:cant|cannot|can not|trouble|difficulty|hard time|hardly|barely|hard to|not|stopped|isnt) (?:breath\w*|breathing)
    short(?:ness)? of breath|out of breath|unconscious|unresponsive|passed out|fainted|seizures?|overdos\w+
    (?:kill\w*|hurt\w*|harm\w*|shoot\w*|cut\w*) (?:myself|himself|herself|me)|self harm|(?:want|wanna|ready|going) (?:to )?die
    (?:dont|do not) want to (?:live|be alive|be here)|end (?:my|it|his|her|this) (?:own )?(?:life|all)|better off dead
    (?:bleeding|blood) (?:\w+ ){0,2}(?:badly|heavily|everywhere|a lot|bad)|(?:wont|cant|not) (?:\w+ )?bleeding|bleeding out
    severe (?:pain|bleeding|headache)|choking|anaphyla\w+|allergic reaction|cant get up|poison\w*|stroke
    dolor (?:de|en el) pecho|duele el pecho|no puedo respirar|no puede respirar|falta de aire|me ahogo|infarto
    derrame|matarme|quiero morir\w*|quitarme la vida|sobredosis|sangrando mucho|convulsion\w*|desmay\w+
""")
_END_OF_LIFE = re.compile(
    r"\b(?:end (?:my|it|his|her|this) (?:own )?(?:life|all)|quit living|quitarme la vida|(?:quit|stop) breathing)\b"
)

_POLITE = frozenset(
    "please pls plz thanks thank thx ty you u sir maam hi hello hey por favor gracias muchas hola dr doctor".split()  # noqa: SIM905
)
_SMALL_WORDS = frozenset(
    """
    i im am good fine thats that is its all right alright ok okay so very much not at this time now de ahora really
    sorry but it to me will do with sounds great go ahead course absolutely would like want do can be of the for a
    perfect cool sure sounds esta bien lo yo un momento today later definitely and just we us my
    """.split()
)
_NO = frozenset({"no", "nope", "nah", "naw", "n", "nop", "noo", "nooo", "negative", "pass", "not"})
_YES = frozenset(
    """
    yes y yeah yep yup yea yess yesss ye ya ok okay okey k kk sure si claro agree agreed accept accepted consent
    approve approved absolutely definitely affirmative correct sii vale acepto autorizo certainly confirm confirmed
    """.split()
)
_DECLINE = _pattern(r"""
    not interested|no interest|(?:i|we|must|will|respectfully|to) decline|declin(?:e|ed|ing)|i refuse|refused?
    (?:dont|do not) (?:consent|agree|authorize|approve|accept|give (?:my )?(?:consent|permission))
    (?:dont|do not|not) (?:want|wish|wanting) (?:to (?:transfer|move|change|switch|participate|continue|do|sign|share|join|follow|go)|my (?:records|chart|info\w*)|this|it|that|any|anything)
    (?:rather|prefer|choose) not|not (?:at this time|right now|for me|now)|no for me|count me out|ill pass|i will pass|i pass
    (?:found|have|got|see|seeing|chose|picked|using|with) (?:a |another |my own |already |a new |new |different ){1,3}(?:doctor|dr|provider|physician|pcp)
    (?:changed|changing|switched|switching) (?:doctors?|providers?|physicians?|drs?)|no longer (?:a|your) patient
    (?:staying|stay) (?:put|here|where|at|with (?:my|the) (?:old|current|present))
    (?:dont|do not) (?:transfer|move|share|release|send) (?:my|any)
    no (?:quiero|gracias|acepto|autorizo|deseo|me interesa)|no estoy (?:interesad[oa]|de acuerdo)|prefiero (?:que )?no
""")
_QUESTION = _pattern(r"""
    ^(?:and |but |so |ok |okay |hi |hello |hey |yes |no )*(?:who|whos|what|whats|when|whens|where|wheres|why|how|hows|which|is|are|can|could|does|did|should|would|may i|will (?:i|you|my|the|there|it|this|dr|he|she|we)|do (?:i|you|we|they)|am i|have you|has)
    ^(?:hola )?(?:que|quien|cuando|donde|como|por que|cual|cuanto|puedo|puede|tengo que|es esto|esto es)
    question|questions|pregunta|confused|confusing|not sure|unsure|wonder\w*|idk|dont understand|do not understand
    no entiendo|no se|no estoy segur[oa]|(?:dont|do not|didnt) (?:know|get)|maybe|perhaps|depends|explain|tell me|let me (?:know|think)
    need to know|want to know|need more|more info\w*|think about|call me|call back|please call|llame\w*|llam[ae]me
    (?:doesnt|does not|didnt|isnt|is not|wont|wouldnt|cant|cannot|not) (?:work\w*|open\w*|load\w*|click|see|find|access|log)
    link|error|no funciona|no abre|quisiera saber|tal vez|quizas
""")
_AGREES = _pattern(r"""
    ^(?:i |we )?(?:agree|consent|accept|approve|authorize)|i (?:do )?(?:agree|consent|accept|authorize|approve)
    sounds good|of course|go ahead|please do|por supuesto|de acuerdo|esta bien|estoy de acuerdo|count me in
    (?:want|would like|wish|like|love|happy) to (?:stay|continue|keep|follow|move|come|remain|transfer|go) with
    ^(?:ill|i will) (?:follow|come|move|go) with|please (?:transfer|move|send) my|quiero (?:seguir|continuar)
    ^(?:done|all done|its done|filled it out|completed)|will do|si quiero
""")
_CONDITION = re.compile(r"\b(?:but|not|dont|however|only|unless|if|except|cant|wont|pero|solo|excepto|until|unsure)\b")

# ---- reactions, which phones without the feature show as a quotation of our own text

_REACTION = re.compile(
    r"""\s*(?P<verb>(?:dis)?liked|loved|laughed\ at|emphasi[sz]ed|questioned|removed\ an?\ [a-z ]{1,25}from
      |reacted\ (?:with\ )?[^a-z0-9"]{1,12}\ ?to|reacted\ to|[^a-z0-9"]{1,12}to|added\ [^"]{1,20}to
      |(?:le|te|me|les)\ (?:ha\ )?(?:gusto|gusta|gustado|encanto|encanta|encantado|dio\ risa)|se\ rio\ de|destaco|enfatizo)
      \s*"(?P<echo>.*)"(?P<rest>.*)$""",
    re.DOTALL | re.VERBOSE,
)
_INSTRUCTION = re.compile(r'\b(?:reply|text|txt|send|responda|envie|conteste)\b[^."]{0,20}\bstop\b[^."]{0,40}')
_WITH_EMOJI = re.compile(r"^\s*with\s+[^a-z0-9]+$")


def _answer_in(reaction: re.Match[str]) -> str:
    """What the person added to a reaction; a quoted text that is nothing but an opt-out counts as said."""
    echo, rest = _INSTRUCTION.sub(" ", reaction["echo"]), reaction["rest"]
    if _opt_out_rule(_words(echo), "") in ("stop word", "cancel alone"):
        return f"{echo} {rest}"
    return "" if _WITH_EMOJI.match(rest) else rest
