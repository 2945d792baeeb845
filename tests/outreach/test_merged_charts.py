"""A merged chart is no patient any more, on any screen; what was said under it counts for the patient."""

import contextlib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent import ledger
from consent.invitations import invite
from consent.models import ApcmMonth, ConsentEvent
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.models import User
from outreach import facts, planning, standings
from outreach.actions import contacts, replies
from outreach.follow_up import waiting
from outreach.models import Attempt, Campaign, Match, Message, MessagePatient, Reply, Suppression
from patients import merging
from patients.models import ApcmEnrolment, DuplicatePair, Patient, PatientMerge, Phone
from tests.conftest import ROLES
from tests.makers import contact, line, patient, take_in

TABLES = (Phone, Match, MessagePatient, ApcmMonth, Attempt, Reply, ApcmEnrolment, Patient.campaigns.through,
          Patient.invitations.through)  # fmt: skip


@pytest.fixture
def two(monday):
    """One patient under two chart numbers, each with a phone of its own and one in common."""
    one, other = patient("1001"), patient("1002", "Johnny", phone="+12055550124", email="j@x.org")
    Phone.objects.create(patient=other, e164="+12055550123", label="home", kind="fixed_or_mobile")
    return one, other


def merged(kept, absorbed, **more) -> PatientMerge:
    kept.refresh_from_db()
    absorbed = Patient.charts.get(pk=absorbed.pk)
    return merging.merge(
        kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), **{"by": None, **more}
    )


def said(who, decision, kind="records", days_ago=0, **more):
    at = clock.now() - timedelta(days=days_ago)
    return ledger.record_event(
        patient=who, kind=kind, decision=decision, method="phone", occurred_at=at, by=None, **more
    )


def standing(who) -> str:
    return standings.with_standing(Patient.objects.filter(pk=who.pk)).get().standing


def rows() -> dict:
    return {model: sorted(model._base_manager.values_list("pk", "patient_id")) for model in TABLES}


def page(name: str, *args) -> str:
    return reverse(f"admin:patients_duplicatepair_{name}", args=args)


# Found and decided


def test_an_applied_list_finds_its_duplicates():
    take_in([line("1001"), line("1002", "SMITH, JON", cell=""), line("1003", "SMITH, MARY")])
    [pair] = DuplicatePair.objects.open()
    assert {pair.one.mrn, pair.other.mrn} == {"1001", "1002"}


def test_not_the_same_person_is_never_proposed_again(two):
    merging.look_for_duplicates()
    pair = DuplicatePair.objects.get()
    merging.say_different(pair, by=None)
    assert merging.look_for_duplicates() == 0
    pair.refresh_from_db()
    assert pair.verdict == "different"
    assert pair.decided_at
    with pytest.raises(ValidationError, match="meanwhile"):
        merging.say_different(pair, by=None)


def test_who_is_not_the_absorbed_chart_is_not_the_patient_either(two):
    third = patient("1003", "John", middle_name="A")
    merging.look_for_duplicates()
    merging.say_different(DuplicatePair.objects.get(one=two[1], other=third), by=None)
    merged(*two)
    assert merging.look_for_duplicates() == 0


def test_a_pair_that_is_no_longer_alike_goes(two):
    assert merging.look_for_duplicates() == 1
    Patient.objects.filter(pk=two[1].pk).update(first_name="Walter")
    assert merging.look_for_duplicates() == 0
    assert not DuplicatePair.objects.exists()


# What a merge does


def test_everything_goes_over_but_what_is_there_already(two):
    one, other = two
    Attempt.objects.create(patient=other, outcome="no_answer", at=clock.now())
    invite({"+12055550124": [other.pk]}, by=None)
    done = merged(one, other, from_absorbed=["email"])
    assert sorted(one.phones.values_list("e164", flat=True)) == ["+12055550123", "+12055550124"]
    assert one.attempts.count() == one.invitations.count() == 1
    assert Phone.objects.get(patient_id=other.pk).retired_at, "counts once in the household"
    one.refresh_from_db()
    assert (one.email, one.corrected) == ("j@x.org", ["email"])
    assert done.stayed == {"patients.phone.patient": [Phone.objects.get(patient_id=other.pk).pk]}


