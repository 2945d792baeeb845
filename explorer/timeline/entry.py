from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from explorer.lib.pages import address_of


@dataclass
class Entry:
    at: datetime
    sort: str  # Text, Reply, Decision …
    title: str
    badge: str = ""
    tone: str = ""
    words: str = ""  # the exact words of a text or a reply
    details: list[str] = field(default_factory=list)
    row: Model | None = None  # whose page tells more

    @property
    def url(self) -> str:
        return address_of(self.row)


def by(person) -> str:
    return _(" by %(person)s") % {"person": person} if person else ""


def moment(at: datetime) -> str:
    return date_format(localtime(at), "m/d/Y, g:i A")  # strftime cannot say this on Windows
