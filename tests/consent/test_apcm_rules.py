"""V1 to V14 of the domain, each allowed and refused, and the warnings. No database."""

from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.apcm import reference
from consent.apcm.cases import Biller, Case, Claimed, Fact, House, Said
from consent.apcm.consents import DISCLOSURES
from consent.apcm.levels import level
from consent.apcm.rules import examine, may_claim

NO_DATABASE = True
JAN, FEB, MAR, APR = (date(2027, month, 1) for month in (1, 2, 3, 4))
MOVES, STAYS, NEW = "1234567893", "1245319599", "1679576722"
LEE = Biller(1, "Ann Lee, MD", MOVES, True, True, date(2027, 1, 1))
LEE_BEFORE = Biller(2, "Ann Lee, MD", MOVES, False, False)
NURSE = Biller(3, "Bo Ray, NP", STAYS, False, False)
COLLEAGUE = Biller(4, "Cy Orr, MD", NEW, True, True, date(2027, 1, 1))
HOUSE = House(date(2027, 1, 1), date(2027, 6, 1), {b.pk: b for b in (LEE, LEE_BEFORE, NURSE, COLLEAGUE)})


def at(day: date, hour=18) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def yes(day=date(2026, 12, 10), **more) -> Said:
    return Said("given", at(day), day, **{"practitioner": 1, "disclosed": frozenset(DISCLOSURES), **more})


def no(day, **more) -> Said:
    return Said("revoked", at(day), day, **more)


def fact(kind, on=date(2027, 1, 5), **more) -> Fact:
    return Fact(kind, on, **more)


PAYER = fact("payer", answer="part_b")
CONDITIONS = fact("conditions", on=date(2026, 12, 1), number=2)
SEEN = fact("visit", on=date(2026, 6, 1), npi=MOVES)
QMB_NO = fact("qmb", month=JAN, answer="no")
BASE = (PAYER, CONDITIONS, SEEN, QMB_NO)


def case(*facts, said=(None,), without=(), **more) -> Case:
    kept = [each for each in BASE if each.kind not in without]
    said = [yes() if each is None else each for each in said]
    return Case(**{"born": date(1950, 1, 2), "facts": frozenset([*kept, *facts]), "said": frozenset(said), **more})


def codes(about: Case, month=JAN, house=HOUSE) -> list[str]:
    return [block.code for block in examine(about, month, house).blocks]


def warned(about: Case, month=JAN) -> list[str]:
    return [each.code for each in examine(about, month, HOUSE).warnings]


def test_a_whole_case_is_ready():
    verdict = examine(case(), JAN, HOUSE)
    assert (verdict.state, verdict.level.counts, verdict.biller, verdict.warnings) == ("ready", 2, LEE, ())


@pytest.mark.parametrize(
    ("conditions", "qmb", "expected"),
    [
        (0, "yes", 1), (0, "no", 1), (0, "unknown", 1),
        (1, "yes", 1), (1, "no", 1), (1, "unknown", 1),
        (2, "yes", 3), (2, "no", 2), (2, "unknown", 2),
        (3, "yes", 3), (3, "no", 2), (3, "unknown", 2),
        (None, "yes", None), (None, "no", None), (None, "unknown", None),
    ],
)  # fmt: skip
def test_the_level_by_conditions_and_qmb(conditions, qmb, expected):
    assert level(conditions, qmb) == expected


def test_every_block_says_what_to_do():
    for about in (case(said=()), case(without=("payer", "visit", "conditions")), case(deceased=True)):
        for block in examine(about, JAN, HOUSE).blocks:
            assert block.words.endswith(".")
            assert block.cure.endswith(".")


# V1, V2


def test_v1_level_3_needs_qmb_of_that_very_month():
    december = fact("qmb", month=date(2026, 12, 1), answer="yes")
    assert codes(case(fact("level", number=3, note="x"), without=("qmb",))) == ["V1"]
    assert codes(case(december, without=("qmb",), workbook_level=3)) == ["V1"]
    assert codes(case(fact("level", number=3, note="x"))) == ["V1"], "QMB is no"
    verdict = examine(case(fact("qmb", month=JAN, answer="yes"), without=("qmb",), workbook_level=3), JAN, HOUSE)
    assert (verdict.blocks, verdict.level.counts) == ((), 3)


def test_v1_qmb_that_says_yes_and_no_on_one_day_counts_as_not_known():
    both = [fact("qmb", month=JAN, answer=answer) for answer in ("yes", "no")]
    assert examine(case(*both, workbook_level=3), JAN, HOUSE).level.qmb == "unknown"
    assert codes(case(*both, workbook_level=3)) == ["V1"]


