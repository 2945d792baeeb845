"""The texts that patients read or hear: which one is in force, and how its places are filled in."""

from consent.models import Wording
from consent.wordings.filling import fill
from explorer.lib.models import Practice


def current(kind: str, language: str = "en") -> Wording | None:
    """The wording to use today: approved before not approved, then the highest version."""
    return Wording.objects.good_on(Practice.current().today()).newest(kind, language)


def render(wording: Wording, **facts) -> str:
    """The wording's text with these facts; `filling.profile_facts` has those of the profile.

    Raises ValidationError naming a place that has no value.
    """
    return fill(wording.text, facts, wording.language)
