"""Where a page stands: the sidebar's group and name, then the page's own title."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from explorer.sidebar import GROUPS

STANDS_UNDER = {
    "outreach_attempt_changelist": "outreach_attempt_follow_up",
    "explorer_my_settings": "",
}
"""Pages that the sidebar does not name, and the link of the sidebar that they belong to."""

OWN_TITLES = {"password": gettext_lazy("Change password")}


@dataclass(frozen=True, slots=True)
class Place:
    """`group` and `section` are words on screen, empty where there is none; `url` leads to the section."""

    group: str
    section: str
    url: str
    here: bool
    title: str


def place(url_name: str, *, model: str = "", title: str = "", subtitle: str = "") -> Place:
    """Of the page with that URL name; `model` is "<app>_<model>" where the page belongs to one."""
    group, section, link = _in_the_sidebar(url_name, model)
    here = bool(section) and url_name == link
    words = gettext(section) if here else (subtitle or title)
    return Place(
        group=gettext(group) if group else "",
        section=gettext(section) if section else "",
        url=reverse(f"admin:{link}") if link else "",
        here=here,
        title=str(words)[:1].upper() + str(words)[1:],
    )


def _in_the_sidebar(url_name: str, model: str) -> tuple[str, str, str]:
    """(group, title, URL name): of the page itself, else of its model's list, else of the page it grows from."""
    known = {link[2]: (group, link[0], link[2]) for group, links in GROUPS.items() for link in links}
    of_model = f"{model}_changelist" if model else ""
    for name in (url_name, STANDS_UNDER.get(url_name), of_model, STANDS_UNDER.get(of_model)):
        if name in known:
            return known[name]
    grown = [name for name in known if url_name.startswith(f"{name}_")]
    return known[max(grown, key=len)] if grown else ("", "", "")
