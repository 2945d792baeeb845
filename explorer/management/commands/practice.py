import re
from datetime import date, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import models

from explorer.lib.commands import PracticeCommand, Refused, WrongUsage
from explorer.lib.models import DAYS, Practice
from patients.practice import change_practice

FIELDS = [field.name for field in Practice._meta.fields if field.editable and not field.primary_key]


class Command(PracticeCommand):
    help = "Shows or sets the practice profile: practice set name='Home Team' phone=205-555-0100"

    def add_arguments(self, parser) -> None:
        parser.add_argument("act", nargs="?", choices=["set"])
        parser.add_argument("pairs", nargs="*", metavar="KEY=VALUE")

    def work(self, *, pairs: list[str], **options) -> dict:
        practice = Practice.current()
        if pairs:
            values = dict(_pair(pair) for pair in pairs)
            try:
                change_practice(values, by=None)
            except ValidationError as problem:
                raise Refused(" ".join(f"{name}: {' '.join(texts)}" for name, texts in problem.message_dict.items()))
            practice = Practice.current()
        return {name: _shown(getattr(practice, name)) for name in FIELDS} | {"mode": practice.mode}


def _pair(pair: str) -> tuple[str, object]:
    key, equals, text = pair.partition("=")
    if not equals or key not in FIELDS:
        raise WrongUsage(f"{pair!r} is not KEY=VALUE. The keys are: {', '.join(FIELDS)}.")
    return key, _value(key, text.strip())


def _value(key: str, text: str):
    field = Practice._meta.get_field(key)
    try:
        if key == "texting_days":
            return texting_days(text)
        if key == "time_zone":
            return ZoneInfo(text).key
        if isinstance(field, models.TimeField):
            return time.fromisoformat(text if ":" in text else f"{int(text):02}:00")
        if isinstance(field, models.DateField):
            return date.fromisoformat(text) if text else None
        if isinstance(field, models.DecimalField):
            return Decimal(text) if text else None
        if isinstance(field, models.BooleanField):
            return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[text.lower()]
        return int(text) if isinstance(field, models.IntegerField) else text
    except (ValueError, KeyError, ZoneInfoNotFoundError, InvalidOperation):
        raise Refused(f"{key}={text} cannot be used. {field.help_text}") from None


def texting_days(text: str) -> str:
    """mon,tue,wed · Monday-Saturday · daily · 0,1,2 (0 is Monday) or 1-6 (1 is Monday)."""
    words = re.sub(r"\s*(-|to|–)\s*", "-", text.lower().replace(" ", ",")).strip(",")
    if words in ("daily", "all", "every,day"):
        return ",".join(DAYS)
    places: set[int] = set()
    for part in filter(None, re.split(r"[,;]+", words)):
        first, _, last = part.partition("-")
        begin = _day(first, text)
        end = _day(last, text) if last else begin
        places |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    if not places:
        raise ValueError(text)
    return ",".join(DAYS[place] for place in sorted(places))


def _day(word: str, whole: str) -> int:
    if word.isdigit():
        from_zero = "0" in re.findall(r"\d", whole)
        place = int(word) if from_zero else int(word) - 1
        if 0 <= place <= 6:
            return place
    elif len(word) >= 2:
        for place, name in enumerate(DAYS):
            if name.startswith(word[:3]):
                return place
    raise ValueError(word)


def _shown(value):
    return value.strftime("%H:%M") if isinstance(value, time) else value
