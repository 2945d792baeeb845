"""The facts for go or no-go, read from the rows; and the fingerprint of all that was looked at."""

from dataclasses import replace

from django.contrib.auth import get_user_model
from django.db.models import F, Q

from consent.codes import show
from consent.form_link import BadSample, personal_links
from explorer.lib import clock
from explorer.lib.models import Backup, Practice, TextingBasis
from outreach import go, planning
from outreach.models import Agreement, Approval, Campaign, LineState, Match, Message, MessagePatient, PhoneTest, Reply
from patients.models import ImportBatch, Phone
from patients.phones import kind_of

APPROVE = "outreach.approve_text"
READ_AT_MOST = 5_000  # texts with an answer; the newest say enough


def criteria(campaign: Campaign, practice: Practice, plan: planning.Plan | None = None) -> list[go.Criterion]:
    """Go or no-go as the rows say it now."""
    return go.judge(gather(campaign, practice, plan or planning.plan(campaign, practice)))


def gather(campaign: Campaign, practice: Practice, plan: planning.Plan) -> go.GoFacts:
    problem, previews = _previews(campaign, practice)
    tests = tests_of([preview.text for preview in previews])
    by_link, whole = _ways(practice, {preview.text for preview in previews})
    return replace(
        of_practice(practice),
        steps=_steps(campaign, previews, tests),
        link_problem=problem,
        answers_by_link=by_link,
        whole_ways=whole,
        texts=len(plan.texts),
        bad_numbers=_bad_numbers(campaign, plan),
        left_out=tuple((words, count) for code, words, count in plan.reasons() if code != "beyond_limit"),
    )


def of_practice(practice: Practice) -> go.GoFacts:
    """What holds for every campaign."""
    line, backup = LineState.objects.get(pk=1), Backup.objects.first()
    return go.GoFacts(
        now=clock.now(),
        today=practice.today(),
        steps=(),
        link_tried_on_phone=_link_was_opened(practice, line),
        stop_read=stop_was_read(),
        basis=practice.texting_basis,
        polled_at=line.polled_at,
        backup_at=backup and backup.made_at,
        backup=(backup.outside or backup.file) if backup else "",
        agreements=_agreements(),
    )


def _previews(campaign: Campaign, practice: Practice) -> tuple[str, list[planning.Preview]]:
    try:
        return "", planning.preview(campaign, practice)
    except planning.NoLink as problem:
        return str(problem), []


def _steps(campaign, previews, tests: dict[str, PhoneTest]) -> tuple[go.StepFacts, ...]:
    by_step = {preview.step.pk: preview for preview in previews}
    steps = list(campaign.steps.all())
    approvals = approvals_of([step.body for step in steps])
    return tuple(_step(step, by_step.get(step.pk), approvals, tests) for step in steps)


def _step(step, preview, approvals, tests) -> go.StepFacts:
    approval = approval_for(step, approvals)
    return go.StepFacts(
        name=str(step),
        errors=tuple(error.sentence for error in preview.errors) if preview else (),
        approved_by=str(approval.approved_by) if approval else "",
        alone=bool(approval and approval.approved_by_id == step.author_id),
        test=test_state(tests.get(go.words_hash(preview.text))) if preview else go.NOT_TRIED,
    )


def approvals_of(bodies: list[str]) -> dict[str, list[Approval]]:
    """By the hash of the words, the newest first."""
    found: dict[str, list[Approval]] = {}
    hashes = [go.words_hash(body) for body in bodies]
    for approval in Approval.objects.filter(text_hash__in=hashes).select_related("approved_by"):
        found.setdefault(approval.text_hash, []).append(approval)
    return found


def approval_for(words, approvals: dict[str, list[Approval]]) -> Approval | None:
    """Of a step or a template: somebody else has read it, or its author where nobody else may."""
    own = approvals.get(go.words_hash(words.body), [])
    by_another = next((approval for approval in own if approval.approved_by_id != words.author_id), None)
    return by_another or next((approval for approval in own if approval.alone and is_alone()), None)


def is_alone() -> bool:
    """Whether the practice has only one active person who may approve texts."""
    people = get_user_model().objects.filter(is_active=True)
    return sum(person.has_perm(APPROVE) for person in people) <= 1


def tests_of(texts: list[str]) -> dict[str, PhoneTest]:
    """The newest test of each text on the line that texts go out from, by the hash of the text."""
    line_id = LineState.objects.values_list("line_id", flat=True).get(pk=1)
    tests = _through(line_id).filter(text_hash__in=[go.words_hash(text) for text in texts])
    return {test.text_hash: test for test in tests.select_related("message", "owner").order_by("pk")}


def _through(line_id: str):
    """Tests through the line that texts go out from, or not sent yet. A line is chosen with the first text."""
    return PhoneTest.objects.filter(message__line_id__in=("", line_id)) if line_id else PhoneTest.objects.all()


