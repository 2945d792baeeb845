"""Are these two charts one patient? The list, the two side by side, merging, and the log that can be undone."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect

from explorer.lib.pages import PracticeAdmin, page
from patients import merging
from patients.admin.showing import label
from patients.models import DuplicatePair, Patient, PatientMerge, Phone
from patients.phones import display

LOOK, ACT = "patients.view_duplicatepair", "patients.merge_patient"
Verdict = DuplicatePair.Verdict
TABS = {Verdict.OPEN: "To decide", Verdict.DIFFERENT: "Not the same person"}
PAGE = 50
LABELS = {"held": "Do not contact because"}


@dataclass
class Row:
    """A field of both charts; `side` is the one that is taken unless the person chooses otherwise."""

    name: str
    label: str
    one: str
    other: str
    side: str = ""

    @property
    def differs(self) -> bool:
        return self.one != self.other


@admin.register(DuplicatePair)
class DuplicatePairAdmin(PracticeAdmin):
    @page("", look=LOOK)
    def overview(self, request):
        show = request.GET.get("show", Verdict.OPEN)
        if show not in TABS:
            raise Http404
        pairs = {
            Verdict.OPEN: DuplicatePair.objects.open(),
            Verdict.DIFFERENT: DuplicatePair.objects.filter(verdict=Verdict.DIFFERENT),
        }
        listed = Paginator(pairs[show].select_related("one", "other", "decided_by"), PAGE)
        return self.show(
            request, "patients/duplicates.html", "Duplicates",
            show=show, tabs=[(key, title, pairs[key].count()) for key, title in TABS.items()],
            listed=listed.get_page(request.GET.get("p")), keep=f"show={show}",
            merges=PatientMerge.objects.count(),
        )  # fmt: skip

    @page("look-again/", look="", act=ACT)
    def look_again(self, request):
        found = merging.look_for_duplicates()
        messages.success(request, f"All patients were compared. Pairs to decide: {found:,}.")
        return redirect("admin:patients_duplicatepair_changelist")

    @page("<int:pk>/change/", look=LOOK)
    def compare(self, request, pk: int):
        pair = _pair(pk)
        if merged := _merge_of(pair):
            return redirect("admin:patients_duplicatepair_merged", merged.pk)
        return self.show(
            request, "patients/duplicate.html", "Are these one patient?",
            pair=pair, charts=(pair.one, pair.other), rows=_rows(pair, _standard(pair)),
            phones=[_phones(chart) for chart in (pair.one, pair.other)],
            keepers=merging.keepers(pair.one, pair.other), standard=_standard(pair),
            may_act=request.user.has_perm(ACT), is_open=pair.verdict == Verdict.OPEN,
        )  # fmt: skip

    @page("<int:pk>/different/", look="", act=ACT)
    def different(self, request, pk: int):
        pair = _pair(pk)
        try:
            merging.say_different(pair, by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("admin:patients_duplicatepair_change", pk)
        messages.success(request, "Kept: these are two patients. They are not proposed again.")
        return _on_to_the_next()

    @page("<int:pk>/merge/", look=ACT, act=ACT)
    def merge(self, request, pk: int):
        """GET shows what would happen with the choices of the page before; POST, with the same choices, does it."""
        pair = _pair(pk)
        if _merge_of(pair):
            return redirect("admin:patients_duplicatepair_change", pk)
        asked = request.POST if request.method == "POST" else request.GET
        kept, absorbed = _kept_first(pair, asked.get("keep", ""))
        side = "other" if absorbed == pair.other else "one"
        taken = [row for row in _rows(pair, kept) if row.differs and asked.get(row.name) == side]
        if request.method == "POST":
            return self._merged(request, pair, kept, absorbed, [row.name for row in taken])
        return self.show(
            request, "patients/duplicate_merge.html", "Merge these two charts?",
            pair=pair, kept=kept, absorbed=absorbed, moves=_moves(absorbed), stays=_stays(absorbed), choices=taken,
            side=side, seen=f"{kept.version} {absorbed.version}",
        )  # fmt: skip

    def _merged(self, request, pair, kept, absorbed, taken):
        try:
            seen = tuple(map(int, request.POST.get("seen", "").split()))
            done = merging.merge(kept=kept, absorbed=absorbed, from_absorbed=taken, versions=seen, by=request.user)
        except ValueError:
            raise Http404 from None
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("admin:patients_duplicatepair_change", pair.pk)
        messages.success(request, "The two charts are one patient now. You can undo this below.")
        return redirect("admin:patients_duplicatepair_merged", done.pk)

    @page("merges/", look=LOOK)
    def merges(self, request):
        found = PatientMerge.objects.select_related("kept", "absorbed", "by", "undone_by")
        listed = Paginator(found, PAGE).get_page(request.GET.get("p"))
        return self.show(request, "patients/duplicate_merges.html", "Merged charts", listed=listed, keep="")

    @page("merges/<int:merge_id>/", look=LOOK)
    def merged(self, request, merge_id: int):
        done = _merge(merge_id)
        changed = [
            (label_of(name), _words(name, old)) for name, old in done.before.items() if name in merging.CHOSEN_FIELDS
        ]
        return self.show(
            request, "patients/duplicate_merged.html", "Merged charts",
            done=done, changed=changed, against=merging.against_undoing(done),
            moves=_counted(done.moved), stayed=_counted(done.stayed), may_act=request.user.has_perm(ACT),
        )  # fmt: skip

    @page("merges/<int:merge_id>/undo/", look="", act=ACT)
    def undo(self, request, merge_id: int):
        try:
            merging.undo(_merge(merge_id), by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            messages.success(request, "Undone: the two charts are two patients again.")
        return redirect("admin:patients_duplicatepair_merged", merge_id)


def _pair(pk: int) -> DuplicatePair:
    pairs = DuplicatePair.objects.select_related("one", "other", "decided_by")
    return get_object_or_404(pairs.prefetch_related(*(_current(side) for side in ("one", "other"))), pk=pk)


def _current(side: str) -> Prefetch:
    return Prefetch(f"{side}__phones", Phone.objects.filter(retired_at=None).order_by("label", "e164"))


def _merge(pk: int) -> PatientMerge:
    return get_object_or_404(PatientMerge.objects.select_related("kept", "absorbed", "by", "undone_by"), pk=pk)


def _merge_of(pair: DuplicatePair) -> PatientMerge | None:
    """The merge in force of one of the two charts: they are not compared any more then."""
    return PatientMerge.objects.filter(undone_at=None, absorbed__in=(pair.one_id, pair.other_id)).first()


def _on_to_the_next():
    following = DuplicatePair.objects.open().first()
    if following is None:
        return redirect("admin:patients_duplicatepair_changelist")
    return redirect("admin:patients_duplicatepair_change", following.pk)


def _kept_first(pair: DuplicatePair, keep: str) -> tuple[Patient, Patient]:
    charts = {str(pair.one_id): (pair.one, pair.other), str(pair.other_id): (pair.other, pair.one)}
    if keep not in charts:
        raise Http404
    return charts[keep]


def _standard(pair: DuplicatePair) -> Patient | None:
    """The chart that is kept unless the person says otherwise: on the newest list, then the one seen last."""
    charts = merging.keepers(pair.one, pair.other)
    best = [(chart.left_list_at is None, chart.last_visit or date.min, -chart.pk) for chart in charts]
    return charts[best.index(max(best))] if charts else None


def _rows(pair: DuplicatePair, kept: Patient | None) -> list[Row]:
    """The kept chart's side, unless it is empty there, or "no" to a yes, or the earlier visit."""
    rows = []
    sides = ["other", "one"] if kept == pair.other else ["one", "other"]
    for name in merging.CHOSEN_FIELDS:
        values = {"one": getattr(pair.one, name), "other": getattr(pair.other, name)}
        if any(values.values()):
            words = [_words(name, value) for value in values.values()]
            filled = [side for side in sides if values[side]]
            side = max(filled, key=values.get) if name == "last_visit" else filled[0]
            rows.append(Row(name, label_of(name), *words, side=side))
    return rows


