from collections import defaultdict

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect

from consent import settling
from consent.admin.uploads import BADGES, TABS, UploadPages
from consent.comparing import Part, compare
from consent.models import ConsentEvent, InvitationPatient, Response
from consent.register import persons_of
from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin, page
from patients.models import Patient
from patients.phones import display as shown

Outcome, Kind = Response.Outcome, ConsentEvent.Kind
MOST_FOUND = 6
PARTS = {"code": "Personal code", "dob": "Date of birth", "name": "Name"}
JUDGED = {
    "right": ("good", "right"),
    "repaired": ("warn", "had a slip; only one code fits"),
    "missing": ("bad", "not given"),
    "wrong": ("bad", "not the likeliest patient’s"),
    "another": ("bad", "another patient’s"),
    "unknown": ("bad", "not a code of ours"),
    "expired": ("warn", "was too old when it was used"),
    "revoked": ("bad", "had been withdrawn"),
    "early": ("bad", "used before it was issued"),
    "undated": ("warn", "cannot be dated"),
    "unreadable": ("bad", "cannot be read"),
    "differ": ("bad", "two different ones were typed"),
}
SAID = {
    "yes": "Yes",
    "no": "No",
    "not_applicable": "Does not apply",
    "more_information": "Wants more information: call",
    "unclear": "Not clear",
    "blank": "Not answered",
}


class DismissForm(forms.Form):
    note = forms.CharField(label="Why can it not be used?", max_length=300, help_text="As: a test by the front desk.")


@admin.register(Response)
class ResponseAdmin(UploadPages, PracticeAdmin):
    @page("", look="consent.view_response")
    def answers(self, request):
        outcome = request.GET.get("outcome")
        outcome = outcome if outcome in TABS else Outcome.REVIEW
        counted = dict(Response.objects.order_by().values_list("outcome").annotate(Count("pk")))
        alerts = request.GET.get("alerts") == "1"
        found = Response.objects.filter(outcome=outcome)
        found = found.in_review().with_anothers_code() if alerts else found
        return self.show(
            request,
            "consent/response_list.html",
            "Answers with another patient’s code" if alerts else "Form answers",
            outcome=outcome,
            keep="alerts=1" if alerts else f"outcome={outcome}",
            tabs=[(value, label, counted.get(value, 0)) for value, label in TABS.items()],
            listed=Paginator(found.select_related("patient", "likely", "file"), 25).get_page(request.GET.get("p")),
            may_import=request.user.has_perm("consent.import_response"),
        )

    @page("<int:response_id>/change/", look="consent.view_response")
    def review(self, request, response_id: int):
        response = get_object_or_404(Response.objects.select_related("file", "patient", "decided_by"), pk=response_id)
        may_decide = request.user.has_perm("consent.decide_response") and _is_open(response)
        words = request.GET.get("q", "").strip() if may_decide else ""
        pks = [response.patient_id] if response.patient_id else _search(words) if words else response.candidates
        return self.show(
            request,
            "consent/response_review.html",
            "Form answer",
            response=response,
            badge=BADGES.get(response.outcome, ""),
            alert=response.identity.get("code") == "another",
            judged=_judged(response.identity),
            decisions=_decisions(response.decisions),
            people=_people(pks),
            sides=_side_by_side(response, pks),
            words=words,
            events=response.consent_events.order_by("kind"),
            may_decide=may_decide,
            skip=settling.next_open(response) if may_decide else None,
        )

    @page(
        "<int:response_id>/apply/<int:patient_id>/",
        look="consent.decide_response",
        act="consent.decide_response",
    )
    def apply(self, request, response_id: int, patient_id: int):
        """What the answer would write for this patient; written when confirmed."""
        response = get_object_or_404(Response.objects.select_related("file", "file__wording"), pk=response_id)
        patient = get_object_or_404(Patient, pk=patient_id)
        if request.method == "POST" and _applied(request, response, patient):
            return _onward(response)
        lines, problem = _foreseen(response, patient, request.user)
        return self.show(
            request,
            "consent/response_apply.html",
            "Apply this answer",
            response=response,
            person=_people([patient.pk])[0],
            judged=_judged(response.identity) if response.candidates[:1] == [patient.pk] else [],
            lines=lines,
            problem=problem,
            is_open=_is_open(response),
        )

    @page("<int:response_id>/dismiss/", look="consent.decide_response", act="consent.decide_response")
    def dismiss(self, request, response_id: int):
        response = get_object_or_404(Response, pk=response_id)
        form = DismissForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            try:
                settling.dismiss(response, by=request.user, note=form.cleaned_data["note"])
                messages.success(request, "Noted that this answer cannot be used. Nothing was written.")
            except settling.Decided as problem:
                messages.error(request, str(problem))
            return _onward(response)
        return self.show(
            request,
            "consent/response_dismiss.html",
            "This answer cannot be used",
            response=response,
            form=form,
        )


