"""Where this practice's data lies, and whether it is a demo or the real thing. No Django here."""

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

DEMO, LIVE = "demo", "live"
SYNCED = ("onedrive", "dropbox", "google drive", "icloud", "sharepoint")


class BadHome(Exception):
    """The data folder cannot be used; the text says why and what to do."""


def mode() -> str:
    """ "demo" or "live", from PATIENT_EXPLORER_MODE; raises BadHome for anything else."""
    named = os.environ.get("PATIENT_EXPLORER_MODE", "").strip().lower() or DEMO
    if named not in (DEMO, LIVE):
        raise BadHome("PATIENT_EXPLORER_MODE must be demo or live.")
    return named


def _platform_folder() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(base) / "PatientExplorer"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "PatientExplorer"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "patient-explorer"


def _on_network_drive(path: Path) -> bool:
    if str(path).startswith(("\\\\", "//")):
        return True
    if sys.platform != "win32":
        return False
    import ctypes

    remote = 4  # DRIVE_REMOTE of the Windows API
    return ctypes.windll.kernel32.GetDriveTypeW(f"{path.drive}\\") == remote


def _refuse_shared(path: Path) -> None:
    if _on_network_drive(path) or any(part.casefold().startswith(SYNCED) for part in path.parts):
        raise BadHome(
            f"The data folder {path} is on a network drive or in a synced folder, where a database breaks. "
            "Set PATIENT_EXPLORER_HOME to a folder on this PC's own disk."
        )


@cache
def home() -> Path:
    """The data folder, made on first use and readable by its owner alone; raises BadHome."""
    named = os.environ.get("PATIENT_EXPLORER_HOME", "").strip()
    folder = Path(named).expanduser().absolute() if named else _platform_folder() / mode()
    _refuse_shared(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        raise BadHome(
            f"The data folder {folder} cannot be written. "
            "Set PATIENT_EXPLORER_HOME to a folder where you may create files."
        ) from None
    return folder
