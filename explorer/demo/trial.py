"""What the made-up practice did before the newcomer sits down: papers in order, texts read, five patients asked.

Nothing is made green by hand: the trial runs through the real code and the simulated Spruce some days earlier,
and its answers come in as a Forms export. The test on one's own phone is left to the newcomer.
"""

import os
from contextlib import suppress
from datetime import timedelta
from io import BytesIO

from consent import intake
from explorer.demo.forms import write_export
from explorer.demo.opening import open_for_texting
from explorer.demo.people import SEED
from explorer.demo.people import practice as synthetic_practice
from explorer.demo.plans import answer_plan
from explorer.demo.typed import Answer, typed_cells
from explorer.lib import clock
from explorer.lib.models import Backup, Practice
from explorer.lib.tables import UPLOAD
from explorer.models import User
from outreach import go, planning
from outreach.actions import campaigns, launching, polling, readiness, sending
from outreach.models import Agreement, Campaign, TextTemplate
from outreach.spruce import SpruceError, configured
from patients.models import Patient

DAYS_AGO = timedelta(days=6)
QUICK = 20  # hours from the text to the answer
NIGHTLY = timedelta(hours=12)


def _file_papers() -> None:
    """Agreements, and the templates read by the doctor."""
    admin, doctor = User.objects.get(username="admin"), User.objects.get(username="doctor")
    today = Practice.current().today()
    for kind, reference, days in ((Agreement.Kind.BAA_SPRUCE, "Demo: invented agreement, binder 3", 200),
                                  (Agreement.Kind.TENDLC, "Demo: invented registration C-555-0100", 90)):  # fmt: skip
        readiness.record_agreement(
            kind=kind, reference=reference, signed_on=today - timedelta(days=days), expires_on=None, by=admin
        )
    for template in TextTemplate.objects.all():
        readiness.approve(template, seen=go.words_hash(template.body), by=doctor)


def keep_fresh() -> None:
    """As it is when the newcomer sits down: last night's backup, and the replies read up to now."""
    record_nightly_backup()
    with suppress(SpruceError):  # the worker looks again within a minute
        polling.poll(configured())


def record_nightly_backup() -> None:
    now = clock.now()
    if Backup.objects.filter(made_at__gt=now - NIGHTLY, made_at__lte=now).exists():
        return
    admin = User.objects.filter(username="admin").first()
    kind = "Demo: invented image of the whole disk, on the drive in the safe"
    if admin:
        readiness.record_outside_backup(made_at=now - timedelta(hours=1), outside=kind, by=admin)


def run_trial() -> None:
    """Papers are filed and five patients texted some days ago; by now they have answered.

    With a Spruce that is not the demo's own only the papers: it would be sent texts nobody asked for.
    """
    own_simulator = not os.environ.get("SPRUCE_API_URL")
    ahead = clock.now() - clock.without_jump()
    clock.jump_to(ahead - DAYS_AGO)
    try:
        open_for_texting()
        _file_papers()
        if own_simulator:
            keep_fresh()
            _send_trial()
    finally:
        clock.jump_to(ahead)
    if own_simulator:
        _take_in_answers()


def _take_in_answers() -> None:
    polling.poll(configured())  # what Spruce has long confirmed
    campaigns.finish_those_done(clock.now())
    export = BytesIO()
    write_export(export, clock.now())
    content = export.getvalue()
    review = intake.review_export(content, "forms-answers-of-the-trial.xlsx", limits=UPLOAD, apart=False)
    intake.take_in(review, content=content, by=User.objects.get(username="nurse"))


def _send_trial() -> None:
    admin, nurse = User.objects.get(username="admin"), User.objects.get(username="nurse")
    trial = campaigns.create(
        name="Trial", cohort="chosen", limit=go.TRIAL, days=(0,), patients=_quick_patients(), by=nurse
    )
    reason = "Demo: the trial of an invented practice; nobody tried it on a phone."
    launching.launch(trial, by=admin, override=reason)
    sending.send_due(configured())


def _quick_patients() -> list[Patient]:
    """Patients alone on their number who will answer the first text within a day, without a slip."""
    people = {person.mrn: person for person in synthetic_practice().people}
    everybody = Campaign(cohort=Campaign.Cohort.MATCHED)
    alone = [text.patient_ids[0] for text in planning.plan(everybody, Practice.current()).texts
             if len(text.patient_ids) == 1]  # fmt: skip
    patients = Patient.objects.in_bulk(alone)
    quick = (patients[pk] for pk in alone if _answers_quickly(people[patients[pk].mrn]))
    return [next(quick) for _ in range(go.TRIAL)]


def _answers_quickly(person) -> bool:
    plan = answer_plan(person)
    slip = plan.habit or plan.mistake or plan.second_answer_hours
    return plan.step == 0 and plan.delay_hours < QUICK and not slip and not _signed_by_another(person, plan)


def _signed_by_another(person, plan) -> bool:
    typed = typed_cells(Answer(person, plan, planning.shown_sample_code(), clock.now()), SEED)
    return any("signed by" in cell for cell in typed if isinstance(cell, str))
