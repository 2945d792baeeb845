"""What a chosen option means. Forms exports the option's whole sentence, in the form's own language.

Read by meaning: the first clause decides, the rest must not contradict it, and whatever stays doubtful is
"unclear", which a person reads. Sentences in English, Spanish, German, French, Portuguese and Japanese.
"""

import html
import re
import unicodedata
from functools import lru_cache

from consent import japanese_options as japanese

YES, NO, NOT_APPLICABLE = "yes", "no", "not_applicable"
MORE_INFORMATION, UNCLEAR, BLANK = "more_information", "unclear", "blank"
TICKS = frozenset({"understood", "voluntary", "signature_box"})
_LONGEST_OPTION = 1_200
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_WITHOUT_APOSTROPHES = str.maketrans("", "", "'’`´‘")
_UNSEEN = frozenset({"Mn", "Cf", "Cc"})
_VOICED = "\u3099\u309a"  # the marks that make が of か: part of the letter, unlike an accent

_YES_WORD = (
    r"yes+|y|yeah|yep|yup|si|s|sim|ja|oui|ok|okay|true|verdadero|1|checked|はい|"
    r"sure|of course|certainly|absolutely|definitely|claro|por supuesto|de acuerdo|conforme|einverstanden|gerne?|"
    r"daccord|bien sur|volontiers|com certeza|concordo|✓|✔|✅|☑|x"
)
_NO_WORD = r"no+|n|nope|nah|nein|non|nao|false|falso|0|declined?|refused?|disagree|❌|✗"
_VERB = (
    r"(consent(?:ed)?|agreed?|authori[sz]ed?|accept(?:ed)?|approve|"
    r"allow|permit|give|grant|want|wish|would like|choose|elect|"
    r"continue|direct|request|autorizo|acepto|consiento|doy|permito|deseo|quiero|estoy de acuerdo|elijo|"
    r"prefiero|solicito|apruebo|stimme|einverstanden|willige|erlaube|gestatte|genehmige|erteile|nehme|bleibe|"
    r"ermachtige|mochte|will|"
    r"wunsche|akzeptiere|n?accepte|n?autorise|n?approuve|nconsens|consens|ne souhaite|souhaite|desire|veux|donne|"
    r"permets|"
    r"concordo|aceito|consinto|desejo|quero|dou|gostaria|aprovo)"
)
_NEGATION = (
    r"(do not|dont|did not|does not|cannot|cant|can not|will not|wont|would not|wouldnt|never|"
    r"not|no|decline to|refuse to|rather not|prefer not to|nicht|ne|n|nao)"
)
_NEGATED = (
    rf"\b{_NEGATION}( \w+){{0,2}}? {_VERB}\b|\bstimme nicht\b|"
    rf"\b{_VERB}( \w+){{0,8}}? (nicht|kein\w*|pas|jamais)\b|\bn(e|accepte|autorise|approuve|"
    rf"consens)( \w+){{0,4}}? pas\b|"
    r"\b(decline|refuse|disagree|object|rechazo|niego|me opongo|lehne\b.*\bab|verweigere|widerspreche|"
    r"moppose|recuso|discordo|nego|give no|doy ningun)\b|^(please )?leave\b.*\b(where|as) (it|they)\b"
)
_AFFIRMED = (
    rf"\b(i|we|yo|ich|je|eu)( \w+){{0,2}}? {_VERB}\b|^(please |bitte |por favor )?{_VERB}\b|"
    r"^(please|bitte|por favor)( \w+){0,3} (bring|send|share|transfer|move|tell|notify|inform|let|continue|keep|"
    r"informieren|benachrichtigen|avisen|informen|notifiquen|avisem|informem)\b"
)
_NOT_APPLICABLE = re.compile(
    r"^((no|nein|non|nao)[ ,]+)?((this|that|it|the question|apcm|das|dies|cela|ca|isto|esto|esta pregunta) )?"
    r"(n a|na|not applicable|(does not|doesnt) (apply|concern)|no (me |se )?aplica(ble)?|no es aplicable|"
    r"no corresponde|"
    r"(trifft|gilt)( \w+){0,3}? nicht|nicht (zutreffend|anwendbar)|entfallt|betrifft mich nicht|"
    r"sans objet|non applicable|(ne )?(s|me) ?(applique|concerne) pas|(je )?ne suis pas (concerne|inscrit)\w*|"
    r"je ne participe pas|nao (se )?aplica(vel)?|"
    r"(i am|im) not (\w+ )?(enrolled|in (it|apcm|the|that|this)|an apcm|on medicare|a medicare|part of)|"
    r"not enrolled|"
    r"i (do not|dont) have (apcm|medicare)|i was never (in|enrolled)|(yo )?no (estoy inscrit\w*|participo|"
    r"pertenezco)|"
    r"(ich )?bin( \w+){0,4}? nicht (angemeldet|eingeschrieben|dabei)|(ich )?nehme( \w+)? nicht (?!mehr|"
    r"weiter)(\w+ ){0,4}?teil|"
    r"(eu )?nao (estou inscrit\w*|participo|faco parte))\b"
)
_MORE_INFORMATION = re.compile(
    r"\b(mehr|weitere|zusatzliche|nahere) (informationen|infos?|angaben|einzelheiten|details|auskunft|zeit)\b|"
    r"\bmehr (daruber )?(wissen|erfahren)\b|\b(nicht|noch nicht) sicher\b|\brufen sie mich\b|"
    r"\bhabe (noch )?(\w+ )?fragen\b|"
    r"\bplus (dinformations?|amples|de (renseignements?|details?|precisions?|temps))\b|\ben savoir (plus|"
    r"davantage)\b|"
    r"\bappelez moi\b|\b(jai|ai) des questions\b|\bje ne sais pas\b|\bpas (encore )?sure?\b|"
    r"\bmais (informac\w+|detalhes|esclarecimentos|tempo)\b|\bsaber mais\b|\bligu?em? (\w+ )?para mim\b|"
    r"\bme ligu?em?\b|"
    r"\btenho (\w+ )?(duvidas|perguntas)\b|\bnao (tenho certeza|sei)\b|\btell me more\b|"
    r"\b(saber|conocer) mas\b|\btengo (\w+ )?dudas\b|\bno se\b(?=$|[,.])|"
    r"\b(need|want|like|require|send|give me|necesito|quisiera|quiero|deseo|me gustaria)( \w+){0,4}? "
    r"(more|further|additional|mas) (information|info|informacion|details|detalles|time|tiempo)\b|"
    r"^(more|further|mas) (information|info|informacion)\b|\b(want|need) to (know|learn|hear) more\b|"
    r"\b(have|tengo) (some |a few |algunas )?(questions?|preguntas?)\b|\bnot sure\b|\bunsure\b|\bundecided\b|"
    r"\bno estoy segur[oa]\b|\b(talk|speak|hablar)( \w+){0,4}? (first|before|antes|primero)\b|"
    r"\bcall me (first|before)\b|\bllamen?me\b|\bplease call me\b|\bthink about it\b"
)
_CLUELESS = re.compile(
    r"^(i have |ive )?no (idea|clue|opinion|preference|answer|response|comment|decision|information|sure|sei|lo se|"
    r"tengo idea)\b|"
    r"^(yes|si|ja|oui|sim|no|nein|non|nao)[ ,]+(only )?(if|si|wenn|falls|se (?!apli)|cuando|when|once|after|until|"
    r"hasta|"
    r"nur wenn|solo si)\b|"
    r"\b(not|never) (really )?(sure|certain|decided)\b|\bkeine ahnung\b|\bweiss (ich |es )?nicht\b|"
    r"\baucune idee\b|\b(i )?(do not|dont) know\b|\bno lo se\b|\bnao sei\b"
)
# The words after which a yes or no is still one.
_GOES_ON = frozenset(
    re.findall(
        r"\w+",
        "a absolutely all and apcm bitte con continuar continue danke das definitely deseo dies do dont el estoy "
        "eu favor for further gracias her his i ich id ill im indeed it its ja jai je keep la lo longer los ma "
        "maam me mein meine meinen merci mes meu mi minha mon more my nao need nein never no non not nous o "
        "objection obrigada obrigado of os oui our please por que quiero se si sil sim sir thank thanks that the "
        "these they this to tout we wir with yes yo you your",
    )
)
_LEFT_KEPT = (
    r"^(please |bitte |por favor )?(keep|continue|leave|retain) (me|us) (in|on|with|enrolled)\b|"
    r"^(please )?(keep|continue) (it|this|apcm|my apcm|the program)\b(?! (away|out|off|at|where))"
)
_LEFT = (
    r"^(please |bitte |por favor )?((take|sign|opt|get|pull) me (out|off)\b|remove me\b|drop me\b|"
    r"(unenroll|disenroll|withdraw) me\b|(stop|cancel|end|discontinue|quit) (it|this|that|the|my|apcm)\b)|"
    r"\brather (stop|end|quit|leave|cancel|drop|discontinue|not)\b"
)
_TELL = r"(tell|inform|notify|contact|send|share|release|transfer|copy|disclose|give|text)"
_STAYING = re.compile(r"\b(keep|continue|stay|remain)\b.*\b(there|where|old|former|previous|current|present)\b")
_TOLD = rf"^(please )?go ahead\b|^(please )?(feel free to|you (may|can|could)) {_TELL}\b"
_UNTOLD = (
    rf"^(please |i would rather you |id rather you )?(do not|dont|never|not) (\w+ )?{_TELL}\b|"
    r"\b(elect|choose|chose|prefer|opt|decide|wish|would like|want) not\b|\brather not\b|"
    r"^(bitte |por favor |merci de |please )?(nicht|ne pas|no|nao) (\w+ )?(informieren|benachrichtigen|"
    r"mitteilen|avis\w+|"
    r"notifi\w+|inform\w+|prevenir|comuni\w+)\b"
)
_DOUBT = re.compile(
    r"\b(but|except|unless|only if|maybe|perhaps|probably|depends|if|however|pero|excepto|"
    r"salvo|solo si|quizas?|tal vez|depende|aber|mais|mas|wenn|falls|vielleicht|sofern|sauf|peut etre|talvez|"
    r"not yet|not now|for now|some of|part of)\b|\?"
)
_NO_OBJECTION = re.compile(r"\bno (objections?|problems?|problema|worries|doubts?|hay problema|issue)\b")
_MYSELF = re.compile(
    r"\b(i|ill|i will|id)( \w+){0,4}? (myself|on my own)\b|\bhandle (it|this) myself\b|"
    r"\byo mism[oa]\b|\bpor mi cuenta\b|\bsel(bst|ber)\b|\bmoi ?meme\b|\bmen (charge|occupe)|\beu mesm[oa]\b|"
    r"\bpor conta propria\b|\beu (\w+ )?avis(o|arei)\b"
)
_STOP_TEXTING = re.compile(r"\b(do not|dont|stop|no more|never|no)( \w+){0,3}? (text|texts|texting|sms|mensajes)\b")
_FIRST_PERSON_NO = re.compile(
    rf"(?<!that )\bi (withdraw|revoke|withhold|deny|refuse)\b|"
    rf"(?<!that )\bi (also )?(do not|dont|cannot|will not|wont|never|decline|refuse)( to)? {_VERB}\b"
)
_FOREIGN_NO = re.compile(
    r"\b(no|nao) (deseo|quiero|autorizo|acepto|consiento|doy|permito|quero|desejo|aceito|concordo|dou)\b|"
    r"\b(ich|mochte|stimme)( \w+){0,6}? (nicht|kein\w*)\b|\bje (ne|n\w+)( \w+){0,4}? (pas|jamais)\b|"
    r"\b(rechazo|me opongo|lehne|verweigere|widerspreche|refuse|recuso)\b"
)
_FIRST_PERSON_YES = re.compile(r"\bi (also |do |hereby )?(consent|agree|authori[sz]e|accept)\b")
_WITHHELD = re.compile(
    r"(^|[,.] )(please )?(do not|dont|never) (share|release|transfer|send|keep|copy|contact|"
    r"notify|tell|use)\b"
)
_UNTICKED = re.compile(r"\bnot (understand|read|my)\b|\bno entiendo\b|\bnot (ticked|checked)\b")
_DENIED = re.compile(
    r"\b(den(y|ied)|nothing|withh\w+|withdr\w+|revok\w+|refus\w+|not|nicht|kein\w*|never|no|none|pas|nada|"
    r"ningun\w*|"
    r"nunca|cancel\w*|without|against)\b"
)
_RIGHT_TO_CHANGE = re.compile(
    r"\b(may|can|right to|able to|free to|puedo) (\w+ )?"
    r"(revoke|withdraw|cancel|stop|change|refuse|revocar|retirar)\b"
)
_BOTH = re.compile(r"^(yes|si|y)\b,?( and| or| y| o)? no\b|^no\b,?( and| or| y| o)? (yes|si)\b")
_BACKING_OUT = re.compile(
    r"\bi (want|wish|would like|choose|elect|prefer|decide|request|id like)( \w+){0,5}? "
    r"(?P<what>stop|end|stay|remain|cancel|withdraw|revoke|opt out|leave|quit|terminate|discontinue)\b"
)
_HARMLESS = re.compile(
    r"\bbut i (understand|know|may|can)\b|\bif (i am |im )?(eligible|qualif\w+|enrolled|i change my mind)\b"
)
_ACKNOWLEDGEMENT = re.compile(r"(i )?(have read|understand|acknowledge|may|can|know)\b|if i change|entiendo|comprendo")