def label_of(name: str) -> str:
    return LABELS.get(name) or label(name)


def _words(name: str, value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value and name in ("date_of_birth", "last_visit"):
        return f"{value if isinstance(value, date) else date.fromisoformat(value):%m/%d/%Y}"
    if name == "sex":
        return str(Patient.Sex(value or "").label)
    return str(value or "")


def _phones(chart: Patient) -> list[str]:
    return [display(phone.e164) for phone in chart.phones.all()]


def _moves(absorbed: Patient) -> list[tuple[str, int]]:
    """(what, how many) would go over to the kept chart."""
    found = Counter()
    for field in merging.relations():
        found[_noun(field.model)] += field.model._base_manager.filter(**{field.name: absorbed}).count()
    return [(noun, count) for noun, count in sorted(found.items()) if count]


def _stays(absorbed: Patient) -> int:
    """Decisions in the ledgers: they stay where they are and count for the patient."""
    counts = [field.model._base_manager.filter(**{field.name: absorbed}) for field in merging.ledgers()]
    return sum(rows.aggregate(n=Count("pk"))["n"] for rows in counts)


def _counted(rows: dict[str, list[int]]) -> list[tuple[str, int]]:
    found = Counter()
    for name, pks in rows.items():
        found[_noun(apps.get_model(name.rpartition(".")[0]))] += len(pks)
    return sorted(found.items())


def _noun(model) -> str:
    """Of a table that links two things, the thing that is not the patient."""
    owners = [
        owner
        for owner in apps.get_models()
        for field in owner._meta.many_to_many
        if field.remote_field.through is model
    ]
    return str((owners[0] if owners else model)._meta.verbose_name_plural)
