"""Letters: who gets one, what is on the paper, the post office, and what came back."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
import segno
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from pypdf import PdfReader

from consent import addresses, letter_paper, letters, returned_mail
from consent.codes import show
from consent.invitations import revoke
from consent.ledger import record_event
from consent.models import AddressVersion, Invitation, Letter, LetterBatch, Wording
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pdf import unprintable
from explorer.lib.tables import write_csv
from outreach.follow_up import last_try, waiting
from outreach.standings import with_standing
from patients import merging
from patients.models import Patient
from tests.conftest import ROLES
from tests.makers import HOME, letter_wording, patient
from tests.makers import letters as made

MM = 72 / 25.4
WITH_ALL = (
    "Dear {patient},\n\n{doctor} moves from {old_practice} to {new_practice} on {transition_date}. Call {phone}. "
    "Your code is {code}.\n\n{practice}, {date}"
)


@pytest.fixture
def home(practice, monday):
    practice.doctor, practice.old_practice, practice.new_practice = "Dr. Ada", "Southview", "Home Team"
    practice.transition_date, practice.mail_address = date(2027, 1, 4), "PO Box 555\nBirmingham, AL 35201"
    practice.save()
    return practice


def someone(mrn="1", **fields) -> Patient:
    return patient(mrn=mrn, phone="", **HOME | fields)


def posted(*people, **more) -> LetterBatch:
    batch = made(people, **more)
    letters.print_batch(batch, by=None)
    batch.refresh_from_db()
    letters.post_batch(batch, posted_on=Practice.current().today(), by=None)
    batch.refresh_from_db()
    return batch


def why(person: Patient, **more) -> str:
    return letters.choose([person.pk], **{"kind": "letter", "envelope": "single"} | more)[0].why


def placed(content: bytes, page: int = 0) -> list[tuple[float, float, str]]:
    """(left end, base line, words) of each piece of text, in millimetres from the upper left corner."""
    found, sheet = [], PdfReader(io.BytesIO(content)).pages[page]

    def see(text, _, place, *rest):
        if text.strip():
            found.append((place[4] / MM, letter_paper.SHEET_HEIGHT - place[5] / MM, text.strip()))

    sheet.extract_text(visitor_text=see)
    return found


def words(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


# Who gets one


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"deceased": True}, "deceased"),
        ({"held": "asked by the family"}, "held"),
        ({"left_list_at": "2026-12-01T00:00Z"}, "left_list"),
        ({"address": " "}, "no_address"),
        ({"city": ""}, "no_address"),
        ({"zip": "3520"}, "incomplete"),
        ({"zip": "352051234"}, ""),
        ({"state": ""}, "incomplete"),
        ({"last": "김"}, "unprintable"),
        ({"last": "كريم"}, "unprintable"),
        ({"last": "Nguyễn Đặng"}, ""),
        ({"first": "Wolfeschlegelstein " * 4, "address": "Boulevard " * 11, "address2": "Suite " * 19}, "too_long"),
    ],
)
def test_a_patient_is_left_out_for_one_reason_in_words(fields, reason):
    assert why(someone(**fields)) == reason
    assert reason == "" or letters.LEFT_OUT[reason]


def test_who_has_answered_is_not_asked_by_letter_but_gets_the_notice():
    person = someone()
    record_event(patient=person, kind="records", decision="given", method="phone", occurred_at=clock.now(), by=None)
    assert why(person) == "answered"
    assert why(person, kind="transition") == ""


def test_a_minors_letter_goes_to_the_parents():
    child = someone(date_of_birth=date(2015, 1, 1))
    assert made([child]).letters.get().name == "Parent or guardian of John Smith"
    spanish = letter_wording(language="es", text="Hola {patient}")
    assert made([child], wording=spanish, again=True).letters.get().name.startswith("A los padres")


def test_made_twice_nobody_gets_two_letters_unless_asked():
    one, other = someone("1"), someone("2")
    made([one])
    second = made([one, other])
    assert [letter.patient for letter in second.letters.all()] == [other]
    with pytest.raises(ValidationError, match="None of these patients"):
        made([one, other])
    assert made([one, other], kind="transition").letters.count() == 2
    assert made([one, other], again=True).letters.count() == 2


def test_who_died_or_answered_after_the_letters_were_made_gets_none(signed_in, home):
    gone, here = someone("1", first="Ann"), someone("2", first="Bob")
    batch = made([gone, here])
    page = reverse("admin:consent_letterbatch_change", args=[batch.pk])
    Patient.objects.filter(pk=gone.pk).update(deceased=True)
    with pytest.raises(ValidationError, match="1 of these letters must not go any more"):
        letters.print_batch(batch, by=None)
    client = signed_in("staff")
    assert "Ann Smith: recorded as deceased" in client.get(page).content.decode()
    letters.cancel_batch(batch, by=None)
    again = made([gone, here])
    letters.print_batch(again, by=None)
    record_event(patient=here, kind="records", decision="given", method="phone", occurred_at=clock.now(), by=None)
    told = client.get(reverse("admin:consent_letterbatch_change", args=[again.pk])).content.decode()
    assert "Take these letters out" in told
    assert "Bob Smith: has answered already" in told
    assert letters.print_batch(again, by=None).same, "what was printed once is printed again as it was"


def test_a_cancelled_batch_counts_for_nothing_and_a_posted_one_stays():
    person = someone()
    letters.cancel_batch(made([person]), by=None)
    batch = posted(person)
    with pytest.raises(ValidationError, match="posted"):
        letters.cancel_batch(batch, by=None)


def test_active_are_those_seen_in_the_last_36_months():
    today = date(2027, 2, 28)
    for mrn, seen in (("1", date(2024, 2, 28)), ("2", date(2024, 2, 27)), ("3", None)):
        someone(mrn, last_visit=seen)
    assert [each.mrn for each in letters.active_patients(today)] == ["1"]
    assert not letters.active_patients(date(2028, 2, 29)).filter(mrn="1")


def test_letters_lie_in_the_order_of_the_zip_codes():
    for mrn, code in (("1", "35242"), ("2", "35005"), ("3", "35205")):
        someone(mrn, zip=code)
    batch = made(Patient.objects.all())
    assert [letter.address.zip for letter in batch.letters.order_by("number")] == ["35005", "35205", "35242"]


def test_each_patient_has_a_code_that_is_good_for_three_more_weeks(monday):
    one, other = someone("1"), someone("2")
    early = made([one]).letters.get().invitation
    monday(50)
    batch = made([one, other], again=True)
    codes = {letter.patient: letter.invitation for letter in batch.letters.all()}
    assert codes[one] != early, "ten days are not enough for a letter"
    assert all(code.expires_at > clock.now() + timedelta(days=21) for code in codes.values())
    revoke(codes[one], by=None)
    assert made([one], again=True).letters.get().invitation not in (early, codes[one])


def test_a_wording_that_lacks_something_makes_no_letter(home):
    person = someone()
    for text, problem in (("{nonsense}", "nonsense"), ("안녕 {patient}", "font lacks")):
        with pytest.raises(ValidationError, match=problem):
            made([person], wording=letter_wording(text=text))
    home.doctor = ""
    home.save()
    with pytest.raises(ValidationError, match="doctor"):
        made([person], wording=letter_wording(text=WITH_ALL))
    with pytest.raises(ValidationError, match="no longer in force"):
        made([person], wording=letter_wording(retired_at=clock.now()))
    with pytest.raises(ValidationError, match="01/01/2030"):
        made([person], wording=letter_wording(valid_from=date(2030, 1, 1)))
    assert not Letter.objects.exists()
    assert not Invitation.objects.exists()


def test_a_made_letter_seals_its_wording_and_records_the_acts(user):
    by, wording = user("staff"), letter_wording()
    batch = made([someone()], wording=wording, by=by)
    wording.refresh_from_db()
    assert wording.is_sealed
    letters.print_batch(batch, by=by)
    letters.labels(batch, by=by)
    kept = LogEntry.objects.filter(actor=by)
    models = {"letter", "letterbatch", "addressversion", "wording", "invitation"}
    assert models <= set(kept.values_list("content_type__model", flat=True))
    assert any("PDF" in entry.changes for entry in kept)
    assert "Oak Street" not in str(list(kept.values_list("changes", flat=True)))


# The paper


@pytest.mark.parametrize("envelope", ["single", "double"])
@pytest.mark.parametrize("address2", ["", "Building 7, Apartment 1204, behind the old mill"])
def test_the_address_lies_in_the_window_wherever_the_sheet_slides(home, envelope, address2):
    person = someone(first="Maximiliana Theodora", last="Featherstonehaugh", address2=address2)
    content = letters.pdf(made([person], wording=letter_wording(text=WITH_ALL), envelope=envelope))
    area, seen = letter_paper.address_area(envelope), letter_paper.ever_seen(letter_paper.ADDRESS_WINDOW[envelope])
    window = letter_paper.on_the_sheet(letter_paper.ADDRESS_WINDOW[envelope])
    assert (area.left - window.left, window.bottom - area.bottom) == pytest.approx((25.4 / 8, 25.4 / 8))
    shown = [(x, y, text) for x, y, text in placed(content) if x < seen.right and seen.top < y < seen.bottom + 3]
    lines = " ".join(text for _, _, text in shown)
    for part in ("Maximiliana", "Featherstonehaugh", "12 Oak Street", address2[-8:], "Birmingham, AL 35205"):
        assert part in lines
    assert all(area.left - 0.1 <= x <= area.right and area.top + 1.5 <= y <= area.bottom for x, y, _ in shown)
    assert not re.search("code|records|Southview|Dr", lines), "nothing private shows through"
    if envelope == "double":
        sender = letter_paper.on_the_sheet(letter_paper.SENDER_WINDOW["double"])
        mail = [(x, y) for x, y, text in placed(content) if text in ("PO Box 555", "Birmingham, AL 35201")]
        assert len(mail) == 2
        assert all(sender.left <= x and sender.top <= y <= sender.bottom for x, y in mail)


def test_the_windows_are_where_the_trade_puts_them():
    """The sheet that lies at the bottom of the envelope, folded at 4 inches, is an eighth of an inch lower."""
    single = letter_paper.on_the_sheet(letter_paper.ADDRESS_WINDOW["single"])
    inches = [length / 25.4 for length in (single.left, single.top, single.width, single.height)]
    assert inches == pytest.approx([0.875, 2.5, 3.5, 1.0])


def test_code_and_picture_stand_on_the_first_page_and_outside_every_window(home):
    batch = made([someone()], wording=letter_wording(text=WITH_ALL))
    content, code = letters.pdf(batch), batch.letters.get().invitation.code
    text = words(content)[0].replace("\n", "-")
    assert show(code) in text
    seen = letter_paper.ever_seen(letter_paper.ADDRESS_WINDOW["single"])
    assert all(x > seen.right for x, y, said in placed(content) if said.startswith(code[:4]) and y < seen.bottom)
    assert "Good until February 5, 2027" in text
    assert "January 4, 2027" in text


@pytest.mark.parametrize("base", ["", "https://go.example.com/"])
def test_the_picture_is_the_personal_link(home, base):
    home.short_link_base = base
    home.save()
    batch = made([someone()])
    code = batch.letters.get().invitation.code
    link = f"{base}#{code}" if base else home.form_sample_url.replace("TOKEN123", code)
    assert len(link) < letter_paper.LONGEST_LINK
    drawn, size = _modules(letters.pdf(batch))
    expected = segno.make(link, error="m", micro=False, boost_error=False)
    assert drawn == {(x, y) for y, row in enumerate(expected.matrix_iter(border=4)) for x, on in enumerate(row) if on}
    assert size == pytest.approx(letter_paper.PICTURE / expected.symbol_size(border=4)[0], abs=0.01)


def _modules(content: bytes) -> tuple[set[tuple[int, int]], float]:
    """The black modules as they are painted, and the length of one in millimetres."""
    painted = PdfReader(io.BytesIO(content)).pages[0].get_contents().get_data().decode("latin-1")
    unit, runs = re.search(r"q ([\d.]+) 0 0 -[\d.]+ [\d.]+ [\d.]+ cm ((?:\d+ \d+ \d+ 1 re ?)+)f Q", painted).groups()
    rectangles = re.findall(r"(\d+) (\d+) (\d+) 1 re", runs)
    return {(int(x) + step, int(y)) for x, y, n in rectangles for step in range(int(n))}, float(unit) / MM


def test_every_letter_counts_its_own_pages_and_encloses_the_form(home):
    form = letter_wording("records", text="I allow {old_practice} to send a copy.\n\n" * 3, title="Authorization")
    long = letter_wording(text="Dear {patient},\n\n" + "A sentence of no importance at all. " * 90)
    pages = words(letters.pdf(made([someone("1"), someone("2")], wording=long, enclosed=form)))
    assert len(pages) == 6
    assert [re.search(r"\d / \d", page)[0] for page in pages] == ["1 / 3", "2 / 3", "3 / 3"] * 2
    assert "Signature" in pages[2]
    assert "I allow Southview" in pages[2]
    form.refresh_from_db()
    assert form.is_sealed


def test_a_form_with_lines_of_its_own_is_not_signed_twice(home):
    form = letter_wording("records", text="I allow it.\n\nSignature: ________ Date: ______", title="Authorization")
    signed = words(letters.pdf(made([someone()], enclosed=form)))[1]
    assert signed.count("Signature") == 1
    assert "Date of birth" in signed


def test_spanish_letters_are_spanish(home):
    batch = made([someone()], wording=letter_wording(language="es", text="Hola {patient}: {transition_date}, {date}"))
    text = words(letters.pdf(batch))[0]
    for said in ("Su código personal", "Válido hasta el 5 de febrero de 2027", "4 de enero de 2027"):
        assert said in text


def test_the_same_bytes_come_again_whatever_changes_later(home):
    person = someone()
    batch = made([person], wording=letter_wording(text=WITH_ALL))
    first = letters.print_batch(batch, by=None)
    Practice.objects.update(name="Another", phone="", form_sample_url="", time_zone="America/New_York", mail_address="")
    Patient.objects.update(first_name="Jane", address="99 Elm Street", zip="35999")
    again = letters.print_batch(LetterBatch.objects.get(pk=batch.pk), by=None)
    assert again == first
    assert again.same


def test_what_was_printed_withstands_sql():
    batch = posted(someone())
    for sql in (
        "UPDATE consent_letter SET name = 'x'", "DELETE FROM consent_letter", "DELETE FROM consent_letterbatch",
        "UPDATE consent_letterbatch SET dated_on = '2020-01-01'", "UPDATE consent_letterbatch SET sha256 = 'x'",
        "UPDATE consent_addressversion SET street = 'x'", "DELETE FROM consent_addressversion",
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="is never"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert batch.letters.get().address.street == "12 Oak Street"


def test_many_letters_take_little_room():
    for number in range(40):
        someone(str(number), first=f"N{number}")
    content = letters.print_batch(made(Patient.objects.all()), by=None).content
    assert len(PdfReader(io.BytesIO(content)).pages) == 40
    assert len(content) < 40 * 6_000


def test_letters_that_run_from_right_to_left_are_not_set():
    assert unprintable("Zoë Nguyễn Łukasz") == ""
    assert set(unprintable("שלום 김 a")) == set("שלום김")


# The post office, and back


def test_the_postmark_is_not_in_the_future_nor_before_the_letter_nor_twice(monday):
    batch = made([someone()])
    today = Practice.current().today()
    with pytest.raises(ValidationError, match="Print the letters first"):
        letters.post_batch(batch, posted_on=today, by=None)
    letters.print_batch(batch, by=None)
    for day in (today + timedelta(days=1), today - timedelta(days=1)):
        with pytest.raises(ValidationError):
            letters.post_batch(batch, posted_on=day, by=None)
    letters.post_batch(batch, posted_on=today, certified="9407 1", by=None)
    with pytest.raises(ValidationError, match="posted already"):
        letters.post_batch(batch, posted_on=today, by=None)


def standing(person) -> str:
    return with_standing(Patient.objects.filter(pk=person.pk)).get().standing


def test_a_posted_letter_invites_until_it_comes_back(monday):
    person = someone()
    batch = made([person])
    letters.print_batch(batch, by=None)
    assert standing(person) == "cannot_be_reached"
    letters.post_batch(batch, posted_on=Practice.current().today(), by=None)
    assert standing(person) == "invited"
    returned_mail.record_return(batch.letters.get(), reason="moved", by=None)
    assert standing(person) == "cannot_be_reached"


def follow(person):
    [left] = waiting(Practice.current().today(), [person.pk])
    return left


def test_the_follow_up_waits_for_the_letter_then_calls(monday):
    person = someone()
    person.phones.create(e164="+12055550111", label="home")
    assert (follow(person).step, follow(person).needs_letter, last_try(follow(person))) == ("call", True, None)
    batch = posted(person)
    left = follow(person)
    assert (left.step, left.tries, left.needs_letter) == ("post", 1, False)
    assert last_try(left) == (batch.posted_on, "Letter posted")
    monday(15)
    assert follow(person).step == "call"
    returned_mail.record_return(batch.letters.get(), reason="no_such", by=None)
    left = follow(person)
    assert (left.step, left.needs_letter, last_try(left)[1]) == ("address", True, "Letter came back")


def test_mail_that_came_back_stops_letters_until_the_address_is_corrected():
    person = someone()
    letter = posted(person).letters.get()
    returned_mail.record_return(letter, reason="not_known", by=None)
    assert why(person) == "returned"
    assert why(person, kind="transition") == "returned"
    assert AddressVersion.objects.waiting().get().patient == person
    Patient.objects.update(address="99 Elm Street")
    assert not AddressVersion.objects.waiting().exists()
    again = made([Patient.objects.get()]).letters.get()
    assert (again.instead_of, again.address.street, again.address.source) == (letter, "99 Elm Street", "returned")
    Patient.objects.update(address="12 Oak Street")
    assert why(Patient.objects.get(), again=True) == "returned", "the old address is still bad"


def test_mail_to_a_chart_that_was_merged_meanwhile_puts_the_patients_address_in_doubt():
    one, other = someone("1"), someone("2")
    batch = made([one, other])
    letters.print_batch(batch, by=None)
    letters.post_batch(batch, posted_on=batch.dated_on, by=None)
    merging.merge(kept=one, absorbed=other, versions=(one.version, other.version), by=None)
    returned_mail.record_return(Letter.objects.get(patient=other), reason="moved", by=None)
    assert why(one, again=True) == "returned"


def test_an_address_may_be_right_after_all():
    person = someone()
    returned_mail.record_return(posted(person).letters.get(), reason="other", by=None)
    addresses.confirm_address(person, by=None)
    with pytest.raises(ValidationError, match="not in doubt"):
        addresses.confirm_address(person, by=None)
    assert made([person]).letters.get().address.source == "returned"


def test_a_refused_letter_leaves_the_address_as_it_is():
    person = someone()
    letter = posted(person).letters.get()
    returned_mail.record_return(letter, reason="refused", by=None)
    assert why(person) == ""
    with pytest.raises(ValidationError, match="already"):
        returned_mail.record_return(letter, reason="refused", by=None)


def test_a_returned_letter_is_found_by_number_code_link_or_name():
    one, other = someone("1"), someone("2", last="Brown")
    batch = posted(one, other)
    letter = batch.letters.get(patient=other)
    code = letter.invitation.code
    for text in (
        letter.reference,
        letter.reference.lower(),
        show(code),
        f"https://go.example.com/#{code}",
        "brown",
        "2",
    ):
        assert returned_mail.find_letters(text) == [letter], text
    assert returned_mail.find_letters("") == returned_mail.find_letters("nobody") == []
    assert returned_mail.find_letters("L999999-1") == []
    assert made([one, other], kind="transition").letters.first() not in returned_mail.find_letters("smith")


def test_labels_start_no_formula():
    batch = made([someone(first="=1+1", address="@home 3", address2="-2")])
    rows = letters.labels(batch, by=None)
    stream = io.StringIO(newline="")
    write_csv(stream, rows)
    line = list(csv.reader(io.StringIO(stream.getvalue())))[1]
    assert not any(cell.startswith(("=", "@")) for cell in line)


# The pages


def page(name: str, *args) -> str:
    return reverse(f"admin:consent_letterbatch_{name}", args=args)


@pytest.mark.parametrize("role", ROLES)
def test_the_whole_way_through_the_pages(role, signed_in, home):
    may, person = role != "read_only", someone(last_visit=date(2026, 10, 1))
    patient(mrn="2", phone="", last_visit=date(2026, 10, 1))
    wording, client = letter_wording("transition", text=WITH_ALL), signed_in(role)
    assert ("Returned mail …" in client.get(page("changelist")).content.decode()) == may
    preview = client.get(page("transition"))
    if not may:
        assert preview.status_code == 403
        assert client.post(page("new"), {"patients": f"{person.pk}"}).status_code == 403
        return
    shown = preview.content.decode()
    assert "1 letter<" in shown
    assert "No street or city on file: 1" in shown
    assert "Counsel has not approved" in shown
    told = {"patients": preview.context["pks"], "wording": wording.pk, "envelope": "double"}
    client.post(page("transition"), told | {"confirmed": "what was seen before"})
    assert not LetterBatch.objects.exists(), "what changed since the look is looked at again"
    seen = client.post(page("transition"), told).context["seen"]
    client.post(page("transition"), told | {"confirmed": seen})
    batch = LetterBatch.objects.get()
    assert (batch.made_by.role, batch.envelope, batch.letters.count()) == (role, "double", 1)
    assert client.get(page("print", batch.pk)).status_code == 302
    pdf = client.post(page("print", batch.pk))
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert client.post(page("labels", batch.pk)).content.decode("utf-8-sig").count("\r\n") == 2
    assert "not come yet" in client.post(page("posted", batch.pk), {"posted_on": "2030-01-01"}).content.decode()
    client.post(page("posted", batch.pk), {"posted_on": "12/07/2026"})
    batch.refresh_from_db()
    assert batch.posted_on == date(2026, 12, 7)
    letter = batch.letters.get()
    assert client.post(page("returned"), {"q": letter.reference}).url == page("back", letter.pk)
    client.post(page("back", letter.pk), {"reason": "vacant"})
    assert "Vacant" in client.get(page("change", batch.pk)).content.decode()
    assert "12 Oak Street" in client.get(page("addresses")).content.decode()
    story = client.get(reverse("admin:patients_patient_change", args=[person.pk])).content.decode()
    assert "Came back, written down" in story
    assert "Postmark 12/07/2026" in story
    client.post(page("right", person.pk))
    assert "No address is in doubt" in client.get(page("addresses")).content.decode()
    assert client.post(page("cancel", batch.pk)).status_code == 302
    assert LetterBatch.objects.get().cancelled_at is None


def test_who_is_left_leads_to_their_letters(signed_in, home):
    person, _ = someone("1"), patient(mrn="2", phone="+12055550124")
    letter_wording(text=WITH_ALL)
    client = signed_in("staff")
    listed = client.get(reverse("admin:outreach_attempt_follow_up"))
    assert person.pk in listed.context["by_letter"]
    preview = client.post(page("new"), {"patients": f"{person.pk} x -1 99999999999999999999"})
    assert preview.context["count"] == 1
    alone = client.get(page("patient", person.pk))
    assert alone.context["count"] == 1
    client.post(page("patient", person.pk), {
        "patients": alone.context["pks"], "wording": Wording.objects.get().pk, "envelope": "single",
        "confirmed": alone.context["seen"],
    })  # fmt: skip
    assert LetterBatch.objects.get().letters.get().patient == person


def test_without_a_wording_the_page_says_what_to_do(signed_in):
    assert "no wording for letters yet" in signed_in("staff").get(page("patient", someone().pk)).content.decode()


@pytest.mark.parametrize("pk", ["x", "9" * 30, "²"])
def test_a_batch_that_is_none_is_not_found(pk, signed_in):
    assert signed_in("staff").get(page("change", pk)).status_code == 404


def test_a_batch_of_many_asks_few_queries(signed_in, django_assert_max_num_queries):
    for number in range(60):
        someone(str(number))
    batch, client = made(Patient.objects.all()), signed_in("staff")
    with django_assert_max_num_queries(23):
        client.get(page("change", batch.pk))
    with django_assert_max_num_queries(30):
        client.post(page("new"), {"patients": " ".join(str(pk) for pk in Patient.objects.values_list("pk", flat=True))})
