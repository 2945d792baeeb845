#!/usr/bin/env python3
"""Starts Patient Explorer's commands. On a bare Python it first makes .venv and installs what is pinned.

Only the standard library is used until the right Python runs, and only syntax that an old Python
can read, so that it can say that it is too old.
"""

import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "installed.txt")
LOG = os.path.join(VENV, "install.log")


def say(text):
    sys.stderr.write(text + "\n")


def stop(text):
    say(text)
    sys.exit(1)


def locks(with_tests):
    names = ["requirements.txt"] + (["requirements-dev.txt"] if with_tests else [])
    return [os.path.join(HERE, name) for name in names]


def fingerprint(path):
    with open(path, "rb") as file:
        return os.path.basename(path) + " " + hashlib.sha256(file.read()).hexdigest()


def installed():
    try:
        with open(STAMP) as file:
            return file.read().split("\n")
    except OSError:
        return []


def make_environment():
    say("Making .venv (once) ...")
    result = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if result.returncode:
        if b"ensurepip" in result.stdout:
            stop(
                "Python lacks its venv part. On Debian or Ubuntu run: "
                "sudo apt install python3-venv    Then start again."
            )
        stop(
            "The folder .venv could not be made in %s. Check that you may write there and that the disk "
            "is not full, then start again." % HERE
        )


def install(paths):
    say("Installing the pinned packages (once, a minute or two) ...")
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
    ]
    for path in paths:
        command += ["-r", path]
    with open(LOG, "wb") as log:
        failed = subprocess.call(command, stdout=log, stderr=subprocess.STDOUT)
    if failed:
        with open(LOG, "rb") as log:
            told = log.read().lower()
        if any(sign in told for sign in (b"connection", b"resolution", b"timed out", b"from versions: none")):
            stop("The packages could not be fetched. Connect this PC to the internet, then start again.")
        if b"no space" in told:
            stop("The disk is full. Make room, then start again.")
        stop("The packages could not be installed; the reason stands in %s." % LOG)
    with open(STAMP, "w") as file:
        file.write("\n".join(fingerprint(path) for path in paths))


def prepare(with_tests):
    wanted = [fingerprint(path) for path in locks(with_tests)]
    have = installed()
    if os.path.exists(PYTHON) and all(mark in have for mark in wanted):
        return
    with_tests = with_tests or any(mark.startswith("requirements-dev.txt") for mark in have)
    try:
        if not os.path.exists(PYTHON) or not os.path.exists(os.path.join(VENV, "pyvenv.cfg")):
            make_environment()
        install(locks(with_tests))
    except (IOError, OSError):
        stop("The folder %s cannot be written. Move the program to a folder of your own." % HERE)


def inside():
    return os.path.normcase(os.path.realpath(sys.prefix)) == os.path.normcase(os.path.realpath(VENV))


def restart_inside():
    command = [PYTHON, os.path.join(HERE, "manage.py")] + sys.argv[1:]
    if os.name != "nt":
        os.execv(PYTHON, command)
    child = subprocess.Popen(command)  # exec would leave the console on Windows
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue  # the child got the same Ctrl-C and is stopping


def run_tests(arguments):
    sys.exit(subprocess.call([sys.executable, "-m", "pytest"] + arguments, cwd=HERE))


def main():
    if sys.version_info < (3, 11):
        stop(
            "Patient Explorer needs Python 3.11 or newer; this is %d.%d. Install it from python.org, "
            "then start again." % sys.version_info[:2]
        )
    testing = sys.argv[1:2] == ["test"]
    prepare(with_tests=testing)
    if not inside():
        restart_inside()
    if testing:
        run_tests(sys.argv[2:])
    if sys.argv[1:2] == ["verify_packet"]:  # needs no data folder and makes none
        from explorer.evidence.verify import main as verify

        sys.exit(verify(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")
    from explorer.lib.entry import run

    run(sys.argv)


if __name__ == "__main__":
    main()
