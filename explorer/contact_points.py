"""Every way to reach a patient, with where it comes from, whether it may be texted, and what last went over it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from explorer.lib.models import TextingBasis
from outreach.models import Message, Reply, Suppression
from outreach.why.known import Known
from patients.models import Phone
from patients.phones import display


@dataclass
class ContactPoint:
    """A number. `basis`: why it may be texted, or that it may not. `label`, `kind`, `source`, `basis` are English."""

    e164: str
    extension: str
    label: str
    kind: str
    source: str
    since: datetime | None
    basis: str
    may_be_texted: bool
    retired_at: datetime | None = None
    facility: int = 0  # so many patients share it
    stop: Suppression | None = None
    texted_at: datetime | None = None
    replied_at: datetime | None = None
    given_by: str = ""

    @property
    def shown(self) -> str:
        return display(self.e164)


def contact_points(known: Known) -> list[ContactPoint]:
    """Numbers of the list, then those that Spruce alone has, then those that are no longer theirs."""
    numbers = known.numbers
    stops = {stop.phone: stop for stop in reversed(known.stops)}
    texted = _last(Message.objects.reached().filter(phone__in=numbers), "phone", "first_attempt_at")
    replied = _last(Reply.objects.filter(phone__in=numbers), "phone", "received_at")
    points = [_listed(phone) for phone in known.phones]
    listed = {phone.e164 for phone in known.phones}
    points += [_of_spruce(phone, known) for phone in known.contact_phones if phone.e164 not in listed]
    for point in points:
        point.stop = stops.get(point.e164)
        point.texted_at, point.replied_at = texted.get(point.e164), replied.get(point.e164)
        point.facility = known.sharers[point.e164] if point.e164 in known.facilities else 0
    return sorted(points, key=lambda point: point.retired_at is not None)


def _last(rows, number: str, at: str) -> dict[str, datetime]:
    return dict(rows.order_by().values_list(number).annotate(Max(at)))


def _listed(phone: Phone) -> ContactPoint:
    return ContactPoint(
        e164=phone.e164,
        extension=phone.extension,
        label=phone.get_label_display(),
        kind="" if phone.kind == Phone.Kind.UNKNOWN else phone.get_kind_display(),
        source=phone.get_source_display(),
        given_by=phone.given_by,
        since=phone.added_at,
        basis=phone.get_basis_display(),
        may_be_texted=phone.basis != TextingBasis.UNKNOWN,
        retired_at=phone.retired_at,
    )


def _of_spruce(phone, known: Known) -> ContactPoint:
    basis = TextingBasis(known.practice.texting_basis)
    return ContactPoint(
        e164=phone.e164,
        extension="",
        label=phone.label,
        kind="",
        source="Spruce contact only",
        since=known.contact.synced_at,
        basis=basis.label,
        may_be_texted=basis != TextingBasis.UNKNOWN,
    )
