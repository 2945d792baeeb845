from outreach.admin import (
    campaigns,
    follow_up,
    line,
    matches,
    messages,
    number_checks,
    replies,
    saved_answers,
    suppressions,
)

__all__ = [
    "campaigns",
    "follow_up",
    "line",
    "matches",
    "messages",
    "number_checks",
    "replies",
    "saved_answers",
    "suppressions",
]
