"""The house itself: which way imports run, that the migrations are complete, that tests stay on this PC."""

import ast
import socket
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.home import NetworkUsed

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "explorer.lib": set(),
    "patients": {"explorer.lib"},
    "consent": {"explorer.lib", "patients"},
    "outreach": {"explorer.lib", "patients", "consent"},
    "onenote_sync": {"explorer.lib", "patients", "consent"},
    "explorer": {"explorer.lib", "patients", "consent", "outreach", "onenote_sync"},
}
OUTSIDE_WORLD = {"requests", "msal", "anthropic", "outreach.spruce"}
CLOCKS = {"now", "utcnow", "today"}


def _room(name: str) -> str:
    if name == "explorer.lib" or name.startswith("explorer.lib."):
        return "explorer.lib"
    return name.split(".")[0] if name.split(".")[0] in MAY_IMPORT else ""


def _modules():
    for room in ("explorer", "patients", "consent", "outreach", "onenote_sync"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield (
                    ".".join(path.relative_to(ROOT).with_suffix("").parts),
                    ast.parse(path.read_text("utf-8")),
                )


MODULES = dict(_modules())


def _imports(tree) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_imports_run_one_way():
    wrong = [
        f"{module} imports {name}"
        for module, tree in MODULES.items()
        for name in sorted(_imports(tree))
        if _room(name) and _room(name) != _room(module) and _room(name) not in MAY_IMPORT[_room(module)]
    ]
    assert not wrong


def test_models_and_admin_never_talk_to_the_outside_world():
    wrong = [
        f"{module} imports {name}"
        for module, tree in MODULES.items()
        for name in _imports(tree) & OUTSIDE_WORLD
        if {"models", "admin"} & set(module.split("."))
    ]
    assert not wrong


def test_only_the_clock_asks_the_system_for_the_time():
    wrong = [
        f"{module} line {node.lineno}"
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and ast.unparse(node.value).split(".")[-1] in ("datetime", "date", "timezone")
        and module != "explorer.lib.clock"
    ]
    assert not wrong


def test_no_catch_all_swallows_a_fault():
    wrong = [
        f"{module} line {node.lineno}"
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert not wrong


def test_migrations_are_complete():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("address", ["203.0.113.5", "example.com"])
def test_a_test_that_reaches_for_the_network_fails(address):
    with pytest.raises(NetworkUsed):
        socket.create_connection((address, 443), timeout=1)


def test_the_database_file_shows_nothing(settings):
    path = Path(settings.DATABASES["default"]["NAME"])
    assert path.read_bytes()[:15] != b"SQLite format 3"
