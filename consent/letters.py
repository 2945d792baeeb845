"""Letters from choosing the patients to the post office. What came back is in consent/returned_mail.py."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import localtime

from consent import addresses
from consent.actions.wordings import use
from consent.codes import show
from consent.form_link import BadSample, personal_links
from consent.invitations import invite_without_phone, newest_codes
from consent.letter_paper import LONGEST_LINK, Sheet, Style, fits, long_date, print_letters
from consent.models import AddressVersion, Letter, LetterBatch, Response, Wording, current_decision
from consent.wordings.filling import fill, places_in
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from explorer.lib.pdf import unprintable
from patients.ages import is_minor
from patients.models import Patient

Kind = LetterBatch.Kind
ACTIVE_YEARS = 3  # Alabama, Administrative Code 540-X-9-.10: treated within the prior 36 months
TIME_TO_ANSWER = 21  # days that a code in a letter is good at least
LEFT_OUT = {
    "deceased": "Recorded as deceased",
    "held": "Not to be contacted",
    "left_list": "No longer on the patient list",
    "answered": "Has answered already",
    "in_review": "An answer waits for review",
    "no_address": "No street or city on file",
    "incomplete": "State or ZIP code missing or wrong",
    "returned": "Mail came back from this address",
    "written": "Has such a letter already",
    "unprintable": "Name or address has letters that the printer’s font lacks",
    "too_long": "Name and address are too long for the envelope’s window",
}
STOPS = ("deceased", "held", "left_list", "answered", "in_review")  # also a letter that is made already
GUARDIAN = {"es": "A los padres o tutores de"}


@dataclass(frozen=True, slots=True)
class Choice:
    """`why` is a key of LEFT_OUT, or empty: this patient gets a letter. `instead_of`: the one that came back."""

    patient: Patient
    name: str
    address: tuple[str, ...]
    why: str
    instead_of: Letter | None = None


def active_patients(today: date):
    """Whom the transition notice must reach by post: treated within the prior 36 months."""
    return Patient.objects.on_the_list().filter(deceased=False, last_visit__gte=_years_before(today))


def _years_before(today: date) -> date:
    try:
        return today.replace(year=today.year - ACTIVE_YEARS)
    except ValueError:
        return date(today.year - ACTIVE_YEARS, 2, 28)


def choose(patient_ids: Iterable[int], *, kind: str, envelope: str, language: str = "en", again: bool = False):
    """A Choice for each of these patients, in the order in which letters lie in the PDF: by ZIP code."""
    practice, pks = Practice.current(), set(patient_ids)
    today = practice.today()
    asked = Patient.objects.filter(pk__in=pks).annotate(
        records=current_decision("records"),
        answer_in_review=Exists(Response.objects.in_review().filter(likely=OuterRef("pk"))),
    )
    bad = addresses.bad_addresses(pks)
    letters = Letter.objects.standing().filter(patient__in=pks, batch__kind=kind).order_by("pk")
    written: dict[int, list[Letter]] = {}
    for letter in letters:
        written.setdefault(letter.patient_id, []).append(letter)
    choices = [
        _choice(
            patient,
            kind=kind,
            envelope=envelope,
            again=again,
            is_bad=patient.pk in bad,
            letters=written.get(patient.pk, []),
            minor=is_minor(patient.date_of_birth, state=practice.state, today=today),
            language=language,
        )
        for patient in asked
    ]
    return sorted(choices, key=_in_the_pdf)


def _in_the_pdf(choice: Choice) -> tuple:
    street, _, city, _, zip_code = choice.address
    return zip_code.strip(), city.casefold(), street.casefold(), choice.patient.sort_name, choice.patient.pk


def _choice(
    patient: Patient,
    *,
    kind: str,
    envelope: str,
    again: bool,
    is_bad: bool,
    letters: list[Letter],
    minor: bool,
    language: str,
) -> Choice:
    name = " ".join(patient.full_name.split())
    if minor:
        name = f"{GUARDIAN.get(language, 'Parent or guardian of')} {name}"
    address = addresses.present_address(patient)
    asks = kind == Kind.LETTER
    reasons = {
        "deceased": patient.deceased,
        "held": bool(patient.held),
        "left_list": patient.left_list_at is not None,
        "answered": asks and patient.records is not None,
        "in_review": asks and patient.answer_in_review,
        "no_address": addresses.is_missing(address),
        "incomplete": addresses.is_incomplete(address),
        "returned": is_bad,
        "written": not again and any(letter.returned_at is None for letter in letters),
        "unprintable": bool(unprintable("".join((name, *address)))),
    }
    why = next((code for code, holds in reasons.items() if holds), "")
    if not why and not fits(name, _lines(address), envelope):
        why = "too_long"
    back = [letter for letter in letters if letter.returned_at]
    return Choice(patient, name, address, why, back[-1] if back else None)


def _lines(address: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(AddressVersion(**dict(zip(addresses.ADDRESS, address, strict=True))).lines())


def left_out(choices: Iterable[Choice]) -> list[tuple[str, str, int]]:
    """(code, words, number of patients), the most frequent first."""
    counted = Counter(choice.why for choice in choices if choice.why)
    return [(code, LEFT_OUT[code], count) for code, count in counted.most_common()]


def warnings_about(wording: Wording, kind: str, practice: Practice) -> list[str]:
    """What a person should know before letters of this wording are made, as sentences."""
    found = []
    if wording.approved_on is None:
        found.append("Counsel has not approved this wording yet.")
    if not practice.mail_address:
        found.append("The practice profile has no mailing address, so mail that cannot be delivered is lost.")
    if needs_code(wording, kind):
        link = _link_pattern(practice)
        if not link:
            found.append("The practice profile has no form link, so the letters have a code and no picture to scan.")
        elif len(link) > LONGEST_LINK:
            found.append("The form’s link is so long that old phones may not read the picture. Use a redirect page.")
    return found


def needs_code(wording: Wording, kind: str) -> bool:
    return kind == Kind.LETTER or bool({"code", "link"} & set(places_in(wording.text)))


def to_take_out(batch: LetterBatch) -> list[tuple[Letter, str]]:
    """The letters of a batch whose patients must not get them any more, each with the reason in words."""
    letters = list(batch.letters.select_related("patient").order_by("number"))
    owner = {letter.pk: letter.patient.merged_into_id or letter.patient_id for letter in letters}
    choices = choose(
        owner.values(), kind=batch.kind, envelope=batch.envelope, language=batch.wording.language, again=True
    )
    why = {choice.patient.pk: LEFT_OUT[choice.why] for choice in choices if choice.why in STOPS}
    return [(letter, why[owner[letter.pk]]) for letter in letters if owner[letter.pk] in why]


def _link_pattern(practice: Practice) -> str:
    """A personal link with %7B%7D where the code goes; empty where none can be made."""
    try:
        return personal_links(practice).link_for("{}")
    except BadSample:
        return ""


def of_the_practice(practice: Practice, wording: Wording) -> dict:
    """What a batch freezes: the placeholders' values, the sender's lines, the link and the time zone."""
    language, moves_on = wording.language, practice.transition_date
    return {
        "practice": practice.name,
        "doctor": practice.doctor,
        "phone": practice.phone,
        "old_practice": practice.old_practice,
        "new_practice": practice.new_practice or practice.name,
        "new_address": ", ".join(practice.mail_address.splitlines()),
        "transition_date": long_date(moves_on, language) if moves_on else "",
        "date": long_date(practice.today(), language),
        "sender": [practice.name, *practice.mail_address.splitlines()][:4],
        "link": _link_pattern(practice),
        "time_zone": practice.time_zone,
    }


@transaction.atomic
def make_batch(
    *,
    kind: str,
    wording: Wording,
    envelope: str,
    patient_ids: Iterable[int],
    enclosed: Wording | None = None,
    again: bool = False,
    by,
) -> LetterBatch:
    """Letters for those of these patients who may get one. Raises ValidationError.

    Made twice, nobody gets a second letter unless `again`; a letter that came back does not count as one.
    """
    pks = list(Patient.objects.select_for_update().filter(pk__in=set(patient_ids)).values_list("pk", flat=True))
    practice = Practice.current()
    _check_wording(wording, kind, practice)
    if enclosed:
        _check_wording(enclosed, Wording.Kind.RECORDS, practice)
    choices = choose(pks, kind=kind, envelope=envelope, language=wording.language, again=again)
    chosen = [choice for choice in choices if not choice.why]
    if not chosen:
        raise ValidationError("None of these patients can get such a letter now. Look at the reasons.")
    codes = _codes([choice.patient.pk for choice in chosen], practice, by) if needs_code(wording, kind) else {}
    versions = addresses.freeze_addresses([choice.patient for choice in chosen], by=by)
    for used in filter(None, (wording, enclosed)):
        use(used, by=by)
    batch = LetterBatch.objects.create(
        kind=kind,
        wording=wording,
        enclosed=enclosed,
        envelope=envelope,
        dated_on=practice.today(),
        frozen=of_the_practice(practice, wording),
        made_by=by,
    )
    letters = [
        Letter(
            batch=batch,
            number=number,
            patient=choice.patient,
            name=choice.name,
            address=versions[choice.patient.pk],
            invitation=codes.get(choice.patient.pk),
            instead_of=choice.instead_of,
        )
        for number, choice in enumerate(chosen, 1)
    ]
    Letter.objects.bulk_create(letters, batch_size=100)
    record([(letter, "create", {"batch": [None, batch.pk]}) for letter in letters], by=by)
    return batch


def _check_wording(wording: Wording, kind: str, practice: Practice) -> None:
    if wording.kind != kind or wording.retired_at is not None:
        raise ValidationError("This wording is no longer in force for such letters. Choose another one.")
    if wording.valid_from > practice.today():
        raise ValidationError(f"This wording may be used from {wording.valid_from:%m/%d/%Y} on.")
    if foreign := unprintable(wording.title + wording.text):
        raise ValidationError(f"The font lacks letters of this wording, as {foreign[:5]}. Print it another way.")
    facts = _texts(of_the_practice(practice, wording)) | _of_the_letter("x", "x", _link_pattern(practice))
    fill(wording.title, facts, wording.language)
    fill(wording.text, facts, wording.language)


def _of_the_letter(name: str, code: str, link: str) -> dict[str, str]:
    return {"patient": name, "patient_name": name, "code": code, "link": link}


def _codes(pks: list[int], practice: Practice, by):
    good_until = clock.now() + timedelta(days=min(TIME_TO_ANSWER, practice.code_days // 2))
    invite_without_phone(pks, by=by, good_until=good_until)
    return newest_codes(pks, good_until=good_until)


def _texts(frozen: dict) -> dict[str, str]:
    return {name: value for name, value in frozen.items() if name not in ("sender", "link", "time_zone")}


def sheets(batch: LetterBatch) -> Iterator[Sheet]:
    """What each letter of the batch says, from its rows alone."""
    values, zone = _texts(batch.frozen), ZoneInfo(batch.frozen["time_zone"])
    language, enclosed = batch.wording.language, batch.enclosed
    for letter in batch.letters.select_related("address", "invitation").order_by("number"):
        code, link, good_until = "", "", ""
        if letter.invitation:
            code, link = show(letter.invitation.code), batch.frozen["link"].replace("%7B%7D", letter.invitation.code)
            good_until = long_date(localtime(letter.invitation.expires_at, zone), language)
        facts = values | _of_the_letter(letter.name, code, link)
        yield Sheet(
            reference=letter.reference,
            name=letter.name,
            address=tuple(letter.address.lines()),
            text=fill(batch.wording.text, facts, language),
            form=fill(enclosed.text, facts, language) if enclosed else "",
            code=code,
            link=link,
            good_until=good_until,
        )


def pdf(batch: LetterBatch) -> bytes:
    """The letters on paper. The same bytes each time, whatever has changed in the profile or the charts since."""
    frozen = batch.frozen
    style = Style(
        envelope=batch.envelope,
        language=batch.wording.language,
        title=fill(batch.wording.title, _texts(frozen), batch.wording.language),
        form_title=fill(batch.enclosed.title, _texts(frozen), batch.wording.language) if batch.enclosed else "",
        date=frozen["date"],
        sender=tuple(frozen["sender"]),
    )
    return print_letters(sheets(batch), style, title=f"Letters, batch {batch.pk}", made_at=batch.made_at)


@dataclass(frozen=True, slots=True)
class Printed:
    """`same`: these are the very bytes that were printed first."""

    content: bytes
    same: bool


def print_batch(batch: LetterBatch, *, by) -> Printed:
    """The PDF; the first time the batch is sealed with its hash. Raises ValidationError.

    Nothing is printed for the first time while it holds a letter that must not go any more.
    The PDF is made before the transaction: it takes seconds, and others must be able to write meanwhile.
    """
    if batch.cancelled_at:
        raise ValidationError("This batch was cancelled. Make a new one.")
    content = pdf(batch)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        batch = LetterBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.cancelled_at:
            raise ValidationError("This batch was cancelled meanwhile. Make a new one.")
        if batch.printed_at is None:
            if out := to_take_out(batch):
                raise ValidationError(
                    f"{len(out)} of these letters must not go any more. Cancel this batch and make it again."
                )
            batch.printed_at, batch.printed_by, batch.sha256 = clock.now(), by, digest
            batch.save(update_fields=["printed_at", "printed_by", "sha256"])
        record([(batch, "update", {"PDF": [None, digest]})], by=by)
    return Printed(content, batch.sha256 == digest)


LABELS = ("letter", "name", "street", "second line", "city", "state", "zip")


def labels(batch: LetterBatch, *, by) -> list[list[str]]:
    """Rows for address labels, a heading first, in the order of the PDF. The export is recorded."""
    rows = [list(LABELS)]
    for letter in batch.letters.select_related("address").order_by("number"):
        address = [getattr(letter.address, name) for name in addresses.ADDRESS]
        rows.append([letter.reference, letter.name, *address])
    record([(batch, "update", {"address labels": [None, len(rows) - 1]})], by=by)
    return rows


@transaction.atomic
def post_batch(batch: LetterBatch, *, posted_on: date, certified: str = "", by) -> None:
    """The letters went to the post office on this day. Raises ValidationError."""
    batch = LetterBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.cancelled_at or batch.printed_at is None:
        raise ValidationError("Print the letters first: this batch was not printed, or was cancelled.")
    if batch.posted_on:
        raise ValidationError(f"These letters were posted already, on {batch.posted_on:%m/%d/%Y}.")
    if posted_on > Practice.current().today():
        raise ValidationError({"posted_on": "This day has not come yet: write down the postmark when it is there."})
    if posted_on < batch.dated_on:
        raise ValidationError({"posted_on": f"The letters bear the date {batch.dated_on:%m/%d/%Y}: none went before."})
    batch.posted_on, batch.posted_by, batch.certified = posted_on, by, certified.strip()
    batch.save(update_fields=["posted_on", "posted_by", "certified"])


@transaction.atomic
def cancel_batch(batch: LetterBatch, *, by) -> None:
    """These letters are not posted. Raises ValidationError."""
    batch = LetterBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.posted_on:
        raise ValidationError("These letters were posted. They cannot be called back.")
    if batch.cancelled_at is None:
        batch.cancelled_at, batch.cancelled_by = clock.now(), by
        batch.save(update_fields=["cancelled_at", "cancelled_by"])


def posted_moment(day: date, zone: str) -> datetime:
    """Noon of the postmark's day, or now where that is earlier: a time that puts it in order."""
    return min(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)), clock.now())