def test_every_table_that_names_a_patient_moves_or_says_why_not():
    """A new ledger, never written again, has to say so by `stays_with_chart`."""
    assert {merging.label_of(field) for field in merging.ledgers()} == {
        "consent.consentevent.patient", "consent.document.patient", "consent.disclosure.patient",
        "patients.carefact.patient",
        "consent.deskform.patient",
    }  # fmt: skip
    assert {field.model._meta.label for field in merging.relations()} >= {
        "patients.Phone", "patients.ApcmEnrolment", "consent.Response", "consent.InvitationPatient", "outreach.Match",
        "outreach.MessagePatient", "outreach.CampaignPatient", "outreach.Attempt", "outreach.Reply",
    }  # fmt: skip


def test_the_merged_chart_is_found_by_its_number_and_leads_to_the_patient(two, signed_in):
    merged(*two)
    assert list(Patient.objects.search("1002")) == [two[0]]
    client = signed_in("read_only")
    answer = client.get(reverse("admin:patients_patient_change", args=[two[1].pk]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("admin:patients_patient_change", args=[two[0].pk])
    assert "Chart 1002 was merged into this one" in answer.content.decode()
    assert client.get(reverse("admin:patients_patient_edit", args=[two[1].pk])).status_code in (302, 403, 404)


def test_its_number_cannot_be_given_to_somebody_else(two, signed_in):
    merged(*two)
    form = {"mrn": "1002", "last_name": "Brown", "phones-TOTAL_FORMS": 0, "phones-INITIAL_FORMS": 0}
    answer = signed_in("staff").post(reverse("admin:patients_patient_add"), form)
    assert "merged into chart 1001" in answer.content.decode()


@pytest.mark.parametrize("which", [0, 1])
def test_a_decision_of_either_chart_is_the_patients(two, which):
    said(two[which], "declined")
    merged(*two)
    assert standing(two[0]) == "declined"
    assert facts.patient_facts(Patient.objects.all())[two[0].pk].answered


@pytest.mark.parametrize("which", [0, 1])
def test_charts_that_contradict_are_a_conflict_until_a_person_replaces_one(two, which):
    kept, absorbed = two[which], two[1 - which]
    said(two[0], "given", days_ago=3)
    said(two[1], "declined", days_ago=1)
    merged(kept, absorbed)
    assert standing(kept) == "conflict"
    agreeing = ledger.draft_event(
        patient=kept, kind="records", decision="declined", method="phone", occurred_at=clock.now(), by=None
    )
    assert agreeing.contradicts, "agreeing with one side ends no contradiction"
    said(kept, "declined", replaces=agreeing.contradicts, note="Asked by phone.")
    assert standing(kept) == "declined"


def test_charts_that_agree_are_no_conflict(two):
    said(two[0], "given", days_ago=3)
    said(two[1], "given", days_ago=1)
    merged(*two)
    assert standing(two[0]) == "given"


def test_a_change_of_mind_after_the_merge_is_no_conflict(two, monday):
    said(two[1], "given", days_ago=3)
    merged(*two)
    monday(1)
    said(two[0], "declined")
    assert standing(two[0]) == "revoked"


@pytest.mark.parametrize("which", [0, 1])
def test_opted_out_if_either_chart_was(two, which, monday):
    said(two[which], "revoked", kind="texting", days_ago=2)
    said(two[1 - which], "given", kind="texting", days_ago=1)
    merged(*two)
    assert standing(two[0]) == "opted_out"
    monday(1)
    said(two[0], "given", kind="texting", **_replacing(two[0]))
    assert standing(two[0]) != "opted_out", "the patient allowed it again"


def _replacing(who) -> dict:
    before = ledger.draft_event(
        patient=who, kind="texting", decision="given", method="phone", occurred_at=clock.now(), by=None
    )
    stop = ConsentEvent.objects.effective().of_patient(who).filter(kind="texting", decision="revoked").get()
    return {"replaces": before.contradicts or stop, "note": "Asked to be texted again."}


def test_a_stop_on_a_number_of_the_absorbed_chart_counts(two):
    Suppression.objects.create(phone="+12055550124", reason="stop")
    merged(*two)
    assert standing(two[0]) == "opted_out"


def test_a_stop_on_a_contact_left_behind_counts_and_is_told_as_the_patients(two):
    """Both charts had a contact of their own; a patient has one, so the other stays with the merged chart."""
    mine = contact("entity_1", phone="+12055550123")
    theirs = contact("entity_2", phone="+12055550177")
    contacts.accept(patient=two[0], contact=mine, by=_person())
    contacts.accept(patient=two[1], contact=theirs, by=_person())
    merged(*two)
    assert list(replies.patients_of("+12055550177")) == [two[0]]
    assert standing(two[0]) != "opted_out"
    Suppression.objects.create(phone="+12055550177", reason="stop")
    assert standing(two[0]) == "opted_out"


def _person():
    return User.objects.get_or_create(username="decider", defaults={"role": "staff"})[0]


def test_a_merged_chart_is_never_texted_called_or_counted(two):
    contacts_of = [contact("entity_1"), contact("entity_2", phone="+12055550124")]
    for who, whose in zip(two, contacts_of, strict=True):
        contacts.accept(patient=who, contact=whose, by=_person())
    campaign = Campaign.objects.create(name="All", cohort="all")
    merged(*two)
    plan = planning.plan(campaign, Practice.current())
    assert {pk for text in plan.texts for pk in text.patient_ids} | set(plan.left_out) == {two[0].pk}
    assert [left.pk for left in waiting(Practice.current().today())] == [two[0].pk]
    assert standings.counts()["total"] == Patient.objects.count() == 1


def test_a_planned_text_of_the_absorbed_chart_is_the_patients(two):
    campaign = Campaign.objects.create(name="All", state="running", launched_at=clock.now())
    step = campaign.steps.create(day=0, body="{link}")
    invitation = invite({"+12055550124": [two[1].pk]}, by=None)["+12055550124"]
    text = Message.objects.create(campaign=campaign, step=step, phone="+12055550124", invitation=invitation)
    MessagePatient.objects.create(message=text, patient=two[1])
    said(two[0], "given")
    merged(*two)
    [asked] = facts.number_facts([text], Practice.current(), clock.now())[text.pk].patients
    assert asked.id == two[0].pk
    assert asked.answered, "so the gate refuses it"


DEEDS = st.tuples(st.sampled_from(["given", "declined", "stop", "merge", "undo", "excluded"]), st.integers(0, 5),
                  st.integers(0, 5))  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, max_size=12))