def test_v2_levels_2_and_3_need_two_conditions():
    one = fact("conditions", number=1)
    assert codes(case(one, fact("level", number=2, note="x"), without=("conditions",))) == ["V2"]
    assert codes(case(without=("conditions",), workbook_level=2)) == ["V2"]
    assert codes(case(without=("conditions",))) == ["V2"], "no level at all"
    assert codes(case(without=("conditions",), workbook_level=1)) == []
    assert codes(case(one, without=("conditions",))) == []


def test_both_levels_are_shown_and_a_difference_is_told():
    verdict = examine(case(workbook_level=1), JAN, HOUSE)
    assert (verdict.level.workbook, verdict.level.derived, verdict.level.counts) == (1, 2, 2)
    assert "level" in [each.code for each in verdict.warnings]
    lowered = examine(case(fact("level", number=1, note="declined the plan")), JAN, HOUSE)
    assert (lowered.level.counts, lowered.level.because, lowered.blocks) == (1, "declined the plan", ())


# V3, V10 to V13


@pytest.mark.parametrize("untold", list(DISCLOSURES))
def test_v3_each_disclosure_is_needed(untold):
    assert codes(case(said=[yes(disclosed=frozenset(DISCLOSURES) - {untold})])) == ["V3"]


def test_v3_the_consent_names_a_practitioner_who_bills_here():
    assert codes(case(said=[yes(practitioner=None)])) == ["V3"]
    assert codes(case(said=[yes(practitioner=2)])) == ["V3"], "the one who moves, at the old practice"
    assert codes(case(said=[yes(practitioner=4)])) == []


@pytest.mark.parametrize(
    ("said_on", "service_on", "expected"),
    [
        (date(2026, 12, 31), None, []),
        (date(2027, 1, 31), None, []),
        (date(2027, 2, 1), None, ["V3"]),
        (date(2027, 1, 2), date(2027, 1, 2), []),
        (date(2027, 1, 2), date(2027, 1, 1), ["V3"]),
        (date(2026, 12, 31), date(2027, 1, 1), []),
    ],
)
def test_v3_the_consent_comes_before_the_months_end_and_its_first_service(said_on, service_on, expected):
    service = [fact("service", on=service_on, month=JAN)] if service_on else []
    assert codes(case(*service, said=[yes(said_on)])) == expected


def test_v3_answers_that_contradict_block():
    assert codes(case(contradicted=True)) == ["V3"]
    assert codes(case(said=[Said("declined", at(JAN), JAN)])) == ["V3"]


def test_v3_an_older_whole_consent_still_counts_beside_a_newer_half_one():
    assert codes(case(said=[yes(), yes(date(2027, 1, 3), disclosed=frozenset())])) == []


def test_v10_a_consent_is_neither_of_the_future_nor_before_birth_nor_before_its_wording():
    assert codes(case(said=[yes(date(2027, 1, 20))]), house=House(JAN, date(2027, 1, 19), HOUSE.billers)) == ["V10"]
    assert codes(case(said=[yes(date(2027, 1, 20))]), house=House(JAN, date(2027, 1, 20), HOUSE.billers)) == []
    assert codes(case(said=[yes()], born=date(2026, 12, 11))) == ["V10"]
    assert codes(case(said=[yes(worded_from=date(2026, 12, 11))])) == ["V10"]
    assert codes(case(said=[yes(worded_from=date(2026, 12, 10))])) == []


def test_v11_a_representative_needs_authority():
    assert codes(case(said=[yes(given_by="Sue Roe")])) == ["V11"]
    assert codes(case(said=[yes(given_by="Sue Roe", authority="power of attorney")])) == []


def test_v12_an_unchecked_form_and_a_text_never_count():
    assert codes(case(said=[yes(method="form", checked=False)])) == ["V12"]
    assert codes(case(said=[yes(method="form")])) == []
    assert codes(case(said=[yes(method="text")])) == ["V12"]
    assert codes(case(said=[], yes_in_review=True)) == ["V12"]


def test_v13_silence_is_no_consent():
    assert codes(case(said=[])) == ["V13"]


# V4, V14


