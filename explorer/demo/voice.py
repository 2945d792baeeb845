"""What an invented patient says when staff call: from the same plan as their texts and answers."""

from dataclasses import dataclass, field
from random import Random

from django.utils.translation import gettext_noop

from explorer.demo.answers import answer_plan
from explorer.demo.people import SEED, practice
from patients.models import Patient

NOBODY = 0.3  # of the calls of one day reach nobody
APCM = {
    "yes": gettext_noop("Yes, keep looking after me with that care program."),
    "no": gettext_noop("No care program, please. I do not need it."),
    "more": gettext_noop("What does that program cost me? I want to know more before I say yes."),
}


@dataclass
class Voice:
    """`says`: sentences in the order in which they come. `hint`: which outcome fits."""

    says: list[str] = field(default_factory=list)
    hint: str = ""


def voice_of(patient: Patient, day) -> Voice | None:
    """None for somebody who is not of the demo's people. On another day nobody may pick up, or somebody does."""
    person = _people().get(patient.mrn)
    if person is None:
        return None
    plan = answer_plan(person)
    if plan.wrong_number:
        return Voice(
            [gettext_noop("You have the wrong number. There is nobody of that name here.")],
            gettext_noop("Record: wrong number."),
        )
    if Random(f"{SEED}:{patient.mrn}:{day}:picks up").random() < NOBODY:
        return Voice(
            [gettext_noop("(The phone rings. After the fifth ring the answering machine comes on.)")],
            gettext_noop("Record: voicemail without details, or no answer."),
        )
    if plan.sends_stop:
        return Voice(
            [
                gettext_noop("I do not want your texts. You may talk to me, though."),
                _records(plan.records),
                APCM[plan.apcm],
            ],
            gettext_noop("Record the decision; the number stays blocked for texts."),
        )
    says = [gettext_noop("Speaking. My birthday? It is as it stands in my chart."), _records(plan.records)]
    if not plan.records:
        return Voice(says, gettext_noop("Record the decision: declined."))
    notice = (
        gettext_noop("You may tell my old practice.")
        if plan.notify
        else gettext_noop("Do not tell my old practice, please.")
    )
    return Voice([*says, APCM[plan.apcm], notice], gettext_noop("Record the decision as it was said."))


def _records(given: bool) -> str:
    if given:
        return gettext_noop("Yes, my records may move with the doctor.")
    return gettext_noop("No, leave my records where they are.")


def _people() -> dict:
    return {person.mrn: person for person in practice().people}
