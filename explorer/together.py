"""Acts on many patients at once: what will happen to whom, what will not and why, and the doing of it, once."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from consent import letters
from consent.models import LetterBatch
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.models import ListAct, User
from outreach import gate, planning
from outreach.actions import campaigns
from outreach.models import Campaign, Circumstance
from patients import actions
from patients.models import NoteVersion, Patient, StaffTask

MOST = 5000  # patients at once
GOOD_FOR = 12 * 3600  # seconds that the page with the question may be open
SALT = "an act on many patients"
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
CALL_TITLE = noop("Call the patient")


class DoneAlready(Exception):
    """The page was sent twice; the first time counted."""


class ReasonForm(forms.Form):
    because = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=120,
        help_text=gettext_lazy("A few words that a colleague understands next week."),
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("The note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The same words for each patient. Only what colleagues need to know."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("About"), choices=NoteVersion.Kind.choices)


class CallForm(forms.Form):
    due_on = forms.DateField(label=gettext_lazy("Due on"), required=False, widget=DAY)
    for_user = forms.ModelChoiceField(
        label=gettext_lazy("Who does it"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Whoever is free"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["for_user"].queryset = User.objects.filter(is_active=True).exclude(role=User.Role.READ_ONLY)


class TaskForm(CallForm):
    title = forms.CharField(label=gettext_lazy("What is to be done"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=StaffTask.Kind.choices)
    field_order = ("title", "kind", "due_on", "for_user")


@dataclass
class Outlook:
    """`will`: patients in the order of the list; `wont`: {reason in words: patients}."""

    will: list[Patient] = field(default_factory=list)
    wont: dict[str, list[Patient]] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        return sum(len(patients) for patients in self.wont.values())


@dataclass(frozen=True, slots=True)
class Act:
    """`refusals` gives {patient: why not} for some patients; `do` gives those it was done for, and what came of it.

    `sentence` has %(count)s. Without `do` another page goes on with the patients.
    """

    code: str
    right: str
    title: str
    sentence: str
    button: str
    refusals: Callable[[list[Patient], Practice], dict[int, str]]
    do: Callable[..., tuple[list[Patient], object]] | None = None
    form: type[forms.Form] = forms.Form
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """`changed`: those whom the page had promised and who no longer fitted. `result` is what the act made."""

    patients: list[Patient]
    changed: list[Patient]
    result: object


def outlook(act: Act, pks: Iterable[int], practice: Practice) -> Outlook:
    """As things stand now. Patients that are none any more are left away."""
    patients = list(Patient.objects.filter(pk__in=list(pks)))
    why = act.refusals(patients, practice)
    found = Outlook()
    for patient in patients:
        if patient.pk in why:
            found.wont.setdefault(why[patient.pk], []).append(patient)
        else:
            found.will.append(patient)
    return found


def sealed(act: Act, asked: list[int], found: Outlook, *, by: User) -> str:
    """What the page carries: whom it was about, whom it promised, and a token that counts once."""
    told = {
        "act": act.code,
        "asked": asked,
        "will": [patient.pk for patient in found.will],
        "token": str(uuid.uuid4()),
        "by": by.pk,
    }
    return signing.dumps(told, salt=SALT, compress=True)


def opened(carried: str, act: Act, *, by: User) -> dict:
    """Raises ValidationError for a page that is too old, of another person, or not ours."""
    try:
        told = signing.loads(carried, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise ValidationError(_("This page is too old. Choose the patients again.")) from None
    if (told["act"], told["by"]) != (act.code, by.pk):
        raise ValidationError(_("This page belongs to another act. Choose the patients again."))
    return told


def was_done(told: dict) -> bool:
    return ListAct.objects.filter(token=told["token"]).exists()


@transaction.atomic
def do(act: Act, told: dict, values: dict, *, practice: Practice, by: User) -> Done:
    """Once for a token, for those who were promised and still fit. Raises DoneAlready, ValidationError."""
    try:
        with transaction.atomic():
            entry = ListAct.objects.create(
                token=told["token"], act=act.code, asked=len(told["asked"]), done=0, at=clock.now(), by=by
            )
    except IntegrityError:
        raise DoneAlready from None
    list(Patient.objects.select_for_update().filter(pk__in=told["will"]).values_list("pk"))
    fits = outlook(act, told["will"], practice)
    done, result = act.do(fits.will, by=by, **values) if fits.will else ([], None)
    entry.done = len(done)
    entry.save(update_fields=["done"])
    kept = {patient.pk for patient in done}
    changed = [patient for patient in Patient.objects.filter(pk__in=told["will"]) if patient.pk not in kept]
    return Done(done, changed, result)


def _nobody(patients: list[Patient], practice: Practice) -> dict[int, str]:
    return {}


def _not_to_text(patients: list[Patient], practice: Practice) -> dict[int, str]:
    asked = Patient.objects.filter(pk__in=[patient.pk for patient in patients])
    return {pk: _(gate.WORDS[code]) for pk, code in planning.refusals(asked, practice).items()}


def _no_letter(patients: list[Patient], practice: Practice) -> dict[int, str]:
    choices = letters.choose(
        [patient.pk for patient in patients], kind=LetterBatch.Kind.LETTER, envelope=LetterBatch.Envelope.SINGLE
    )
    return {choice.patient.pk: _(letters.LEFT_OUT[choice.why]) for choice in choices if choice.why}


def _not_to_hold(patients: list[Patient], practice: Practice) -> dict[int, str]:
    why = {patient.pk: _("Held already; the reason stays") for patient in patients if patient.held}
    dead = _("Recorded as deceased, so nobody contacts them")
    return why | {patient.pk: dead for patient in patients if patient.deceased}


def _not_held(patients: list[Patient], practice: Practice) -> dict[int, str]:
    silent = Circumstance.objects.open().silent()
    told = _("Something has happened in the household: say there that they may be contacted again")
    why = {patient.pk: told for patient in patients if patient.pk in silent}
    return why | {patient.pk: _("Not held") for patient in patients if not patient.held}


def _not_to_call(patients: list[Patient], practice: Practice) -> dict[int, str]:
    waiting = StaffTask.objects.open().filter(kind=StaffTask.Kind.CALL, patient__in=patients)
    has_one = set(waiting.values_list("patient", flat=True))
    why = {patient.pk: _("Has a call to be made already") for patient in patients if patient.pk in has_one}
    why |= {patient.pk: _("No longer on the patient list") for patient in patients if patient.left_list_at}
    why |= {patient.pk: _("Held: not to be contacted") for patient in patients if patient.held}
    return why | {patient.pk: _("Recorded as deceased") for patient in patients if patient.deceased}


def _draft(patients: list[Patient], *, by):
    """Nothing is sent before the campaign is launched."""
    name = f"{len(patients)} chosen patients, {localtime(clock.now()):%m/%d/%Y %H:%M:%S}"
    return patients, campaigns.create(name=name, cohort=Campaign.Cohort.CHOSEN, patients=patients, by=by)


def _hold(patients: list[Patient], *, because: str, by):
    return actions.hold(patients, because=because, by=by), None


def _contact_again(patients: list[Patient], *, because: str, by):
    return actions.contact_again(patients, because=because, by=by), None


def _note(patients: list[Patient], *, text: str, kind: str, by):
    return patients, actions.write_notes(patients, text=text, kind=kind, by=by)


def _tasks(patients: list[Patient], *, title: str, kind: str, due_on, for_user, by):
    return actions.add_tasks(patients, title=title, kind=kind, due_on=due_on, for_user=for_user, by=by), None


def _calls(patients: list[Patient], *, due_on, for_user, by):
    call = {"title": CALL_TITLE, "kind": StaffTask.Kind.CALL}
    return actions.add_tasks(patients, **call, due_on=due_on, for_user=for_user, by=by), None


_ALL = (
    Act("text", "outreach.add_campaign", noop("Text these patients"),
        noop("This makes the draft of a campaign for %(count)s. Nothing is sent before somebody launches it."),
        noop("Make the draft"), _not_to_text, _draft),
    Act("letters", "consent.write_letter", noop("Write letters to these patients"),
        noop("This prepares letters for %(count)s. You choose the wording on the next page; nothing is made before."),
        noop("Go on to the letters"), _no_letter,
        notes=noop("Who has a letter already can still be chosen on the next page.")),
    Act("call", "patients.do_stafftask", noop("Add to the calls to be made"),
        noop("This makes a task “Call the patient” for %(count)s."),
        noop("Make the tasks"), _not_to_call, _calls, CallForm),
    Act("tasks", "patients.do_stafftask", noop("Make a task for each"),
        noop("This makes one task each for %(count)s. Who has the same task open gets no second one."),
        noop("Make the tasks"), _nobody, _tasks, TaskForm),
    Act("note", "patients.write_note", noop("Add a note to each"),
        noop("This writes the same note in the chart of %(count)s."),
        noop("Write the notes"), _nobody, _note, NoteForm),
    Act("hold", "patients.change_patient", noop("Hold: do not contact"),
        noop("From now on nobody texts, calls or writes to %(count)s."),
        noop("Hold them"), _not_to_hold, _hold, ReasonForm),
    Act("release", "patients.change_patient", noop("Contact again"),
        noop("This ends the hold of %(count)s. They may be texted, called and written to again."),
        noop("Contact them again"), _not_held, _contact_again, ReasonForm,
        notes=noop("Your reason is written in each chart as a note.")),
    Act("export", "patients.export_patient", noop("Export these patients"),
        noop("This writes %(count)s into a file, which the program does not protect. The export is recorded."),
        noop("Export"), _nobody),
)  # fmt: skip

ACTS: dict[str, Act] = {act.code: act for act in _ALL}
