"""What a reply by text means: ordered rules over plain words. No opt-out may be missed.

An opt-out word suppresses wherever it stands, even in "Can I stop by Friday?"; then a person is asked, too.
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
    """The kind of a reply; one longer than any SMS is judged by its ends and the opt-out words between."""
    if len(text) > LONGEST:
        between = " ".join(_PLAINLY_OPT_OUT.findall(text[LONGEST // 2 : -LONGEST // 2])[:10])
        text = f"{text[: LONGEST // 2]} {between} {text[-LONGEST // 2 :]}"
    plain = _plain(text)
    if reaction := _REACTION.match(plain):
        return _by_reaction(reaction)
    words = _words(plain)
    return _by_words(words, plain) if words else _without_words(plain)


def _by_reaction(reaction: re.Match[str]) -> Classification:
    """A quotation of our own text is nobody's answer; what the person wrote after it is."""
    said = _answer_in(reaction)
    if words := _words(said):
        return _by_words(words, said)._replace(ask_person=True)
    if reaction["verb"].startswith("questioned"):
        return Classification("question", False, True, "reaction")
    return Classification("other", False, reaction["verb"].startswith("disliked"), "reaction")


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
    beside = _END_OF_LIFE.sub(" ", line) if emergency else line
    if rule := _opt_out_rule(beside.split(), said):
        return Classification("opt_out", True, emergency or rule != "stop word", rule, emergency)
    if _WRONG_NUMBER.search(line):
        return Classification("wrong_number", True, True, "wrong number", emergency)
    if _DECEASED.search(_DEVICE_DIED.sub(" ", line)):
        return Classification("deceased", True, True, "deceased", emergency)
    if _HELP & set(words) and set(words) <= _HELP | _POLITE:
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


# ---- from what was typed to plain words

_LOOKALIKES = str.maketrans(
    dict(zip("АВСЕНІЈКМОРЅТХУасеіјорѕхуԁԛ", "ABCEHIJKMOPSTXYaceijopsxydq", strict=True))
    | dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧορτυ", "ABEZHIKMNOPTYXoptu", strict=True))
    | dict(zip("тпкмнв", "tnkmhb", strict=True))
    | {"ı": "i", "ɩ": "i", "ո": "n"}
    | {0x1F1E6 + n: chr(97 + n) for n in range(26)}  # regional indicators
    | {base + n: chr(97 + n) for base in (0x1F150, 0x1F170) for n in range(26)}  # white on black
    | dict.fromkeys("'’‘‛′`´ʼ＇", "")
    | dict.fromkeys("“”„‟″«»「」", '"')
    | dict.fromkeys("¿", "?")
    | dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", "")  # letters that show nothing
)
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})


def _plain(text: str) -> str:
    wide = unicodedata.normalize("NFKD", text.translate(_LOOKALIKES)).casefold()
    return "".join(c for c in wide if c.isascii() or unicodedata.category(c) not in _UNSEEN)


_LEET = (str.maketrans("013457$@", "oieastsa"), str.maketrans("013457$@", "oleastsa"))
_REPEATED = re.compile(r"(.)\1+")


def _once(word: str) -> str:
    """Repeated letters written once: `stoppp` is `stop`."""
    return _REPEATED.sub(r"\1", word)


