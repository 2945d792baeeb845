"""Is this Spruce contact that patient? The lists, and the screen on which a person decides."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from explorer.lib import jobs
from explorer.lib.pages import PracticeAdmin, page
from outreach import numbers
from outreach.actions import contacts
from outreach.admin.side_by_side import compare
from outreach.models import Contact, LineState, Match
from patients.models import Patient
from patients.phones import display

Verdict = Match.Verdict
PAGE = 50
MOST_FOUND = 20
LIST_ORDER = ("last_name", "first_name", "pk")
MEANWHILE = "Somebody else decided about this contact in the meantime. Please look again."
TABS = {
    "review": "Needs review",
    "automatic": "Matched automatically",
    "accepted": "Accepted by staff",
    "rejected": "Rejected by staff",
    "none": "Without any contact",
    "changed": "Changed numbers",
}
TONES = {Verdict.REVIEW: "warn", Verdict.AUTOMATIC: "good", Verdict.ACCEPTED: "good", Verdict.REJECTED: "bad"}
ACTS = {"accept": contacts.accept, "reject": contacts.reject}
SAID = {contacts.accept: Verdict.ACCEPTED, contacts.reject: Verdict.REJECTED}
WORK = {
    "read_contacts": ("outreach.tasks.sync_contacts", gettext_lazy("Reading the contacts from Spruce")),
    "match_again": ("outreach.tasks.match_contacts", gettext_lazy("Matching contacts with patients")),
}


class DecidedMeanwhile(Exception):
    """Somebody else decided about the pair after the page was opened."""


@admin.register(Match)
class MatchAdmin(PracticeAdmin):
    def changelist_view(self, request, extra_context=None):
        """Patients, not pairs: a patient may have several candidates."""
        self._may_look(request)
        show = request.GET.get("show", "review")
        if show not in TABS:
            raise Http404
        words = request.GET.get("q", "").strip()
        everybody = _changed(words) if show == "changed" else _patients(show).search(words)
        found = Paginator(everybody, PAGE).get_page(request.GET.get("page"))
        return self.show(
            request, "outreach/match_list.html", "Contact matches",
            show=show, tabs=_tabs(), found=found, words=words,
            people=Match.objects.agreement(), **_last_runs(),
        )  # fmt: skip

    def change_view(self, request, object_id, form_url="", extra_context=None):
        match = self.get_object(request, object_id)
        if match is None:
            raise Http404
        return redirect("admin:outreach_match_review", match.patient_id)

    def _may_look(self, request) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    @page("patient/<int:pk>/", look="outreach.view_match")
    def review(self, request, pk: int):
        patient = get_object_or_404(Patient.objects.prefetch_related("phones"), pk=pk)
        words = request.GET.get("q", "").strip()
        pairs = _candidates(patient)
        queue = _queue(after=patient.pk)
        return self.show(
            request, "outreach/match_review.html", f"Is this {patient.full_name}?",
            patient=patient, pairs=pairs, words=words, queue=queue,
            found=_other_contacts(patient, words), most_found=MOST_FOUND,
            phones=[display(phone.e164) for phone in patient.phones.all()],
            changed=numbers.changed_numbers(Patient.objects.filter(pk=patient.pk)),
            by_keys=next((pair["match"] for pair in pairs if pair["match"].verdict == Verdict.REVIEW), None),
        )  # fmt: skip

    @page("patient/<int:pk>/contact/<int:contact_pk>/", look="", act="outreach.decide_match")
    def decide(self, request, pk: int, contact_pk: int):
        """Accept or reject, then on to the next patient in the list."""
        patient, contact = get_object_or_404(Patient, pk=pk), get_object_or_404(Contact, pk=contact_pk)
        act = ACTS.get(request.POST.get("act"))
        if act is None:
            raise Http404
        queue = [patient.pk, *_queue(after=patient.pk)]
        try:
            _decide_once(act, patient, contact, seen=request.POST.get("seen", ""), by=request.user)
        except (contacts.Taken, DecidedMeanwhile) as problem:
            messages.error(request, str(problem))
            return redirect("admin:outreach_match_review", patient.pk)
        messages.success(request, _told(patient, accepted=act is contacts.accept))
        return _on_to_the_next(queue)

    @page("read-contacts/", look="", act="outreach.decide_match")
    def read_contacts(self, request):
        return self._begin(request, "read_contacts")

    @page("match-again/", look="", act="outreach.decide_match")
    def match_again(self, request):
        return self._begin(request, "match_again")

    def _begin(self, request, work: str):
        task, title = WORK[work]
        url = reverse("admin:outreach_match_changelist")
        return redirect(jobs.begin(task, title=str(title), by=request.user, url=url))


def _patients(show: str):
    """The patients of a tab, each with the matches it is about as `shown`."""
    if show == "none":
        return _without_contact().prefetch_related("phones").order_by(*LIST_ORDER)
    shown = Match.objects.filter(verdict=show).select_related("contact", "decided_by").order_by("-score")
    return (
        Patient.objects.filter(pk__in=Match.objects.filter(verdict=show).values("patient"))
        .prefetch_related(Prefetch("matches", queryset=shown, to_attr="shown"))
        .order_by(*LIST_ORDER)
    )


def _changed(words: str) -> list[numbers.ChangedNumber]:
    return numbers.changed_numbers(Patient.objects.on_the_list().search(words))


def _without_contact():
    has_one = Match.objects.filter(verdict__in=(*Match.LINKED, Verdict.REVIEW))
    return Patient.objects.on_the_list().exclude(pk__in=has_one.values("patient"))


def _tabs() -> list[tuple[str, str, int]]:
    rows = Match.objects.order_by().values_list("verdict").annotate(Count("patient", distinct=True))
    counts = {"none": _without_contact().count(), **dict(rows)}
    return [(show, title, "" if show == "changed" else counts.get(show, 0)) for show, title in TABS.items()]


def _last_runs() -> dict:
    return {
        "synced_at": LineState.objects.values_list("contacts_synced_at", flat=True).get(pk=1),
        "contacts": Contact.objects.present().count(),
        "found_at": Match.objects.aggregate(newest=Max("found_at"))["newest"],
    }


def _in_review():
    return Patient.objects.filter(pk__in=Match.objects.in_review().values("patient"))


def _queue(*, after: int) -> list[int]:
    """The other patients to decide about, in the order of the list, from this one on and round again."""
    ordered = Patient.objects.filter(Q(pk__in=_in_review()) | Q(pk=after)).order_by(*LIST_ORDER)
    waiting = list(ordered.values_list("pk", flat=True))
    place = waiting.index(after)
    return waiting[place + 1 :] + waiting[:place]


def _candidates(patient: Patient) -> list[dict]:
    """Matches in force and candidates first, rejected ones last, each beside the patient."""
    found = patient.matches.select_related("contact", "decided_by").prefetch_related("contact__phones")
    ordered = sorted(found, key=lambda match: (match.verdict == Verdict.REJECTED, -match.score))
    others = _others_of({match.contact_id for match in ordered}, patient)
    waiting = [match.contact for match in ordered if match.verdict == Verdict.REVIEW]
    second_of = numbers.matched_namesakes(waiting, besides=patient)
    return [
        {
            "match": match,
            "tone": TONES[match.verdict],
            "rows": compare(patient, match.contact),
            "others": others.get(match.contact_id, []),
            "second_of": second_of.get(match.contact_id),
            "seconds": numbers.second_contacts(match.contact, patient) if match.verdict in Match.LINKED else [],
        }
        for match in ordered
    ]


def _others_of(contact_ids: set[int], patient: Patient) -> dict[int, list[Match]]:
    """Other patients who have, or may have, the same contact."""
    found: dict[int, list[Match]] = {}
    others = Match.objects.filter(contact__in=contact_ids).exclude(patient=patient)
    rivals = others.exclude(verdict=Verdict.REJECTED)
    for match in rivals.select_related("patient"):
        found.setdefault(match.contact_id, []).append(match)
    return found


def _other_contacts(patient: Patient, words: str) -> list[dict]:
    """Contacts by words of their name or the last digits of a number, beside the patient."""
    if not words:
        return []
    found = Contact.objects.present().exclude(matches__patient=patient)
    for word in words.split():
        digits = "".join(filter(str.isdigit, word))
        hit = Q(display_name__icontains=word) | Q(given_name__icontains=word) | Q(family_name__icontains=word)
        if len(digits) >= 4:
            hit |= Q(phones__e164__endswith=digits)
        found = found.filter(hit)
    chosen = list(found.distinct().prefetch_related("phones")[:MOST_FOUND])
    others = _others_of({contact.pk for contact in chosen}, patient)
    return [
        {"contact": contact, "rows": compare(patient, contact), "others": others.get(contact.pk, [])}
        for contact in chosen
    ]


def _decide_once(act, patient: Patient, contact: Contact, *, seen: str, by) -> None:
    """`seen` is the verdict the person had before them; when it is no longer so, nothing is decided.

    A button pressed twice says the same again and is no quarrel.
    """
    pair = Match.objects.select_for_update().filter(patient=patient, contact=contact)
    try:
        with transaction.atomic():
            match = pair.first()
            if match and match.decided_by == by and match.verdict == SAID[act]:
                return
            if (match.verdict if match else "") != seen:
                raise DecidedMeanwhile(MEANWHILE)
            act(patient=patient, contact=contact, by=by)
    except IntegrityError:
        raise DecidedMeanwhile(MEANWHILE) from None


def _told(patient: Patient, *, accepted: bool) -> str:
    sentence = "{} has this contact now." if accepted else "This contact is not {}."
    url = reverse("admin:outreach_match_review", args=[patient.pk])
    return format_html(sentence + ' <a href="{}">Look again</a>', patient.full_name, url)


def _on_to_the_next(queue: list[int]):
    waiting = set(_in_review().filter(pk__in=queue).values_list("pk", flat=True))
    following = next((pk for pk in queue if pk in waiting), None)
    if following is None:
        return redirect("admin:outreach_match_changelist")
    return redirect("admin:outreach_match_review", following)
