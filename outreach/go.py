"""Go or no-go: the facts of a campaign judged, one criterion each, with its evidence and its cure. Pure.

The criteria are those of the owner's brief (form tested, link works, texts approved, the whole way with five
patients, phones valid, replies watched) and what the law and a power cut add: agreements and a backup.
Red forbids the launch, amber is advice, and nothing is green because somebody ticked it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from explorer.lib.models import TextingBasis
from outreach.gate import POLL_GOOD_FOR

GREEN, AMBER, RED = "green", "amber", "red"
TRIAL = 5  # texts; a campaign of no more is the trial in which the first patients go the whole way
WHOLE_WAYS = 5  # patients
SHOWN = 2  # errors of the texts; all stand beside the words
BACKUP_GOOD_FOR = timedelta(hours=24)

# What became of the test of a step's words on a staff phone.
NOT_TRIED = ""
ON_ITS_WAY = "on its way"
NOT_SENT = "not sent"
UNANSWERED = "unanswered"
ARRIVED = "arrived"
WRONG = "wrong"


def words_hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StepFacts:
    """`approved_by` is empty while nobody but the author has read these very words; `test` is one of the above."""

    name: str
    errors: tuple[str, ...] = ()
    approved_by: str = ""
    alone: bool = False
    test: str = NOT_TRIED


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    title: str
    reference: str
    signed_on: date
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class GoFacts:
    """`agreements` holds for each kind that must be recorded (title, the newest or None)."""

    now: datetime
    today: date
    steps: tuple[StepFacts, ...]
    link_problem: str = ""
    link_tried_on_phone: bool = False
    stop_read: bool = False
    answers_by_link: int = 0
    whole_ways: int = 0
    texts: int = 0
    bad_numbers: int = 0
    left_out: tuple[tuple[str, int], ...] = ()
    basis: str = TextingBasis.UNKNOWN
    polled_at: datetime | None = None
    backup_at: datetime | None = None
    backup: str = ""
    agreements: Mapping[str, tuple[str, AgreementFacts | None]] | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """`cure` says what to do next and is empty when there is nothing to do; `place` names where."""

    id: str
    title: str
    state: str
    sentence: str
    cure: str = ""
    place: str = ""

    def as_row(self) -> dict:
        return {"id": self.id, "title": self.title, "state": self.state, "sentence": self.sentence}


def judge(facts: GoFacts) -> list[Criterion]:
    """Every criterion, in the order in which a practice meets them."""
    return [
        _words(facts),
        _own_phone(facts),
        _stop(facts),
        _form_link(facts),
        _five_patients(facts),
        _phones(facts),
        *judge_practice(facts),
    ]


def judge_practice(facts: GoFacts) -> list[Criterion]:
    """Those that hold for every campaign alike."""
    agreements = [_agreement(kind, *found, facts.today) for kind, found in (facts.agreements or {}).items()]
    return [_replies(facts), _backup(facts), *agreements]


def reds(criteria: list[Criterion]) -> list[Criterion]:
    return [criterion for criterion in criteria if criterion.state == RED]


def _words(facts: GoFacts) -> Criterion:
    title = "Texts approved"
    errors = [f"{step.name}: {error}" for step in facts.steps for error in step.errors]
    if errors:
        more = f" And {len(errors) - SHOWN} more." if len(errors) > SHOWN else ""
        return Criterion("words", title, RED, " ".join(errors[:SHOWN]) + more, "Change the words", "words")
    unread = [step.name for step in facts.steps if not step.approved_by]
    if unread or not facts.steps:
        sentence = f"Not approved in these words: {_listed(unread)}." if unread else "There is no text."
        return Criterion("words", title, RED, sentence, "Read and approve the texts", "approve")
    who = _listed(dict.fromkeys(step.approved_by for step in facts.steps))
    alone = " The author approved it: nobody else may." if any(step.alone for step in facts.steps) else ""
    all_of_them = f"All {len(facts.steps)} texts are" if len(facts.steps) > 1 else "The text is"
    sentence = f"{all_of_them} without an error and approved by {who}.{alone}"
    return Criterion("words", title, GREEN, sentence)


_TROUBLES = {
    WRONG: "something was wrong with",
    NOT_SENT: "not sent:",
    NOT_TRIED: "not tried in these words:",
    ON_ITS_WAY: "on the way:",
    UNANSWERED: "sent, but nobody has said yet that it arrived:",
}


def _own_phone(facts: GoFacts) -> Criterion:
    title = "Tried on your own phone"
    if facts.steps and all(step.test == ARRIVED for step in facts.steps):
        sentence = f"The exact words of {_count(len(facts.steps), 'text')} went out through Spruce and arrived."
        return Criterion("own_phone", title, GREEN, sentence)
    found = {trouble: [step.name for step in facts.steps if step.test == trouble] for trouble in _TROUBLES}
    parts = [f"{_TROUBLES[trouble]} {_listed(names)}" for trouble, names in found.items() if names]
    sentence = _sentence("; ".join(parts) or "there is no text")
    waits = bool(found[UNANSWERED]) and not found[NOT_TRIED]
    cure = "Say whether it arrived" if waits else "Send the test texts to your phone"
    return Criterion("own_phone", title, RED, sentence, cure, "phone_test")


def _stop(facts: GoFacts) -> Criterion:
    title = "STOP is read"
    if facts.stop_read:
        return Criterion("stop_read", title, GREEN, "A STOP from a test phone came in and stopped its number.")
    sentence = "Nobody has answered a test text with STOP yet. It is not demanded, but worth seeing."
    return Criterion("stop_read", title, AMBER, sentence, "Answer a test text with STOP", "phone_test")


def _form_link(facts: GoFacts) -> Criterion:
    title = "Form link works"
    if facts.link_problem:
        return Criterion("form_link", title, RED, facts.link_problem, "Paste the form’s sample link", "practice")
    if facts.link_tried_on_phone:
        return Criterion("form_link", title, GREEN, "It opened the form with the code filled in, on a staff phone.")
    if facts.answers_by_link:
        count = _count(facts.answers_by_link, "answer")
        return Criterion("form_link", title, GREEN, f"{count} came in by this link, with the right code.")
    sentence = "The link can be read, but nobody has opened it since it was last changed."
    return Criterion("form_link", title, RED, sentence, "Open it from a test text", "phone_test")


def _five_patients(facts: GoFacts) -> Criterion:
    title = "Five patients, the whole way"
    done = f"{_count(facts.whole_ways, 'patient')} got these words, answered the form and stand in the ledger"
    if facts.whole_ways >= WHOLE_WAYS:
        return Criterion("five_patients", title, GREEN, f"{done}.")
    if 0 < facts.texts <= TRIAL:
        sentence = f"Not needed here: with at most {TRIAL} texts this campaign is the trial itself."
        return Criterion("five_patients", title, AMBER, sentence)
    how = f"First launch a campaign with a limit of {TRIAL} and the same words, and take in its answers."
    sentence = f"{done}; {WHOLE_WAYS} are needed. {how}"
    return Criterion("five_patients", title, RED, sentence, "Make the trial campaign", "trial")


def _phones(facts: GoFacts) -> Criterion:
    title = "Phones valid"
    if facts.basis == TextingBasis.UNKNOWN:
        sentence = "Record in the practice profile why the numbers may be texted; unknown is never texted."
        return Criterion("phones", title, RED, sentence, "Record why they may be texted", "practice")
    if not facts.texts:
        return Criterion(
            "phones", title, RED, f"There is nobody to text.{_reasons(facts)}", "See who is left out", "left_out"
        )
    good = facts.texts - facts.bad_numbers
    share = 100 * good // facts.texts
    sentence = f"{good:,} of {_count(facts.texts, 'number')} ({share} %) are valid and may be texted.{_reasons(facts)}"
    if facts.bad_numbers:
        return Criterion("phones", title, RED, sentence, "See who is left out", "left_out")
    return Criterion("phones", title, GREEN, sentence)


def _reasons(facts: GoFacts) -> str:
    total = sum(count for _, count in facts.left_out)
    if not total:
        return ""
    first = "; ".join(f"{words.rstrip('.')} ({count:,})" for words, count in facts.left_out[:3])
    return f" Left out: {_count(total, 'patient')}. {first}{' …' if len(facts.left_out) > 3 else '.'}"


def _replies(facts: GoFacts) -> Criterion:
    title = "Replies are read"
    cure = "Read the replies now"
    if facts.polled_at is None:
        return Criterion("monitoring", title, RED, "Replies have never been read.", cure, "replies")
    age = facts.now - facts.polled_at
    if not timedelta() <= age <= POLL_GOOD_FOR:
        sentence = f"They were last read {_ago(age)}, so a STOP could be missed. Is the program running?"
        return Criterion("monitoring", title, RED, sentence, cure, "replies")
    return Criterion("monitoring", title, GREEN, f"Last read {_ago(age)}.")


def _backup(facts: GoFacts) -> Criterion:
    title = "Backup is fresh"
    cure = "Record the backup of this PC"
    if facts.backup_at is None:
        sentence = "No backup is on record. If this PC dies, nobody knows who was texted."
        return Criterion("backup", title, RED, sentence, cure, "backup")
    age = facts.now - facts.backup_at
    if not timedelta() <= age <= BACKUP_GOOD_FOR:
        return Criterion("backup", title, RED, f"The newest backup was made {_ago(age)}.", cure, "backup")
    return Criterion("backup", title, GREEN, f"Made {_ago(age)}: {facts.backup}.")


def _agreement(kind: str, title: str, found: AgreementFacts | None, today: date) -> Criterion:
    cure = "Record it"
    if found is None:
        return Criterion(kind, title, RED, "It is not recorded.", cure, "agreements")
    if found.signed_on > today:
        return Criterion(kind, title, RED, f"It begins on {found.signed_on:%m/%d/%Y}.", cure, "agreements")
    if found.expires_on and found.expires_on < today:
        sentence = f"It ended on {found.expires_on:%m/%d/%Y}."
        return Criterion(kind, title, RED, sentence, "Record the new one", "agreements")
    until = f", good until {found.expires_on:%m/%d/%Y}" if found.expires_on else ""
    return Criterion(kind, title, GREEN, f"{found.reference}, since {found.signed_on:%m/%d/%Y}{until}.")


def _ago(age: timedelta) -> str:
    if age < timedelta():
        return "at a time that lies ahead of this PC’s clock"
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute ago"
    if minutes < 120:
        return f"{_count(minutes, 'minute')} ago"
    hours = minutes // 60
    return f"{hours} hours ago" if hours < 48 else f"{hours // 24} days ago"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(names) -> str:
    return ", ".join(names)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
