"""Which column of a Forms export holds what, judged by its title and by the look of its values.

Titles are whole questions in any wording, English and Spanish first; the metadata headings follow the
language of the form's owner (microsoft.md 4.4). A title only proposes: values that look otherwise overrule.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from consent.form_options import UNCLEAR, decision, plain_text
from consent.form_watch import asks_who, is_survey, of_others
from patients.dates import BadDate, read_date

DECISIONS = ("records", "apcm", "notice", "texting")
CERTAIN = 12
LIKELY = 3
_SAMPLE = 60
_LONGEST_TIME = 60  # characters
_EPOCH = datetime(1899, 12, 30)  # Excel counts from here; serials carry no zone
_METADATA = {
    "response_id": "id|id.|response id|respondent id|id de respuesta|identificador|antwort-id|no.|#",
    "started_at": "start time|started|hora de inicio|hora de comienzo|startzeit|heure de debut|"
    "開始時刻|開始時間|"
    "hora de inicio|ora di inizio|begintijd|开始时间",
    "completed_at": "completion time|completed|completed at|submission time|submitted|"
    "submitted at|timestamp|"
    "submission date|hora de finalizacion|hora de conclusion|fertigstellungszeit|abschlusszeit|"
    "heure de fin|"
    "heure de lachevement|完了時刻|完了時間|hora de conclusao|ora di completamento|"
    "voltooiingstijd|完成时间",
    "email": "email|e-mail|email address|correo|correo electronico|adresse de messagerie|"
    "courriel|e-mail-adresse|"
    "メール|電子メール|posta elettronica|电子邮件",
    "respondent_name": "name|nombre|nom|nome|naam|名前|名称|姓名",
    "language": "language|idioma|sprache|langue|lingua|taal|言語|语言",
    "last_modified": "last modified time|last modified|hora de la ultima modificacion|"
    "uhrzeit der letzten anderung|zeitpunkt der letzten anderung|"
    "heure de la derniere modification|最終変更時刻|最終更新時刻",
    "total_points": "total points|puntos totales|gesamtpunktzahl|total des points|合計点",
    "quiz_feedback": "quiz feedback|comentarios del cuestionario|quizfeedback|commentaires sur le questionnaire",
}
_EXACT = {heading: meaning for meaning, headings in _METADATA.items() for heading in headings.split("|")}


@dataclass(frozen=True)
class Rule:
    meaning: str
    weight: float
    pattern: str
    veto: str = ""

    def fits(self, title: str) -> bool:
        return bool(re.search(self.pattern, title)) and not (self.veto and re.search(self.veto, title))


_SIGN = (
    r"signature|\bfirm(a|e|ar|o)\b|unterschr|unterzeichn|\bsign(er|ez|e|ieren)\b|assinatura|"
    r"\bassin(e|ar|o)\b|署名|サイン"
)
_RULES = (
    Rule(
        "code",
        7,
        r"\btoken\b|(reference|invitation|personal|access|security|consent) (code|number|no\b|id)|"
        r"\b(codigo|numero) (de |personal)(referencia|invitacion|acceso)|codigo personal|"
        r"referenz(code|nummer)|"
        r"(code|numero) (de reference|dinvitation|personnel)|参照コード|招待コード",
        r"\b(zip|area|postal)\b",
    ),
    Rule(
        "code",
        5,
        r"\b\w*code\b|\bcodigo\b|\bpin\b|\bkennung\b|\bkennwort\b|\bjeton\b|コード|番号",
        r"\b(zip|area|postal|icd|billing code)|zipcode|電話|郵便",
    ),
    Rule("code", 4, r"\b\d{2}[ -]?(character|digit|symbol|letter|caracter)|\breference\b|\breferencia\b"),
    Rule(
        "date_of_birth",
        8,
        r"date of birth|birth ?dat|birthday|\bdob\b|\bd\.o\.b|nacimiento|geburtsdatum|geburtstag|naissance|"
        r"生年月日|出生日期|nascimento|\bborn\b|"
        r"month.*day.*year.*birth|\bgeboren\b|\bnacio\b|\bnasceu\b|\b(ne|nee|ne\(e\))s? le\b|誕生日",
        r"(guardian|caregiver|representative|spouse|proxy)\W*s? (date|birth|dob)",
    ),
    Rule(
        "signed_on",
        7,
        r"todays date|date (of |you )?(signing|signature|signed|sign)\b|signed on|"
        r"signature date|fecha de (hoy|la firma|firma)|"
        r"heutiges datum|datum (der|ihrer) unterschrift|unterschriftsdatum|date de (la |votre )?signature|"
        r"date du jour|"
        r"data de hoje|data d[ae] (sua )?assinatura|署名日|(本|今)日の日付|記入日",
    ),
    Rule("signed_on", 3, r"^\W*(date|fecha|datum|日付)\W*$"),
    Rule(
        "full_name",
        8,
        r"nom (de famille )?et prenom|prenoms? et nom|vor-? ?(name)? ?und (nach|zu|familien) ?name|"
        r"nombres? y apellidos?|nomes? e (sobrenome|apelido)|first and last name",
    ),
    Rule(
        "full_name",
        6,
        r"full (legal )?name|legal name|your name|patients? name|name of (the )?patient|printed? name|"
        r"first and last name|nombre (completo|legal|y apellido)|su nombre|nombre del paciente|"
        r"(vollstandige[rn]?|ihr|kompletter|ganzer) (\w+ )?name|wie heissen sie|name des patienten|nom complet|"
        r"votre nom|nom du patient|como se llama|氏名|姓名|フルネーム|お名前|nome (completo|do paciente)|seu nome",
        r"name of (your |the )?(practice|doctor|physician|pharmacy|insurance|clinic|caregiver|emergency)",
    ),
    Rule("full_name", 3, r"\bname\b|\bnombre\b|\bnom\b|\bnome\b|名前", r"(practice|doctor|pharmacy|insurance|user)"),
    Rule(
        "first_name",
        7,
        r"^\W*(patients? |your )?(first|given) name|^\W*(primer )?nombres?\W*$|vorname|prenom|primeiro nome",
        r"last|\bet\b|\bund\b",
    ),
    Rule(
        "last_name",
        7,
        r"^\W*(patients? |your )?(last|family|sur) ?name|^\W*apellidos?\W*$|nachname|nom de famille|sobrenome",
        r"first|\bet\b|\bund\b|nombre|nomes? e\b",
    ),
    Rule(
        "signature_name",
        8,
        r"\bnam\w*\b.*(signature|\bsign\b)|(signature|\bsign\b|"
        r"\bfirma|unterschrift|assinatura|署名).*(name|nombre|\bnom\b|\bnome\b|名)",
    ),
    Rule("signature_name", 6, rf"{_SIGN}|\bsign here\b"),
    Rule(
        "signature_box",
        9,
        r"(check|tick|\bbox|marque|marcar|casilla|caixa|kreuz|coch).*(sign|firma|unterschr|unterzeich|assin)|"
        r"by checking|"
        r"(sign|firma|unterschr|unterzeich|assin).*(\bcheck|\btick|casilla|caixa|kreuz|coch)|"
        r"typed name (is|serves|"
        r"constitutes|counts)|(is|as|constitutes) my (electronic |legal )*signature|agree to sign|"
        r"sign(ature)? (check ?box|confirmation|acknowledg)|\battest|\bunder penalty of perjury\b|"
        r"\bcertif(y|ication)\b|force of (a|my) .*signature",
    ),
    Rule("signature_box", 4, rf"{_SIGN}|\bsign\b"),
    Rule("records", 7, r"(medical|health|clinical|patient) records?|\bmy records\b|\byour records\b"),
    Rule(
        "records",
        6,
        r"\brecords?\b|\bchart\b|\b(medical|health) (file|information|history)|expediente|histori\w+ (medic|clinic)|"
        r"registros|archivos? medic|informacion (medica|de salud|clinica)|(kranken|patienten|gesundheits|"
        r"medizinische)\w* ?"
        r"(akten?|unterlagen|daten|informationen)|\bakten?\b|\bunterlagen\b|dossiers? |renseignements (medica|"
        r"de sante)|"
        r"donnees (medica|de sante)|informations (medica|de sante)|prontuario|ficha (clinica|medica)|"
        r"(informacoes|dados) (medic|de saude|clinic)|(診療|医療|健康)(記録|情報)|カルテ|診療録",
    ),
    Rule(
        "records",
        3,
        r"\bconsent|authori[sz]|\bagree|consentimiento|autoriz|einwillig|einverstanden|consentement|autoris|"
        r"\bacceptez|consentimento|同意",
    ),
    Rule(
        "apcm",
        7,
        r"(?<![a-z])[ld]?apcm(?![a-z])|advanced primary care|care[- ]management|\bg055\d|(gestion|manejo|"
        r"administracion|coordinacion) "
        r"(de |del |de la )?(la |su |los )?(atencion|cuidado)|atencion primaria avanzada|monthly care|care program|"
        r"care coordination|(betreuungs|versorgungs|pflege)\w*programm|primarversorgung|"
        r"(gestion|coordination|suivi) (avancee )?(de|des) (vos )?soins|soins primaires|programme de soins|"
        r"(gestao|gerenciamento|coordenacao) (avancad\w+ )?(de|do|dos|da) (\w+ )?(cuidado|atencao)|"
        r"cuidados primarios|"
        r"atencao primaria|programa de cuidados|ケア(管理|マネジメント|プログラム)|プライマリ",
    ),
    Rule(
        "notice",
        8.5,
        r"\bnotif|\bbe (told|informed)\b|\binform (?!us\b|consent)|\btell (?!us\b)|"
        r"\blet\b.*\bknow\b|"
        r"\b(end|ending|terminat|revo[ck]|stop|cancel|withdraw)\w*\b.*\b(bill|authority)|\bnotice to\b|"
        r"\b(bill\w*|authority|apcm) (\w+ ){0,3}?(end|terminat|revo[ck]|cancel|withdraw)\w*|"
        r"\b(old|former|previous|prior|current) (practice|office|group|doctor|clinic)s?.{0,60}\b(bill|know|"
        r"inform|told)|"
        r"\bavis\w+|\binform(ar\w*|er|e|en|amos|emos)\b|\binformier|\bnotific|comunicar|mitteil|bescheid|verstandig|"
        r"benachrichtig|\b(prevenir|prevenions|avertir|avertissions)\b|\bfaire savoir|通知|知らせ|伝え",
    ),
    Rule(
        "understood",
        9,
        r"understand|acknowledg|entiendo|entiende|comprend|reconozco|reconnai|verstehe|verstanden|zur kenntnis|"
        r"\bentendo|compreend|estou ciente|理解|承知|了解",
        r"^\W*(i|we) (hereby |do |also )*(agree|consent|authori[sz]e|elect|give|permit|choose|want)\b",
    ),
    Rule(
        "understood",
        13,
        r"^\W*(do you |i |please )?(confirm (that )?(you |i )?)?(understand|acknowledg|entiendo)",
    ),
    Rule(
        "voluntary",
        10,
        r"voluntar|(withdraw|revoke|cancel)\w* (my|this|your|it|the) ?(consent|"
        r"authori[sz]ation|permission|at any)|"
        r"may be withdrawn|(retirar|revocar|revogar) (mi|este|su|meu|minha|esta) (consent|autoriz)|freiwillig|"
        r"volontair|"
        r"(retirer|revoquer) (mon|ce|cette|votre)|widerruf|任意|自由意[思志]|撤回",
    ),
    Rule(
        "texting",
        8,
        r"text messag|\btexts\b|text reminder|\bsms\b|\btexting\b|\btext (you|me)\b|"
        r"\bby text\b|mensajes? de texto|textnachricht|kurznachricht|messages? texte|\btextos?\b|mensage\w+ de texto|"
        r"(テキスト|ショート)メッセージ",
    ),
    Rule(
        "comment",
        6,
        r"comment|\bnotes?\b|remarks?|anything else|additional information|comentario|"
        r"observac|kommentar|anmerkung|commentaire|remarque|ご?意見|ご?質問|ご?要望",
    ),
    Rule(
        "comment",
        5,
        r"\bquestions?\b|preguntas?|perguntas?|duvidas|\bfragen\b|コメント|備考|bemerkung",
        r"question \d|pregunta \d",
    ),
    Rule(
        "representative",
        6.5,
        r"on behalf|not the patient|other than the patient|relationship to|your relationship|"
        r"representative|guardian|"
        r"power of attorney|authority to sign|en nombre de(l| la| otra)|representante|"
        r"parentesco|relacion con el paciente|vertreter|im namen (des|der)|bevollmachtig|beziehung zum patient|"
        r"representant|au nom d|lien avec le patient|em nome d|relacao com o paciente|代理|続柄",
        r"patient or|are you the patient|or (legal |personal )?(representative|guardian)",
    ),
)
_CODE_WORDS = re.compile(r"\b(code|token|codigo|pin)\b")


@lru_cache(maxsize=1024)
def title_of(heading: str) -> str:
    """The heading as compared: lower case, no accents, markup, numbering or suffix of a repeated title."""
    title = re.sub(r"^\W*(q(uestion)?\s*)?\d{1,2}\s*[.):-]\s*", "", plain_text(heading))
    return re.sub(r"(?<=[^\W\d])([?:.]?)\d{1,2}$", r"\1", title).strip(" *")


def repetition(heading: str) -> int:
    """1, or the number that Excel put behind a title which an earlier column already has."""
    found = re.search(r"[^\W\d][?:.]?(\d{1,2})$", plain_text(heading))
    return int(found[1]) if found else 1


@lru_cache(maxsize=1024)
def title_scores(heading: str) -> dict[str, float]:
    """Meaning to weight, for what the title alone says. Metadata headings are certain."""
    exact = _EXACT.get(plain_text(heading))
    if exact:
        return {exact: CERTAIN}
    title = title_of(heading)
    if of_a_quiz(heading):
        return {}
    scores: dict[str, float] = {}
    for rule in _RULES:
        if rule.fits(title):
            scores[rule.meaning] = max(rule.weight, scores.get(rule.meaning, 0))
    if of_others(heading):
        for meaning in ("full_name", "first_name", "last_name", "signature_name"):
            scores.pop(meaning, None)
    if is_survey(heading):
        scores.pop("records", None)
    if asks_who(heading):
        return {"representative": CERTAIN}
    if _CODE_WORDS.search(title):
        scores.pop("texting", None)
    if "voluntary" in scores:
        scores.pop("understood", None)
    return scores


def of_a_quiz(heading: str) -> bool:
    """Points and feedback that Forms adds for each question of a quiz."""
    return bool(re.match(r"(points|feedback|puntos|comentarios|punkte|commentaires|pontos) - ", title_of(heading)))


def says_again(heading: str) -> bool:
    again = (
        r"\bagain\b|confirm|re-?enter|once more|second time|verify|"
        r"otra vez|de nuevo|repita|nochmals|encore|再"
    )
    return repetition(heading) > 1 or bool(re.search(again, title_of(heading)))


@dataclass(frozen=True)
class Looks:
    """Shares (0 to 1) of a column's filled cells that look so; `years`: how many years its dates are of."""

    filled: int
    code: float
    choice: float
    date: float
    moment: float
    name: float
    number: float
    email: float
    distinct: float
    years: int
    ticked: bool = False  # one and the same words wherever it is filled


