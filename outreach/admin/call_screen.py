"""The call screen: whom we call and why, what to say, and one key for how it went."""

import secrets
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from consent import scripts
from consent.forms import APCM_DISCLOSURES
from consent.models import Wording
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pages import page
from outreach import call_queue, contact_history, follow_up, gate
from outreach.actions.attempts import record_attempt
from outreach.actions.calls import claim_call, release_call
from outreach.admin.call_forms import FOR_ALL, KEYS, ON_A_NUMBER, WITHOUT_KEY, AttemptForm
from outreach.models import Attempt, CallClaim, Circumstance
from patients.models import ApcmEnrolment, Patient
from patients.phones import display as shown

Outcome = Attempt.Outcome
RIGHT = "outreach.record_attempt"
MOST_ASIDE = 300


class CallPages:
    @page("record/<int:patient_id>/", look=RIGHT, act=RIGHT)
    def record(self, request, patient_id: int):
        """Opening it claims the patient's household for this person."""
        practice = Practice.current()
        patient = get_object_or_404(Patient, pk=patient_id)
        if request.method == "POST" and (request.POST.keys() & {"skip", "stop"}):
            return _left_alone(request, patient, practice)
        claim = claim_call(patient=patient, by=request.user)
        mine = claim.by_id == request.user.pk
        numbers = follow_up.numbers_of([patient.pk])[patient.pk]
        [left] = follow_up.waiting(practice.today(), [patient.pk], practice) or [None]
        against = call_queue.objections(patient, practice, left, call_queue.tried_by_phone(patient), at=claim.since)
        household = _household(patient, practice)
        form = AttemptForm(
            request.POST if request.method == "POST" else None,
            label_suffix="", numbers=numbers, practice=practice, against=against,
            household=[(mate.pk, mate.sort_name) for mate, _left in household],
        )  # fmt: skip
        if request.method == "POST" and form.is_valid() and _recorded(request, patient, form):
            release_call(patient=patient, by=request.user)
            return redirect(_onward(request, patient, practice, form, numbers))
        enrolment = ApcmEnrolment.objects.filter(patient=patient, status="active").first()
        script = Wording.objects.good_on(practice.today()).filter(approved_on__isnull=False).newest("script")
        return self.show(
            request, "outreach/attempt_record.html", _("Call a patient"),
            patient=patient, practice=practice, enrolment=enrolment, left=left,
            score=_score(left, practice), why=follow_up.WHY[left.why] if left else "",
            minor=gate.is_minor(patient.date_of_birth, state=practice.state, today=practice.today()),
            numbers=[(number, shown(number.e164)) for number in numbers],
            history=contact_history.history(patient, [number.e164 for number in numbers]),
            disclosures=APCM_DISCLOSURES.values() if enrolment else (),
            script=script and scripts.filled(script.text, practice), wording=script,
            form=form, mine=mine, claim=claim, against=against, household=household,
            outcomes=[(each, KEYS[each]) for each in KEYS], others=WITHOUT_KEY,
            suggested=request.POST.get("outcome") or request.GET.get("outcome", ""),
            form_id=request.POST.get("form_id") or secrets.token_hex(8),
            circumstance=Circumstance.objects.open().filter(patient=patient).first(),
            lasts=round(CallClaim.LASTS.total_seconds() / 60),
            may_decide=request.user.has_perm("consent.record_consent"),
            through_spruce=bool(practice.spruce_calls_from),
        )  # fmt: skip

    @page("record/<int:patient_id>/stay/", look=RIGHT, act=RIGHT)
    def stay(self, request, patient_id: int):
        """Somebody still works on the call screen: the claim is extended."""
        if request.method == "POST":
            claim_call(patient=get_object_or_404(Patient, pk=patient_id), by=request.user)
        return HttpResponse(status=204)

    @page("next/", look=RIGHT)
    def next(self, request):
        """On to the next patient of the queue."""
        if "mine" in request.GET:
            request.session["calls_mine"] = request.GET["mine"] == "1"
        return redirect(_next(request, Practice.current()))


