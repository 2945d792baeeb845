"""Which patient an answer belongs to, and whether it may take effect without a person looking at it.

The table of domain.md 6 as code. An answer takes effect only where code, date of birth and name agree; every
doubt sends it to review with its reasons and the likeliest chart first. Order is the time of completion.
All times are local to the practice and carry no zone.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from consent.codes import CodeBook, Found
from consent.form_export import Answer
from consent.name_proof import EXACT, NONE, SLIP, VARIANT, Agreement, Person, agreement, read_name

__all__ = ["Earlier", "Issued", "Judgement", "Person", "Reason", "Register", "judge", "judge_all"]

APPLIED, REVIEW, DUPLICATE, REJECTED = "applied", "review", "duplicate", "rejected"
KINDS = ("records", "apcm", "notice", "texting")
CONFLICT_WITHIN = timedelta(days=1)
ISSUED_LATER_BY = timedelta(hours=1)  # both are practice-local: only the night the clocks change explains more
_MOST_CANDIDATES = 5
_SAME_MOMENT = timedelta(minutes=1)  # exports saved anew may drop the seconds
COLUMN_OPEN = "column_open"
_STILL_THEIRS = frozenset({"unclear", "more_information"})  # it is sure whose answer it is all the same


@dataclass(frozen=True)
class Issued:
    """A code and the patients it covers. A revoked code without a time was never good."""

    code: str
    patient_ids: tuple[int, ...]
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    revoked: bool = False
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Earlier:
    """What was taken in before, by any channel. `effective`: False for an answer that waits in review.

    `proven`: it is certain whose answer it is, so that it can contradict another one."""

    patient_id: int | None
    completed_at: datetime | None
    decisions: Mapping[str, str] = field(default_factory=dict)
    content_hash: str = ""
    row_hash: str = ""
    response_id: str = ""
    effective: bool = True
    proven: bool = True


@dataclass(frozen=True)
class Reason:
    """`code` for programs, `words` for the person who decides. One that does not block is a note."""

    code: str
    words: str
    blocks: bool = True


@dataclass(frozen=True)
class Judgement:
    """`candidates`: patient ids, best first. `identity`: code, dob and name, each right, wrong, missing …;
    and proven, where it is sure whose answer it is, even if it contradicts an earlier one.
    """

    row: int
    response_id: str
    outcome: str
    patient_id: int | None
    candidates: tuple[int, ...]
    reasons: tuple[Reason, ...]
    identity: Mapping[str, str]
    decisions: Mapping[str, str]
    content_hash: str


class Register:
    """The patients, the codes and the earlier answers, indexed for look-up."""

    def __init__(self, persons: Iterable[Person], issued: Iterable[Issued], earlier: Iterable[Earlier] = ()):
        self.persons = {person.id: person for person in persons}
        self.issued = {code.code: code for code in issued}
        self.book = CodeBook(self.issued)
        self.earlier = tuple(earlier)
        self.known_given = frozenset(name for person in self.persons.values() for name in person.given[:1])
        self._born: dict[date, list[Person]] = defaultdict(list)
        self._surnamed: dict[str, list[Person]] = defaultdict(list)
        self._households: dict[Hashable, list[Person]] = defaultdict(list)
        for person in self.persons.values():
            if person.born:
                self._born[person.born].append(person)
            if person.household is not None:
                self._households[person.household].append(person)
            for surname in person.surnames:
                self._surnamed[surname].append(person)

    def born_on(self, days: Iterable[date]) -> list[Person]:
        return [person for day in days for person in self._born.get(day, ())]

    def surnamed(self, name: str) -> list[Person]:
        """Those one of whose surnames stands among the words of a typed name."""
        words = read_name(name).words
        joined = (words[start] + words[start + 1] for start in range(len(words) - 1))
        return [person for word in {*words, *joined} for person in self._surnamed.get(word, ())]

    def living_with(self, person: Person) -> list[Person]:
        return [other for other in self._households.get(person.household, ()) if other.id != person.id]

    def covered_by(self, code: str | None) -> list[Person]:
        issued = self.issued.get(code or "")
        return [self.persons[id] for id in issued.patient_ids if id in self.persons] if issued else []


def judge(answer: Answer, register: Register) -> Judgement:
    return judge_all([answer], register)[0]


def judge_all(answers: Sequence[Answer], register: Register) -> list[Judgement]:
    """One judgement for each answer, in the order given; judged in the order in which they were completed."""
    past = _Past(register.earlier)
    judged: dict[int, Judgement] = {}
    for place in sorted(range(len(answers)), key=lambda place: _in_time(answers[place], place)):
        judged[place] = _judge(answers[place], register, past)
    return [judged[place] for place in range(len(answers))]


def _in_time(answer: Answer, place: int) -> tuple:
    number = int(answer.response_id) if answer.response_id.isdigit() else 0
    return (_moment(answer) or datetime.max, number, place)


def _moment(answer: Answer) -> datetime | None:
    return answer.completed_at or answer.started_at


class _Past:
    """Earlier answers by content, by response id and by patient; grows while a file is judged."""

    def __init__(self, earlier: Iterable[Earlier]):
        self.same_row: dict[str, Earlier] = {}
        self.same_content: dict[str, list[Earlier]] = defaultdict(list)
        self.same_id: dict[str, list[Earlier]] = defaultdict(list)
        self.of_patient: dict[int, list[Earlier]] = defaultdict(list)
        for one in earlier:
            self.add(one)

    def add(self, one: Earlier) -> None:
        if one.row_hash and one.response_id:
            self.same_row[one.row_hash] = one
        if one.content_hash:
            self.same_content[one.content_hash].append(one)
        if one.response_id:
            self.same_id[one.response_id].append(one)
        if one.patient_id is not None and one.proven:
            self.of_patient[one.patient_id].append(one)

    def already(self, answer: Answer, content: str) -> Earlier | None:
        """The earlier answer that this one repeats, unless the patient said something else in between.

        One that waits in review or was put aside is repeated only by itself, exported again: what was sent at
        another time may be clean now. Two answers that give neither code nor birth date may be two persons'
        although their words are the same.
        """
        if answer.response_id and answer.row_hash in self.same_row:
            return self.same_row[answer.row_hash]
        tells_apart = bool(answer.code_text.strip() or answer.birth_texts)
        for one in self.same_content.get(content, ()):
            if _sent_at_once(one, answer) and (tells_apart or one.response_id == answer.response_id != ""):
                return one
            if tells_apart and one.effective and not self._changed_between(one, answer):
                return one
        return None

    def _changed_between(self, one: Earlier, answer: Answer) -> bool:
        moment = _moment(answer)
        if one.patient_id is None or one.completed_at is None or moment is None:
            return False
        first, last = sorted((one.completed_at, moment))
        return any(
            other.completed_at and first <= other.completed_at <= last and _contradicting(other, answer)
            for other in self.of_patient.get(one.patient_id, ())
        )

    def edited(self, answer: Answer, content: str) -> bool:
        """True where the form's own number and time came before with another content."""
        return any(
            one.completed_at == _moment(answer) and one.content_hash not in ("", content)
            for one in self.same_id.get(answer.response_id, ())
        )


