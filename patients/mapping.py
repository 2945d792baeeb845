"""Which column of a sheet is which field, without any AI.

A saved mapping comes first, then exact aliases, then words in another order or with a slip; values speak for
or against. A doubtful column stays out: nothing is better than a guess. A person confirms the result.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Indel

from patients.names import plain

ACCEPT = 0.80
MARGIN = 0.05  # two columns this close are for a person to choose from
SLIP = 0.88  # how alike two spellings of a heading must be
SAMPLE = 200  # rows whose values are looked at


@dataclass(frozen=True)
class Field:
    name: str
    label: str  # for sentences
    aliases: str  # separated by "|"
    weak_aliases: str = ""  # taken where no column has a better heading
    values: str = ""  # what cells look like: date, phone, email, zip, state, sex, number, name
    marks: str = ""  # words that decide alone, such as a billing code


@dataclass
class ColumnMap:
    columns: dict[str, int] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    ambiguous: dict[str, list[str]] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)

    def to_save(self, headings: Sequence[str]) -> dict[str, str]:
        """Field → heading, to be passed as `saved` when the same headings come again."""
        return {name: headings[column] for name, column in self.columns.items()}


FIELDS = (
    Field(
        "mrn",
        "chart number",
        "mrn|mr number|medical record|medical record number|med rec|med rec number|chart"
        "|chart number|chart id|numero de expediente|expediente|numero de historia clinica"
        "|historia clinica|patientennummer|patienten nummer|patienten id|fallnummer|aktenzeichen"
        "|numero de dossier",
        weak_aliases="patient number|patient id|patientid|account|account number|acct|acct id|account id"
        "|patient account|patient account number|patient chart number|patient mrn|client id"
        "|client number|record number|id|emr id|ehr id|person number|numero de paciente"
        "|id paciente|id del paciente|numero de cuenta|cuenta|kontonummer|patient record number"
        "|patient identifier|pid|mr",
        values="number",
    ),
    Field(
        "name",
        "patient name",
        "patient name|patientname|patient full name|full name|fullname|name last first"
        "|last name first name|last first|patient last first|name of patient"
        "|patient name last first|client name|nombre completo|nombre del paciente|nombre paciente"
        "|nombre y apellido|nombre y apellidos|apellidos y nombre|apellidos y nombres"
        "|patientenname|name des patienten|name vorname|nachname vorname|vor und nachname"
        "|vorname nachname|nom du patient|nom complet|last name first name mi|last first middle"
        "|last first mi",
        weak_aliases="name|patient|paciente|client|patienten",
        values="name",
    ),
    Field(
        "first_name",
        "first name",
        "first name|firstname|first|fname|given name|given names|forename|first nm|nombre|nombres"
        "|primer nombre|vorname|vornamen|rufname|prenom",
        values="text",
    ),
    Field(
        "middle_name",
        "middle name",
        "middle name|middlename|middle|mname|middle initial|mi|m i|middle int|segundo nombre"
        "|inicial|zweiter vorname|second name",
        values="text",
    ),
    Field(
        "last_name",
        "last name",
        "last name|lastname|last|lname|surname|family name|last nm|apellido|apellidos"
        "|primer apellido|nachname|familienname|zuname|nom de famille",
        values="text",
    ),
    Field("suffix", "suffix", "suffix|name suffix|suffix name|generation|sufijo|namenszusatz|sfx"),
    Field(
        "preferred_name",
        "preferred name",
        "preferred name|preferred|preferred first name|nickname|nick name|goes by|called"
        "|also known as|aka|apodo|nombre preferido|spitzname",
        values="text",
    ),
    Field(
        "date_of_birth",
        "date of birth",
        "dob|date of birth|birthdate|birth date|birthday|bday|b day|born|birth dt|date birth"
        "|dateofbirth|birth|fecha de nacimiento|fecha nacimiento|f nacimiento|fecha de nac"
        "|fecha nac|nacimiento|geburtsdatum|geb datum|geburtstag|geb|geboren|geboren am"
        "|date de naissance",
        values="date",
    ),
    Field(
        "home_phone",
        "home phone",
        "home phone|home phone number|home number|home|home tel|phone home|hm phone|landline"
        "|land line|res phone|residence phone|house phone|telefono de casa|telefono casa"
        "|telefono particular|telefono fijo|telefono domicilio|festnetz|telefon privat"
        "|privattelefon|festnetznummer|telefon festnetz|home contact number",
        values="phone",
    ),
    Field(
        "cell_phone",
        "cell phone",
        "cell phone|cell phone number|cellphone|cell|cell number|mobile|mobile phone"
        "|mobile phone number|mobile number|phone cell|phone mobile|cellular|cellular phone"
        "|text number|sms number|sms phone|celular|telefono celular|numero de celular|movil"
        "|telefono movil|handy|handynummer|mobil|mobilnummer|mobiltelefon|telefon mobil|portable",
        values="phone",
    ),
    Field(
        "work_phone",
        "work phone",
        "work phone|work phone number|work number|work|office phone|business phone|phone work"
        "|wk phone|daytime phone|day phone|phone office|telefono del trabajo|telefono trabajo"
        "|telefono de trabajo|telefono de oficina|telefono oficina|diensttelefon"
        "|telefon dienstlich|telefon geschaftlich|telefon arbeit|telefon buro",
        values="phone",
    ),
    Field(
        "phone",
        "phone",
        "phone|phone number|phone 1|primary phone|main phone|contact phone|contact number"
        "|best phone|preferred phone|default phone|phone primary|number to call|telefono"
        "|numero de telefono|telefono 1|telefono principal|telefon|telefonnummer|telefon 1"
        "|rufnummer",
        weak_aliases="phones|phone numbers|telefonos|all phones|contact",
        values="phone",
    ),
    Field(
        "phone2",
        "second phone",
        "phone 2|phone2|second phone|secondary phone|other phone|alternate phone"
        "|alternative phone|alt phone|phone alt|phone other|additional phone|telefono 2"
        "|otro telefono|telefon 2|weitere telefonnummer",
        values="phone",
    ),
    Field(
        "email",
        "e-mail",
        "email|email address|mail address|e mail|e mail address|primary email|email 1|correo"
        "|correo electronico|direccion de correo|e mail adresse|email adresse|courriel",
        weak_aliases="mail",
        values="email",
    ),
    Field(
        "address",
        "address",
        "address|street|street address|address 1|address line 1|address1|addr1|mailing address"
        "|home address|residence|street 1|address line|direccion|calle|domicilio|direccion 1"
        "|strasse|adresse|anschrift|strasse und hausnummer|strasse hausnummer|full address|rue",
    ),
    Field(
        "address2",
        "second address line",
        "address 2|address2|address line 2|addr2|street 2|apt|apartment|unit|suite|apt number"
        "|apt unit|unit number|direccion 2|apartamento|adresszusatz|adresse 2",
    ),
    Field("city", "city", "city|town|home city|city name|ciudad|ort|stadt|wohnort|ville|mailing city"),
    Field(
        "state",
        "state",
        "state|st|home state|province|state code|mailing state|state province|estado|bundesland",
        values="state",
    ),
    Field(
        "zip",
        "zip",
        "zip|zipcode|zip code|postal code|postcode|home zip|mailing zip|zip postal code|zip 4"
        "|codigo postal|cp|plz|postleitzahl|code postal",
        values="zip",
    ),
    Field(
        "insurer",
        "insurer",
        "insurer|insurer name|insurance|insurance name|insurance company|primary insurance"
        "|primary insurance name|primary payer|primary ins|ins name|insurance carrier|insurance 1"
        "|insurance plan|carrier|primary carrier|seguro|seguro medico|aseguradora"
        "|compania de seguros|krankenkasse|versicherung|kasse|assurance",
        weak_aliases="payer|payer name|payor|plan|plan name|health plan|insurance plan name"
        "|primary insurance company|ins",
    ),
    Field(
        "insurer_id",
        "insurer id",
        "insurer id|insurance id|payer id|insurance id number|member id|insurance number"
        "|policy number|subscriber id|member number|policy id|primary insurance id"
        "|primary policy number|mbi|medicare id|medicare number|numero de poliza|poliza"
        "|numero de seguro|versicherungsnummer|versichertennummer|kassennummer",
    ),
    Field(
        "last_visit",
        "last visit",
        "last visit|last visit date|last dos|last date of service|date last seen|last seen"
        "|last appointment|last appt|last appointment date|last appt date|last encounter"
        "|last encounter date|most recent visit|last office visit|date of last visit"
        "|last service date|ultima visita|ultima cita|fecha de ultima visita|fecha ultima visita"
        "|fecha de la ultima visita|letzter besuch|letzter termin|letzte behandlung"
        "|derniere visite",
        weak_aliases="dos|date of service|service date|visit date|fecha de servicio|fecha de visita|behandlungsdatum",
        values="date",
    ),
    Field("sex", "sex", "sex|gender|birth sex|m f|sexo|genero|geschlecht|sexe", values="sex"),
    Field(
        "deceased",
        "deceased",
        "deceased|is deceased|deceased flag|date of death|deceased date|dod|death date|expired"
        "|fallecido|fecha de defuncion|verstorben|sterbedatum|deceased indicator",
    ),
)

APCM_FIELDS = (
    *(f for f in FIELDS if f.name in ("mrn", "name", "first_name", "middle_name", "last_name", "suffix")),
    next(f for f in FIELDS if f.name == "date_of_birth"),
    Field(
        "signed_up_on",
        "date signed up",
        "date signed up|date signed|signed up|sign up date|signup date|date enrolled|enrolled"
        "|enrollment date|enrolled on|consent date|date of consent|apcm date|apcm consent date"
        "|apcm start date|start date",
        weak_aliases="date",
        values="date",
    ),
    Field("level1", "level 1 (G0556)", "level 1", marks="g0556|level 1|level i"),
    Field("level2", "level 2 (G0557)", "level 2", marks="g0557|level 2|level ii"),
    Field("level3", "level 3 (G0558, QMB)", "qmb|level 3", marks="g0558|qmb|level 3|level iii"),
    Field("comments", "comments", "comments|comment|notes|note|remarks|remark|apcm comments|apcm notes"),
    replace(next(f for f in FIELDS if f.name == "insurer"), name="insurance"),
    Field("copay", "copay", "copay|co pay|copayment|co payment|copay amount"),
    Field("status_text", "APCM status", "apcm status|status|enrollment status|apcm enrollment status|apcm"),
)

PATIENT_NEEDS = (("mrn",), ("name", "last_name"))
APCM_NEEDS = (("mrn",), ("level1", "level2", "level3"))

# A heading with one of these words is about somebody or something else, unless the field says the word too.
_OTHERS = frozenset(
    """
    provider physician doctor doc dr pcp guarantor emergency spouse referring referred insurance insured
    insurer subscriber policy policyholder payer payor plan employer pharmacy facility relative mother
    father parent guardian partner responsible caregiver attending rendering supervising billing fax kin
    relation relationship secondary tertiary contact proxy poa representative location clinic practice
    office department user created updated entered modified previous former old bad wrong mothers fathers
    maiden husband wife ice next appointment appt death emergencia medico proveedor conyuge garante
    responsable madre padre esposo esposa medica aseguradora seguro arzt hausarzt ehepartner notfall
    notfallkontakt uberweiser versicherung krankenkasse angehoriger angehorige arbeitgeber kontakt
    contacto consent status alert verified type
    """.split()  # noqa: SIM905 - read as prose
)
_SAME_WORDS = {
    "pt": "patient", "pts": "patient", "pat": "patient", "patients": "patient", "no": "number",
    "nr": "number", "num": "number", "nbr": "number", "numbers": "number", "acct": "account",
    "acc": "account", "acnt": "account", "ph": "phone", "fon": "phone", "tel": "phone",
    "telephone": "phone", "addr": "address", "dt": "date", "nm": "name", "ins": "insurance",
    "mob": "mobile", "med": "medical", "rec": "record", "dr": "doctor", "tlf": "telefono",
    "str": "strasse", "emailaddress": "email address", "phonenumber": "phone number",
    "appt": "appointment", "pri": "primary", "sec": "secondary",
}  # fmt: skip
_LOOKS_LIKE = {
    "date": re.compile(r"\d{1,4}[-/. ]+\d{1,2}[-/. ]+\d{2,4}.*|\d{5}(\.\d+)?|\d{7,8}|.*[A-Za-z]{3}.*\d{2}.*"),
    "phone": re.compile(r"(?:\D*\d){7,}.*", re.DOTALL),
    "email": re.compile(r"\S+@\S+"),
    "zip": re.compile(r"\d{3,5}(\.0)?|\d{8,9}|\d{5}-\d{4}|[A-Z]\d[A-Z] ?\d[A-Z]\d"),
    "state": re.compile(r"[A-Za-z]{2}|[A-Za-z][A-Za-z .]{3,20}"),
    "sex": re.compile(r"[A-Za-zäöü]{1,12}\W?[A-Za-z -]{0,20}|[0129]"),
    "number": re.compile(r"(?=.*\d)[\w .#/-]{1,25}"),
    "name": re.compile(r"\D*[^\W\d_]{2}\D*"),
    "text": re.compile(r"\D*"),
}
_ANY_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}-\d{2}( .*)?")


@lru_cache(maxsize=4096)
def normal(heading: str) -> str:
    """ "Acct #", "D.O.B." and "homePhone" as "account number", "dob" and "home phone"."""
    text = re.sub(r"\b(?:[A-Za-z]\.){2,}[A-Za-z]?\b", lambda m: m[0].replace(".", ""), plain(heading))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)(?!\d{4})", " ", text).lower()
    text = re.sub(r"[#№]|\bn[ºo°]\.?(?!\w)", " number ", text).replace("'s", "").replace("e-mail", "email")
    words = re.findall(r"[^\W_]+", text)
    return " ".join(_SAME_WORDS.get(word, word) for word in words)


def numbered(headings: Sequence[str]) -> list[str]:
    """Headings as a person can tell them apart: a repeated one as "Phone (1)" and "Phone (2)"."""
    often, seen = Counter(headings), Counter()
    names = []
    for heading in headings:
        seen[heading] += 1
        names.append(f"{heading} ({seen[heading]})" if heading and often[heading] > 1 else heading)
    return names


def signature(headings: Iterable[str]) -> str:
    """The same for the same set of headings, in whatever order and writing."""
    return hashlib.sha256("\x1f".join(sorted(map(normal, headings))).encode()).hexdigest()


def knows(fields: Sequence[Field] = FIELDS) -> Callable[[str], bool]:
    """For tables.find_table: whether a cell is the heading of one of the fields."""

    @lru_cache(maxsize=4096)
    def known(heading: str) -> bool:
        return len(heading) <= 60 and any(_heading_score(normal(heading), f) >= ACCEPT for f in fields)

    return known


def map_columns(
    headings: Sequence[str],
    rows_sample: Sequence[Sequence[str]],
    *,
    fields: Sequence[Field] = FIELDS,
    saved: Mapping[str, str] | None = None,
) -> ColumnMap:
    """Each field gets at most one column and each column one field; `saved` is field → heading and wins."""
    result = ColumnMap()
    _take_saved(result, headings, saved or {})
    scores = _scores(headings, rows_sample[:SAMPLE], fields, result)
    _assign(result, headings, scores)
    taken = set(result.columns.values())
    result.unmapped = [h for column, h in enumerate(headings) if h.strip() and column not in taken]
    return result


def missing(column_map: ColumnMap, needs=PATIENT_NEEDS, fields: Sequence[Field] = FIELDS) -> list[str]:
    """One sentence for each need that no column meets; empty if the table can be imported."""
    labels = {f.name: f.label for f in fields}
    return [_lack(column_map, names, labels) for names in needs if not any(n in column_map.columns for n in names)]


def _lack(column_map: ColumnMap, names: Sequence[str], labels: Mapping[str, str]) -> str:
    wanted = " or ".join(labels.get(name, name) for name in names)
    for name in names:
        if rivals := column_map.ambiguous.get(name):
            quoted = " and ".join(f'"{heading}"' for heading in rivals)
            return f"More than one column could be the {labels[name]}, {quoted}: choose one."
    return f"No column was recognised as the {wanted}: name it so in the heading row or choose the column."


def _take_saved(result: ColumnMap, headings: Sequence[str], saved: Mapping[str, str]) -> None:
    names = [normal(heading) for heading in numbered(headings)]
    columns = {name: column for column, name in enumerate(names)}
    often = Counter(names)
    for name, heading in saved.items():
        key = normal(heading)
        if often[key] == 1 and columns[key] not in result.columns.values():
            result.columns[name] = columns[key]
            result.confidence[name] = 1.0


def _scores(headings, rows, fields: Sequence[Field], result: ColumnMap) -> list[tuple[float, str, int]]:
    """(score, field, column) of all pairs worth a thought, the best first."""
    taken = set(result.columns.values())
    scores = []
    for column, heading in enumerate(headings):
        if not heading.strip() or column in taken:
            continue
        values = [row[column] for row in rows if column < len(row) and row[column].strip()]
        for f in fields:
            if f.name not in result.columns and (score := _heading_score(normal(heading), f)) > 0.6:
                score = min(1.0, score + _value_bonus(values, f.values))
                scores.append((score, f.name, column))
    return sorted(scores, key=lambda s: (-s[0], s[2]))


def _assign(result: ColumnMap, headings: Sequence[str], scores: list[tuple[float, str, int]]) -> None:
    """One to one, the surest first; a rival within the margin that has no better use makes it doubtful."""
    own_best: dict[int, float] = {}
    for score, _, column in scores:
        own_best.setdefault(column, score)
    taken: set[int] = set(result.columns.values())
    for score, name, column in scores:
        if score < ACCEPT or name in result.columns or name in result.ambiguous or column in taken:
            continue
        rivals = [
            other
            for other_score, other_name, other in scores
            if other_name == name and other not in taken and other != column
            if score - other_score < MARGIN and own_best[other] <= other_score
        ]
        if rivals:
            result.ambiguous[name] = [headings[c] for c in sorted([column, *rivals])]
            continue
        result.columns[name] = column
        result.confidence[name] = round(score, 2)
        taken.add(column)


@lru_cache(maxsize=65536)
def _heading_score(heading: str, f: Field) -> float:
    """1 for an alias, 0.92 for a weak one, less for other orders and slips, 0 where a word speaks against."""
    if heading in _normal_aliases(f.aliases):
        return 1.0
    if f.marks and re.search(rf"\b({f.marks})\b", heading):
        return 1.0
    if heading in _normal_aliases(f.weak_aliases):
        return 0.92
    words = heading.split()
    aliases = _normal_aliases(f.aliases) | _normal_aliases(f.weak_aliases)
    if not words or _speaks_against(words, aliases):
        return 0.0
    if words[0] == "patient" and " ".join(words[1:]) in _normal_aliases(f.aliases):
        return 0.98
    this = _shape(heading)
    return max(_likeness(this, _shape(alias)) for alias in aliases)


class _Shape(NamedTuple):
    text: str
    words: tuple[str, ...]
    word_set: frozenset[str]
    joined: str
    numbers: tuple[str, ...]


@lru_cache(maxsize=8192)
def _shape(text: str) -> _Shape:
    words = tuple(text.split())
    return _Shape(text, words, frozenset(words), "".join(words), tuple(re.findall(r"\d+", text)))


@lru_cache(maxsize=1024)
def _normal_aliases(aliases: str) -> frozenset[str]:
    return frozenset(normal(alias) for alias in aliases.split("|") if alias)


@lru_cache(maxsize=1024)
def _words_of(aliases: frozenset[str]) -> frozenset[str]:
    return frozenset(word for alias in aliases for word in alias.split())


def _speaks_against(words: list[str], aliases: frozenset[str]) -> bool:
    return any(word in _OTHERS and word not in _words_of(aliases) for word in words)


def _likeness(heading: _Shape, alias: _Shape) -> float:
    if heading.word_set == alias.word_set or heading.joined == alias.joined:
        return 0.95
    if heading.numbers != alias.numbers:
        return 0.0
    ratio = Indel.normalized_similarity(heading.text, alias.text)
    if ratio >= SLIP and _differs_by_slips(heading.words, alias.words):
        return 0.95 * ratio
    shared = len(heading.word_set & alias.word_set) / len(heading.word_set | alias.word_set)
    return 0.6 * shared + 0.4 * ratio


def _differs_by_slips(words: Sequence[str], others: Sequence[str]) -> bool:
    return len(words) == len(others) and all(
        word == other or (len(other) > 4 and Indel.normalized_similarity(word, other) >= 0.8)
        for word, other in zip(words, others, strict=True)
    )


def _value_bonus(values: list[str], looks: str) -> float:
    """+0.15 where the values look as they should, -0.3 where hardly one does, 0 in doubt."""
    if not looks or not values:
        return 0.0
    values = [value.strip()[:60] for value in values]
    share = sum(bool(_LOOKS_LIKE[looks].fullmatch(value)) for value in values) / len(values)
    if looks == "number":
        share -= sum(bool(_ANY_DATE.fullmatch(value)) for value in values) / len(values)
    if share >= 0.7:
        return 0.15
    return -0.3 if share <= 0.1 and len(values) >= 5 else 0.0
