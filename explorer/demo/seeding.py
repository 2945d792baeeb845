"""Fills the simulated Spruce with the synthetic practice's contacts."""

from pathlib import Path

from explorer.demo.people import SyntheticPractice, practice
from outreach.simulator import load_contacts


def seed_spruce(state_path: Path, synthetic: SyntheticPractice | None = None) -> int:
    """Once; returns the number of contacts."""
    synthetic = synthetic or practice()
    state_path.parent.mkdir(parents=True, exist_ok=True)
    return load_contacts(state_path, map(_as_stored, synthetic.contacts))


def _as_stored(contact: dict) -> dict:
    """From the shape in which Spruce shows a contact to the one in which the simulator keeps it."""
    return {
        "id": contact["id"],
        "given": contact.get("givenName", ""),
        "middle": contact.get("middleName", ""),
        "family": contact.get("familyName", ""),
        "company": contact.get("companyName", ""),
        "display": contact.get("displayName", ""),
        "date_of_birth": contact.get("dateOfBirth", ""),
        "category": contact["category"],
        "gender": contact["gender"],
        "phones": [(phone["value"], phone.get("label", "")) for phone in contact["phoneNumbers"]],
        "emails": [email["value"] for email in contact["emailAddresses"]],
        "tags": [tag["value"] for tag in contact["tags"]],
    }
