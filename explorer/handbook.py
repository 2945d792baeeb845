"""The documents of docs/, readable inside the program: the same files, so that nothing is told twice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from explorer.lib.pages import page

DOCS = Path(settings.BASE_DIR) / "docs"
SEE = "patients.view_patient"
FOR_STAFF = ("quick-start", "questions", "bad-day")
FOR_ADMINISTRATORS = ("administration", "pages")
OUTSIDE = re.compile(r"[a-z]+:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """One page of the handbook. `html` is made from Markdown without any HTML of the file's own."""

    name: str
    title: str
    html: SafeString
    headings: tuple[tuple[str, str], ...]  # (anchor, words) of the second order


class HelpPages:
    def __init__(self, site) -> None:
        self.site = site

    def urls(self) -> list:
        pages = {"help": self.contents, "help_picture": self.picture, "help_page": self.show}
        return [path(view.page_route, self.site.admin_view(view), name=name) for name, view in pages.items()]

    @page("help/", look=SEE)
    def contents(self, request):
        return self._answer(request, "explorer/help_contents.html", title=_("Help"), groups=groups())

    @page("help/pictures/<str:name>", look=SEE)
    def picture(self, request, name: str):
        if name not in {file.name for file in (DOCS / "pictures").glob("*.png")}:
            raise Http404
        return HttpResponse((DOCS / "pictures" / name).read_bytes(), content_type="image/png")

    @page("help/<path:name>/", look=SEE)
    def show(self, request, name: str):
        if name not in names():
            raise Http404
        shown = read(name)
        return self._answer(request, "explorer/help_page.html", title=shown.title, document=shown)

    def _answer(self, request, template: str, **context) -> TemplateResponse:
        return TemplateResponse(request, template, {**self.site.each_context(request), **context})


def names() -> list[str]:
    """Of all documents, as `quick-start` or `decisions/0001-one-pc-django-admin`."""
    return sorted(file.relative_to(DOCS).with_suffix("").as_posix() for file in DOCS.rglob("*.md"))


def groups() -> list[tuple[str, list[Document]]]:
    """(heading, its documents), what staff need first."""
    found = names()
    decisions = [name for name in found if name.startswith("decisions/")]
    named = {*FOR_STAFF, *FOR_ADMINISTRATORS, *decisions}
    parts = (
        (_("For everybody"), [name for name in FOR_STAFF if name in found]),
        (_("For administrators"), [name for name in FOR_ADMINISTRATORS if name in found]),
        (_("How it works, and the proof"), [name for name in found if name not in named]),
        (_("Why it was built so"), decisions),
    )
    return [(heading, [read(name) for name in inside]) for heading, inside in parts if inside]


def read(name: str) -> Document:
    file = DOCS / f"{name}.md"
    return _read(name, file, file.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _read(name: str, file: Path, changed: int) -> Document:
    tokens = _markdown().parse(file.read_text(encoding="utf-8"))
    title, headings = name, []
    for heading, words in list(_headings(tokens)):
        if heading.tag == "h1":
            title = words
        elif heading.tag == "h2":
            headings.append((slugify(words), words))
    body = list(_inside_the_frame(tokens, PurePosixPath(name).parent))
    html = _markdown().renderer.render(body, _markdown().options, {})
    return Document(name, title, mark_safe(html), tuple(headings))  # noqa: S308 - Markdown with HTML switched off


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _headings(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            yield opening, "".join(part.content for part in inline.children or () if part.content)


def _inside_the_frame(tokens: list[Token], folder: PurePosixPath) -> Iterator[Token]:
    """Without the title, which the frame shows; headings with anchors, links and pictures to where they are here."""
    words = {id(heading): said for heading, said in _headings(tokens)}
    in_title = False
    for token in tokens:
        if token.type == "heading_open" and token.tag == "h1":
            in_title = True
        elif token.type == "heading_close" and token.tag == "h1":
            in_title = False
            continue
        if in_title:
            continue
        if token.type == "heading_open":
            token.attrSet("id", slugify(words[id(token)]))
        if token.type == "table_open":
            token.attrSet("class", "pe-table")
        for part in token.children or ():
            _lead(part, folder)
        yield token


def _lead(part: Token, folder: PurePosixPath) -> None:
    if part.type == "image":
        part.attrSet("src", reverse("admin:help_picture", args=[PurePosixPath(str(part.attrGet("src"))).name]))
    if part.type != "link_open":
        return
    address = str(part.attrGet("href"))
    if OUTSIDE.match(address):
        part.attrSet("rel", "noreferrer noopener")
        part.attrSet("target", "_blank")
        return
    file, _, anchor = address.partition("#")
    if file.endswith(".md"):
        name = str(_folded(folder / file).with_suffix(""))
        part.attrSet("href", reverse("admin:help_page", args=[name]) + (f"#{anchor}" if anchor else ""))


def _folded(file: PurePosixPath) -> PurePosixPath:
    """`decisions/../apcm.md` is `apcm.md`."""
    parts: list[str] = []
    for each in file.parts:
        if each == "..":
            parts = parts[:-1]
        elif each != ".":
            parts.append(each)
    return PurePosixPath(*parts)