def _sent_at_once(one: Earlier, answer: Answer) -> bool:
    """One response, as far as its number and its time tell."""
    moment = _moment(answer)
    if one.completed_at is None or moment is None:
        return one.response_id == answer.response_id != ""
    same_id = one.response_id == answer.response_id or "" in (one.response_id, answer.response_id)
    return same_id and abs(one.completed_at - moment) < _SAME_MOMENT


def _contradicting(other: Earlier, answer: Answer) -> bool:
    pairs = ({other.decisions.get(kind), answer.decisions.get(kind)} for kind in KINDS)
    return any(pair == {"yes", "no"} for pair in pairs)


def _judge(answer: Answer, register: Register, past: _Past) -> Judgement:
    content = answer.content_hash
    if not (answer.names or answer.birth_texts or answer.code_text.strip()):
        return _judgement(answer, content, REJECTED, reasons=[_NOBODY_NAMED])
    repeated = past.already(answer, content)
    if repeated:
        ids = [repeated.patient_id] if repeated.proven and repeated.patient_id is not None else []
        return _judgement(answer, content, DUPLICATE, candidates=ids, reasons=[_SEEN])
    proof = _prove(answer, register)
    reasons = [*proof.reasons, *_content_reasons(answer)]
    if past.edited(answer, content):
        reasons.append(Reason("edited", "This response was changed after it had been taken in."))
    proven = proof.patient is not None and not any(
        reason.blocks and reason.code not in _STILL_THEIRS for reason in reasons
    )
    if proven:
        proof.identity["proven"] = "yes"
        reasons += _reasons_of_the_past(answer, past.of_patient.get(proof.patient.id, ()))
    applied = proven and not any(reason.blocks for reason in reasons)
    ids = [person.id for person in proof.candidates]
    first = ids[0] if ids else None
    past.add(
        Earlier(first, _moment(answer), answer.decisions, content, answer.row_hash, answer.response_id, applied, proven)
    )
    return _judgement(answer, content, APPLIED if applied else REVIEW, ids, reasons, proof.identity)


