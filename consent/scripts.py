"""What staff read aloud: a stored script, or the words below as long as none is stored."""

import re

from consent.wordings.filling import profile_facts
from explorer.lib.models import Practice

# To be approved by counsel.
BUILT_IN = """“Hello, this is (your name) from {practice}. May I speak with (the patient’s name)?”

“To be sure that I speak with the right person: what is your full name and your date of birth, please?” (Let them say it; never read it out. If it is not right, end the call kindly.)

“Our office is moving to {new_practice}. I have a few questions. Yes or no, both are fine, and you may change your mind later.”

“My colleague hears us. May we name my colleague as a witness?”"""  # noqa: E501

_PLACE = re.compile(r"\{(\w+)\}")


def filled(text: str, practice: Practice) -> str:
    """The text with the places of the practice profile filled in; a place nobody knows is shown as a blank."""
    facts = profile_facts(practice)
    if practice.transition_date:
        facts["transition_date"] = f"{practice.transition_date:%m/%d/%Y}"
    return _PLACE.sub(lambda place: str(facts.get(place[1]) or "____"), text)