@pytest.mark.parametrize(("month", "expected"), [(FEB, []), (MAR, []), (APR, ["V4"])])
def test_v4_a_stop_on_10_march_leaves_march_and_ends_april(month, expected):
    qmb = [fact("qmb", month=each, answer="no") for each in (FEB, MAR, APR)]
    stopped = [yes(), no(date(2027, 3, 10), effective_on=date(2027, 3, 31))]
    assert codes(case(*qmb, said=stopped), month) == expected
    assert codes(case(*qmb, said=[yes(), no(date(2027, 3, 10))]), month) == expected, "computed where it is not stored"


def test_v4_a_new_yes_after_the_stop_counts_again():
    said = [yes(), no(date(2027, 1, 10), effective_on=date(2027, 1, 31)), yes(date(2027, 2, 5))]
    assert codes(case(said=said), FEB) == []
    assert codes(case(said=said[:2]), FEB) == ["V4"]


def test_v4_a_stop_on_31_december_is_over_in_january():
    assert codes(case(said=[yes(), no(date(2026, 12, 31))])) == ["V4"]


def test_v14_a_stop_takes_effect_at_a_months_end():
    assert codes(case(said=[yes(), no(date(2027, 3, 10), effective_on=date(2027, 3, 30))]), MAR) == ["V14"]
    leap = [yes(), no(date(2028, 2, 10), effective_on=date(2028, 2, 29))]
    assert codes(
        case(said=leap, without=("visit",)), date(2028, 2, 1), House(JAN, date(2028, 3, 1), HOUSE.billers)
    ) == ["V7"]


# V5, V6


def test_v5_one_practitioner_a_month():
    assert codes(case(claimed=frozenset([Claimed(JAN, 4, 2)]))) == ["V5"]
    mine = examine(case(claimed=frozenset([Claimed(JAN, 1, 2)])), JAN, HOUSE)
    assert (mine.state, mine.blocks, mine.changed) == ("exported", (), [])
    assert codes(case(claimed=frozenset([Claimed(JAN, 1, 2, 7), Claimed(JAN, 1, 2, 8)]))) == ["V5"]
    assert codes(case(fact("old_billed", month=JAN))) == ["V5"]
    assert codes(case(fact("old_billed", month=date(2026, 12, 1)))) == []


def test_v6_the_old_practice_bills_december_the_new_one_from_january():
    december = date(2026, 12, 1)
    assert codes(case(fact("qmb", month=december, answer="no")), december) == ["V6"]
    assert codes(case()) == []
    assert codes(case(), house=House(None, HOUSE.today, HOUSE.billers)) == ["V6"]


@pytest.mark.parametrize(
    ("enrolled", "service", "expected"),
    [
        (date(2027, 1, 1), None, []),
        (date(2027, 1, 15), None, ["V6"]),
        (date(2027, 1, 15), date(2027, 1, 15), []),
        (date(2027, 1, 15), date(2027, 1, 14), ["V6"]),
        (date(2027, 2, 1), None, ["V6"]),
        (None, None, ["V6"]),
    ],
)
def test_v6_the_enrolment_covers_the_month(enrolled, service, expected):
    lee = Biller(1, "Ann Lee, MD", MOVES, True, True, enrolled)
    facts = [fact("service", on=service, month=JAN)] if service else []
    assert codes(case(*facts), house=House(JAN, HOUSE.today, {1: lee})) == expected


def test_v6_who_has_left_bills_no_later_month():
    lee = Biller(1, "Ann Lee, MD", MOVES, True, True, JAN, left_on=date(2027, 1, 20))
    house = House(JAN, HOUSE.today, {1: lee})
    assert codes(case(), JAN, house) == []
    assert codes(case(fact("qmb", month=FEB, answer="no")), FEB, house) == ["V6"]


# V7


def visited(*facts, month=JAN, **more):
    return codes(case(*facts, without=("visit",), **more), month)


@pytest.mark.parametrize(
    ("seen", "service", "expected"),
    [
        (date(2024, 1, 31), None, []),  # three years to the very day at the month's end
        (date(2024, 1, 30), None, ["V7"]),
        (date(2024, 1, 30), date(2027, 1, 30), []),
        (date(2024, 1, 29), date(2027, 1, 30), ["V7"]),
    ],
)
def test_v7_three_years_to_the_day(seen, service, expected):
    services = [fact("service", on=service, month=JAN)] if service else []
    assert visited(fact("visit", on=seen, npi=MOVES), *services) == expected


def test_v7_a_visit_on_29_february_counts_until_the_28th():
    seen = fact("visit", on=date(2024, 2, 29), npi=MOVES)
    assert visited(seen, fact("service", on=date(2027, 2, 28), month=FEB), month=FEB) == []
    assert visited(seen, fact("service", on=date(2027, 3, 1), month=MAR), month=MAR) == ["V7"]