@lru_cache(maxsize=4096)
def decision(text: str, meaning: str) -> str:
    """yes, no, not_applicable, more_information, unclear or blank, for one cell of a decision column."""
    plain = plain_text(text)
    if not re.search(r"[^\W_]|[✓✔✅☑❌✗]", plain):
        return BLANK if not plain.strip(" -–—.;,") else UNCLEAR
    if len(plain) > _LONGEST_OPTION or _is_formula(text):
        return UNCLEAR
    if meaning in TICKS:
        return _tick(plain)
    parts = [part.strip() for part in re.split("[;；]", plain) if part.strip()]
    return _together([_meaning_of(part, meaning) for part in parts], parts)


def plain_text(text: str) -> str:
    """Lower case without markup, accents, typographic signs and line breaks; other scripts are kept."""
    if "&" in text or "<" in text:
        text = _MARKUP.sub(" ", html.unescape(text))
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        apart = "".join(c for c in apart if c.isspace() or c in _VOICED or unicodedata.category(c) not in _UNSEEN)
        text = unicodedata.normalize("NFC", apart)
    return " ".join(text.casefold().translate(_WITHOUT_APOSTROPHES).split()).strip(' "')


def _is_formula(text: str) -> bool:
    """Something a spreadsheet would calculate, other than a quoted word such as ="Yes"."""
    stripped = text.strip()
    return stripped[:1] in {"=", "+", "@"} and not re.fullmatch(r'="[^"]*"', stripped)


