"""What phones write by themselves: reactions as quotations of our own text, and answers while driving."""

import re

from outreach.reading.opt_outs import opt_out_rule
from outreach.reading.words import words_of

PHONES_OWN_ANSWER = re.compile(r"driving with do not disturb(?: while driving)? turned on")

REACTION = re.compile(
    r"""\s*(?P<verb>(?:dis)?liked|loved|laughed\ at|emphasi[sz]ed|questioned|removed\ an?\ [a-z ]{1,25}from
      |reacted\ (?:with\ )?[^a-z0-9"]{1,12}\ ?to|reacted\ to|[^a-z0-9"]{1,12}to|added\ [^"]{1,20}to
      |(?:le|te|me|les)\ (?:ha\ )?(?:gusto|gusta|gustado|encanto|encanta|encantado|dio\ risa)
      |se\ rio\ de|destaco|enfatizo)
      \s*"(?P<quoted>.*)"(?P<rest>.*)$""",
    re.DOTALL | re.VERBOSE,
)
_INSTRUCTION = re.compile(r"\b(?:reply|text|txt|send|responda|envie|conteste)\b[^.\"]{0,20}\"?\bstop\b\"?[^.\"]{0,40}")
WITH_EMOJI = re.compile(r"^\s*with\s+[^a-z0-9]+$")


def answer_in(reaction: re.Match[str]) -> str:
    """What the person added to a reaction; a quoted text that is nothing but an opt-out counts as said."""
    quoted, rest = reaction["quoted"], reaction["rest"]
    echo = _INSTRUCTION.sub(" ", quoted)
    if '"' in echo:  # the quotation ends sooner, and words of the person's own are quoted after it
        echo, _, more = quoted.partition('"')
        rest = f"{more} {rest}"
    if opt_out_rule(words_of(echo), "") in ("stop word", "cancel alone"):
        return f"{echo} {rest}"
    return "" if WITH_EMOJI.match(rest) else rest
