"""The words of a text: its merge fields, and what it must and must not say."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from outreach.segments import measure, to_gsm

FIELDS = ("practice", "phone", "link", "doctor", "code")
MOST_PARTS = 2
LONG_LINK = 153  # one part of a joined text: a link longer than this may cost one part more

_PLACE = re.compile(r"\{([^{}]*)\}")

# By day. With a short link of 42 characters each takes one part, with a form's own link of 184 two.
DEFAULT_STEPS = {
    0: "{practice} ({doctor}): our office is moving. Details and choices: {link} Call {phone}. Reply STOP to opt out.",
    3: "{practice} ({doctor}): a reminder about our move. Your choices: {link} Call {phone}. Reply STOP to opt out.",
    7: "{practice} ({doctor}): about our move, a yes or a no is fine: {link} Call {phone}. Reply STOP to opt out.",
    14: "{practice} ({doctor}): our last text about the move: {link} Rather talk? Call {phone}. Reply STOP to opt out.",
}


def stop_confirmation(practice) -> str:
    """The one text after a STOP: who writes, that nothing more comes, and how to reach us. Nothing else."""
    call = f" To talk to us, call {practice.phone}." if practice.phone else ""
    return to_gsm(f"{practice.name}: you will get no more texts from us.{call}")


class BadTemplate(ValueError):
    """A template that cannot be filled in; the text is one sentence for its author."""


class Finding(NamedTuple):
    level: Literal["error", "warning"]
    code: str
    sentence: str


def fields_in(template: str) -> tuple[str, ...]:
    """The names between braces, each once, in order, known or not."""
    return tuple(dict.fromkeys(_PLACE.findall(template)))


def render(template: str, values: Mapping[str, str]) -> str:
    """The text with every field filled in, once: braces inside a value stay as they are.

    Raises BadTemplate for an unknown field, a field without a value and a brace that belongs to no field.
    """
    if "{" in (rest := _PLACE.sub("", template)) or "}" in rest:
        raise BadTemplate("A brace stands alone: write fields as {practice}, {phone} or {link}.")
    return _PLACE.sub(lambda place: _value(place[1], values), template)


def _value(field: str, values: Mapping[str, str]) -> str:
    if field not in FIELDS:
        raise BadTemplate(f"The field {{{field}}} does not exist: use only {_listed(FIELDS)}.")
    if not (value := str(values.get(field) or "").strip()):
        raise BadTemplate(f"The field {{{field}}} has no value: fill it in in the practice profile.")
    return value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def lint(
    template: str, *, practice_name: str, sample_values: Mapping[str, str], invitation: bool = True
) -> list[Finding]:
    """What is wrong with a template, judged on the text that would really go out. Errors forbid sending it.

    `invitation` is False for texts that ask for nothing, such as the confirmation of an opt-out.
    """
    practice_name = practice_name.strip()
    text = _PLACE.sub(lambda place: str(sample_values.get(place[1]) or ""), template)
    own_words = _own_words(template, practice_name)
    return [
        *_unfilled(template, sample_values),
        *_identity(text, practice_name),
        *_links(text, missing=invitation and "link" not in fields_in(template)),
        *_links_of_others(own_words),
        *_forbidden(own_words),
        *_shouting(own_words),
        *_length(text, str(sample_values.get("link") or "")),
    ]


def _own_words(template: str, practice_name: str) -> str:
    """What the author wrote: no fields, and not the practice's name, which may hold any word."""
    text = _PLACE.sub(" ", template)
    return re.sub(re.escape(practice_name), " ", text, flags=re.IGNORECASE) if practice_name else text


_OPEN_PLACEHOLDER = re.compile(
    r"\[[^\]\n]{1,40}\]|<[^>\n]{1,40}>|%(?:\(\w+\))?[sd]\b|\$\{?[a-z_]\w*|_{3,}|\bX{3,}\b|\bTODO\b|\bTBD\b|[{}]",
    re.IGNORECASE,
)


def _unfilled(template: str, sample_values: Mapping[str, str]) -> list[Finding]:
    fields = fields_in(template)
    findings = []
    if unknown := [name for name in fields if name not in FIELDS]:
        sentence = f"Take out {_listed(unknown)}: a text names nobody; the fields are {_listed(FIELDS)}."
        findings.append(Finding("error", "unknown_field", sentence))
    known = [name for name in fields if name in FIELDS]
    if empty := [name for name in known if not str(sample_values.get(name) or "").strip()]:
        sentence = f"Fill in {_listed(empty)} in the practice profile: the text uses it."
        findings.append(Finding("error", "no_value", sentence))
    if found := _OPEN_PLACEHOLDER.search(_PLACE.sub(" ", template)):
        sentence = f"“{found[0]}” looks like something still to be filled in: replace it."
        findings.append(Finding("error", "open_placeholder", sentence))
    return findings