def _is_open(response: Response) -> bool:
    return response.outcome == Outcome.REVIEW and response.decided_at is None


def _judged(identity: dict) -> list[tuple[str, str, str]]:
    """(what, badge, words) for code, date of birth and name."""
    return [(what, *JUDGED.get(identity[part], ("", identity[part]))) for part, what in PARTS.items()
            if part in identity]  # fmt: skip


def _decisions(decisions: dict) -> list[tuple[str, str]]:
    asked = [kind for kind in Kind.values if kind in decisions]
    return [(Kind(kind).label, SAID.get(decisions[kind], decisions[kind])) for kind in asked]


def _onward(response: Response):
    """To the next answer that waits, or to the list where none does."""
    waiting = settling.next_open(response)
    if waiting is None:
        return redirect("admin:consent_response_changelist")
    return redirect("admin:consent_response_change", waiting.pk)


def _side_by_side(response: Response, pks: list[int]) -> list[tuple[str, str, list[Part]]]:
    """(what, as it was typed, the same of each of these patients) for code, date of birth and name."""
    answer = settling.read_again(response, Practice.current())
    if answer is None:
        return []
    persons, codes = persons_of(pks), defaultdict(list)
    for pk, code in InvitationPatient.objects.filter(patient__in=pks).values_list("patient", "invitation__code"):
        codes[pk].append(code)
    parts = [compare(answer, persons[pk], codes[pk]) for pk in pks if pk in persons]
    typed = {
        "code": answer.code_text[:80],
        "dob": ", ".join(dict.fromkeys(answer.birth_texts))[:80],
        "name": ", signed ".join(dict.fromkeys(answer.names))[:160],
    }
    return [(what, typed[part], [each[part] for each in parts]) for part, what in PARTS.items()]


def _search(words: str) -> list[int]:
    return list(Patient.objects.search(words).values_list("pk", flat=True)[:MOST_FOUND])


def _people(pks: list[int]) -> list[dict]:
    """In the order given, with the numbers to show beside the name and what each has decided so far."""
    patients = Patient.objects.prefetch_related("phones").in_bulk(pks)
    decided: dict[int, dict[str, ConsentEvent]] = defaultdict(dict)
    lines = ConsentEvent.objects.effective().with_owner().filter(owner__in=pks)
    for line in lines.order_by("occurred_at", "pk"):
        decided[line.owner][line.kind] = line
    return [
        {
            "patient": patients[pk],
            "phones": [shown(phone.e164) for phone in patients[pk].phones.all() if not phone.retired_at],
            "decided": [decided[pk][kind] for kind in Kind.values if kind in decided[pk]],
        }
        for pk in pks
        if pk in patients
    ]


def _foreseen(response: Response, patient: Patient, user) -> tuple[list[ConsentEvent], str]:
    """The lines that applying would write, or what stands against it."""
    try:
        return settling.foreseen(response, patient=patient, by=user), ""
    except ValidationError as problem:
        return [], " ".join(problem.messages)


def _applied(request, response: Response, patient: Patient) -> bool:
    note = request.POST.get("note", "").strip()[:300]
    try:
        settling.decide(response, patient=patient, by=request.user, note=note)
    except settling.Decided as problem:
        messages.error(request, str(problem))
        return True
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return False
    messages.success(request, "The answer is applied. Its decisions are in the ledger.")
    return True