def _all(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _words(said: str) -> list[str]:
    """Lower-case words in order; disguised opt-out words are put back into their usual spelling."""
    words = [_undisguised(word) for word in re.findall(r"[a-z0-9$@]+", said)]
    return _joined_pairs(_joined_letters(words))


def _undisguised(word: str) -> str:
    if word.isalpha() or word.isdigit():
        return word
    readings = (word.translate(leet) for leet in _LEET)
    return next(filter(_is_opt_out_word, readings), word.strip("$@") or "$")


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
    spelled = _once("".join(letters).translate(_LEET[0]))
    if spelled in _OPT_OUT_WORDS:
        return [spelled]
    return [*letters, *[word for word in _OPT_OUT_WORDS if word in spelled][:1]]


def _joined_pairs(words: list[str]) -> list[str]:
    """`st op` and `opt out` become one word."""
    joined: list[str] = []
    for word in words:
        pair = _once((joined[-1] + word).translate(_LEET[0])) if joined else ""
        if pair in _OPT_OUT_WORDS and not _is_opt_out_word(word):
            joined[-1] = pair
        else:
            joined.append(word)
    return joined


# ---- opt-out

# All in the spelling of `_once`: no letter twice in a row.
_LONG_OPT_OUT_WORDS = ("stop", "quit", "unsubscribe", "cancel", "revoke", "optout")
_CANCEL_WORDS = _all("cancel cancle cancal cancelar cancela cancele cancelen")
_OPT_OUT_WORDS = _CANCEL_WORDS | _all("""
    stop stopal stopit quit end endal revoke revoking revocation unsubscribe optout optedout optingout stpo
    sotp tsop stp stopt stahp stawp qiut quti unsub unsubscribed unsubscribing unsubscribeme unsuscribe
    unsubcribe unsubscrib unsubscibe unsubsribe unsubscirbe unsubscribir cease desist aret areter aretez
    alto parar pare paren basta detener detenga detengan deten detente revocar revoco desuscribir
    desuscribirme desuscribe
""")
_PLAINLY_OPT_OUT = re.compile(rf"\b(?:{'|'.join(sorted(_OPT_OUT_WORDS))})\b", re.IGNORECASE)
_NOT_STOP = re.compile(
    r"stop(?:ed|ing|er|ers|over|light|lights|sign|gap|watch|age)$|(?:non|short|door|back|pit|bus|truck)stop$"
)


def _is_opt_out_word(word: str) -> bool:
    once = _once(word)
    if once in _OPT_OUT_WORDS:
        return True
    return (once.startswith("stop") or once.endswith("stop")) and not _NOT_STOP.match(once)


_TEXT_WORDS = _all("text texts texting txt txts message messages messaging msg msgs sms mensajes textos")
_AROUND_STOP = _TEXT_WORDS | _all("""
    please pls plz plse thanks thank thx ty you u your ur ok okay yes no hi hello hey sir maam kindly now
    just to all me my us this these those it the number phone cell and i im id a an want would like wish
    need immediately sending from with be am right away asap today already can go ahead will shall must ever
    again any more anymore sent iphone ipad android por favor gracias ya de los las me mis enviar mandar si
    no hola quiero
""")


def _opt_out_rule(words: list[str], said: str) -> str:
    """The name of the first rule that makes a reply an opt-out, or ""."""
    opt_outs = [word for word in words if _is_opt_out_word(word)]
    others = {word for word in words if not _is_opt_out_word(word)}
    if opt_outs and others <= _AROUND_STOP:
        only_cancel = all(_once(word) in _CANCEL_WORDS for word in opt_outs)
        return "cancel alone" if only_cancel and not others & _TEXT_WORDS else "stop word"
    if "".join(word for word in words if word not in _AROUND_STOP) in _OPT_OUT_WORDS:
        return "stop word"
    line = " ".join(words)
    if named := next((name for name, pattern in _PLAIN_LANGUAGE.items() if pattern.search(line)), ""):
        return named
    if opt_outs:
        return "stop word in a sentence"
    if _STOP_SIGNS & set(said):
        return "stop sign"
    return "misspelled stop" if _is_a_slip([word for word in words if word not in _AROUND_STOP]) else ""


def _is_a_slip(words: list[str]) -> bool:
    """One word that is one slip from an opt-out word: a letter too many, missing, changed or swapped."""
    return len(words) == 1 and _once(words[0]) in _SLIPS


def _slips(word: str) -> set[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    return set(
        [a + b[1:] for a, b in cuts if b]
        + [a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1]
        + [a + c + b[1:] for a, b in cuts if b for c in letters]
        + [a + c + b for a, b in cuts for c in letters]
    )


_WORDS_OF_THEIR_OWN = _all("top step shop spot quiet quite quilt suit cancer cancel evoke")
_SLIPS = {_once(slip) for word in _LONG_OPT_OUT_WORDS for slip in _slips(word)}
_SLIPS -= _WORDS_OF_THEIR_OWN
_STOP_SIGNS = frozenset("🛑⛔🚫📵")


def _pattern(alternatives: str) -> re.Pattern[str]:
    """One pattern from alternatives, some on each line; it holds for whole words only."""
    lines = [line.strip() for line in alternatives.strip().splitlines()]
    return re.compile(rf"\b(?:{'|'.join(lines)})\b")


_TEXTS = "(?:texts?|texting|txts?|messages?|messaging|msgs?|sms|reminders?|notifications?|alerts?|spam)"
_NOT = "(?:dont|do not|donot|dnt|never|didnt|did not|no longer|not)"
_TAKE_ME_OFF = _pattern(r"""
    (?:take|get|remove|delete|drop|pull) (?:me|us|this|my name|(?:my |this |our )?number) (?:off?|from|out)
    (?:take|get|remove|delete|drop) (?:\w+ ){1,4}(?:off|from|out of) (?:your|the|this|these) (?:list|texts?)
    (?:remove|delete|erase|unlist) (?:me|us|(?:my|our|this|the) (?:number|phone|cell|name|info|contact))
    ^(?:please )?(?:remove|delete|out|unfollow)(?: please| this)?$
    (?:forget|lose|block) (?:my|this) number
    opt (?:\w+ ){1,3}out|(?:opted|opting) (?:\w+ ){0,2}out
    off (?:of )?(?:your|the|this) (?:list|texts?|messages?)
    sa[cq]\w+me de|quit\w+me de|(?:borr|elimin|quit)\w+ (?:mi|este) (?:numero|nombre|telefono)
    (?:dar|den|de)me de baja|dar de baja|me doy de baja
""")
_NO_MORE_TEXTS = _pattern(rf"""
    no (?:more|further|mas) (?:\w+ ){{0,3}}(?:{_TEXTS}|calls?|contact|of (?:this|these)|mensajes?|textos?)
    ^(?:please )?no (?:more|mas)(?: please| thanks| thank you| por favor)?$
    enough (?:of |with )?(?:the |these |your |this )?(?:{_TEXTS}|already|is enough)
    ^(?:thats |that is |ok )?enough(?: please)?$
    no (?:{_TEXTS}|calls|contact)|stop(?:ping|ped) (?:\w+ ){{0,3}}{_TEXTS}|ya no (?:mas|me|quiero)
    (?:terminate|halt|suspend|withdraw) (?:\w+ ){{0,3}}(?:{_TEXTS}|consent|permission|me)
    discontinue
    (?:unwanted|too many) {_TEXTS}|(?:sick|tired) of (?:\w+ ){{0,3}}{_TEXTS}
""")
_DO_NOT_TEXT = _pattern(rf"""
    {_NOT} (?:(?:please|ever|you|u|even|keep|be|to) ){{0,3}}(?:text|txt|texting|message|messaging|msg)
    (?:dont|do not|donot|dnt|never) (?:(?:please|ever|you|u|keep) ){{0,3}}(?:contact|contacting|sending)
    (?:dont|do not|donot|dnt|never) (?:please |ever |you |u )?send(?! (?:my|our|his|her) )
    (?:dont|do not|donot|dnt|never) (?:(?:ever|you|u|keep) ){{0,2}}(?:bother|bothering|disturb|spam)
    (?:dont|do not|never) (?:ever )?(?:call|calling|write|writing|harass|harassing|sms)
    {_NOT} (?:want|wish|need|like|care|wanna|ask|asked|sign|signed|agree|agreed) (?:\w+ ){{0,4}}{_TEXTS}
    {_NOT} (?:consent|consented|authorize|permit|give permission) (?:\w+ ){{0,4}}{_TEXTS}
    {_NOT} (?:want|wish|need|like) (?:\w+ ){{0,3}}(?:contacted|texted|messaged|bothered|hear from|called)
    {_NOT} (?:want|wish|need) (?:any |more |your |these |further )*(?:calls?|contact)
    {_NOT} (?:want|need) (?:this|these|them|it|any of (?:this|these)) (?:anymore|any more)
    (?:instead of|rather than|not by|not via|prefer not|rather not) (?:\w+ )?(?:\w+ )?{_TEXTS}
    {_NOT} (?:use|do|read|accept|have) (?:texts?|texting|text messages|text messaging|sms)
    no (?:(?:me|nos|mas|le|vuelva a|vuelvan a|quiero que me) )?(?:envi|mand|escrib|texte)\w*
    no (?:(?:me|nos|mas|vuelva a|vuelvan a|quiero que me) )?(?:contact|molest|llam)\w*
    no me hab\w+|no (?:quiero|deseo|necesito) (?:\w+ ){{0,4}}(?:mensajes?|textos?|sms|llamadas?)
    (?:dej|par)\w* de (?:\w+ )?(?:enviar|mandar|escribir|textear|molestar|llamar|contactar)\w*
""")
_LEAVE_ME_ALONE = _pattern(r"""
    leave (?:me|us) (?:\w+ \w+ )?(?:alone|be)|let me (?:alone|be)|^(?:please )?(?:go away|get lost)|buzz off
    bug off
    (?:fuck|piss|f|eff|screw) (?:off|you|u)|knock it off|cut it out|harassing me
    this is (?:spam|harassment)
    (?:block|blocking|blocked|report|reporting|reported) (?:you|this|u|your)|suing|sue you|lawsuit
    ^(?:spam|scam|harassment|halt|baja|callate|para(?: ya| por favor)?)$
    (?:dejenme|dejeme|dejame) (?:\w+ )?(?:en paz|tranquil[oa])
""")
_PLAIN_LANGUAGE = {
    "take me off": _TAKE_ME_OFF,
    "no more texts": _NO_MORE_TEXTS,
    "do not text": _DO_NOT_TEXT,
    "leave me alone": _LEAVE_ME_ALONE,
}

# ---- the other kinds

_RELATIVES = (
    "mom|mother|mama|dad|father|papa|husband|wife|spouse|son|daughter|brother|sister"
    "|grandma|grandmother|grandpa|grandfather|aunt|uncle|parent"
)
_KIN = f"he|she|they|hes|shes|patient|person|{_RELATIVES}"
_DEVICE_DIED = re.compile(
    r"\b(?:phone|battery|cell|computer|car|internet|link|line|site|dog|cat)(?: \w+){0,2} (?:died|dead)\b"
)
_WRONG_NUMBER = _pattern(r"""
    (?:wrong|rong|worng|wong|incorrect) (?:number|num|nbr|person|phone|cell|contact|guy|lady|patient)
    (?:not|isnt|aint|wasnt) (?:my|his|her|their|\w+s) (?:number|phone|cell|name)
    not (?:the )?(?:right|correct|intended) (?:number|person|recipient)
    (?:not|aint) (?:that|this|the) (?:person|patient)
    (?:not|aint) (?:me|him|her)(?= sorry| wrong| here| anymore| you|$)
    (?:never been|was never|am not|im not|not) (?:a|your) (?:patient|client)
    (?:number|phone) (?:has |is )?(?:changed|belongs|no longer|now belongs)
    changed (?:his|her|their) number
    no longer (?:his|her|their|at this|belongs|(?:has|have|uses?) this|(?:lives?|works?) here)
    (?:doesnt|does not|dont|do not) (?:(?:live|work) here|(?:use|own) this (?:number|phone))
    (?:dont|do not) know (?:him|her|them|that person|this person|any (?:dr|doctor)|anyone (?:named|by|called))
    never heard of|no(?:body| one) (?:here )?(?:named|(?:by|with) (?:that|this))
    mistaken (?:number|identity)
    (?:just|recently|i) got this (?:number|phone)|(?:numero|telefono|persona) (?:incorrect[oa]|erroneo)
    equivocad[oa]|se equivoc\w+|no soy (?:yo|el|ella|esa|ese|la|un|una|su|paciente)
    no (?:lo|la|los) conozco|no conozco a|no es (?:mi|su|el) (?:numero|telefono)
    ya no (?:tiene|usa|vive)
""")
_DECEASED = _pattern(rf"""
    pass(?:ed)? away|deceased|demised|(?:is|was|been|hes|shes|are) dead|death certificate
    no longer (?:with us|living|alive)|rest in peace|rip(?! off)|(?:the|his|her) funeral|obituary
    (?:her|his) estate
    lost (?:my|our|his|her) (?:{_RELATIVES})|(?:{_KIN}) (?:has |just |is )?expired
    (?:{_KIN}) (?:\w+ ){{0,4}}(?:died|passed)(?! (?:by|out|the|your|my|a|it|me|him|her))
    died (?:in|on|last|yesterday|today|this|of|from|at|two|three|\d+|a|january|february|march|april|may)
    ^died$|fallec\w+|murio|(?:ha|habia|esta) muert[oa]|difunt[oa]|en paz descanse|descanse en paz
""")
_HELP = _all("help info information ayuda informacion hlp halp")
_HELP_WANTED = re.compile(r"(?<!your )(?<!the )(?<!no )(?<!su )\b(?:help|ayuda|ayudeme|ayudarme|ayudenme)\b(?! needed)")
_EMERGENCY = _pattern(r"""
    911|988|emergency|emergencia|ambulance|ambulancia|suicid\w+|self harm|poison\w*|stroke
    chest (?:\w+ ){0,2}(?:pains?|hurts?|hurting|tight\w*|pressure)
    (?:pains?|pressure|tight\w*) in (?:\w+ )?chest|heart attack|face (?:is )?droop\w*
    (?:cant|cannot|can not|trouble|difficulty|hard time|hardly|barely|hard to) breath\w*
    (?:not|stopped|stop|quit|isnt) breath\w*
    short(?:ness)? of breath|out of breath|unconscious|unresponsive|passed out|fainted|seizures?|overdos\w+
    (?:kill|hurt|harm|shoot|cut)\w* (?:myself|himself|herself)|kill me|better off dead|choking
    (?:want|wanna|ready|going) (?:to )?die|(?:dont|do not) want to (?:live|be alive|be here)
    (?:quit|stop) living
    end (?:my|it|his|her|this) (?:own )?(?:life|all)
    bleeding (?:\w+ ){0,2}(?:badly|heavily|everywhere|out|a lot|bad)|(?:wont|cant) (?:\w+ )?bleeding
    severe (?:pain|bleeding|headache)|anaphyla\w+|allergic reaction|cant get up
    dolor (?:de|en el) pecho|duele el pecho|no (?:puedo|puede) respirar|falta de aire|me ahogo|infarto
    derrame
    matarme|quiero morir\w*|quitarme la vida|sobredosis|sangrando mucho|convulsion\w*|desmay\w+
""")
_END_OF_LIFE = re.compile(
    r"\b(?:end (?:my|it|his|her|this) (?:own )?(?:life|all)|(?:quit|stop) (?:living|breathing))\b"
    r"|\bquitarme la vida\b"
)

_POLITE = _all("""
    please pls plz thanks thank thx ty you u sir maam hi hello hey por favor gracias muchas hola dr doctor
""")
_SMALL_WORDS = _all("""
    i im am good fine thats that is its all right alright ok okay so very much at this time now de ahora
    really sorry but it to me will do with sounds great go ahead course absolutely would like want can be of
    the for a perfect cool esta bien lo yo un momento today later definitely and just we us my
""")
_NO = _all("no nope nah naw n nop noo nooo negative pass")
_YES = _all("""
    yes y yeah yep yup yea yess yesss ye ya ok okay okey k kk sure si claro agree agreed accept accepted
    consent approve approved absolutely definitely affirmative correct sii vale acepto autorizo certainly
    confirm confirmed
""")
_DECLINE = _pattern(r"""
    not interested|no interest|(?:i|we|must|will|respectfully|to) decline|declined|declining|i refuse
    refused?
    (?:dont|do not) (?:consent|agree|authorize|approve|accept|give (?:my )?(?:consent|permission))
    (?:dont|do not) (?:want|wish) to (?:transfer|move|change|switch|participate|continue|sign|share|join|go)
    (?:dont|do not) (?:want|wish) (?:my (?:records|chart|info\w*)|this|it|that|any|anything)
    (?:rather|prefer|choose) not|not (?:at this time|right now|for me|now|really|today)|no for me
    count me out
    (?:ill|i will|i) pass|(?:changed|changing|switched|switching) (?:doctors?|providers?|physicians?|drs?)
    (?:found|have|got|see|seeing) (?:a |another |already |new |different ){1,3}(?:doctor|dr|provider|pcp)
    no longer (?:a|your) patient
    (?:staying|stay) (?:put|here|where|at|with (?:my|the) (?:old|current|present))
    (?:dont|do not) (?:transfer|move|share|release) (?:my|any)
    no (?:quiero|gracias|acepto|autorizo|deseo|me interesa)|no estoy (?:interesad[oa]|de acuerdo)
    prefiero (?:que )?no
""")
_GREETING = "(?:and |but |so |ok |okay |hi |hello |hey |yes |no |hola )*"
_QUESTION = _pattern(rf"""
    ^{_GREETING}(?:who|whos|what|whats|when|whens|where|wheres|why|how|hows|which|is|are|can|could|does|did)
    ^{_GREETING}(?:should|would|may i|am i|have you|has|do (?:i|you|we|they))
    ^{_GREETING}will (?:i|you|my|the|there|it|this|dr|he|she|we)
    ^{_GREETING}(?:que|quien|cuando|donde|como|por que|cual|cuanto|puedo|puede|tengo que|es esto|esto es)
    questions?|preguntas?|confused|confusing|not sure|unsure|wonder\w*|idk|(?:dont|do not) understand|maybe
    perhaps
    no entiendo|no se|no estoy segur[oa]|(?:dont|do not|didnt) (?:know|get)|depends|explain|tell me
    let me (?:know|think)|(?:need|want) to know|need more|more info\w*|think about
    call me|call back|please call|llame\w*|llam[ae]me|quisiera saber|tal vez|quizas
    (?:doesnt|does not|didnt|isnt|wont|wouldnt|cant|cannot|not) (?:work\w*|open\w*|load\w*|click|see|find)
    link|error|no funciona|no abre
""")
_AGREES = _pattern(r"""
    ^(?:i |we )?(?:agree|consent|accept|approve|authorize)|i do (?:agree|consent|accept|authorize|approve)
    sounds (?:good|great)|of course|go ahead|please do|por supuesto|de acuerdo|esta bien|count me in
    ^(?:ok |okay |yes |i )?will do
    (?:want|like|wish|love|happy) to (?:stay|continue|keep|follow|move|come|remain|transfer|go) with
    ^(?:ill|i will) (?:follow|(?:come|move|go) with)|please (?:transfer|move|send) my
    quiero (?:seguir|continuar)
    ^(?:done|all done|its done|filled it out|completed)
""")
_CONDITION = _pattern("""
    no|nope|never|but|not|dont|however|only|unless|if|except|cant|wont|until|unsure|pero|solo|excepto
""")

# ---- reactions, which phones without the feature show as a quotation of our own text

_REACTION = re.compile(
    r"""\s*(?P<verb>(?:dis)?liked|loved|laughed\ at|emphasi[sz]ed|questioned|removed\ an?\ [a-z ]{1,25}from
      |reacted\ (?:with\ )?[^a-z0-9"]{1,12}\ ?to|reacted\ to|[^a-z0-9"]{1,12}to|added\ [^"]{1,20}to
      |(?:le|te|me|les)\ (?:ha\ )?(?:gusto|gusta|gustado|encanto|encanta|encantado|dio\ risa)
      |se\ rio\ de|destaco|enfatizo)
      \s*"(?P<quoted>.*)"(?P<rest>.*)$""",
    re.DOTALL | re.VERBOSE,
)
_INSTRUCTION = re.compile(r"\b(?:reply|text|txt|send|responda|envie|conteste)\b[^.\"]{0,20}\"?\bstop\b\"?[^.\"]{0,40}")
_WITH_EMOJI = re.compile(r"^\s*with\s+[^a-z0-9]+$")


def _answer_in(reaction: re.Match[str]) -> str:
    """What the person added to a reaction; a quoted text that is nothing but an opt-out counts as said."""
    quoted, rest = reaction["quoted"], reaction["rest"]
    echo = _INSTRUCTION.sub(" ", quoted)
    if '"' in echo:  # the quotation ends sooner, and words of the person's own are quoted after it
        echo, _, more = quoted.partition('"')
        rest = f"{more} {rest}"
    if _opt_out_rule(_words(echo), "") in ("stop word", "cancel alone"):
        return f"{echo} {rest}"
    return "" if _WITH_EMOJI.match(rest) else rest