def _any_of(words: str) -> re.Pattern[str]:
    """One pattern for all lines of a list, each a pattern of its own."""
    lines = filter(None, map(str.strip, words.splitlines()))
    return re.compile(rf"(?<!\w)(?:{'|'.join(lines)})(?!\w)", re.IGNORECASE)


_HEALTH = _any_of(r"""
    apcm|ccm|qmb|g055[678]
    medicare|medicaid|insur(?:ance|ed|er)|seguro médico
    diagnos(?:is|es|ed|tic)|diagnósticos?|conditions?|chronic|diseases?|illness(?:es)?|enfermedad(?:es)?|symptoms?
    dob|birth(?:day|date|s)?|nacimiento|mrn|chart|ssn|social security
    levels?|retention
    medications?|prescriptions?|labs?|laboratory|results?|treatments?|therapy|surgery
    bill(?:s|ed|ing)?|co-?pay(?:ment)?s?|coinsurance|deductibles?
    diabet(?:es|ic)|cancer|hiv|aids|hypertension|blood pressure|copd|asthma|depression|anxiety
    pregnan(?:t|cy)|dementia|alzheimer'?s
    your (?:last |next )?(?:visit|appointment)s?
""")
_RECORDS = _any_of("(?:medical|health|your|patient) records?|expedientes?")
_PRESSURE = _any_of(r"""
    final|last (?:chance|call|warning|notice|day)|attention|warning
    important notice|action (?:needed|required)
    immediate(?:ly)?|urgent(?:ly)?|right away|asap|at once|hurry|deadline|expir(?:es?|ed|ing)
    (?:act|respond|reply|answer|sign|call|click|decide) (?:now|today|fast|immediately)
    by (?:today|tonight|tomorrow)|within \d+ (?:hours?|days?)
    los(?:e|es|ing|t)|protect your(?:self)?|benefits?|cut off|terminat(?:e|ed|ion)|too late|before it'?s
    must|have to|need to|required|mandatory|failure to|don'?t (?:delay|miss|wait|lose)|running out
    need your (?:consent|answer|signature)|without (?:a|your) (?:response|answer|consent)
    urgente|inmediat(?:o|a|amente)|última oportunidad|último aviso
""")
_PROMISE = _any_of(r"""
    (?<!feel )(?<!toll-)(?<!toll )free
    (?:no|without|zero) (?:extra )?(?:costs?|charges?|fees?|obligations?)|risk[- ]free|100 ?%
    secure(?:d|ly)?|safe link|encrypted|confidential(?:ly)?|hipaa|guarantee(?:d|s)?
    gratis|gratuit[oa]s?|sin costo|segur[oa]s?
""")
_SMS_CONSENT = _any_of(r"""
    (?:reply|text|send|answer|respond|responda) (?:with )?["'“]?(?:yes|y|ok|agree|accept|1|sí|si)
    continu(?:ing|ed) (?:to text|texting)|you (?:agree|consent) (?:to|by)|implies consent
""")


def _forbidden(text: str) -> list[Finding]:
    rules = (
        ("error", "health_words", _HEALTH, "a text must not show why someone is a patient"),
        ("warning", "records", _RECORDS, "the form explains what becomes of the records"),
        ("error", "pressure", _PRESSURE, "a text must not press anyone"),
        ("error", "promise", _PROMISE, "a text must not promise what the practice cannot prove"),
        ("error", "consent_by_text", _SMS_CONSENT, "an answer by text is never a consent"),
    )
    return [
        Finding(level, code, f"Take out {found}: {why}.")
        for level, code, pattern, why in rules
        if (found := _quoted(pattern.findall(text)))
    ]


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in dict.fromkeys(words))


_SIGNAL_WORDS = {"STOP", "HELP", "ALTO", "AYUDA", "HTTPS"}