def test_whatever_is_merged_and_undone_the_standings_add_up(db, deeds):
    with transaction.atomic():
        charts = [patient(f"30{number}", f"Name{number}", phone=f"+1205555020{number}").pk for number in range(6)]
        for deed, one, other in deeds:
            with contextlib.suppress(ValidationError, Patient.DoesNotExist):
                _do(deed, charts[one], charts[other])
        found = standings.counts()
        unmerged = Patient.charts.filter(merged_into=None).count()
        assert found["total"] == sum(found[name] for name in standings.LABELS) == unmerged
        assert Patient.objects.count() == unmerged
        assert set(facts.patient_facts(Patient.objects.all())) == set(Patient.objects.values_list("pk", flat=True))
        transaction.set_rollback(True)


def _do(deed: str, one: int, other: int) -> None:
    who = Patient.objects.get(pk=one)
    if deed in ("given", "declined"):
        said(who, deed)
    elif deed == "stop":
        Suppression.objects.get_or_create(phone=f"+1205555020{who.mrn[-1]}", reason="stop", lifted_at=None)
    elif deed == "excluded":
        Patient.objects.filter(pk=one).update(held="asked")
    elif deed == "merge":
        merged(who, Patient.objects.get(pk=other))
    elif done := PatientMerge.objects.filter(kept=who, undone_at=None).first():
        merging.undo(done, by=None)


# Undo


def test_undo_puts_everything_back(two):
    one, other = two
    Attempt.objects.create(patient=other, outcome="no_answer", at=clock.now())
    ApcmEnrolment.objects.create(patient=other, level=1)
    said(other, "declined")
    before, fields = rows(), [vars(Patient.objects.get(pk=each.pk)) for each in two]
    done = merged(one, other, from_absorbed=["email", "first_name", "date_of_birth"])
    assert rows() != before
    merging.undo(done, by=None)
    assert rows() == before
    for old, each in zip(fields, two, strict=True):
        new = vars(Patient.objects.get(pk=each.pk))
        ignored = {"_state", "version", "changed_at"}
        assert {k: v for k, v in new.items() if k not in ignored} == {k: v for k, v in old.items() if k not in ignored}
    assert not Phone.objects.exclude(retired_at=None).exists()
    assert (standing(one), standing(other)) != ("declined", "declined")
    assert standing(other) == "declined"
    assert merging.look_for_duplicates() == 1