def _judgement(answer, content, outcome, candidates=(), reasons=(), identity=None) -> Judgement:
    known = outcome in (APPLIED, DUPLICATE) and candidates
    return Judgement(
        row=answer.row,
        response_id=answer.response_id,
        outcome=outcome,
        patient_id=candidates[0] if known else None,
        candidates=tuple(candidates),
        reasons=tuple(reasons),
        identity=identity or {},
        decisions=answer.decisions,
        content_hash=content,
    )


_NOBODY_NAMED = Reason("empty", "Neither code nor name nor date of birth was given.")
_SEEN = Reason("seen_before", "The same answer of the same person was taken in before.")


@dataclass
class _Proof:
    """`patient` where code, date of birth and name may be one person's; `reasons` can still block it."""

    patient: Person | None
    candidates: list[Person]
    identity: dict[str, str]
    reasons: list[Reason]


def _prove(answer: Answer, register: Register) -> _Proof:
    found = register.book.find(answer.code_text)
    covered = register.covered_by(found.code)
    names = _Names(answer, register)
    full = [person for person in covered if person.born in answer.births and names.of(person).right]
    full = _best_named(full, names) if len(full) > 1 else full
    if len(full) == 1:
        return _of_one(answer, register, found, full[0], covered, names)
    candidates = _ranked(answer, register, found, covered, names)
    reasons = _code_reasons(answer, found, register)
    if len(full) > 1:
        reasons.append(Reason("several", "Code, name and date of birth fit several charts."))
    first = candidates[0] if candidates else None
    identity = {
        "code": _code_state(answer, found, register),
        "dob": _dob_state(answer, first),
        "name": names.state(first),
    }
    others = [person for person in candidates if person not in covered and _fits(person, answer, names)]
    if covered and others:
        identity["code"] = "another"
        reasons.append(Reason("another_patient", _ANOTHER_PATIENT))
    elif not covered and len(others) > 1:
        reasons.append(Reason("several", "Name and date of birth fit several charts."))
    elif not first:
        reasons.append(Reason("nobody", "No chart fits this answer."))
    reasons += _mismatches(identity)
    return _Proof(None, candidates, identity, reasons)


_ANOTHER_PATIENT = (
    "The code belongs to one patient, name and date of birth to another: the link may have been passed on."
)


_NAME_OF_ANOTHER = "The name is that of another patient of this household or birthday."
_CODE_REPAIRED = "The code had a slip, and only one code fits it."


def _of_one(
    answer: Answer, register: Register, found: Found, person: Person, covered: list[Person], names: "_Names"
) -> _Proof:
    """All three point at one person; what still speaks against it?"""
    reasons = _code_reasons(answer, found, register)
    rank = names.of(person).rank
    neighbours = [*covered, *register.living_with(person), *register.born_on(answer.births)]
    fit = names.fit(person)
    closer = [other for other in neighbours if other.id != person.id and names.fit(other) > fit]
    identity = {"code": _code_state(answer, found, register), "dob": "right", "name": "right"}
    if closer:
        identity["name"] = "another"
        reasons.append(Reason("name_of_another", _NAME_OF_ANOTHER))
    if names.signer_differs(person):
        identity["name"] = "wrong"
        reasons.append(Reason("signed_by_another", "The signature is not the patient's name."))
    if found.how == "repaired":
        doubtful = rank == SLIP
        reasons.append(Reason("code_repaired", _CODE_REPAIRED, blocks=doubtful))
    if rank < EXACT and not closer:
        form = "typed with a slip" if rank == SLIP else "another form of the patient's"
        reasons.append(Reason("name_form", f"The name is {form}.", blocks=False))
    reasons += _dob_reasons(answer)
    return _Proof(person, [person, *dict.fromkeys(closer)], identity, reasons)


