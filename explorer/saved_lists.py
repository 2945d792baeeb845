"""Filters of the patient list that a person wants to find again. Of search words nothing is kept: they are names."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from explorer.lists import LISTS
from explorer.models import SavedList, User
from outreach.standings import LABELS

YES_NO = ("yes", "no")
ORDER = re.compile(r"-?\d{1,2}(\.-?\d{1,2}){0,6}", re.ASCII)
VALUES = {"list": tuple(LISTS), "standing": tuple(LABELS), "apcm": YES_NO, "listed": YES_NO, "matched": YES_NO}


class SavedListForm(forms.ModelForm):
    class Meta:
        model = SavedList
        fields = ["name", "shared"]
        labels = {"name": gettext_lazy("Name"), "shared": gettext_lazy("Everybody sees it")}


def kept(query: str) -> str:
    """The part of a list's query string that may be kept: its own filters and the order, in one spelling."""
    asked = QueryDict(query)
    found = QueryDict(mutable=True)
    for name, allowed in VALUES.items():
        if asked.get(name) in allowed:
            found[name] = asked[name]
    if found and ORDER.fullmatch(asked.get("o", "")):
        found["o"] = asked["o"]
    return found.urlencode()


@transaction.atomic
def save_list(*, name: str, query: str, shared: bool = False, by: User) -> SavedList:
    """Raises ValidationError."""
    saved = SavedList(name=name.strip(), query=kept(query), shared=shared, made_by=by)
    if not saved.query:
        raise ValidationError(_("Choose a list or a filter first, then save it. Words of a search are never kept."))
    return _stored(saved)


@transaction.atomic
def change_list(saved: SavedList, *, name: str, shared: bool, by: User) -> SavedList:
    """Another name, or for everybody. Raises ValidationError."""
    saved.name, saved.shared = name.strip(), shared
    return _stored(saved)


def _stored(saved: SavedList) -> SavedList:
    same = SavedList.objects.filter(made_by=saved.made_by, name__iexact=saved.name).exclude(pk=saved.pk)
    taken = _("You have a list of this name already. Choose another name.")
    if same.exists():
        raise ValidationError(taken)
    saved.full_clean(exclude=("made_by",), validate_constraints=False)
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise ValidationError(taken) from None
    return saved


def remove_list(saved: SavedList, *, by: User) -> None:
    saved.delete()


def seen_by(person: User):
    """The person's own, and what others share."""
    return SavedList.objects.filter(Q(made_by=person) | Q(shared=True)).select_related("made_by")


def may_change(saved: SavedList, person: User) -> bool:
    """Its maker; of a shared one an administrator too, since people leave."""
    return saved.made_by_id == person.pk or (saved.shared and person.role == User.Role.ADMINISTRATOR)
