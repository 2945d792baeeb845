"""Acts on wordings. A text that somebody has met, or counsel has approved, never changes again."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from consent.models import Wording
from consent.wordings.defaults import defaults
from consent.wordings.filling import check_places
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice


@transaction.atomic
def bring_defaults() -> list[Wording]:
    """A first version of each kind and language that has none yet. What is there stays as it is."""
    there = set(Wording.objects.values_list("kind", "language"))
    today = Practice.current().today()
    return [
        Wording.objects.create(**each._asdict(), version=1, valid_from=today)
        for each in defaults()
        if (each.kind, each.language) not in there
    ]


def use(wording: Wording, *, by=None) -> Wording:
    """A patient meets this wording now: from here on it is sealed. Twice does no harm.

    Belongs inside the caller's transaction, so that the decision and the seal stand or fall together.
    """
    now = clock.now()
    if Wording.objects.filter(pk=wording.pk, used_at=None).update(used_at=now):
        wording.used_at = now
        record([(wording, "update", {"used_at": [None, now.isoformat()]})], by=by)
    return wording


def next_number(kind: str, language: str) -> int:
    highest = Wording.objects.filter(kind=kind, language=language).aggregate(highest=Max("version"))["highest"]
    return (highest or 0) + 1


def write_version(*, kind: str, language: str, number: int, title: str, text: str, valid_from: date, by) -> Wording:
    """Save a text as this version, which must be the next one. Raises ValidationError."""
    check_places(text)
    wording = Wording(
        kind=kind, language=language, version=number, title=title, text=text, valid_from=valid_from, created_by=by
    )
    try:
        with transaction.atomic():
            if number != next_number(kind, language):
                raise IntegrityError
            wording.save()
    except IntegrityError:
        raise ValidationError(
            f"Version {number} was saved by somebody else meanwhile, or is not the next one: look at the newest "
            "version, then begin a new one from it."
        ) from None
    return wording


@transaction.atomic
def rewrite(wording: Wording, *, seen: str, title: str, text: str, valid_from: date, by) -> Wording:
    """Change a version that nobody has used or approved; `seen` is the hash that the editor began from.

    Raises ValidationError.
    """
    check_places(text)
    stored = _as_seen(wording, seen)
    if stored.is_sealed:
        raise ValidationError("This version is in use or approved and stays as it is: write a new version instead.")
    stored.title, stored.text, stored.valid_from = title, text, valid_from
    stored.save()
    return stored


@transaction.atomic
def approve(wording: Wording, *, seen: str, counsel: str, on: date, note: str = "", by) -> Wording:
    """Record that counsel approved exactly the text with the hash `seen`. Raises ValidationError."""
    stored = _as_seen(wording, seen)
    if stored.approved_on or stored.retired_at:
        raise ValidationError("This version is approved already, or retired: look at it again.")
    if not counsel.strip():
        raise ValidationError({"counsel": "Name the counsel who approved it."})
    if on > Practice.current().today():
        raise ValidationError({"on": "This day lies ahead. Record the approval once it is given."})
    stored.approved_on, stored.approved_by, stored.approval_note = on, counsel.strip(), note.strip()
    stored.approval_recorded_by = by
    stored.save(update_fields=["approved_on", "approved_by", "approval_note", "approval_recorded_by"])
    return stored


@transaction.atomic
def retire(wording: Wording, *, by) -> Wording:
    """Offer it for no new decision; what rests on it stays. Twice does no harm."""
    stored = Wording.objects.select_for_update().get(pk=wording.pk)
    if stored.retired_at is None:
        stored.retired_at = clock.now()
        stored.save(update_fields=["retired_at"])
    return stored


def _as_seen(wording: Wording, seen: str) -> Wording:
    stored = Wording.objects.select_for_update().get(pk=wording.pk)
    if stored.sha256 != seen:
        raise ValidationError("Somebody else has changed this text meanwhile: look at it again, then decide.")
    return stored
