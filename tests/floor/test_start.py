"""Starting on a bare machine, and what is said when something is missing."""

import ast
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.lib.commands import Refused
from explorer.running import refuse_taken_port

NO_DATABASE = True

ROOT = Path(__file__).resolve().parents[2]


def test_an_old_python_can_still_read_the_starter():
    ast.parse((ROOT / "manage.py").read_text("utf-8"), feature_version=(3, 5))


@pytest.mark.slow
def test_without_a_network_it_says_so_and_the_next_start_tries_again(tmp_path):
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    for name in ("manage.py", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    env = {
        **os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_TIMEOUT": "1",
        "PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "",
    }  # fmt: skip
    base = Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else f"bin/python{sys.version_info[0]}")
    start = [str(base), str(folder / "manage.py"), "standings"]
    done = subprocess.run(start, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "The packages could not be fetched. Connect this PC to the internet, then start again."
    )
    assert not (folder / ".venv" / "installed.txt").exists()
    assert done.stdout == ""


def test_a_taken_port_is_told_with_a_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"--port {port + 1}"):
            refuse_taken_port(port)