def test_a_changed_patient_stands_against_undoing(two):
    done = merged(*two)
    kept = Patient.objects.get(pk=two[0].pk)
    kept.touch()
    kept.save()
    with pytest.raises(ValidationError, match="changed after the merge"):
        merging.undo(done, by=None)
    assert Patient.objects.count() == 1


def test_a_later_decision_stands_against_undoing(two):
    done = merged(*two)
    said(two[0], "given")
    with pytest.raises(ValidationError, match="decision was recorded"):
        merging.undo(done, by=None)


def test_a_merge_is_undone_once_and_can_be_made_again(two):
    done = merged(*two)
    merging.undo(done, by=None)
    with pytest.raises(ValidationError, match="already"):
        merging.undo(done, by=None)
    merged(*two)
    assert PatientMerge.objects.filter(undone_at=None).count() == 1


def test_what_somebody_changed_meanwhile_is_not_merged_unseen(two):
    one, other = two
    with pytest.raises(ValidationError, match="meanwhile"):
        merging.merge(kept=one, absorbed=other, versions=(one.version, other.version + 1), by=None)


def test_a_chart_that_absorbed_another_stays(two):
    third = patient("1003")
    merged(*two)
    with pytest.raises(ValidationError, match="absorbed a chart before"):
        merged(third, two[0])
    merged(two[0], third)
    assert Patient.objects.count() == 1


# Lists after a merge


def test_a_list_with_both_chart_numbers_does_not_undo_the_merge(two):
    merged(*two)
    found = take_in([line("1001"), line("1002", "SMITH, JOHNNY", cell="(205) 555-0188")])
    outcomes = {proposal.mrn: proposal for proposal in found.proposals}
    assert outcomes["1002"].outcome == "unchanged"
    assert "merged into chart 1001" in outcomes["1002"].problems[0]["problem"]
    assert Patient.objects.count() == 1
    assert not Phone.objects.filter(e164="+12055550188").exists()


def test_a_list_with_the_merged_number_alone_does_not_lose_the_patient(two):
    merged(*two)
    found = take_in([line("1002", "SMITH, JOHNNY"), line("1009", "BROWN, ANN")])
    assert not [proposal for proposal in found.proposals if proposal.outcome == "vanished"]


# Pages


@pytest.mark.parametrize("role", ROLES)
def test_the_whole_way_through_the_pages(two, role, signed_in, user):
    may = role != "read_only"
    merging.look_for_duplicates()
    pair, client = DuplicatePair.objects.get(), signed_in(role)
    assert "1002" in client.get(page("changelist")).content.decode()
    shown = client.get(page("change", pair.pk)).content.decode()
    assert ("Not the same person" in shown) == may
    choices = {"keep": two[0].pk, "email": "other", "first_name": "one"}
    confirm = client.get(page("merge", pair.pk), choices)
    assert confirm.status_code == (200 if may else 403)
    if may:
        assert "Phones: 2" in confirm.content.decode()
    seen = f"{two[0].version} {two[1].version}"
    answer = client.post(page("merge", pair.pk), choices | {"seen": seen})
    assert answer.status_code == (302 if may else 403)
    assert Patient.objects.count() == (1 if may else 2)
    if not may:
        assert client.post(page("different", pair.pk)).status_code == 403
        return
    done = PatientMerge.objects.get()
    assert (done.by.role, done.kept, done.kept.email) == (role, two[0], "j@x.org")
    assert "Undo this merge" in client.get(page("merged", done.pk)).content.decode()
    assert "1002" in client.get(page("merges")).content.decode()
    assert client.get(page("change", pair.pk)).status_code == 302
    client.post(page("undo", done.pk))
    assert Patient.objects.count() == 2
    client.post(page("different", pair.pk))
    assert DuplicatePair.objects.get().verdict == "different"


def test_who_may_only_look_cannot_undo(two, signed_in):
    done = merged(*two)
    client = signed_in("read_only")
    assert "Undo this merge" not in client.get(page("merged", done.pk)).content.decode()
    assert client.post(page("undo", done.pk)).status_code == 403


def test_the_phone_says_who_gave_it_and_a_homes_number_is_marked(two, signed_in):
    Phone.objects.filter(patient=two[0]).update(given_by="the spouse")
    for number in range(4):
        patient(f"20{number}", "Guest", f"Other{number}", phone="+12055550123")
    shown = signed_in("read_only").get(reverse("admin:patients_patient_change", args=[two[0].pk])).content.decode()
    assert "From the spouse" in shown
    assert "Shared by 6 patients" in shown
