"""The keys of the workspace: one table, shown under `?` and in the documentation."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`keys` as pressed one after another; `url` is the page it opens, by its name in the admin."""

    keys: tuple[str, ...]
    words: str
    url: str = ""
    right: str = ""


SHORTCUTS: dict[str, tuple[Shortcut, ...]] = {
    gettext_noop("Go to"): (
        Shortcut(("g", "h"), gettext_noop("Home"), "index"),
        Shortcut(("g", "p"), gettext_noop("Patients"), "patients_patient_changelist", "patients.view_patient"),
        Shortcut(("g", "c"), gettext_noop("Calls: who is left"), "outreach_attempt_follow_up", "outreach.view_attempt"),
        Shortcut(("g", "r"), gettext_noop("Replies"), "outreach_reply_changelist", "outreach.view_reply"),
        Shortcut(("g", "t"), gettext_noop("Tasks"), "patients_stafftask_changelist", "patients.view_stafftask"),
    ),
    gettext_noop("On a list"): (
        Shortcut(("/",), gettext_noop("Search")),
        Shortcut(("j",), gettext_noop("Next row")),
        Shortcut(("k",), gettext_noop("Row before")),
        Shortcut(("Enter",), gettext_noop("Open the row")),
    ),
    gettext_noop("On a call"): (
        Shortcut(("1", "…", "9"), gettext_noop("Choose the outcome")),
        Shortcut(("s",), gettext_noop("Next patient")),
    ),
    gettext_noop("Everywhere"): (
        Shortcut(("?",), gettext_noop("Show these shortcuts")),
        Shortcut(("Esc",), gettext_noop("Close what is open")),
    ),
}


def as_text() -> str:
    """For docs/: a Markdown table."""
    rows = [
        f"| {' '.join(f'`{key}`' for key in each.keys)} | {group}: {each.words} |"
        for group, shortcuts in SHORTCUTS.items()
        for each in shortcuts
    ]
    return "\n".join(["| Keys | What they do |", "|---|---|", *rows])
