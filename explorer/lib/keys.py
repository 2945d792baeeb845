"""The master key of this installation and the keys made from it, one for each purpose."""

import os
import secrets
import sys
from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from explorer.lib.home import BadHome, home

SERVICE = "Patient Explorer"


def _from_key_store() -> str:
    import keyring

    account = str(home())
    key = keyring.get_password(SERVICE, account)
    if key is None:
        _refuse_new_key_beside_old_data()
        key = secrets.token_hex(32)
        keyring.set_password(SERVICE, account, key)
    return key


def _from_key_file() -> str:
    path = home() / "key"
    if not path.exists():
        _refuse_new_key_beside_old_data()
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
        except FileExistsError:
            pass  # another process of a first start was quicker
    return path.read_text(encoding="ascii").strip()


def _refuse_new_key_beside_old_data() -> None:
    if (home() / "patient-explorer.sqlite3").exists():
        raise BadHome(
            f"The key of the database in {home()} is missing. Put it back, or set PATIENT_EXPLORER_KEY, "
            "as written on the sheet printed at set-up."
        )


@cache
def _master_key() -> bytes:
    given = os.environ.get("PATIENT_EXPLORER_KEY", "").strip()
    stored = given or (_from_key_store() if sys.platform in ("win32", "darwin") else _from_key_file())
    return stored.encode()


def key_for(purpose: str) -> bytes:
    """32 bytes made from the master key for one purpose, such as "database"; the same at every start."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(_master_key())


def encrypt(content: bytes, purpose: str) -> bytes:
    """Authenticated encryption for what is stored outside the database or must not be read in it."""
    return _fernet(purpose).encrypt(content)


def decrypt(token: bytes, purpose: str) -> bytes:
    """Raises cryptography.fernet.InvalidToken for a wrong key or a changed byte."""
    return _fernet(purpose).decrypt(token)


def _fernet(purpose: str) -> Fernet:
    return Fernet(urlsafe_b64encode(key_for(purpose)))
