"""Personal codes: made, taken over from elsewhere, covering the patients of a phone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from consent.codes import new_code
from consent.models import Invitation, InvitationPatient
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from patients.models import Patient


@transaction.atomic
def invite(patients_by_phone: dict[str, list[int]], *, by) -> dict[str, Invitation]:
    """The live invitation of each phone, made where there is none, covering at least these patients."""
    now = clock.now()
    invitations = live_invitations(patients_by_phone, now)
    missing = [phone for phone in patients_by_phone if phone not in invitations]
    made = [_new(phone, now) for phone in missing]
    Invitation.objects.bulk_create(made, batch_size=200)
    invitations |= {invitation.phone: invitation for invitation in made}
    record([(invitation, "create", {"phone": [None, invitation.phone]}) for invitation in made], by=by)
    _cover({invitations[phone]: pks for phone, pks in patients_by_phone.items()})
    return {phone: invitations[phone] for phone in patients_by_phone}


def live_invitations(phones: Iterable[str], now: datetime) -> dict[str, Invitation]:
    """The code a number has already and keeps, for those that have one."""
    live = Invitation.objects.live(now).filter(phone__in=list(phones)).order_by("-pk")
    return {invitation.phone: invitation for invitation in live}


@transaction.atomic
def invite_without_phone(patient_ids: list[int], *, by, good_until: datetime | None = None) -> int:
    """A code for a letter or the desk, for each of these patients without any live one; returns how many.

    With `good_until`, a code that ends before is not enough.
    """
    now = clock.now()
    covered = newest_codes(patient_ids, good_until=good_until or now)
    missing = [pk for pk in patient_ids if pk not in covered]
    made = [_new("", now) for _ in missing]
    Invitation.objects.bulk_create(made, batch_size=200)
    _cover({invitation: [pk] for invitation, pk in zip(made, missing, strict=True)})
    record([(invitation, "create", {"phone": [None, ""]}) for invitation in made], by=by)
    return len(made)


def newest_codes(patient_ids: list[int], *, good_until: datetime) -> dict[int, Invitation]:
    """The newest code of each of these patients that is good at least until then, for those that have one."""
    links = InvitationPatient.objects.filter(
        patient__in=patient_ids, invitation__revoked_at=None, invitation__expires_at__gt=good_until
    )
    return {link.patient_id: link.invitation for link in links.select_related("invitation").order_by("invitation_id")}


@transaction.atomic
def revoke(invitation: Invitation, *, by) -> None:
    """Withdraw a code. Answers completed from now on are not applied by it; earlier ones are not touched."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.revoked_at is None:
        invitation.revoked_at = clock.now()
        invitation.save(update_fields=["revoked_at"])


def _new(phone: str, now) -> Invitation:
    days = Practice.current().code_days
    return Invitation(code=new_code(), phone=phone, created_at=now, expires_at=now + timedelta(days=days))


def _cover(patients: dict[Invitation, list[int]]) -> None:
    InvitationPatient.objects.bulk_create(
        [InvitationPatient(invitation=invitation, patient_id=pk) for invitation, pks in patients.items() for pk in pks],
        batch_size=500,
        ignore_conflicts=True,
    )


class BadToken(Exception):
    """A line about a code issued elsewhere that cannot be used; the text says why."""

    def __init__(self, column: str, problem: str):
        super().__init__(problem)
        self.column = column


@dataclass(frozen=True, slots=True)
class Token:
    """A code issued elsewhere, as a line of a sheet gives it."""

    row: int
    mrn: str
    code: str
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    status: str = ""


@dataclass
class TakenOver:
    imported: int = 0
    known: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)


GOOD_TOKEN = re.compile(r"[A-Za-z0-9]{10,40}")
WITHDRAWN = ("revoked", "cancelled", "canceled", "replaced", "inactive", "void")


@transaction.atomic
def take_over(tokens: list[Token], *, by) -> TakenOver:
    """Codes that another system issued are honoured: any 10 to 40 letters and digits, case kept."""
    result = TakenOver()
    patients = Patient.charts.owners()
    covered = _covered([token.code for token in tokens])
    made: dict[str, tuple[Invitation, int]] = {}
    for token in tokens:
        problem = _against(token, patients, covered, made)
        if problem:
            result.problems.append((token.row, *problem))
        elif token.code in covered or token.code in made:
            result.known += 1
        else:
            made[token.code] = (_taken_over(token), patients[token.mrn])
    Invitation.objects.bulk_create([invitation for invitation, _ in made.values()], batch_size=200)
    _cover({invitation: [pk] for invitation, pk in made.values()})
    record([(invitation, "create", {"origin": ["", "imported"]}) for invitation, _ in made.values()], by=by)
    result.imported = len(made)
    return result


def _covered(codes: list[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    links = InvitationPatient.objects.filter(invitation__code__in=codes)
    for code, pk in links.values_list("invitation__code", "patient_id"):
        found.setdefault(code, set()).add(pk)
    return found


def _against(token: Token, patients, covered, made) -> tuple[str, str] | None:
    if not GOOD_TOKEN.fullmatch(token.code):
        return "token", "A code has 10 to 40 letters and digits."
    if token.mrn not in patients:
        return "mrn", "No patient has this chart number."
    owners = covered.get(token.code, set()) | ({made[token.code][1]} if token.code in made else set())
    if owners - {patients[token.mrn]}:
        return "token", "The code belongs to another patient."
    return None


def _taken_over(token: Token) -> Invitation:
    now = clock.now()
    issued = token.issued_at or min(now, token.expires_at - timedelta(seconds=1) if token.expires_at else now)
    expires = token.expires_at or issued + timedelta(days=Practice.current().code_days)
    return Invitation(
        code=token.code,
        origin=Invitation.Origin.IMPORTED,
        created_at=issued,
        expires_at=max(expires, issued + timedelta(seconds=1)),
        revoked_at=now if token.status in WITHDRAWN else None,
    )
