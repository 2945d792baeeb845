"""An uploaded file between the page that takes it and the page that confirms it: encrypted, and for half an hour."""

from datetime import timedelta

from django.core.cache import cache
from django.utils.crypto import get_random_string

from explorer.lib.keys import decrypt, encrypt

KEPT_FOR = int(timedelta(minutes=30).total_seconds())


def keep(content: bytes, filename: str, user, **beside) -> str:
    """Returns the id to find it by. `beside`: plain values that belong to it."""
    upload = get_random_string(32)
    kept = {"content": encrypt(content, "uploads"), "filename": filename, "by": user.pk, "beside": beside}
    cache.set(_key(upload), kept, KEPT_FOR)
    return upload


def find(upload: str, user) -> tuple[bytes, str, dict] | None:
    """(content, file name, what belongs to it) of this person's upload; None once it is gone."""
    kept = cache.get(_key(upload))
    if not kept or kept["by"] != user.pk:
        return None
    return decrypt(kept["content"], "uploads"), kept["filename"], kept["beside"]


def drop(upload: str) -> None:
    cache.delete(_key(upload))


def _key(upload: str) -> str:
    return f"kept-upload-{upload}"