def _together(meanings: list[str], parts: list[str]) -> str:
    """One meaning of several ticked options: they must agree, mere acknowledgements aside."""
    clear = {meaning for meaning in meanings if meaning != UNCLEAR}
    doubtful = [part for part, meaning in zip(parts, meanings, strict=True) if meaning == UNCLEAR]
    harmless = all(_ACKNOWLEDGEMENT.match(part) for part in doubtful)
    return clear.pop() if len(clear) == 1 and harmless else UNCLEAR


def _meaning_of(part: str, meaning: str) -> str:
    words = _words(part)
    if japanese.is_japanese(words):
        return japanese.meaning_of(words, notice=meaning == "notice")
    if _NOT_APPLICABLE.match(words):
        return NOT_APPLICABLE
    head = _words(re.split(r"[.–—(:]|\s-+\s", part.strip('="+@ '), maxsplit=1)[0]) or words
    leading = _leading(words, part)
    if _MORE_INFORMATION.search(words):
        return UNCLEAR if leading == YES else MORE_INFORMATION
    if meaning == "notice" and leading != YES and _MYSELF.search(words):
        return NO
    if meaning == "texting" and leading != YES and _STOP_TEXTING.search(words):
        return NO
    backing_out = _BACKING_OUT.search(words)
    if backing_out and backing_out["what"] not in ("stay", "remain", "leave") and leading != YES and meaning == "apcm":
        return NO
    if backing_out and not (leading == YES and meaning == "notice"):
        return UNCLEAR
    if _CLUELESS.search(_HARMLESS.sub(" ", words)) or (leading and _runs_on(words)):
        return UNCLEAR
    answer = leading or _by_verb(head, meaning)
    return UNCLEAR if _contradicts(answer, words, head) else answer