def test_v7_seen_only_by_somebody_who_does_not_move_is_a_new_patient():
    by_nurse = fact("visit", on=date(2026, 11, 1), npi=STAYS)
    assert visited(by_nurse) == ["V7"]
    assert examine(case(by_nurse, without=("visit",)), JAN, HOUSE).initiating.state == "required"
    assert visited(by_nurse, fact("visit", on=date(2026, 1, 1), npi=MOVES)) == []
    assert visited(fact("visit", on=date(2026, 11, 1), npi=NEW)) == [], "a colleague of the new practice"


def test_v7_an_unknown_visit_blocks():
    assert visited() == ["V7"]
    assert visited(fact("visit", on=date(2026, 11, 1))) == ["V7"], "nobody knows who it was"


def test_v7_care_management_here_within_a_year_makes_it_needless():
    by_nurse = fact("visit", on=date(2026, 11, 1), npi=STAYS)
    assert visited(by_nurse, fact("prior", on=date(2026, 2, 1), npi=NEW)) == []
    assert visited(by_nurse, fact("prior", on=date(2026, 1, 30), npi=NEW)) == ["V7"]
    assert visited(by_nurse, fact("prior", on=date(2026, 12, 1), npi=STAYS)) == ["V7"], "at the old practice"
    assert visited(by_nurse, claimed=frozenset([Claimed(JAN, 1, 2)]), month=FEB) == []


def test_v7_an_initiating_visit_has_a_code_that_starts_apcm():
    done = {"on": date(2027, 1, 8), "npi": MOVES}
    assert visited(fact("initiating", codes=frozenset({"99214"}), **done)) == []
    assert visited(fact("initiating", codes=frozenset({"G0439"}), **done)) == []
    assert visited(fact("initiating", codes=frozenset({"99211"}), **done)) == ["V7"]
    assert visited(fact("initiating", codes=frozenset({"99214"}), on=date(2027, 2, 1), npi=MOVES)) == ["V7"]
    assert visited(fact("initiating", codes=frozenset({"99214"}), on=date(2027, 1, 8), npi=STAYS)) == ["V7"]


# V8, V9, payer


def test_v8_deceased_before_the_month():
    assert codes(case(fact("deceased", on=date(2026, 12, 31)), deceased=True)) == ["V8"]
    assert codes(case(fact("deceased", on=date(2027, 1, 1)), deceased=True)) == []
    assert codes(case(deceased=True)) == ["V8"], "the day is not known"


def test_v9_an_excluded_code_in_the_same_month():
    assert codes(case(fact("code", month=JAN, codes=frozenset({"99490"})))) == ["V9"]
    assert codes(case(fact("code", month=FEB, codes=frozenset({"99490"})))) == []
    assert codes(case(fact("code", month=JAN, codes=frozenset({"99457"})))) == [], "remote monitoring is allowed"


@pytest.mark.parametrize(
    "code", ["99487", "99437", "99424", "99427", "99495", "99446", "99452", "G2010", "98016", "G2252", "99423", "98972"]
)
def test_v9_knows_every_family(code):
    assert code in reference.families("excluded", JAN)
    assert "G2012" not in reference.families("excluded", JAN), "replaced"


def test_the_payer_must_be_medicare_part_b_or_a_plan_that_agrees():
    assert codes(case(without=("payer",))) == ["payer"]
    assert codes(case(fact("payer", on=date(2027, 1, 6), answer="advantage"))) == ["payer"]
    assert codes(case(fact("payer", on=date(2027, 1, 6), answer="advantage", source="plan"))) == []
    assert codes(case(fact("payer", on=date(2027, 1, 6), answer="other"))) == ["payer"]


def test_amounts_are_dated():
    assert reference.amounts(date(2025, 6, 1))["G0556"].usd != reference.amounts(JAN)["G0556"].usd
    assert reference.amounts(date(2024, 1, 1)) == {}


# Warnings


def test_the_warnings_of_the_domain():
    old = fact("qmb", on=date(2026, 12, 20), month=JAN, answer="yes")
    assert "qmb" in warned(case(old, without=("qmb",)))
    assert "qmb" in warned(case(without=("qmb",)))
    assert "payer" in warned(case(fact("payer", on=date(2026, 12, 31), answer="part_b"), without=("payer",)))
    assert "conditions" in warned(case(fact("conditions", on=date(2026, 1, 30), number=2), without=("conditions",)))
    assert "conditions" not in warned(case(fact("conditions", on=date(2026, 1, 31), number=2), without=("conditions",)))
    assert "visit" in warned(case(fact("visit", on=date(2024, 7, 31), npi=MOVES), without=("visit",)))
    assert "visit" not in warned(case(fact("visit", on=date(2024, 8, 1), npi=MOVES), without=("visit",)))
    owing = (fact("balance"), fact("qmb", month=JAN, answer="yes", on=date(2027, 1, 6)))
    assert "balance" in warned(case(*owing))
    assert "note" in warned(case(fact("note", note="Hospice since December.")))


