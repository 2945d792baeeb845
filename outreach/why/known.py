"""What is on record of one patient, read when it is asked for and no more than once."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count

from consent.models import Letter, Response
from consent.standing import Standing, standings_at
from explorer.lib.models import Practice
from outreach import facts, gate
from outreach.models import Attempt, Contact, ContactPhone, Match, Message, Suppression
from outreach.reach import FACILITY_FROM, ListedPhone, Reachability, choose
from outreach.standing_of import Stands, standing_of
from patients.models import CareFact, Patient, Phone

WITH = ("campaign", "campaign__launched_by", "step", "invitation", "planned_by")


@dataclass
class Known:
    patient: Patient
    practice: Practice
    now: datetime

    @cached_property
    def stands(self) -> Stands:
        return standing_of(self.patient.pk, self.practice, facilities=self.facilities)

    @cached_property
    def facts(self) -> gate.PatientFacts:
        """As `outreach.facts.patient_facts` reads them for many."""
        who, stands = self.patient, self.stands
        return gate.PatientFacts(
            who.pk,
            who.deceased,
            bool(who.held),
            who.left_list_at is not None,
            who.date_of_birth,
            stands.answered,
            stands.in_review,
            stands.opted_out,
        )

    @cached_property
    def refusals(self) -> list[str]:
        return gate.patient_refusals(self.facts, state=self.practice.state, today=self.practice.today())

    @cached_property
    def reach(self) -> Reachability:
        """As `outreach.facts.reachabilities` answers for many."""
        unmatched = self.contact is None and self.practice.text_unmatched
        return choose(
            [ListedPhone(each.e164, each.label, each.kind, each.basis) for each in self.phones if not each.retired_at],
            [(each.e164, each.label) for each in self.contact_phones] if self.contact else None,
            in_review=any(match.verdict == Match.Verdict.REVIEW for match in self.matches),
            basis=self.practice.texting_basis,
            text_unmatched=self.practice.text_unmatched,
            patients_per_number=self.sharers,
            of_others=facts.numbers_of_others([self.patient.pk]) if unmatched else (),
            suppressed={stop.phone for stop in self.stops},
        )

    @cached_property
    def sharers(self) -> Counter:
        """{number: patients who have it now}"""
        shared = Phone.objects.filter(e164__in=self.numbers, retired_at=None).order_by()
        return Counter(dict(shared.values_list("e164").annotate(Count("patient"))))

    @cached_property
    def facilities(self) -> list[str]:
        return [number for number, patients in self.sharers.items() if patients >= FACILITY_FROM]

    @cached_property
    def ledgers(self) -> dict[str, Standing]:
        return standings_at(self.patient, self.now)

    @cached_property
    def phones(self) -> list[Phone]:
        return list(self.patient.phones.all())

    @cached_property
    def matches(self) -> list[Match]:
        return list(self.patient.matches.select_related("contact", "decided_by"))

    @cached_property
    def contact(self) -> Contact | None:
        """The matched one."""
        return next((match.contact for match in self.matches if match.verdict in Match.LINKED), None)

    @cached_property
    def contact_phones(self) -> list[ContactPhone]:
        return list(self.contact.phones.order_by("pk")) if self.contact else []

    @cached_property
    def numbers(self) -> list[str]:
        """Of the list, retired ones included, and of the matched contact."""
        return list(dict.fromkeys([phone.e164 for phone in (*self.phones, *self.contact_phones)]))

    @cached_property
    def stops(self) -> list[Suppression]:
        """In force, on any number of the patient; the newest first."""
        return list(Suppression.objects.in_force().filter(phone__in=self.numbers).select_related("reply", "set_by"))

    @cached_property
    def texts(self) -> list[Message]:
        """Of campaigns, the newest first."""
        texts = self.patient.messages.filter(kind=Message.Kind.CAMPAIGN).select_related(*WITH)
        return list(texts.order_by("-due_at", "-pk")[:60])

    @cached_property
    def attempts(self) -> list[Attempt]:
        return list(self.patient.attempts.select_related("by")[:20])

    @cached_property
    def letters(self) -> list[Letter]:
        """Posted ones, the newest first."""
        letters = self.patient.letters.standing().posted().select_related("batch", "batch__posted_by")
        return list(letters.order_by("-batch__posted_on", "-pk")[:10])

    @cached_property
    def answers_in_review(self) -> list[Response]:
        return list(Response.objects.in_review().filter(likely=self.patient).defer("sealed_row"))

    @cached_property
    def death(self) -> CareFact | None:
        return CareFact.objects.effective().of_patient(self.patient).filter(kind=CareFact.Kind.DECEASED).first()
