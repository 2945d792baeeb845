from pathlib import Path

from explorer.lib.commands import PracticeCommand
from explorer.lib.tables import write_table
from outreach.actions.contacts import match_contacts
from outreach.models import Contact, Match
from patients.models import Patient


class Command(PracticeCommand):
    help = "Finds each patient's Spruce contact. What a person decided stays."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--export", type=Path, metavar="FILE", help="mrn,contact_id,decision,score")

    def work(self, *, export: Path | None, **options) -> dict:
        found = match_contacts()
        if export:
            write_table(export, rows(found.decisions))
        return {
            "patients": found.patients,
            "matched": found.matched,
            "review": found.review,
            "none": found.none,
            "seconds": found.seconds,
            **{f"people_{name}": count for name, count in Match.objects.agreement().items()},
        }


def rows(decisions) -> list[list]:
    mrns = dict(Patient.objects.values_list("pk", "mrn"))
    spruce_ids = dict(Contact.objects.values_list("pk", "spruce_id"))
    accepted = set(Match.objects.filter(verdict=Match.Verdict.ACCEPTED).values_list("patient", flat=True))
    table = [["mrn", "contact_id", "decision", "score"]]
    for decision in decisions:
        contact = decision.contact_id
        if contact is None and decision.band == "review" and decision.candidates:
            contact = decision.candidates[0].contact_id
        band = "matched" if decision.patient_id in accepted else decision.band
        table.append([mrns[decision.patient_id], spruce_ids.get(contact, ""), band, round(decision.score, 3)])
    return table