def test_a_change_after_the_export_is_told():
    mine = frozenset([Claimed(JAN, 1, 2)])
    stopped = [yes(), no(date(2026, 12, 20))]
    assert examine(case(claimed=mine, said=stopped), JAN, HOUSE).changed == [
        "The patient stopped; the last month is 12/2026."
    ]
    assert "The level was 2 and is 1." in examine(case(fact("conditions", number=1), claimed=mine), JAN, HOUSE).changed


# Any order of arrival gives the same state; never two practitioners in one month


DAYS = st.dates(JAN, APR)
EVENTS = st.lists(
    st.one_of(
        st.builds(yes, st.dates(date(2026, 12, 1), date(2027, 4, 30)), practitioner=st.sampled_from([1, 2, 4])),
        st.builds(no, st.dates(date(2026, 12, 1), date(2027, 4, 30))),
        st.builds(
            lambda kind, on, month, answer: fact(kind, on=on, month=month, answer=answer),
            st.just("qmb"), st.dates(JAN, APR), st.sampled_from([JAN, FEB, MAR]), st.sampled_from(["yes", "no"]),
        ),
        st.builds(lambda on, n: fact("conditions", on=on, number=n), st.dates(JAN, APR), st.integers(0, 3)),
        st.builds(lambda on, npi: fact("visit", on=on, npi=npi), DAYS, st.sampled_from([MOVES, STAYS, ""])),
    ),
    max_size=8,
)  # fmt: skip


def state(events) -> list:
    """Taken in one by one in this order, as rows of a table."""
    said = frozenset(each for each in events if isinstance(each, Said))
    facts = frozenset(each for each in events if isinstance(each, Fact))
    about = Case(born=date(1950, 1, 2), facts=facts | {PAYER}, said=said, workbook_level=2)
    return [examine(about, month, HOUSE) for month in (JAN, FEB, MAR, APR)]


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_state(events, chance):
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert state(shuffled) == state(events)
    assert all(state(some) == state(events[:3]) for some in permutations(events[:3]))


def hand_over(events) -> dict[date, set[int]]:
    """{month: practitioners} after these events, months handed over between them as they become ready."""
    seen, claimed = [], set()
    ever: dict[date, set[int]] = {}
    for event in events:
        if isinstance(event, date):
            about = Case(
                born=date(1950, 1, 2), facts=frozenset([*BASE, *(each for each in seen if isinstance(each, Fact))]),
                said=frozenset(each for each in seen if isinstance(each, Said)), claimed=frozenset(claimed),
            )  # fmt: skip
            verdict = examine(about, event, HOUSE)
            if verdict.state == "ready":
                assert may_claim(claimed, event, verdict.biller.pk)
                claimed.add(Claimed(event, verdict.biller.pk, verdict.level.counts, len(claimed)))
                ever.setdefault(event, set()).add(verdict.biller.pk)
        else:
            seen.append(event)
    assert len({(row.month) for row in claimed}) == len(claimed)
    return ever


MIXED = (
    yes(), yes(date(2027, 1, 9), practitioner=4), yes(date(2027, 2, 9)),
    no(date(2027, 1, 20)), no(date(2027, 3, 2)), yes(date(2027, 3, 5), practitioner=4),
    JAN, JAN, FEB, FEB, MAR, MAR, APR,
    fact("conditions", on=date(2027, 1, 7), number=3), fact("old_billed", month=MAR),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.permutations(MIXED))
def test_never_two_practitioners_in_one_month(events):
    assert all(len(who) == 1 for who in hand_over(events).values())


@pytest.mark.long
def test_100_000_random_orders_never_give_two_practitioners_a_month():
    from random import Random

    chance = Random(20270101)
    facts = [event for event in MIXED if not isinstance(event, date)]
    last = state(facts)
    for _ in range(100_000):
        events = list(MIXED)
        chance.shuffle(events)
        assert all(len(who) == 1 for who in hand_over(events).values())
        assert state([event for event in events if not isinstance(event, date)]) == last