def _shouting(text: str) -> list[Finding]:
    long_words = re.findall(r"[^\W\d_]{4,}", text)
    loud = [word for word in long_words if word.isupper() and word not in _SIGNAL_WORDS]
    if not loud and not re.search(r"!\s*!", text):
        return []
    what = f"Write {_quoted(loud)} in small letters" if loud else "Leave out the exclamation marks"
    return [Finding("error", "shouting", f"{what}: capitals and exclamation marks shout.")]


_STOP_HINT = re.compile(
    r"\b(?:reply|text|txt|send|answer|respond[ae]?|envíe|conteste)\s+(?:with\s+|con\s+|back\s+)?[\"'“]?stop\b"
    r"|\bSTOP\b[\"'”]?\s*(?:=|to|2|para)\s*(?:opt|end|quit|cancel|unsubscribe|stop|salir|cancelar|terminar)",
    re.IGNORECASE,
)


def _identity(text: str, practice_name: str) -> list[Finding]:
    findings = []
    if not practice_name.strip() or practice_name.strip().casefold() not in text.casefold():
        sentence = "Name the practice with {practice}: every text says who sends it."
        findings.append(Finding("error", "no_sender", sentence))
    if not _STOP_HINT.search(text):
        sentence = "Add “Reply STOP to opt out.”: every text says how to end them."
        findings.append(Finding("error", "no_stop", sentence))
    if not re.search(r"\d{3}\D{0,3}\d{4}\b", re.sub(r"https?://\S+", " ", text)):
        sentence = "Add {phone}: some people would rather call."
        findings.append(Finding("warning", "no_phone", sentence))
    return findings


_SHORTENERS = re.compile(
    r"(?<![\w.@-])(?:[\w-]+\.)*(?:bit\.ly|bitly\.com|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|v\.gd|buff\.ly"
    r"|rebrand\.ly|rb\.gy|cutt\.ly|shorturl\.at|short\.io|tiny\.cc|tiny\.one|t\.ly|bl\.ink|lnkd\.in|s\.id|tr\.im"
    r"|soo\.gd|adf\.ly|dub\.sh|dub\.co|snip\.ly|qr\.ae|shorte\.st|clck\.ru|x\.gd|urlz\.fr|j\.mp|po\.st|mcaf\.ee"
    r"|trib\.al|fb\.me|amzn\.to|t\.me|wa\.me|linktr\.ee|tinu\.be|u\.to|1url\.com|shrtco\.de|kutt\.it|aka\.ms)"
    r"(?![\w-]|\.\w)",
    re.IGNORECASE,
)


def _links(text: str, *, missing: bool) -> list[Finding]:
    findings = []
    if missing:
        findings.append(Finding("error", "no_link", "Put {link} into the text: it leads to the form."))
    if found := _SHORTENERS.search(text):
        sentence = f"Replace {found[0]}: phone companies block texts with public short links."
        findings.append(Finding("error", "shortener", sentence))
    if re.search(r"\bhttp://", text, re.IGNORECASE):
        findings.append(Finding("error", "plain_http", "Use a link that begins with https://."))
    return findings


_LINK = re.compile(r"\bhttps?://\S+|\bwww\.\S+", re.IGNORECASE)


def _links_of_others(own_words: str) -> list[Finding]:
    if found := _LINK.search(own_words):
        sentence = f"Take out {found[0]}: a text leads to the form by {{link}} and nowhere else."
        return [Finding("error", "other_link", sentence)]
    return []


def health_words(text: str) -> list[Finding]:
    """What must not stand in any text, an answer by staff included (minimum necessary)."""
    return [finding for finding in _forbidden(text) if finding.code == "health_words"]


def _length(text: str, link: str) -> list[Finding]:
    size = measure(text)
    findings = []
    if size.offending:
        plain = measure(to_gsm(text)).encoding == "GSM-7"
        cure = "make them plain" if plain else "leave them out"
        sentence = f"The characters {_quoted(size.offending)} more than double the text's length: {cure}."
        findings.append(Finding("error", "not_gsm", sentence))
    return [*findings, *_too_long(size.parts, link)]


def _too_long(parts: int, link: str) -> list[Finding]:
    """A form's own long link may cost a third part, with a warning; wording may not."""
    if parts <= MOST_PARTS:
        return []
    long_link = measure(link).units > LONG_LINK
    level = "warning" if long_link and parts == MOST_PARTS + 1 else "error"
    cure = "use a shorter link or fewer words" if long_link else "use fewer words"
    return [Finding(level, "too_long", f"The text takes {parts} parts, {MOST_PARTS} are allowed: {cure}.")]
