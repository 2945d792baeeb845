"""What a pilot brought: its texts, what came back, and who has decided."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count

from consent.models import Response, current_decision
from outreach.models import Campaign, Message, Reply, Suppression, Wave
from patients.models import Patient


@dataclass
class PilotResult:
    """`texts` by state, `replies` by kind, and the patients' decisions about their records."""

    texts: Counter
    replies: Counter
    stops: int
    patients: int
    decisions: Counter
    in_review: int
    resting: int
    reply_labels: dict[str, str] = field(default_factory=lambda: dict(Reply.Kind.choices))

    @property
    def total(self) -> int:
        return self.texts.total()

    @property
    def replied(self) -> int:
        return self.replies.total()

    @property
    def answered(self) -> int:
        return self.decisions.total()

    @property
    def said(self) -> list[tuple[str, int]]:
        """Kinds of replies in words, the most frequent first."""
        return [(self.reply_labels[kind].lower(), count) for kind, count in self.replies.most_common()]


def pilot_result(campaign: Campaign) -> PilotResult | None:
    """None for a campaign without a pilot."""
    pilot = campaign.waves.filter(number=Wave.PILOT).first()
    if pilot is None or campaign.launched_at is None:
        return None
    rows = pilot.messages.filter(step__day=0)
    phones, since = rows.values("phone"), campaign.launched_at
    replies = Reply.objects.filter(phone__in=phones, received_at__gte=since).order_by()
    stops = Suppression.objects.filter(phone__in=phones, reason=Suppression.Reason.STOP, effective_at__gte=since)
    people = Patient.objects.filter(messages__in=rows).distinct()
    decided = people.annotate(records=current_decision("records")).exclude(records=None)
    return PilotResult(
        texts=Counter(dict(rows.order_by().values_list("state").annotate(Count("pk")))),
        replies=Counter(dict(replies.values_list("kind").annotate(Count("pk")))),
        stops=stops.values("phone").distinct().count(),
        patients=people.count(),
        decisions=Counter(decided.order_by().values_list("records", flat=True)),
        in_review=Response.objects.in_review().filter(likely__in=people).count(),
        resting=campaign.messages.resting().count(),
    )


def percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def shares(result: PilotResult) -> list[tuple[str, int, int | None]]:
    """(words, count, percent or None) in the order in which a person looks at them."""
    states, texts = Message.State, result.texts
    return [
        ("Confirmed by Spruce", texts[states.CONFIRMED], percent(texts[states.CONFIRMED], result.total)),
        ("Failed", texts[states.FAILED], percent(texts[states.FAILED], result.total)),
        ("Uncertain: look at them first", texts[states.UNCERTAIN], percent(texts[states.UNCERTAIN], result.total)),
        ("Not sent after all", texts[states.SKIPPED], percent(texts[states.SKIPPED], result.total)),
        ("Asked to stop", result.stops, percent(result.stops, result.total)),
        ("Replies by text", result.replied, percent(result.replied, result.total)),
    ]
