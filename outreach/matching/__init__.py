"""Patients of the list and contacts in Spruce: who is who (docs/matching.md)."""

from outreach.matching.deciding import match
from outreach.matching.naming import names_agree
from outreach.matching.records import Candidate, ContactRecord, Decision, PatientRecord, Reason

__all__ = ["Candidate", "ContactRecord", "Decision", "PatientRecord", "Reason", "match", "names_agree"]
