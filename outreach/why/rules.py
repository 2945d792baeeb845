"""The rule behind every refusal of the gate and every standing, where it comes from, and what would change it. Pure.

The words are English data, as `gate.WORDS` are, and translated where they are shown. `source` is the id in the
research on the law (domain 2.10), or the place in the design; empty for a rule of the house alone.
"""

from typing import NamedTuple

from django.utils.translation import gettext_noop as _


class Rule(NamedTuple):
    name: str
    source: str
    cure: str


RULES: dict[str, Rule] = {
    "deceased": Rule(_("Nobody who has died is contacted."), "S3", _("If it is an error, correct the patient’s data.")),
    "held": Rule(
        _("Whom staff put on hold is not contacted."), "S3", _("Take the hold away under “Correct the data”.")
    ),
    "minor": Rule(
        _("Minors get no texts; a parent or guardian decides."),
        "S3",
        _("Speak with a guardian, and record the decision with who decided."),
    ),
    "left_list": Rule(
        _("Only patients of the newest list are asked."), "", _("Import a list that names the patient again.")
    ),
    "answered": Rule(
        _("Whoever has answered is not asked again."),
        "S9",
        _("A correction of the decision, if it was written down wrongly."),
    ),
    "in_review": Rule(_("While an answer waits for a person, nobody asks again."), "S9", _("Decide the form answer.")),
    "opted_out": Rule(
        _("A STOP on one number stops the texts on every number of the patient."),
        "S1",
        _("Only the patient’s own word: record that texts are wanted again."),
    ),
    "no_match": Rule(
        _("A number is texted only when a Spruce contact confirms that it is the patient’s."),
        "2.1",
        _("A Spruce contact that is matched: look under Contact matches."),
    ),
    "match_in_review": Rule(
        _("A match in doubt is no match until a person has decided."),
        "2.1",
        _("Decide the match under Contact matches."),
    ),
    "no_phone": Rule(_("A text needs a number."), "2.7", _("Ask for a cell number at the next call or visit.")),
    "not_textable": Rule(
        _("Land lines and toll-free numbers get no texts."),
        "2.7",
        _("Ask for a cell number at the next call or visit."),
    ),
    "facility": Rule(
        _("A number of five or more patients is a home’s or an office’s and gets no texts."),
        "2.7",
        _("A number of the patient’s own."),
    ),
    "number_of_another": Rule(
        _("A number that Spruce has under somebody else may have changed hands."),
        "2.7",
        _("Find out whose number it is; then match the contact, or enter the right number."),
    ),
    "no_basis": Rule(
        _("A number is texted only when it is recorded why it may be."),
        "S2",
        _("Record the basis to text of the number, under “Correct the data”."),
    ),
    "already_asked": Rule(
        _("Nobody gets two series of reminders at once."), "S6", _("The other campaign’s end, or its cancellation.")
    ),
    "beyond_limit": Rule(
        _("A campaign texts no more numbers than its limit."),
        "S13",
        _("A new campaign, or a higher limit before the launch."),
    ),
    "spoken": Rule(
        _("Who has said yes or no by text is called; a text is never a consent."),
        "2.8",
        _("Call, and record the decision."),
    ),
    "called": Rule(
        _("A talk with staff in the three days before replaces the reminder."),
        "",
        _("Nothing: the next reminder is asked anew."),
    ),
    "suppressed": Rule(
        _("A number on the do-not-text list gets no text."),
        "S1",
        _("Another number of the patient; or, where it was an error, texts allowed again with a reason."),
    ),
    "nobody_left": Rule(
        _("A text needs somebody who is still to be asked."),
        "S9",
        _("Nothing: everybody on the number has answered or is not to be asked."),
    ),
    "stopped": Rule(
        _("While texting is stopped for the practice, nothing goes out."),
        "S11",
        _("Switch texting on again under Sending."),
    ),
    "disarmed": Rule(
        _("A restored or copied database sends nothing before a person has compared it with Spruce."),
        "S11",
        _("Compare with Spruce and unlock under Sending."),
    ),
    "not_running": Rule(_("Only a running campaign sends."), "S11", _("Resume the campaign.")),
    "hours": Rule(
        _("Texts go out in the practice’s hours and the law’s, by the patient’s clock."),
        "S4",
        _("Wait for the next opening."),
    ),
    "day_limit": Rule(_("At most one text a day, for each number and each patient."), "S5", _("Wait a day.")),
    "week_limit": Rule(
        _("At most three texts in seven days, for each number and each patient."),
        "S5",
        _("Wait till the week is over."),
    ),
    "campaign_limit": Rule(
        _("A number gets no more texts from one campaign than the practice profile allows."),
        "S5",
        _("Call or write instead."),
    ),
    "poll_old": Rule(
        _("Nothing is sent unless replies were read in the last ten minutes, so that no STOP is missed."),
        "S15",
        _("Wait a minute; if it stays, look under Sending why replies are not read."),
    ),
    "held_for_person": Rule(
        _("A text that is late or in doubt waits for a person."),
        "4.7",
        _("Decide about the held texts of the campaign."),
    ),
    "code_expired": Rule(
        _("A text carries a personal code that is still good."),
        "S8",
        _("A new campaign: it makes a new code. Or call."),
    ),
    "empty_text": Rule(
        _("A text with an open placeholder is not sent."),
        "S7",
        _("Mend the words of the campaign’s step, or the form’s link in the practice profile."),
    ),
}

STANDINGS: dict[str, Rule] = {
    "conflict": Rule(
        _("Answers that contradict each other are settled by a person, never by which came last."),
        "3.8",
        _("Ask the patient, and record what counts."),
    ),
    "given": Rule(_("A decision stands until the patient says otherwise."), "S9", _("The patient’s word: record it.")),
    "declined": Rule(
        _("A decision stands until the patient says otherwise."), "S9", _("The patient’s word: record it.")
    ),
    "revoked": Rule(_("What was agreed to may be taken back at any time."), "3.2", _("The patient’s word: record it.")),
    "in_review": RULES["in_review"],
    "excluded": Rule(_("Some patients are not contacted at all."), "S3", _("Another fact: see the reason.")),
    "opted_out": RULES["opted_out"],
    "reminded": Rule(
        _("Silence is no answer: reminders follow, then people call."),
        "2.10",
        _("An answer, by form, phone or letter."),
    ),
    "invited": Rule(
        _("Silence is no answer: reminders follow, then people call."),
        "2.10",
        _("An answer, by form, phone or letter."),
    ),
    "not_invited": Rule(
        _("Who can be texted and has not been is still to be asked."), "", _("A campaign, a call or a letter.")
    ),
    "cannot_be_reached": Rule(
        _("Without a number that may be texted, people call or write."), "S2", _("See the reason.")
    ),
}