def _words(part: str) -> str:
    """Words parted by single blanks; commas, full stops and question marks stay, as they part clauses."""
    return re.sub(r"\s+", " ", re.sub(r"[^\w\s,.?✓✔✅☑❌✗]", " ", part)).strip(" ,.")


def _leading(words: str, part: str) -> str:
    if re.match(rf"({_NO_WORD})(?![\w])", words) and not _NO_OBJECTION.match(words):
        spanish_yes = re.match(rf"\W*no\s*[,.;:]\s*(si\b|{_VERB}\b)", part)
        return UNCLEAR if spanish_yes else NO
    return YES if re.match(rf"({_YES_WORD})(?![\w])", words) else ""


def has_yes_or_no(text: str) -> bool:
    """Whether an option leans on a bare yes or no, or on words of refusing, so that it depends on its question."""
    words = _words(plain_text(text))
    return bool(
        re.match(rf"({_YES_WORD}|{_NO_WORD})(?!\w)", words) or re.search(r"\b(object|refus|declin|oppos|reject)", words)
    ) or not re.search(rf"\b{_VERB}\b", words)


def _runs_on(words: str) -> bool:
    """A yes or no that is only the beginning of something else: "no rush", "sure thing if"."""
    lead = re.match(rf"({_YES_WORD}|{_NO_WORD}) (?P<next>[a-z]+)\b", words)
    if not lead or lead["next"] in _GOES_ON or re.match(rf"{_VERB}\b", words):
        return False
    rest = words[lead.start("next") :]
    goes_on = rf"({_VERB}|{_TELL}|(the )?texts?|texting|messages?)\b"
    return not any(re.match(sign, rest) for sign in (goes_on, _LEFT, _LEFT_KEPT))


