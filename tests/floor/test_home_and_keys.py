import os
import stat
import sys
from pathlib import Path

import pytest
from cryptography.fernet import InvalidToken

from explorer.lib import home as homes
from explorer.lib import keys

NO_DATABASE = True

only_with_key_file = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="the system's key store holds the key there"
)


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A data folder that nothing has used yet."""
    homes.home.cache_clear()
    keys._master_key.cache_clear()
    monkeypatch.setenv("PATIENT_EXPLORER_HOME", str(tmp_path / "new home"))
    monkeypatch.delenv("PATIENT_EXPLORER_KEY", raising=False)
    yield monkeypatch
    monkeypatch.undo()
    homes.home.cache_clear()
    keys._master_key.cache_clear()


def test_the_data_folder_is_made_on_first_use_and_belongs_to_its_owner(fresh):
    made = homes.home()
    assert made.is_dir()
    assert os.name == "nt" or stat.S_IMODE(made.stat().st_mode) == 0o700


@pytest.mark.parametrize("place", ["OneDrive - Practice/data", "Dropbox/x", "\\\\server\\share\\x"])
def test_shared_and_synced_folders_are_refused(fresh, tmp_path, place):
    path = place if place.startswith("\\") else str(tmp_path / place)
    with pytest.raises(homes.BadHome, match="PATIENT_EXPLORER_HOME"):
        homes._refuse_shared(Path(path))


def test_a_folder_that_cannot_be_written_says_so(fresh, tmp_path):
    (tmp_path / "a file").write_text("")
    fresh.setenv("PATIENT_EXPLORER_HOME", str(tmp_path / "a file" / "home"))
    with pytest.raises(homes.BadHome, match="cannot be written"):
        homes.home()


def test_an_unknown_mode_is_refused(fresh):
    fresh.setenv("PATIENT_EXPLORER_MODE", "production")
    with pytest.raises(homes.BadHome, match="demo or live"):
        homes.mode()


@only_with_key_file
def test_the_key_file_is_for_its_owner_alone_and_stays_the_same(fresh):
    first = keys.key_for("database")
    keys._master_key.cache_clear()
    assert keys.key_for("database") == first != keys.key_for("files")
    assert stat.S_IMODE((homes.home() / "key").stat().st_mode) == 0o600


@only_with_key_file
def test_a_database_without_its_key_is_not_given_a_new_one(fresh):
    (homes.home() / "patient-explorer.sqlite3").write_bytes(b"x")
    with pytest.raises(homes.BadHome, match="key of the database"):
        keys.key_for("database")


def test_what_is_encrypted_opens_with_the_same_key_only(fresh):
    token = keys.encrypt(b"a raw list", "imports")
    assert b"raw" not in token
    assert keys.decrypt(token, "imports") == b"a raw list"
    fresh.setenv("PATIENT_EXPLORER_KEY", "another key")
    keys._master_key.cache_clear()
    with pytest.raises(InvalidToken):
        keys.decrypt(token, "imports")