def looks(values: Iterable[str]) -> Looks:
    filled = [value for value in values if value.strip()]
    sample = filled[:: max(1, len(filled) // _SAMPLE)]
    if not sample:
        return Looks(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    dates = [read for read in map(_some_date, sample) if read]
    share = 1 / len(sample)
    return Looks(
        filled=len(filled),
        code=share * sum(map(_like_code, sample)),
        choice=share * sum(decision(value, "records") != UNCLEAR for value in sample),
        date=share * len(dates),
        moment=share * sum(bool(read.time() > datetime.min.time()) for read in dates),
        name=share * sum(map(_like_name, sample)) if len(sample) < 6 or len(set(sample)) * share > 0.5 else 0,
        number=share * sum(value.strip().isdigit() for value in sample),
        email=share * sum("@" in value or value.strip().casefold() == "anonymous" for value in sample),
        distinct=len(set(sample)) * share,
        years=len({read.year for read in dates}),
        ticked=len(filled) > 3 and len(set(map(plain_text, filled))) == 1,
    )


def evidence(meaning: str, seen: Looks) -> float:
    """What the values add to the title's weight, or take from it."""
    if not seen.filled:
        return 0
    if meaning == "code":
        return 4 * seen.code - 6 * max(seen.choice, seen.date) - 4 * seen.name
    if meaning in DECISIONS:
        return 3 * seen.choice - 6 * max(seen.code, seen.date) - 4 * seen.name
    if meaning == "date_of_birth":
        return 4 * seen.date - 6 * max(seen.choice, seen.code) - (5 if _all_of_late(seen) else 0)
    if meaning == "signed_on":
        return 3 * seen.date - 6 * max(seen.choice, seen.code) - (5 if seen.years > 2 else 0)
    if meaning == "signature_name" and seen.distinct < 0.5 and seen.filled > 5:
        return -CERTAIN  # the same words again and again: a box, whatever its title says
    if meaning in {"full_name", "signature_name", "first_name", "last_name"}:
        whole = 3 if meaning in {"full_name", "signature_name"} else 0
        return whole * seen.name - 6 * max(seen.choice, seen.code, seen.date)
    if meaning in {"understood", "voluntary", "signature_box"}:
        repeated = 2 * (1 - seen.distinct) if seen.filled > 3 else 0
        return repeated - 6 * max(seen.code, seen.date) - (5 if seen.distinct > 0.5 and seen.name > 0.5 else 0)
    if meaning in {"started_at", "completed_at", "last_modified"}:
        return -CERTAIN if seen.date < 0.3 else 0
    return -4 * max(seen.code, seen.date) if meaning in {"comment", "representative"} else 0


def _all_of_late(seen: Looks) -> bool:
    """True for a column of dates that all fall in a year or two: signing dates, not births."""
    return seen.filled > 5 and seen.date > 0.5 and seen.years <= 2


def _like_code(value: str) -> bool:
    cleaned = re.sub(r"[\s\-–—.\"'`_]+", "", value)
    mixed = cleaned.isascii() and cleaned.isalnum() and re.search(r"\d", cleaned) and re.search(r"[A-Za-z]", cleaned)
    return bool(mixed) and 10 <= len(cleaned) <= 40 and _some_date(value) is None


def _like_name(value: str) -> bool:
    words = re.findall(r"[^\W\d_]+", value)
    return 2 <= len(words) <= 6 and len(value) <= 60 and not re.search(r"[\d?@;]", value) and _undecided(value)


def _undecided(value: str) -> bool:
    return decision(value, "records") == UNCLEAR


def _some_date(value: str) -> datetime | None:
    """A date or moment of any style; a bare number only where it is a serial from 1908 on."""
    text = value.strip()
    if text.isdigit() and not 3_000 <= int(text) <= 60_000:
        return None
    return read_moment(text) or read_moment(text, day_first=True)


_CLOCK = re.compile(
    r"(?P<day>.+?)[\sT,]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
)


def read_moment(text: str, *, day_first: bool = False, zone: ZoneInfo | None = None) -> datetime | None:
    """A naive local time from ISO, Excel serial or locale text; None where it is none of them.

    An offset ("Z", "-06:00") is converted where `zone` is given and dropped where it is not.
    """
    text = (
        re.sub(r"\s*日\s*", " ", re.sub(r"\s*[年月]\s*", "-", text)).replace("\u202f", " ").replace("\xa0", " ").strip()
    )
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _EPOCH + timedelta(seconds=round(float(text) * 86_400))
    if len(text) > _LONGEST_TIME or re.fullmatch(r"[\d.,]{1,6}", text):
        return None
    found = _CLOCK.fullmatch(text)
    try:
        day = read_date(found["day"].strip() if found else text, day_first=day_first)
        if not found:
            return datetime(day.year, day.month, day.day)
        return _at(day.isoformat(), found, zone)
    except (BadDate, ValueError):
        return None


def _at(day: str, found: re.Match[str], zone: ZoneInfo | None) -> datetime:
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    clock = f"{hour:02}:{found['minute']}:{found['second'] or '00'}"
    moment = datetime.fromisoformat(f"{day}T{clock}{found['offset'] or ''}")
    if zone and moment.tzinfo:
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None)
