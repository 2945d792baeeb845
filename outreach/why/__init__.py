"""Why somebody stands where they stand and what comes next; why a text went out or did not: the gate's own trace.

`rules` names the rule and the cure behind each code; `patients` and `texts` ask the very functions that the planner
and the sender ask, and add the rows which the answers rest on.
"""

from outreach.why.patients import why_of_patient
from outreach.why.texts import why_of_text
from outreach.why.trace import Fact, Next, Reason, Why

__all__ = ["Fact", "Next", "Reason", "Why", "why_of_patient", "why_of_text"]
