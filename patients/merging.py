"""Two charts of one patient: finding them, saying that they are not one, merging them, undoing that.

The kept chart takes over every row of the absorbed one, in whichever app it is, but what a model keeps by
`stays_with_chart`: the ledgers, which are never written again (docs/decisions/0008-a-merged-chart-is-no-patient.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from explorer.lib import clock
from explorer.lib.audit import record
from patients import duplicates
from patients.models import DuplicatePair, Patient, PatientMerge, Phone
from patients.names import fold

Verdict = DuplicatePair.Verdict
CHOSEN_FIELDS = (
    "first_name", "middle_name", "last_name", "suffix", "preferred_name", "date_of_birth", "sex", "email", "address",
    "address2", "city", "state", "zip", "insurer", "insurer_id", "last_visit", "deceased", "held",
)  # fmt: skip
LIST_DECIDES = frozenset(CHOSEN_FIELDS) - {"held"}  # fields that a list could overwrite
LOGS = (PatientMerge, DuplicatePair)


@transaction.atomic
def look_for_duplicates() -> int:
    """Compare all patients; returns how many pairs wait for a person. What people decided stands."""
    owners = {pk: into or pk for pk, into in Patient.charts.order_by().values_list("pk", "merged_into")}
    decided = DuplicatePair.objects.exclude(verdict=Verdict.OPEN)
    settled = {
        _key(owners[one], owners[other])
        for one, other in decided.filter(verdict=Verdict.DIFFERENT).values_list("one", "other")
    }
    taken = set(decided.values_list("one", "other"))
    found = {
        (pair.one, pair.other): pair
        for pair in duplicates.find(_people())
        if (pair.one, pair.other) not in settled and (pair.one, pair.other) not in taken
    }
    waiting = {(pair.one_id, pair.other_id): pair for pair in DuplicatePair.objects.filter(verdict=Verdict.OPEN)}
    gone = [pair.pk for key, pair in waiting.items() if key not in found or _differs(pair, found[key])]
    DuplicatePair.objects.filter(pk__in=gone, verdict=Verdict.OPEN).delete()
    DuplicatePair.objects.bulk_create(
        [
            DuplicatePair(one_id=pair.one, other_id=pair.other, score=pair.score, reasons=list(pair.reasons))
            for key, pair in found.items()
            if key not in waiting or _differs(waiting[key], pair)
        ],
        batch_size=500,
    )
    return len(found)


def _differs(stored: DuplicatePair, pair: duplicates.Pair) -> bool:
    return (stored.score, stored.reasons) != (pair.score, list(pair.reasons))


def _key(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _people() -> Iterator[duplicates.Person]:
    phones: dict[int, list[str]] = defaultdict(list)
    for pk, e164 in Phone.objects.filter(retired_at=None).order_by().values_list("patient", "e164"):
        phones[pk].append(e164)
    columns = (
        "pk", "first_name", "middle_name", "last_name", "suffix", "preferred_name", "date_of_birth", "sex",
        "email", "address", "zip",
    )  # fmt: skip
    for pk, *names, born, sex, email, street, code in Patient.objects.order_by().values_list(*columns):
        address = f"{fold(street)} {code[:5]}" if street and code else ""
        yield duplicates.Person(
            pk, *names, born=born, sex=sex, phones=frozenset(phones.get(pk, ())), email=email.casefold(),
            address=address,
        )  # fmt: skip


@transaction.atomic
def say_different(pair: DuplicatePair, *, by) -> None:
    """A person says that the two are not one: kept for ever, and never proposed again. Raises ValidationError."""
    _decide(pair, Verdict.DIFFERENT, by)


def _decide(pair: DuplicatePair, verdict: str, by) -> None:
    stored = DuplicatePair.objects.select_for_update().filter(pk=pair.pk, verdict=Verdict.OPEN).first()
    if stored is None:
        raise ValidationError("Somebody else decided about these two meanwhile. Look at the list again.")
    stored.verdict, stored.decided_at, stored.decided_by = verdict, clock.now(), by
    stored.save(update_fields=["verdict", "decided_at", "decided_by"])


def keepers(one: Patient, other: Patient) -> list[Patient]:
    """Which of the two charts may stay: one that has absorbed others must, and two of that kind cannot be merged."""
    absorbing = [chart for chart in (one, other) if Patient.charts.filter(merged_into=chart).exists()]
    return {0: [one, other], 1: absorbing}.get(len(absorbing), [])


@transaction.atomic
def merge(
    *, kept: Patient, absorbed: Patient, from_absorbed: Iterable[str] = (), versions: tuple[int, int], by
) -> PatientMerge:
    """One patient from now on, under the kept chart number; the fields named are taken from the other chart.

    `versions` are those of the charts that the person saw. Raises ValidationError.
    """
    kept, absorbed = _locked(kept, absorbed, versions)
    if kept not in keepers(kept, absorbed):
        raise ValidationError("The other chart has absorbed a chart before: keep that one, or undo its merge first.")
    ledgers, now = _last_lines(kept, absorbed), clock.now()
    before = _take_over(kept, absorbed, set(from_absorbed))
    moved, stayed = _repoint(kept, absorbed)
    before["retired phones"] = _retire_twice_listed(absorbed, now)
    absorbed.merged_into, absorbed.merged_at = kept, now
    _store(kept, [*CHOSEN_FIELDS, "corrected", "left_list_at"])
    _store(absorbed, ["merged_into", "merged_at"])
    done = PatientMerge.objects.create(
        kept=kept, absorbed=absorbed, before=before, moved=moved, stayed=stayed, ledgers=ledgers, by=by, at=now,
        kept_version=kept.version, absorbed_version=absorbed.version,
    )  # fmt: skip
    _settle_pairs(kept, absorbed, by)
    changed = {name: [str(old), str(getattr(kept, name))] for name, old in before.items() if hasattr(kept, name)}
    record(
        [
            (kept, "update", {**changed, "absorbed": [None, absorbed.pk], "rows taken over": [None, moved]}),
            (absorbed, "update", {"merged_into": [None, kept.pk]}),
        ],
        by=by,
    )
    return done


def _locked(kept: Patient, absorbed: Patient, versions: tuple[int, int]) -> tuple[Patient, Patient]:
    charts = Patient.objects.select_for_update().in_bulk([kept.pk, absorbed.pk])
    if len(charts) < 2:
        raise ValidationError("One of the two charts was merged meanwhile, or both are the same. Look again.")
    if (charts[kept.pk].version, charts[absorbed.pk].version) != versions:
        raise ValidationError("Somebody changed one of the two patients meanwhile. Compare them again.")
    return charts[kept.pk], charts[absorbed.pk]


def _take_over(kept: Patient, absorbed: Patient, names: set[str]) -> dict:
    """Sets the chosen fields on the kept chart; returns what they were. A list does not overwrite the choice."""
    taken = [name for name in CHOSEN_FIELDS if name in names and getattr(kept, name) != getattr(absorbed, name)]
    before = {name: _plain(getattr(kept, name)) for name in taken}
    for name in taken:
        setattr(kept, name, getattr(absorbed, name))
    if held := [name for name in taken if name in LIST_DECIDES and name not in kept.corrected]:
        before["corrected"] = kept.corrected
        kept.corrected = sorted({*kept.corrected, *held})
    if kept.left_list_at and not absorbed.left_list_at:
        before["left_list_at"] = _plain(kept.left_list_at)
        kept.left_list_at = None
    return before


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def _store(chart: Patient, fields: list[str]) -> None:
    """Not by save(): the audit log would read a chart that `objects` no longer gives; `record` writes its row."""
    chart.touch()
    fields = [*fields, "version", "changed_at", "search_name"]
    Patient.charts.filter(pk=chart.pk).update(**{name: getattr(chart, name) for name in fields})


def relations() -> list:
    """Every foreign key to a patient, in whichever app, whose rows a merge moves."""
    return [field for field in _all_relations() if not getattr(field.model, "stays_with_chart", False)]


def ledgers() -> list:
    """Foreign keys of what stays with its chart because it is never written again."""
    return [
        field
        for field in _all_relations()
        if getattr(field.model, "stays_with_chart", False) and field.model not in LOGS
    ]


def _all_relations() -> list:
    return [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Patient and model is not Patient
    ]


def label_of(field) -> str:
    return f"{field.model._meta.label_lower}.{field.name}"


def _repoint(kept: Patient, absorbed: Patient) -> tuple[dict, dict]:
    """Row by row, so that one which the kept chart has already may stay where it is."""
    moved, stayed = defaultdict(list), defaultdict(list)
    for field in relations():
        rows = field.model._base_manager.filter(**{field.name: absorbed})
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            fits = _moves(field, pk, kept)
            (moved if fits else stayed)[label_of(field)].append(pk)
    return dict(moved), dict(stayed)


def _moves(field, pk: int, to: Patient) -> bool:
    try:
        with transaction.atomic():
            field.model._base_manager.filter(pk=pk).update(**{field.name: to})
    except IntegrityError:
        return False
    return True


def _retire_twice_listed(absorbed: Patient, now) -> list[int]:
    """Numbers that the kept chart has as well do not count twice in a household."""
    twice = Phone.objects.filter(patient=absorbed, retired_at=None)
    pks = list(twice.values_list("pk", flat=True))
    twice.update(retired_at=now)
    return pks


def _last_lines(kept: Patient, absorbed: Patient) -> dict[str, int]:
    return {
        label_of(field): field.model._base_manager.filter(
            Q(**{field.name: kept}) | Q(**{field.name: absorbed})
        ).aggregate(last=Max("pk"))["last"]
        or 0
        for field in ledgers()
    }


def _settle_pairs(kept: Patient, absorbed: Patient, by) -> None:
    one, other = _key(kept.pk, absorbed.pk)
    pair, _ = DuplicatePair.objects.get_or_create(one_id=one, other_id=other)
    pair.verdict, pair.decided_at, pair.decided_by = Verdict.MERGED, clock.now(), by
    pair.save()


def against_undoing(done: PatientMerge) -> str:
    """Why the merge cannot be undone any more, in a sentence; empty when it can."""
    if done.undone_at:
        return "This merge is undone already."
    if (done.kept.version, done.absorbed.version) != (done.kept_version, done.absorbed_version):
        return "The patient was changed after the merge. Correct the patient by hand instead."
    if _last_lines(done.kept, done.absorbed) != done.ledgers:
        return (
            "A decision was recorded for the patient after the merge, and nobody can tell for which chart. "
            "Keep the merge."
        )
    return ""


@transaction.atomic
def undo(done: PatientMerge, *, by) -> None:
    """Two charts again, as they were. What was written for the patient since stays with the kept chart.

    Raises ValidationError with the reason when it cannot be undone.
    """
    Patient.charts.select_for_update().in_bulk([done.kept_id, done.absorbed_id])
    done = PatientMerge.objects.select_for_update(of=("self",)).select_related("kept", "absorbed").get(pk=done.pk)
    if against := against_undoing(done):
        raise ValidationError(against)
    kept, absorbed = done.kept, done.absorbed
    _give_back(done, absorbed)
    restored = [name for name in done.before if name != "retired phones"]
    for name in restored:
        setattr(kept, name, Patient._meta.get_field(name).to_python(done.before[name]))
    Phone.objects.filter(pk__in=done.before["retired phones"]).update(retired_at=None)
    absorbed.merged_into = absorbed.merged_at = None
    _store(kept, restored)
    _store(absorbed, ["merged_into", "merged_at"])
    done.undone_at, done.undone_by = clock.now(), by
    done.save(update_fields=["undone_at", "undone_by"])
    one, other = _key(kept.pk, absorbed.pk)
    DuplicatePair.objects.filter(one=one, other=other).update(verdict=Verdict.OPEN, decided_at=None, decided_by=None)
    record(
        [
            (kept, "update", {"absorbed": [absorbed.pk, None]}),
            (absorbed, "update", {"merged_into": [kept.pk, None]}),
        ],
        by=by,
    )


def _give_back(done: PatientMerge, absorbed: Patient) -> None:
    fields = {label_of(field): field for field in relations()}
    for label, pks in done.moved.items():
        field = fields[label]
        still = field.model._base_manager.filter(pk__in=pks, **{field.name: done.kept_id})
        for pk in list(still.values_list("pk", flat=True)):
            _moves(field, pk, absorbed)