def test_state(test: PhoneTest | None) -> str:
    if test is None:
        return go.NOT_TRIED
    if test.result:
        return go.ARRIVED if test.result == PhoneTest.Result.ARRIVED else go.WRONG
    if test.message.state == Message.State.CONFIRMED:
        return go.UNANSWERED
    return go.ON_ITS_WAY if test.message.state in Message.OPEN else go.NOT_SENT


def _link_was_opened(practice: Practice, line: LineState) -> bool:
    try:
        link = personal_links(practice).link_for(planning.SAMPLE_CODE)
    except BadSample:
        return False
    arrived = _through(line.line_id).filter(result=PhoneTest.Result.ARRIVED)
    return any(link in text for text in arrived.values_list("message__text", flat=True)[:READ_AT_MOST])


def stop_was_read() -> bool:
    tested = dict(PhoneTest.objects.order_by("-pk").values_list("message__phone", "message__first_attempt_at"))
    stops = Reply.objects.filter(kind=Reply.Kind.OPT_OUT, phone__in=tested).values_list("phone", "received_at")
    return any(tested[phone] and at >= tested[phone] for phone, at in stops)


def _ways(practice: Practice, samples: set[str]) -> tuple[int, int]:
    """Patients whose answer came by the present link, and those of them who got one of these very texts."""
    try:
        link = personal_links(practice)
    except BadSample:
        return 0, 0
    by_link: set[int] = set()
    whole: set[int] = set()
    for patient, text, code in _answered_texts().order_by("-message").distinct()[:READ_AT_MOST]:
        if link.link_for(code) not in text:
            continue
        by_link.add(patient)
        as_sample = text.replace(link.link_for(code), link.link_for(planning.SAMPLE_CODE))
        if as_sample.replace(show(code), show(planning.SAMPLE_CODE)) in samples:
            whole.add(patient)
    return len(by_link), len(whole)


def _answered_texts():
    """(patient, text, code) of confirmed texts after which the patient's answer came with the right code and
    was written to the ledger."""
    return MessagePatient.objects.filter(
        message__kind=Message.Kind.CAMPAIGN,
        message__state=Message.State.CONFIRMED,
        message__invitation__isnull=False,
        patient__responses__outcome="applied",
        patient__responses__identity__code="right",
        patient__responses__consent_events__isnull=False,
        patient__responses__completed_at__gte=F("message__first_attempt_at"),
    ).values_list("patient_id", "message__text", "message__invitation__code")


def _bad_numbers(campaign: Campaign, plan: planning.Plan) -> int:
    """Numbers of the plan that are none of North America's, no mobile, or without a basis to text."""
    listed = Phone.objects.filter(patient__in=planning.cohort(campaign), retired_at=None)
    never = listed.filter(Q(kind__in=Phone.NOT_TEXTABLE) | Q(basis=TextingBasis.UNKNOWN))
    barred = set(never.values_list("patient_id", "e164"))
    return sum(
        not text.phone.startswith("+1")
        or kind_of(text.phone) in Phone.NOT_TEXTABLE
        or any((pk, text.phone) in barred for pk in text.patient_ids)
        for text in plan.texts
    )


def _agreements() -> dict[str, tuple[str, go.AgreementFacts | None]]:
    newest = {each.kind: each for each in Agreement.objects.order_by("pk")}
    return {
        kind: (str(title), _agreement(newest[kind]) if kind in newest else None)
        for kind, title in Agreement.Kind.choices
    }


def _agreement(agreement: Agreement) -> go.AgreementFacts:
    return go.AgreementFacts(
        agreement.get_kind_display(), agreement.reference, agreement.signed_on, agreement.expires_on
    )


def parts(campaign: Campaign, practice: Practice) -> dict[str, str]:
    """What a decision to go rests on, each as a value or a hash; one changed sign changes its part."""
    steps = list(campaign.steps.order_by("day").values_list("day", "body"))
    lists = ImportBatch.objects.filter(state=ImportBatch.State.APPLIED)
    newest = lists.order_by("-closed_at", "-pk").values_list("pk", "sha256").first()
    linked = Match.objects.linked().order_by("patient_id").values_list("patient_id", "contact_id")
    return {
        "the words": go.words_hash(repr(steps)),
        "the form link": go.words_hash(practice.form_sample_url + practice.short_link_base),
        "who is asked": f"{campaign.cohort}, limit {campaign.limit}",
        "the practice’s names and phone": go.words_hash(repr((practice.name, practice.doctor, practice.phone))),
        "the patient list": " ".join(map(str, newest)) if newest else "",
        "the contact matches": go.words_hash(repr(list(linked))),
        "the line": LineState.objects.values_list("line_id", flat=True).get(pk=1),
    }


def fingerprint(found: dict[str, str]) -> str:
    return go.words_hash(repr(sorted(found.items())))
