"""What every page about sending tells at its top: the lock, and an unclean end that nobody has looked at."""

from outreach.models import Interruption, LineState


def notices(line: LineState | None = None) -> dict:
    """For every page about sending: the lock, and the newest unclean end that nobody has looked at."""
    newest = Interruption.objects.filter(seen_at=None).first()
    return {"line": line or LineState.objects.get(pk=1), "interruption": newest and report_of(newest)}


def report_of(interruption: Interruption) -> dict:
    """The power-cut report: `parts` say what became of the texts that were under way, none left out."""
    fates = interruption.fates()
    words = (
        ("found", "found in Spruce"),
        ("sent", "sent now with the same key"),
        ("not_sent", "not sent"),
        ("doubtful", "for a person to settle"),
        ("open", "being looked for"),
    )
    parts = [f"{fates[fate]} {said}" for fate, said in words if fates[fate]]
    return {"of": interruption, "fates": fates, "parts": ", ".join(parts)}
