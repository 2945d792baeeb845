"""What the frame around each page asks for."""

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from explorer.empty import EMPTY
from explorer.shortcuts import SHORTCUTS
from explorer.trail import Place, place

register = template.Library()


@register.simple_tag(takes_context=True)
def page_place(context) -> Place:
    """Where the page stands, in the sidebar's words."""
    opts, request = context.get("opts"), context.get("request")
    match = getattr(request, "resolver_match", None)
    shown = context.get("original") if match and (match.url_name or "").endswith("_change") else None
    return place(
        match.url_name or "" if match else "",
        model=f"{opts.app_label}_{opts.model_name}" if opts else "",
        title=context.get("title") or "",
        subtitle=shown or "",
    )


@register.simple_tag(takes_context=True)
def shortcuts(context) -> dict[str, list[dict]]:
    """{group: its shortcuts}, without pages that this person may not open."""
    user = context["request"].user
    return {
        gettext(group): [
            {"keys": each.keys, "words": gettext(each.words), "url": _address(each.url)}
            for each in of_group
            if not each.url or (_address(each.url) and (not each.right or user.has_perm(each.right)))
        ]
        for group, of_group in SHORTCUTS.items()
    }


@register.simple_tag
def empty_list(opts) -> dict[str, str] | None:
    """What the empty list of that model says, and where its link leads."""
    if opts.label_lower not in EMPTY:
        return None
    words, link, url = EMPTY[opts.label_lower]
    return {"words": gettext(words), "link": gettext(link), "url": _address(url)}


def _address(name: str) -> str:
    try:
        return reverse(f"admin:{name}") if name else ""
    except NoReverseMatch:
        return ""