def _household(patient: Patient, practice: Practice) -> list[tuple[Patient, follow_up.Left]]:
    """The others on the patient's numbers who are left too."""
    mates = call_queue.households([patient.pk])[patient.pk]
    left = {each.pk: each for each in follow_up.waiting(practice.today(), mates, practice)} if mates else {}
    people = Patient.objects.in_bulk(list(left))
    found = [(people[pk], each) for pk, each in left.items()]
    for _mate, each in found:
        each.why = follow_up.WHY[each.why]
    return found


def _score(left: follow_up.Left | None, practice: Practice):
    if not left or left.step not in follow_up.TO_CALL:
        return None
    now = clock.now().astimezone(ZoneInfo(practice.time_zone))
    return call_queue.score_of(left, practice, call_queue.learnt_hours(practice), now)


def _recorded(request, patient: Patient, form: AttemptForm) -> bool:
    said, form_id = form.cleaned_data, request.POST.get("form_id", "")[:16]
    told = {name: said[name] for name in ("channel", "outcome", "note", "next_on", "number", "despite")}
    mates = Patient.objects.filter(pk__in=said["also"]) if said["outcome"] in FOR_ALL else ()
    try:
        record_attempt(patient=patient, form=form_id, by=request.user, **told)
        for mate in mates:
            record_attempt(patient=mate, form=form_id and f"{form_id}-{mate.pk}", by=request.user, **told)
    except ValidationError as problem:
        form.add_error(None, problem.messages)
        return False
    messages.success(request, _noted(patient, said, len(mates)))
    return True


def _noted(patient: Patient, said: dict, mates: int) -> str:
    words = [
        _("{outcome}: noted for {patient}.").format(
            outcome=_(Outcome(said["outcome"]).label), patient=patient.sort_name
        )
    ]
    if mates:
        words.append(_("Also for {n} on the same number.").format(n=mates))
    if said["next_on"]:
        words.append(_("Call again on {day}.").format(day=f"{said['next_on']:%m/%d/%Y}"))
    return " ".join(words)


def _left_alone(request, patient: Patient, practice: Practice):
    """Nothing is written down: on to the next patient, or back to the list."""
    release_call(patient=patient, by=request.user)
    if "stop" in request.POST:
        return redirect("admin:outreach_attempt_follow_up")
    today, aside = practice.today().isoformat(), request.session.get("calls_aside", {})
    skipped = [*(aside.get("ids", []) if aside.get("day") == today else []), patient.pk]
    request.session["calls_aside"] = {"day": today, "ids": skipped[-MOST_ASIDE:]}
    return redirect(_next(request, practice, after=patient.pk))


def _onward(request, patient: Patient, practice: Practice, form: AttemptForm, numbers) -> str:
    """To the decision when the patient decided; to the patient's other number when one was wrong; else onward."""
    outcome, called = form.cleaned_data["outcome"], form.cleaned_data["number"]
    follow_on = reverse(
        "admin:outreach_attempt_next" if "and_next" in request.POST else "admin:outreach_attempt_follow_up"
    )
    if outcome == Outcome.ANSWERED and request.user.has_perm("consent.record_consent"):
        page_of_decision = reverse("admin:consent_consentevent_record", args=[patient.pk])
        return f"{page_of_decision}?{urlencode({'next': follow_on})}"
    if "and_next" not in request.POST:
        return follow_on
    if outcome in ON_A_NUMBER and any(each.e164 != called and not each.is_bad for each in numbers):
        return reverse("admin:outreach_attempt_record", args=[patient.pk])
    return _next(request, practice, after=patient.pk)


def _next(request, practice: Practice, *, after: int | None = None) -> str:
    aside = request.session.get("calls_aside", {})
    following = call_queue.next_to_call(
        practice,
        after=after,
        by=request.user,
        mine=request.session.get("calls_mine", False),
        aside=set(aside.get("ids", [])) if aside.get("day") == practice.today().isoformat() else (),
    )
    if following:
        return reverse("admin:outreach_attempt_record", args=[following])
    messages.info(request, _("Nobody is left to call now."))
    return reverse("admin:outreach_attempt_follow_up")
