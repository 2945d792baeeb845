"""The languages of the pages: which words are marked in the sources, and the catalogue made from them.

    python -m explorer.languages

reads all sources, brings explorer/locale/es/LC_MESSAGES/django.po up to date and compiles it (docs/languages.md).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.contrib import admin
from django.template import Origin
from django.utils.text import capfirst
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "explorer" / "locale" / "es" / "LC_MESSAGES" / "django.po"
ROOMS = ("explorer", "patients", "consent", "outreach", "onenote_sync", "templates")
OF_KIND = "\x04"  # gettext's own sign between a context and its words
FROM_THE_THEME = ("Filters", "Select action", "Run", "Apply filters", "Reset filters", "Type to search")
ONE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
MANY = {"ngettext", "ngettext_lazy"}
IN_TEMPLATES = re.compile(
    r"""(?<!\w)(n?gettext|_)\(\s*(u?(['"])(?:\\.|(?!\3).)*\3)(?:\s*,\s*(u?(['"])(?:\\.|(?!\5).)*\5))?"""
)


def marked() -> dict[tuple[str, str], str]:
    """{(words, words for many or ""): the first file that holds them}."""
    found: dict[tuple[str, str], str] = {}
    for path in _sources():
        for words in _marked_in(path):
            found.setdefault(words, path.relative_to(ROOT).as_posix())
    found |= {(title, ""): "explorer/sidebar.py" for title in _of_the_sidebar()}
    return {(label, ""): "labels" for label in _of_the_tables()} | found


def _of_the_sidebar() -> Iterator[str]:
    from explorer.sidebar import GROUPS

    for group, links in GROUPS.items():
        yield from filter(None, (group, *(link[0] for link in links)))


def _of_the_tables() -> Iterator[str]:
    """Labels that are English in evidence and exports, and translated where a page shows them."""
    from outreach.standings import LABELS

    yield from LABELS.values()
    yield from FROM_THE_THEME
    yield f"label{OF_KIND}From Spruce"
    for model, shown in admin.site._registry.items():
        if model._meta.app_label in ROOMS:
            columns = {str(each) for each in shown.list_display}
            yield from (capfirst(str(field.verbose_name)) for field in model._meta.fields if field.name in columns)
    for room in ROOMS[:4]:
        for model in apps.get_app_config(room).get_models():
            yield capfirst(str(model._meta.verbose_name_plural))
            for field in model._meta.fields:
                kind = f"{field.name}{OF_KIND}" if (room, field.name) == ("patients", "label") else ""
                yield from (f"{kind}{label}" for value, label in field.flatchoices if value != "")


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted(path for kind in ("*.py", "*.html") for path in (ROOT / room).rglob(kind))


def _marked_in(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        yield from _marked_in_template(text, path)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and (words := _words_of(node)):
            yield words


def _words_of(call: ast.Call) -> tuple[str, str] | None:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == "show":  # PracticeAdmin.show(request, template, title) translates the title of a page
        return next(((words, "") for words in map(_constant, call.args[2:3]) if words), None)
    if name == "display":
        told = (_constant(each.value) for each in call.keywords if each.arg == "description")
        return next(((capfirst(words), "") for words in told if words), None)
    wanted = 1 if name in ONE else 2 if name in MANY else 0
    words = [
        each.value for each in call.args[:wanted] if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    return (*words, "")[:2] if wanted and len(words) == wanted else None


def _constant(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _marked_in_template(text: str, path: Path) -> Iterator[tuple[str, str]]:
    for found in IN_TEMPLATES.finditer(templatize(text, origin=Origin(str(path)))):
        one, many = found.group(2), found.group(4)
        yield ast.literal_eval(one), ast.literal_eval(many) if many else ""


def update(path: Path = CATALOGUE) -> list[str]:
    """Write and compile the catalogue; what is no longer marked goes. Returns the words without a translation."""
    import polib

    old = {key(entry): entry for entry in (polib.pofile(str(path)) if path.exists() else ())}
    new = polib.POFile(wrapwidth=110)
    new.metadata = {
        "Language": "es",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for (one, many), where in sorted(marked().items(), key=lambda each: (each[1], each[0])):
        new.append(old.get((one, many)) or _entry(polib, one, many))
        new[-1].occurrences = [(where, "")]
        new[-1].flags = ["python-format"] if re.search(r"%\(\w+\)[sd]", one) else []
    path.parent.mkdir(parents=True, exist_ok=True)
    new.save(str(path))
    new.save_as_mofile(str(path.with_suffix(".mo")))
    return [entry.msgid for entry in new.untranslated_entries()]


def key(entry) -> tuple[str, str]:
    """As in marked(): words that mean two things say which kind first, as "label" of a phone."""
    return f"{entry.msgctxt}{OF_KIND}{entry.msgid}" if entry.msgctxt else entry.msgid, entry.msgid_plural


def _entry(polib, one: str, many: str):
    kind, _, words = one.rpartition(OF_KIND)
    if many:
        return polib.POEntry(msgid=words, msgid_plural=many, msgstr_plural={0: "", 1: ""})
    return polib.POEntry(msgid=words, msgctxt=kind or None)


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")
    django.setup()
    left = update()
    print(f"{len(left)} without a translation", *left, sep="\n  ")  # noqa: T201
