"""Acts on the desk form: hand the PC over, take the answer in, give it back, settle what is in doubt."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from consent import ledger
from consent.actions.wordings import use
from consent.models import ConsentEvent, DeskForm, Wording
from consent.name_proof import Person, agreement
from consent.wordings import current, render
from consent.wordings.disclosures import APCM_DISCLOSURES
from consent.wordings.filling import profile_facts
from explorer.lib import clock
from explorer.lib.models import Practice
from patients.models import Patient, Practitioner
from patients.names import fold

Kind, Method, State = ConsentEvent.Kind, ConsentEvent.Method, DeskForm.State
SAID = {"yes": ConsentEvent.Decision.GIVEN, "no": ConsentEvent.Decision.DECLINED}
OTHER_NAME = "The signed name does not fit."


@transaction.atomic
def hand_over(
    *,
    patient: Patient,
    kinds: Iterable[str],
    language: str,
    identity_checks: list[str],
    given_by: str = "",
    authority_kind: str = "",
    authority: str = "",
    on_behalf_of: Practitioner | None = None,
    by,
) -> DeskForm:
    """Freeze what this patient will see, word by word. Raises ValidationError where a yes could not be written."""
    form = DeskForm(
        patient=patient,
        opened_by=by,
        identity_checks=identity_checks,
        language=language,
        given_by=given_by,
        authority_kind=authority_kind,
        authority=authority,
        on_behalf_of=on_behalf_of,
        shown={kind: _shown(kind, language, patient, on_behalf_of) for kind in Kind.values if kind in kinds},
    )
    for kind in form.shown:
        ledger.draft_event(kind=kind, decision=SAID["yes"], **_told(form, kind, by))
    form.save()
    return form


def _shown(kind: str, language: str, patient: Patient, on_behalf_of: Practitioner | None) -> dict:
    wording = current(kind, language)
    if wording is None:
        label = Kind(kind).label
        raise ValidationError(f"There is no wording in force for “{label}” in this language: see Practice, Wordings.")
    facts = profile_facts(Practice.current()) | {"patient": patient.first_name}
    if on_behalf_of and kind == Kind.APCM:
        facts["doctor"] = on_behalf_of.name
    text = render(wording, **facts)
    return {"wording": use(wording).pk, "title": wording.title, "text": text}


def _told(form: DeskForm, kind: str, by, at=None) -> dict:
    """What the ledger keeps of one answer on this form."""
    is_apcm = kind == Kind.APCM
    return {
        "patient": form.patient.merged_into or form.patient,  # merged while it was being filled in
        "method": Method.IN_PERSON,
        "occurred_at": at or clock.now(),
        "obtained_by": str(form.opened_by),
        "given_by": form.given_by,
        "authority_kind": form.authority_kind,
        "authority": form.authority,
        "on_behalf_of": form.on_behalf_of if is_apcm else None,
        "wording": Wording.objects.get(pk=form.shown[kind]["wording"]),
        "disclosures": dict.fromkeys(APCM_DISCLOSURES, True) if is_apcm else {},
        "identity_checks": form.identity_checks,
        "language": form.language,
        "note": f"Signed on the PC at the desk as “{form.signature}” (desk form {form.pk})." if form.pk else "",
        "by": by,
    }


@transaction.atomic
def touch(form: DeskForm) -> DeskForm:
    """Somebody is at the PC. A form that nobody used for five minutes ends here instead, with nothing written."""
    stored = DeskForm.objects.select_for_update().get(pk=form.pk)
    now = clock.now()
    if stored.is_open and stored.is_idle(now):
        return _end(stored, State.IDLE)
    if stored.is_open:
        DeskForm.objects.filter(pk=form.pk).update(used_at=now)
        stored.used_at = now
    return stored


@transaction.atomic
def answer(form: DeskForm, *, answers: Mapping[str, str], signature: str, by) -> DeskForm:
    """Write the signed answers into the ledger, once; what cannot be written waits for a person, complete.

    `answers`: yes, no or later by question; one that was not shown is left aside. A form that has ended meanwhile
    comes back as it ended.
    """
    stored = touch(form)
    if not stored.is_open:
        return stored
    stored.answers = {kind: answers[kind] for kind in stored.shown if answers.get(kind) in (*SAID, "later")}
    stored.signature = " ".join(signature.split())[:160]
    if not _decisions(stored):
        stored.signature = ""
        return _end(stored, State.GIVEN_BACK)
    if not _fits(stored):
        stored.doubt = OTHER_NAME
        return _end(stored, State.DOUBT)
    try:
        with transaction.atomic():
            _write(stored, by=by, at=clock.now())
    except ValidationError as problem:
        stored.doubt = " ".join(problem.messages)[:300]
        return _end(stored, State.DOUBT)
    return _end(stored, State.ANSWERED)


def _decisions(form: DeskForm) -> dict[str, str]:
    return {kind: SAID[said] for kind, said in form.answers.items() if said in SAID}


def _write(form: DeskForm, *, by, at, because: str = "") -> None:
    for kind, decision in _decisions(form).items():
        told = _told(form, kind, by, at)
        told["note"] = f"{told['note']} {because}".strip()[:500]
        ledger.record_decisions(decisions={kind: decision}, replaces={}, **told)


def _fits(form: DeskForm) -> bool:
    """The patient's own name with the slips and short forms that are still the person; a representative's as given."""
    if form.given_by:
        return fold(form.signature) == fold(form.given_by) != ""
    patient = form.patient
    person = Person(
        id=patient.pk,
        first=patient.first_name,
        middle=patient.middle_name,
        last=patient.last_name,
        suffix=patient.suffix,
        preferred=patient.preferred_name,
    )
    return agreement(form.signature, person).right


@transaction.atomic
def give_back(form: DeskForm) -> DeskForm:
    stored = DeskForm.objects.select_for_update().get(pk=form.pk)
    return _end(stored, State.GIVEN_BACK) if stored.is_open else stored


def _end(form: DeskForm, state: str) -> DeskForm:
    form.state, form.ended_at = state, clock.now()
    form.save()
    return form


@transaction.atomic
def settle(form: DeskForm, *, write: bool, because: str, by) -> DeskForm:
    """A person has looked: the answers go into the ledger as of their time, or do not. Raises ValidationError."""
    stored = DeskForm.objects.select_for_update().get(pk=form.pk)
    if stored.state != State.DOUBT:
        raise ValidationError("Somebody has settled this form already: look at it again.")
    if not because.strip():
        raise ValidationError("Say in a few words how you know.")
    because = because.strip()[:200]
    if write:
        _write(stored, by=by, at=stored.ended_at, because=because)
    stored.state = State.WRITTEN if write else State.DROPPED
    stored.settled_by, stored.settled_at, stored.because = by, clock.now(), because
    stored.save()
    return stored


def wrong_password(form: DeskForm) -> int:
    """Counts it; returns how many there were."""
    DeskForm.objects.filter(pk=form.pk).update(wrong_passwords=F("wrong_passwords") + 1)
    form.refresh_from_db(fields=["wrong_passwords"])
    return form.wrong_passwords


def unlock(form: DeskForm) -> None:
    form.unlocked_at = clock.now()
    form.save(update_fields=["unlocked_at"])
