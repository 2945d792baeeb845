"""An uploaded file between the page that takes it and the page that confirms it: encrypted, for half an hour."""

from datetime import timedelta

from django.core.cache import cache
from django.utils.crypto import get_random_string

from explorer.lib.keys import decrypt, encrypt

KEPT_FOR = int(timedelta(minutes=30).total_seconds())
PURPOSE = "uploads"


def keep(content: bytes, filename: str, *, by) -> str:
    """The id to find it by."""
    upload = get_random_string(32)
    cache.set(_key(upload), {"content": encrypt(content, PURPOSE), "filename": filename, "by": by.pk}, KEPT_FOR)
    return upload


def kept(upload: str, *, by) -> tuple[bytes, str] | None:
    """Content and name of what this person uploaded; None when it is gone or somebody else's."""
    found = cache.get(_key(upload)) if upload.isalnum() else None
    if not found or found["by"] != by.pk:
        return None
    return decrypt(found["content"], PURPOSE), found["filename"]


def drop(upload: str) -> None:
    cache.delete(_key(upload))


def _key(upload: str) -> str:
    return f"ledger-upload-{upload}"
