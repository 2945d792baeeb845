"""An uploaded file between the page that takes it and the page that confirms it: encrypted, for half an hour."""

import re
from datetime import timedelta

from django.core.cache import cache
from django.utils.crypto import get_random_string

from explorer.lib.keys import decrypt, encrypt

KEPT_FOR = int(timedelta(minutes=30).total_seconds())
PURPOSE = "uploads"
_ID = re.compile(r"[A-Za-z0-9]{32}")


def keep(content: bytes, filename: str, *, by, **beside) -> str:
    """The id to find it by. `beside`: plain values that belong to it."""
    upload = get_random_string(32)
    file = {"content": encrypt(content, PURPOSE), "filename": filename, "by": by.pk, "beside": beside}
    cache.set(_key(upload), file, KEPT_FOR)
    return upload


def kept(upload: str, *, by) -> tuple[bytes, str, dict] | None:
    """(content, file name, what belongs to it) of this person's upload; None when it is gone or somebody else's."""
    found = cache.get(_key(upload)) if _ID.fullmatch(upload) else None
    if not found or found["by"] != by.pk:
        return None
    return decrypt(found["content"], PURPOSE), found["filename"], found["beside"]


def drop(upload: str) -> None:
    cache.delete(_key(upload))


def _key(upload: str) -> str:
    return f"kept-upload-{upload}"