class _Names:
    """How the typed names agree with patients, asked once for each patient."""

    def __init__(self, answer: Answer, register: Register):
        self._typed = answer.names
        self._known_given = register.known_given
        self._known: dict[int, list[Agreement]] = {}

    def _each(self, person: Person) -> list[Agreement]:
        if person.id not in self._known:
            self._known[person.id] = [agreement(name, person, self._known_given) for name in self._typed]
        return self._known[person.id]

    def of(self, person: Person) -> Agreement:
        """The first name typed: the patient's own, or the signature where it alone was asked."""
        each = self._each(person)
        return each[0] if each else Agreement()

    def fit(self, person: Person) -> tuple[int, int]:
        agreed = self.of(person)
        return agreed.rank, agreed.given

    def signer_differs(self, person: Person) -> bool:
        return any(not one.right for one in self._each(person)[1:])

    def state(self, person: Person | None) -> str:
        if not self._typed:
            return "missing"
        return "right" if person and self.of(person).right and not self.signer_differs(person) else "wrong"


def _fits(person: Person, answer: Answer, names: _Names) -> bool:
    return person.born in answer.births and names.of(person).right


def _best_named(persons: list[Person], names: _Names) -> list[Person]:
    """Those whose name agrees best: twins on one phone differ in the given or middle name."""
    best = max(_closeness(names.of(person)) for person in persons)
    return [person for person in persons if _closeness(names.of(person)) == best]


def _closeness(agreed: Agreement) -> tuple[int, int, int]:
    return agreed.rank, agreed.given, agreed.middle


def _code_state(answer: Answer, found: Found, register: Register) -> str:
    if not found.code:
        return found.how
    life = _life_reason(answer, register.issued[found.code])
    return life.code.removeprefix("code_") if life else {"exact": "right"}.get(found.how, found.how)


def _code_reasons(answer: Answer, found: Found, register: Register) -> list[Reason]:
    if found.code:
        life = _life_reason(answer, register.issued[found.code])
        return [life] if life else []
    if found.candidates:
        return [Reason("code_ambiguous", "The code could be one of several.")]
    if found.how == "missing":
        return [Reason("code_missing", "No code was given: call the patient back before this is applied.")]
    return [Reason("code_unknown", "The code is not one that was issued.")]


def _life_reason(answer: Answer, issued: Issued) -> Reason | None:
    """Judged at the moment of completion, not of import."""
    moment = _moment(answer)
    if moment is None:
        return Reason("code_undated", "Without a time of completion the code's life cannot be judged.")
    if issued.revoked and (issued.revoked_at is None or moment >= issued.revoked_at):
        return Reason("code_revoked", "The code had been replaced or withdrawn before this answer.")
    if issued.expires_at and moment > issued.expires_at:
        return Reason("code_expired", "A late answer: the code had expired when it was completed.")
    if issued.issued_at and moment < issued.issued_at - ISSUED_LATER_BY:
        return Reason("code_early", "The answer was completed before its code was issued.")
    return None


def _dob_state(answer: Answer, person: Person | None) -> str:
    if not answer.birth_texts:
        return "missing"
    if not answer.births:
        return "unreadable"
    if len(set(answer.births)) > 1:
        return "differ"
    return "right" if person and person.born in answer.births else "wrong"


def _dob_reasons(answer: Answer) -> list[Reason]:
    if len(set(answer.births)) > 1:
        return [Reason("births_differ", "The two dates of birth differ.")]
    if len(answer.births) < len(answer.birth_texts):
        return [Reason("birth_unreadable", "A date of birth cannot be read.")]
    return []


_MISMATCHES = {
    ("dob", "missing"): "No date of birth was given.",
    ("dob", "unreadable"): "The date of birth cannot be read.",
    ("dob", "differ"): "The two dates of birth differ.",
    ("dob", "wrong"): "The date of birth is not the patient's.",
    ("name", "missing"): "No name was given.",
    ("name", "wrong"): "The name is not the patient's.",
}


def _mismatches(identity: Mapping[str, str]) -> list[Reason]:
    items = ((f"{part}_{identity[part]}", _MISMATCHES.get((part, identity[part]))) for part in ("dob", "name"))
    return [Reason(code, words) for code, words in items if words]


def _ranked(answer: Answer, register: Register, found: Found, covered: list[Person], names: _Names) -> list[Person]:
    """Whoever the answer may be from, best first."""
    maybe = [person for code in found.candidates for person in register.covered_by(code)]
    pool = {person.id: person for person in (*covered, *maybe, *register.born_on(answer.births))}
    for name in answer.names:
        pool |= {person.id: person for person in register.surnamed(name)}
    by_code = {person.id: 1.5 for person in maybe} | {person.id: 3 for person in covered}
    scored = [(_likeness(person, answer, names) + by_code.get(person.id, 0), person) for person in pool.values()]
    likely = [(score, person) for score, person in scored if score >= 3]
    likely.sort(key=lambda pair: -pair[0])
    return [person for _, person in likely[:_MOST_CANDIDATES]]