def _by_verb(head: str, meaning: str) -> str:
    if re.search(_NEGATED, head) or re.search(_UNTOLD, head):
        return NO
    if meaning == "apcm" and not _STAYING.search(head) and not _DENIED.search(re.sub(_LEFT, " ", head)):
        left, kept = re.search(_LEFT, head), re.search(_LEFT_KEPT, head)
        if left or kept:
            return UNCLEAR if left and kept else NO if left else YES
    if _STAYING.search(head):
        return UNCLEAR
    if re.search(_TOLD, head) and not _DENIED.search(head):
        return YES
    denied = _DENIED.search(_RIGHT_TO_CHANGE.sub(" ", head))
    return YES if re.search(_AFFIRMED, head) and not denied else UNCLEAR


def _contradicts(answer: str, words: str, head: str) -> bool:
    """True where another part of the sentence takes the answer back, or hedges its first clause."""
    if answer == UNCLEAR or _BOTH.match(words) or words.endswith("?"):
        return True
    if _DOUBT.search(_HARMLESS.sub(" ", head)) or _hedged(_HARMLESS.sub(" ", words)):
        return True
    if answer == YES:
        return bool(
            _FIRST_PERSON_NO.search(words)
            or _FOREIGN_NO.search(words)
            or _WITHHELD.search(words)
            or re.search(rf"[,.] ({_NO_WORD})$", words)
        )
    rest = re.sub(_NEGATED, " ", words)
    return bool(_FIRST_PERSON_YES.search(rest) or re.search(r"\b(and|or|y|o|/) (yes|si)\b|[,.] (yes|si)$", rest))


def _hedged(words: str) -> bool:
    """A free-hand "Yes, but not …" or "Yes, labs only"; "only" in a long sentence is the form's own."""
    ending = re.search(r"\b(but|except|unless|only|pero|excepto|solo)\b( \w+){0,8}$", words)
    return bool(ending) and (ending[1] not in ("only", "solo") or len(words.split()) <= 8)


def _tick(plain: str) -> str:
    words = _words(plain)
    if re.match(rf"({_NO_WORD})(?!\w)", words) or re.search(_NEGATED, words) or _UNTICKED.search(words):
        return NO
    return UNCLEAR if "?" in plain or not re.search(r"[a-z]{2}|[✓✔✅☑x1y]|[^\x00-\x7f]", words) else YES
