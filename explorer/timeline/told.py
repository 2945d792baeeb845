"""What the patient decided, and what was told to others about it."""

from collections.abc import Iterator

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from consent.admin.responses import SAID
from consent.disclosing import accounting
from consent.models import ConsentEvent, DeskForm, Response
from explorer.timeline.entry import Entry, by, moment
from patients.models import Patient

DECISION_TONES = {"given": "good", "declined": "warn", "revoked": "warn"}


def answers(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    theirs = Response.objects.filter(Q(patient=patient) | Q(patient=None, likely=patient))
    newest = Coalesce("completed_at", "file__taken_in_at").desc()
    rows = theirs.select_related("file", "decided_by").defer("sealed_row", "file__raw").order_by(newest, "-pk")
    for answer in rows[:limit]:
        doubt = [] if answer.patient_id else [_("Probably this patient’s; a person decides.")]
        decided = []
        if answer.decided_at:
            decided = [_("Decided %(when)s%(by)s.") % {"when": moment(answer.decided_at), "by": by(answer.decided_by)}]
        reasons = [reason["words"] for reason in answer.reasons if reason.get("words")]
        yield Entry(
            at=answer.completed_at or answer.file.taken_in_at,
            sort=_("Form answer"),
            title="; ".join(_said(kind, said) for kind, said in answer.decisions.items()) or _("Online form"),
            badge=_(answer.get_outcome_display()),
            tone="warn" if answer.outcome == Response.Outcome.REVIEW and not answer.decided_at else "",
            details=[*doubt, *decided, *reasons, *filter(None, [answer.decision_note])],
            row=answer,
        )


def _said(kind: str, said) -> str:
    asked = _(ConsentEvent.Kind(kind).label) if kind in ConsentEvent.Kind.values else kind
    return f"{asked}: {_(SAID.get(said, said)).lower()}"


def decisions(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    lines = ConsentEvent.objects.of_patient(patient).select_related(
        "patient", "recorded_by", "superseded_by", "contradicts"
    )
    for line in lines[:limit]:
        facts = (
            (line.obtained_by, _("Spoke with the patient: %(who)s.") % {"who": line.obtained_by}),
            (line.witness, _("Witness: %(who)s.") % {"who": line.witness}),
            (line.given_by, _who_decided(line)),
            (
                line.recorded_by,
                _("Recorded %(when)s%(by)s.") % {"when": moment(line.recorded_at), "by": by(line.recorded_by)},
            ),
            (line.note, line.note),
            (
                line.patient_id != patient.pk,
                _("Recorded under chart %(mrn)s, now merged into this one.") % {"mrn": line.patient.mrn},
            ),
            (line.contradicts, _("Contradicts an earlier answer: ask the patient and record what counts.")),
            (hasattr(line, "superseded_by"), _("Replaced by a later line.")),
        )
        yield Entry(
            at=line.occurred_at,
            sort=_("Decision"),
            title=f"{_(line.get_kind_display())} – {_(line.get_method_display()).lower()}",
            badge=_("Contradiction") if line.contradicts_id else _(line.get_decision_display()),
            tone="bad" if line.contradicts_id else DECISION_TONES[line.decision],
            details=[words for stands, words in facts if stands],
            row=line,
        )


def _who_decided(line: ConsentEvent) -> str:
    """The person, what he or she is to the patient, and why that person may."""
    relation = f", {line.relation}" if line.relation else ""
    kind = f"{_(line.get_authority_kind_display())}: " if line.authority_kind else ""
    who = f"{line.given_by}{relation} ({kind}{line.authority})"
    return _("Decided by %(who)s.") % {"who": who}


def desk_forms(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    mine = DeskForm.objects.filter(Q(patient=patient) | Q(patient__in=_absorbed(patient)))
    for form in mine.select_related("opened_by", "settled_by").defer("shown")[:limit]:
        settled = []
        if form.settled_at:
            settled = [f"{_('Settled')} {moment(form.settled_at)}{by(form.settled_by)}: {form.because}"]
        yield Entry(
            at=form.opened_at,
            sort=_("Desk form"),
            title=f"{_('Handed over')}{by(form.opened_by)}",
            badge=_(form.get_state_display()),
            tone="warn" if form.state == DeskForm.State.DOUBT else "",
            details=[*filter(None, [form.doubt]), *settled],
            row=form,
        )


def _absorbed(patient: Patient):
    return Patient.charts.filter(merged_into=patient).values("pk")


def disclosures(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    for row in accounting(patient)[:limit]:
        yield Entry(
            at=row.at,
            sort=_("Disclosure"),
            title=f"{_(row.get_purpose_display())}{by(row.by)}",
            badge=row.to,
            details=[row.what],
            row=row,
        )
