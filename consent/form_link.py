"""The personal link of a patient, made from one prefilled sample of the practice's Microsoft form.

Where the practice hosts a redirect page, the link leads there and is short; the page makes the form's link of it
(consent/redirect_page.py).

The app cannot ask Forms for the key of its code question; it learns it from a sample link in which a person
has typed a sentinel (reference: microsoft.md 4.3). Forms does not read `+` as a blank, so nothing here does.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

HOSTS = frozenset(
    {
        "forms.office.com",
        "forms.cloud.microsoft",
        "forms.microsoft.com",
        "forms.office365.us",
        "forms.osi.office365.us",
    }
)
SENTINELS = frozenset({"token123", "sentinel", "code"})
LONGEST_LINK = 1_900
_QUESTION = re.compile(r"r[0-9a-f]{32}", re.IGNORECASE)
_CURE = (
    "In the form choose … > Get pre-filled URL, type TOKEN123 as the answer to the code question, "
    "and paste the link it gives you."
)


class BadSample(ValueError):
    """The pasted sample cannot serve; the text says why and what to paste instead."""

    def __init__(self, sentence: str):
        super().__init__(f"{sentence} {_CURE}")


@dataclass(frozen=True)
class FormLink:
    """`prefix` ends with the code question's `key=`; `tail` is whatever follows the code."""

    host: str
    form_id: str
    prefix: str
    key: str
    quoted: bool
    tail: str

    def link_for(self, code: str) -> str:
        value = f'"{code}"' if self.quoted else code
        return self.prefix + quote(value, safe="") + self.tail


@dataclass(frozen=True)
class ShortLink:
    """The code stands behind the #, which a browser does not send to the host of the page."""

    base: str

    def link_for(self, code: str) -> str:
        return f"{self.base}#{quote(code, safe='')}"


def personal_links(practice) -> FormLink | ShortLink:
    """What makes the links in texts, letters and on sheets, by `link_for(code)`. Raises BadSample."""
    form = read_sample(practice.form_sample_url)
    base = practice.short_link_base
    if not base:
        return form
    return ShortLink(base if urlsplit(base).path else f"{base}/")


def read_sample(url: str) -> FormLink:
    """The pattern in a prefilled sample link. Raises BadSample."""
    text = re.sub(r"^([\"'<])(.*)[\"'>]$", r"\2", url.strip()).strip().replace("&amp;", "&")
    address = _address(text)
    pieces = address.query.split("&")
    pairs = [(name, value) for name, _, value in (piece.partition("=") for piece in pieces)]
    form_id = next((unquote(value) for name, value in pairs if name.lower() == "id"), "")
    if not form_id:
        raise BadSample("This link does not name a form: its part ?id=… is missing.")
    place = _place_of_code(pairs)
    key, value = pairs[place]
    before = "".join(f"{piece}&" for piece in pieces[:place])
    link = FormLink(
        host=address.hostname or "",
        form_id=form_id,
        prefix=f"https://{address.hostname}{address.path}?{before}{key}=",
        key=key,
        quoted=_is_quoted(unquote(value)),
        tail="".join(f"&{piece}" for piece in pieces[place + 1 :]),
    )
    if len(link.link_for("0" * 40)) > LONGEST_LINK:
        raise BadSample(f"This link is longer than the {LONGEST_LINK} characters that phones accept.")
    return link


def _address(text: str) -> SplitResult:
    """The parts of a link to a form's answering page. Raises BadSample for every other address."""
    if not text:
        raise BadSample("No link was pasted.")
    if re.search(r"\s", text):
        raise BadSample("This link has blanks or line breaks in it, so it was cut or joined with other text.")
    try:
        address = urlsplit(text)
        host, port = address.hostname or "", address.port
    except ValueError:
        raise BadSample("This is not a web address.") from None
    if address.scheme.lower() != "https":
        raise BadSample("The link must begin with https://.")
    if host not in HOSTS or port not in (None, 443) or address.username is not None:
        raise BadSample("This is not a link of Microsoft Forms.")
    if re.match(r"/[re]/", address.path, re.IGNORECASE):
        raise BadSample("This is a short link, and a short link cannot carry a code.")
    if not address.path.lower().endswith("/responsepage.aspx"):
        raise BadSample("This is not the page on which the form is answered.")
    return address


def _place_of_code(pairs: list[tuple[str, str]]) -> int:
    """Which parameter holds the code. Raises BadSample where that is not certain."""
    questions = [place for place, (name, _) in enumerate(pairs) if _QUESTION.fullmatch(name)]
    if not questions:
        if any(name.lower() == "token" for name, _ in pairs):
            raise BadSample("Microsoft Forms ignores ?token=, so every answer would arrive without its code.")
        raise BadSample("This link has no prefilled answer in it.")
    marked = [place for place in questions if _unquoted(unquote(pairs[place][1])).lower() in SENTINELS]
    if len(marked) > 1:
        raise BadSample("The sentinel stands in more than one answer, so the code question is not certain.")
    if not marked and len(questions) > 1:
        raise BadSample("This link has several prefilled answers and none of them is TOKEN123.")
    place = (marked or questions)[0]
    if not marked and re.match(r"\[|\d{4}-\d\d-\d\d$", unquote(pairs[place][1])):
        raise BadSample("The only prefilled answer belongs to a choice or a date, which cannot hold a code.")
    return place


def _is_quoted(value: str) -> bool:
    return len(value) >= 2 and value[0] == value[-1] == '"'


def _unquoted(value: str) -> str:
    return value[1:-1] if _is_quoted(value) else value
