"""Whom a campaign would text, on which number, and who is left out and why."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from consent.codes import show
from consent.form_link import BadSample, personal_links
from explorer.lib.models import Practice
from outreach import facts, gate, segments, wording
from outreach.models import Campaign, CampaignStep, Match, Message, Suppression
from patients.models import Patient


class NoLink(Exception):
    """The form's link cannot be made; the text is one sentence with the cure."""


@dataclass
class PlannedText:
    phone: str
    patient_ids: list[int]


@dataclass
class Plan:
    texts: list[PlannedText] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)

    def reasons(self) -> list[tuple[str, str, int]]:
        """(code, words, number of patients), the most frequent first."""
        found: dict[str, int] = defaultdict(int)
        for code in self.left_out.values():
            found[code] += 1
        return [(code, gate.WORDS[code], count) for code, count in sorted(found.items(), key=lambda it: -it[1])]


def cohort(campaign: Campaign):
    """The patients a campaign is about, as a queryset."""
    everyone = Patient.objects.all()
    return {
        Campaign.Cohort.ALL: everyone,
        Campaign.Cohort.APCM: everyone.with_apcm(),
        Campaign.Cohort.NON_APCM: everyone.without_apcm(),
        Campaign.Cohort.MATCHED: everyone.filter(matches__verdict__in=Match.LINKED),
        Campaign.Cohort.CHOSEN: everyone.filter(campaigns=campaign.pk),
    }[campaign.cohort]


def plan(campaign: Campaign, practice: Practice) -> Plan:
    """The first step of a campaign: one text per number, covering all patients who are due there."""
    patients = cohort(campaign)
    today = practice.today()
    people = facts.patient_facts(patients)
    numbers = facts.reachabilities(patients, practice)
    asked_elsewhere = _asked_by_others(campaign)
    result = Plan()
    by_number: dict[str, list[int]] = defaultdict(list)
    for pk, person in people.items():
        code = _left_out(person, numbers[pk], practice.state, today)
        if not code and pk in asked_elsewhere:
            code = "already_asked"
        if code:
            result.left_out[pk] = code
        else:
            by_number[numbers[pk].number].append(pk)
    _drop_suppressed(by_number, result)
    if campaign.pk and campaign.waves.exists():
        by_number = _apcm_first(by_number)
    _keep_within(campaign.limit, by_number, result)
    result.texts = [PlannedText(phone, sorted(pks)) for phone, pks in by_number.items()]
    return result


def refusals(patients, practice: Practice) -> dict[int, str]:
    """{patient: code of gate.WORDS} of those whom a new campaign would leave out, its limit aside."""
    today, asked_elsewhere = practice.today(), _asked_by_others(Campaign())
    people = facts.patient_facts(patients)
    numbers = facts.reachabilities(patients, practice)
    found = {}
    for pk, person in people.items():
        code = _left_out(person, numbers[pk], practice.state, today)
        found[pk] = code or ("already_asked" if pk in asked_elsewhere else "")
    return {pk: code for pk, code in found.items() if code}


def _asked_by_others(campaign: Campaign) -> set[int]:
    """Patients whom another open campaign is texting: nobody gets two series of reminders."""
    open_ones = Campaign.objects.filter(state__in=(Campaign.State.RUNNING, Campaign.State.PAUSED))
    texts = Message.objects.filter(campaign__in=open_ones.exclude(pk=campaign.pk)).exclude(
        state__in=(Message.State.SKIPPED, Message.State.FAILED, Message.State.CANCELLED)
    )
    return set(texts.values_list("patients", flat=True))


def _left_out(person: gate.PatientFacts, reach, state: str, today: date) -> str:
    refusals = gate.patient_refusals(person, state=state, today=today)
    return refusals[0] if refusals else reach.code


def _drop_suppressed(by_number: dict[str, list[int]], result: Plan) -> None:
    for phone in set(Suppression.objects.in_force().values_list("phone", flat=True)) & by_number.keys():
        result.left_out |= dict.fromkeys(by_number.pop(phone), "suppressed")


def _apcm_first(by_number: dict[str, list[int]]) -> dict[str, list[int]]:
    """A pilot asks those whose answer matters most, and the waves go on in that order."""
    enrolled = set(Patient.objects.with_apcm().values_list("pk", flat=True))
    return dict(sorted(by_number.items(), key=lambda item: (enrolled.isdisjoint(item[1]), min(item[1]))))


def _keep_within(limit: int | None, by_number: dict[str, list[int]], result: Plan) -> None:
    if limit is None:
        return
    for phone in list(by_number)[limit:]:
        result.left_out |= dict.fromkeys(by_number.pop(phone), "beyond_limit")


class Links:
    """What the placeholders of a template stand for, for one code after another."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice

    @cached_property
    def _links(self):
        return personal_links(self.practice)

    def values(self, code: str) -> dict[str, str]:
        """Raises NoLink."""
        try:
            link = self._links.link_for(code)
        except BadSample as problem:
            raise NoLink(f"The form's sample link cannot be used: {problem}") from None
        return {
            "practice": self.practice.name,
            "doctor": self.practice.doctor,
            "phone": self.practice.phone,
            "link": link,
            "code": show(code),
        }


def merge_values(practice: Practice, code: str) -> dict[str, str]:
    """Raises NoLink."""
    return Links(practice).values(code)


def words_of(message: Message, links: Links) -> str:
    """As they are now; a text with an open placeholder comes back empty and is not sent."""
    if message.key:
        return message.text
    try:
        return wording.render(message.step.body, links.values(message.invitation.code))
    except (wording.BadTemplate, NoLink):
        return ""


@dataclass
class Preview:
    """The exact text of one step, as one number would get it."""

    step: CampaignStep
    text: str
    segments: segments.Segments
    findings: list[wording.Finding]

    @property
    def errors(self) -> list[wording.Finding]:
        return [finding for finding in self.findings if finding.level == "error"]


SAMPLE_CODE = "0" * 17


def preview(campaign: Campaign, practice: Practice, *, code: str = SAMPLE_CODE) -> list[Preview]:
    """Every step rendered with a real link. Raises NoLink."""
    values = merge_values(practice, code)
    previews = []
    for step in campaign.steps.all():
        findings = wording.lint(step.body, practice_name=practice.name, sample_values=values)
        try:
            text = wording.render(step.body, values)
        except wording.BadTemplate:
            text = step.body
        previews.append(Preview(step, text, segments.measure(text), findings))
    return previews


def findings(body: str, practice: Practice) -> list[wording.Finding]:
    """What is wrong with these words, judged on the text that would go out. Raises NoLink."""
    return wording.lint(body, practice_name=practice.name, sample_values=merge_values(practice, SAMPLE_CODE))


def rendered(body: str, practice: Practice) -> str:
    """The text as it goes out, with a code of zeros; a body that cannot be filled in as it is. Raises NoLink."""
    try:
        return wording.render(body, merge_values(practice, SAMPLE_CODE))
    except wording.BadTemplate:
        return body


def shown_sample_code() -> str:
    return show(SAMPLE_CODE)