def _likeness(person: Person, answer: Answer, names: _Names) -> float:
    agreed = names.of(person)
    name = {EXACT: 4, VARIANT: 3.4, SLIP: 2.5, NONE: 0}[agreed.rank] + 0.2 * agreed.middle
    birth = max((_birth_likeness(person.born, born) for born in answer.births), default=0)
    return name * (0.7 if agreed.suffix_clash else 1) + birth


def _birth_likeness(known: date | None, typed: date) -> float:
    """4.5, more than any name, for the day itself, less for one wrong digit or day and month swapped."""
    if known is None:
        return 0
    if known == typed:
        return 4.5
    digits = _digits_apart(known, typed)
    return 2 if swapped(known, typed) or digits == 1 else 1 if digits == 2 else 0


def swapped(known: date, typed: date) -> bool:
    """Day and month stand in each other's place."""
    return (known.year, known.month, known.day) == (typed.year, typed.day, typed.month)


def one_digit_apart(known: date, typed: date) -> bool:
    return _digits_apart(known, typed) == 1


def _digits_apart(known: date, typed: date) -> int:
    return sum(a != b for a, b in zip(known.isoformat(), typed.isoformat(), strict=True))


def _content_reasons(answer: Answer) -> list[Reason]:
    """What the answer itself leaves open, whoever gave it."""
    reasons = []
    records = answer.decisions.get("records", "blank")
    if records == "blank":
        reasons.append(Reason("records_unanswered", "The question about the records was not answered."))
    if answer.signed is None:
        reasons.append(Reason("no_signature_asked", "The form asks for no signature: ask the patient to sign."))
    reasons += [Reason(COLUMN_OPEN, _NOT_UNDERSTOOD.format(heading[:80])) for heading in answer.open_columns]
    if answer.signed is False:
        reasons.append(Reason("not_signed", "The answer is not signed: its signature box or name is empty."))
    if answer.representative:
        reasons.append(Reason("representative", "Somebody signed for the patient: check the authority."))
    for kind in KINDS[:3]:
        said = answer.decisions.get(kind, "blank")
        if said == "more_information":
            reasons.append(Reason("more_information", f"Wants more information ({_ASKED[kind]}): call."))
        elif said == "unclear" or (kind == "records" and said == "not_applicable"):
            reasons.append(Reason("unclear", f"The answer about {_ASKED[kind]} is not clear."))
    if answer.decisions.get("voluntary", "yes") != "yes":
        reasons.append(Reason("not_ticked", "The box about the free choice or the signature is not ticked."))
    if answer.decisions.get("understood") == "no":
        reasons.append(Reason("not_understood", "The patient did not confirm the explanation: call."))
    if answer.decisions.get("texting") in ("unclear", "more_information"):
        reasons.append(Reason("texting_unclear", "The wish about text messages is not clear.", blocks=False))
    return reasons


_NOT_UNDERSTOOD = "The column “{}” is not understood: confirm the columns."
_ASKED = {"records": "the records", "apcm": "APCM", "notice": "the notice to the old practice"}


def _reasons_of_the_past(answer: Answer, past: Sequence[Earlier]) -> list[Reason]:
    """Contradictions with what the same patient said before, or, where files came late, after."""
    moment = _moment(answer)
    reasons: dict[str, Reason] = {}
    for kind in KINDS:
        said = answer.decisions.get(kind)
        if said not in ("yes", "no"):
            continue
        told = sorted(
            (one for one in past if one.decisions.get(kind) in ("yes", "no") and one.completed_at),
            key=lambda one: one.completed_at,
        )
        before = [one for one in told if one.completed_at <= moment]
        after = [one for one in told if one.completed_at > moment]
        for one in (*before[-1:], *[one for one in before if one.effective][-1:]):
            reason = _change(one.decisions[kind], said, moment - one.completed_at)
            if reason:
                reasons.setdefault(reason.code, reason)
        if after:
            reason = _change(said, after[0].decisions[kind], after[0].completed_at - moment)
            if reason and reason.blocks:
                reasons.setdefault(reason.code, reason)
    return list(reasons.values())


def _change(first: str, then: str, gap: timedelta) -> Reason | None:
    if first == then:
        return None
    if then == "yes":
        return Reason("yes_after_no", "The patient had said no before: ask which answer stands.")
    if gap < CONFLICT_WITHIN:
        return Reason("conflict", "Yes and no within a day: ask which answer stands.")
    return Reason("revocation", "The patient takes back an earlier yes.", blocks=False)
