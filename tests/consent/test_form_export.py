"""A Forms export is understood by meaning: any order, wording, language or date style."""

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent.codes import new_code
from consent.form_export import Answer, Confirmed, read_answer, read_answers, understand
from consent.form_headings import read_moment
from consent.form_options import decision

NO_DATABASE = True

TODAY = date(2026, 12, 31)
YES_RECORDS = "Yes, I consent to Dr. Example and her direct clinical staff keeping and copying my records."
CODES = [new_code() for _ in range(12)]
FIRSTS = [
    "Mary",
    "James",
    "Linda",
    "Robert",
    "Carol",
    "David",
    "Susan",
    "Gary",
    "Ruth",
    "Paul",
    "Joan",
    "Carl",
]

ENGLISH = {
    "response_id": "ID",
    "started_at": "Start time",
    "completed_at": "Completion time",
    "email": "Email",
    "respondent_name": "Name",
    "code": "Please enter the reference token (16 characters) from your text message or letter",
    "date_of_birth": "Date of birth",
    "records": "Records consent: do you consent to Dr. Example keeping and moving your medical records?",
    "apcm": "Do you want to continue Advanced Primary Care Management (APCM) with the new practice?",
    "notice": "May we notify your old practice and end its APCM billing authority from 12/31/2026?",
    "understood": "I understand that the old practice will no longer bill APCM for me",
    "voluntary": "I understand that this is voluntary and that I may withdraw my consent in writing",
    "full_name": "Your full legal name",
    "date_of_birth_again": "Date of birth2",
    "signed_on": "Today's date",
    "signature_box": "Signature: by checking this box I sign electronically",
    "comment": "Questions or comments",
    "texting": "May we keep sending you text messages?",
}
OTHER_WORDS = ENGLISH | {
    "code": "Your personal consent code",
    "date_of_birth": "1. When were you born? (date of birth)",
    "records": "2. Do you authorize us to access, keep and copy your chart?",
    "apcm": "3. APCM: shall it move with the doctor?",
    "notice": "4. Shall we tell the former group that you are leaving their APCM program?",
    "understood": "5. Please confirm you understand who bills APCM",
    "full_name": "Name2",
    "signature_name": "Type your name here as your signature",
    "date_of_birth_again": "Please re-enter your birthdate",
    "signed_on": "Date signed",
    "comment": "Anything else you would like to add?",
    "texting": "Do you prefer SMS?",
}
SPANISH = ENGLISH | {
    "started_at": "Hora de inicio",
    "completed_at": "Hora de finalización",
    "email": "Correo electrónico",
    "respondent_name": "Nombre",
    "code": "Escriba el código de referencia de su mensaje de texto",
    "date_of_birth": "Fecha de nacimiento",
    "records": "¿Autoriza que la doctora conserve y traslade su expediente médico?",
    "apcm": "¿Desea continuar con la gestión de atención (APCM) en la nueva clínica?",
    "notice": "¿Podemos notificar a su clínica anterior?",
    "understood": "Entiendo que la clínica anterior ya no facturará APCM",
    "voluntary": "Entiendo que esto es voluntario",
    "full_name": "Su nombre completo",
    "date_of_birth_again": "Repita su fecha de nacimiento",
    "signed_on": "Fecha de hoy",
    "signature_box": "Firma: marque esta casilla para firmar",
    "comment": "Comentarios",
    "texting": "¿Podemos enviarle mensajes de texto?",
}
GERMAN = ENGLISH | {
    "started_at": "Startzeit",
    "completed_at": "Fertigstellungszeit",
    "email": "E-Mail",
    "respondent_name": "Name",
}
FRENCH = ENGLISH | {
    "started_at": "Heure de début",
    "completed_at": "Heure de fin",
    "email": "Adresse de messagerie",
    "respondent_name": "Nom",
}
JAPANESE = ENGLISH | {
    "started_at": "開始時刻",
    "completed_at": "完了時刻",
    "email": "メール",
    "respondent_name": "名前",
}
UNHEARD_OF = ENGLISH | {
    "response_id": "Tunniste",
    "started_at": "Aloitusaika",
    "completed_at": "Lopetusaika",
    "email": "Sähköposti",
    "respondent_name": "Nimi",
}
FORMS = {
    "English": ENGLISH,
    "other words": OTHER_WORDS,
    "Spanish": SPANISH,
    "German": GERMAN,
    "French": FRENCH,
    "Japanese": JAPANESE,
    "an unheard-of language": UNHEARD_OF,
}


def values(place):
    started = datetime(2026, 12, 8, 9, 30) + timedelta(hours=7 * place)
    born = date(1938 + 2 * place, 1 + place % 12, 3 + place)
    yes = place % 3 > 0
    return {
        "response_id": str(place + 1),
        "started_at": f"{started:%Y-%m-%d %H:%M:%S}",
        "completed_at": f"{started + timedelta(minutes=2):%Y-%m-%d %H:%M:%S}",
        "email": "anonymous",
        "respondent_name": "",
        "code": CODES[place],
        "date_of_birth": f"{born:%Y-%m-%d}",
        "records": YES_RECORDS if yes else "No, I do not consent",
        "apcm": "Yes, I want to continue" if yes else "Not applicable",
        "notice": "Yes, please notify them" if yes else "No – I will handle it myself",
        "understood": "I understand;",
        "voluntary": "I understand;",
        "full_name": f"{FIRSTS[place]} Example",
        "signature_name": f"{FIRSTS[place]} Example",
        "date_of_birth_again": f"{born:%m/%d/%Y}",
        "signed_on": f"{started:%Y-%m-%d}",
        "signature_box": "I agree;",
        "comment": "thank you" if place == 3 else "",
        "texting": "Yes",
    }


def export(form, order=None):
    meanings = [meaning for meaning in order or form if meaning in form]
    rows = [(place + 2, [values(place)[meaning] for meaning in meanings]) for place in range(12)]
    return [form[meaning] for meaning in meanings], rows, meanings


def named(form_map, meanings):
    return {meaning: meanings[index] for meaning, index in form_map.columns.items()}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_column_is_recognised_by_meaning(form):
    headings, rows, meanings = export(form)
    form_map = understand(headings, rows)
    assert named(form_map, meanings) == {meaning: meaning for meaning in meanings}
    assert form_map.unknown == ()
    assert form_map.missing == ()


@pytest.mark.parametrize("form", [ENGLISH, OTHER_WORDS, SPANISH, JAPANESE], ids=["en", "other", "es", "ja"])
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_columns_does_not_matter(form, seed):
    order = random.Random(seed).sample(list(form), len(form))
    if order.index("date_of_birth") > order.index("date_of_birth_again"):
        order.remove("date_of_birth")
        order.insert(0, "date_of_birth")
    headings, rows, meanings = export(form, order)
    assert named(understand(headings, rows), meanings) == {meaning: meaning for meaning in meanings}


@pytest.mark.parametrize("form", [ENGLISH, SPANISH], ids=["en", "es"])
def test_the_titles_alone_are_enough_for_an_export_without_rows(form):
    headings, _, meanings = export(form)
    found = named(understand(headings, []), meanings)
    assert {key: found[key] for key in ("code", "date_of_birth", "full_name", "records", "apcm", "notice")} == {
        key: key for key in ("code", "date_of_birth", "full_name", "records", "apcm", "notice")
    }


def test_the_traps_of_the_earlier_system_are_not_stepped_into():
    headings = ["ID", "Start time", "Completion time", "Email", "Name", "Consent decision", "Reference token"]
    rows = [(2, ["1", "", "2026-12-08 10:00:00", "anonymous", "", "Yes, I consent", "aB3dE5fG7hJ9kL1m"])]
    columns = understand(headings, rows).columns
    assert (columns["records"], columns["code"]) == (5, 6)


def test_a_title_that_speaks_of_both_is_settled_by_its_values():
    headings = [
        "By entering your reference token you consent to the next question",
        "Do you consent? (your reference token was in the text message)",
        "Date of birth",
        "Full name",
    ]
    rows = [
        (n + 2, [CODES[n], ("Yes, I consent", "No")[n % 2], f"19{40 + n}-02-03", f"{FIRSTS[n]} Example"])
        for n in range(8)
    ]
    columns = understand(headings, rows).columns
    assert (columns["code"], columns["records"]) == (0, 1)


def test_columns_without_telling_titles_are_recognised_by_their_values():
    headings = ["Question", "Field A", "Field B", "Do you consent to the move of your records?"]
    rows = [(n + 2, [f"{FIRSTS[n]} Example", f"{n + 1}/2/19{40 + n}", CODES[n], "Yes"]) for n in range(10)]
    columns = understand(headings, rows).columns
    assert (columns["date_of_birth"], columns["code"], columns["records"]) == (1, 2, 3)


def test_headings_with_line_breaks_odd_blanks_and_markup_are_read():
    headings = ["ID", "Completion\u00a0time", "<b>Reference</b>\ncode ", "Date\n of  birth",
                "Full  legal name *", "Medical\u00a0records: do you consent?"]  # fmt: skip
    form_map = understand(headings, [])
    assert form_map.missing == ()


def test_quiz_columns_and_last_modified_time_are_no_questions():
    headings = [
        "ID",
        "Last modified time",
        "Total points",
        "Quiz feedback",
        "Points - Your code",
        "Your code",
    ]
    columns = understand(headings, []).columns
    assert columns["code"] == 5


def test_what_cannot_be_placed_and_what_is_missing_is_named():
    form_map = understand(["ID", "Completion time", "Favourite colour", "Date of birth"], [])
    assert form_map.unknown == ("Favourite colour",)
    assert set(form_map.missing) == {"code", "records", "full_name"}


def test_a_confirmed_mapping_goes_before_every_guess():
    headings, rows, _ = export(ENGLISH)
    guessed = understand(headings, rows)
    confirmed = dict(guessed.columns, apcm=guessed.columns["notice"], notice=guessed.columns["apcm"])
    assert understand(headings, rows, Confirmed(confirmed)).columns == confirmed


def test_a_longer_export_of_the_same_form_has_the_same_signature():
    headings, rows, _ = export(ENGLISH)
    assert understand(headings, rows).signature == understand(headings, rows[:3]).signature
    assert understand(headings[1:], []).signature != understand(headings, []).signature


def test_a_row_becomes_an_answer():
    headings, rows, _ = export(ENGLISH)
    answer = read_answer(understand(headings, rows), rows[1], today=TODAY)
    assert answer == Answer(
        row=3,
        response_id="2",
        started_at=datetime(2026, 12, 8, 16, 30),
        completed_at=datetime(2026, 12, 8, 16, 32),
        code_text=CODES[1],
        births=(date(1940, 2, 4), date(1940, 2, 4)),
        birth_texts=("1940-02-04", "02/04/1940"),
        full_name="James Example",
        decisions={
            "records": "yes",
            "apcm": "yes",
            "notice": "yes",
            "texting": "yes",
            "understood": "yes",
            "voluntary": "yes",
        },
        signed=True,
    )


def test_blank_rows_are_skipped_and_short_rows_are_read():
    headings, rows, _ = export(ENGLISH)
    form_map = understand(headings, rows)
    read = read_answers(form_map, [(2, ["", " "]), (3, []), (4, rows[0][1][:8])], today=TODAY)
    assert [(answer.row, answer.signed) for answer in read] == [(4, False)]


def test_the_same_answer_in_another_export_has_the_same_content_hash():
    headings, rows, meanings = export(ENGLISH)
    first = read_answer(understand(headings, rows), rows[1], today=TODAY)
    again = dict(zip(meanings, rows[1][1], strict=True))
    again |= {
        "response_id": "77",
        "date_of_birth": "14645",
        "completed_at": "46370.5",
        "code": CODES[1].lower(),
    }
    shuffled = list(reversed(meanings))
    headings = [ENGLISH[meaning] for meaning in shuffled]
    row = (9, [again[meaning] for meaning in shuffled])
    second = read_answer(understand(headings, [row]), row, today=TODAY)
    assert second.births == first.births
    changed = Answer(**{**vars(first), "decisions": {"records": "no"}})
    assert changed.content_hash != first.content_hash
    assert second.content_hash == first.content_hash


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-08 14:05:06",
        "2026-12-08T14:05:06",
        "2026-12-08T14:05:06.000",
        "46364.586875",
        "12/8/2026 14:05:06",
        "12/8/26 2:05:06 PM",
        "12/8/26 02:05:06\u202fp.m.",
        "12/08/2026, 2:05:06 pm",
        "2026/12/08 14:05:06",
        "2026年12月8日 14:05:06",
        "2026-12-08T14:05:06Z",
    ],
)
def test_times_of_every_style_are_read(written):
    assert read_moment(written) == datetime(2026, 12, 8, 14, 5, 6)


def test_times_day_first_and_times_with_an_offset_are_read():
    assert read_moment("08.12.2026 14:05:06", day_first=True) == datetime(2026, 12, 8, 14, 5, 6)
    chicago = ZoneInfo("America/Chicago")
    assert read_moment("2026-12-08T20:05:06Z", zone=chicago) == datetime(2026, 12, 8, 14, 5, 6)


@pytest.mark.parametrize(
    "written", ["", "soon", "=NOW()", "99/99/2026 10:00", "2026-12-08 25:61:00", "7", "x" + " " * 9_999]
)
def test_what_is_no_time_is_none(written):
    assert read_moment(written) is None


def test_the_date_style_is_learned_from_the_column():
    form = {key: ENGLISH[key] for key in ("response_id", "completed_at", "code", "date_of_birth", "records")}
    rows = [
        (n + 2, [str(n + 1), f"{n + 1:02}/12/2026 10:00:00", CODES[n], f"{13 + n}/02/1946", "Yes"]) for n in range(11)
    ]
    form_map = understand(list(form.values()), rows)
    answers = read_answers(form_map, rows, today=TODAY)
    assert [answer.completed_at for answer in answers] == [datetime(2026, 12, n + 1, 10) for n in range(11)]
    assert [answer.births for answer in answers] == [(date(1946, 2, 13 + n),) for n in range(11)]


DECISIONS = [
    ("Yes", "records", "yes"),
    ("yes.", "records", "yes"),
    ("YES!!", "records", "yes"),
    ("Y", "records", "yes"),
    ("y", "apcm", "yes"),
    ("I agree", "records", "yes"),
    ("Consented", "records", "yes"),
    ("I hereby consent", "records", "yes"),
    ("I give my consent", "records", "yes"),
    ("1", "records", "yes"),
    ("TRUE", "records", "yes"),
    (YES_RECORDS, "records", "yes"),
    ("Yes – my records may move with the doctor (I can change my mind later)", "records", "yes"),
    ("Yes. I authorize her to keep my records. I may withdraw at any time.", "records", "yes"),
    ("Yes, I consent; if I change my mind I will write to the office.", "records", "yes"),
    ("Yes, I consent to this;", "records", "yes"),
    ("Yes, I want to continue APCM, if I am eligible", "apcm", "yes"),
    ("Continue APCM with the new practice", "apcm", "yes"),
    ("Yes, I authorize you to tell them that I no longer authorize them to bill APCM", "notice", "yes"),
    ('="Yes"', "records", "yes"),
    ("<b>Yes</b>, I consent", "records", "yes"),
    ("Yes &amp; thank you \U0001f44d", "records", "yes"),
    ("\u00a0Ｙｅｓ\u200b", "records", "yes"),
    ("Sí, autorizo el traslado de mi expediente", "records", "yes"),
    ("Doy mi consentimiento", "records", "yes"),
    ("Sí, deseo continuar con APCM", "apcm", "yes"),
    ("Ja, ich stimme zu", "records", "yes"),
    ("Oui", "records", "yes"),
    ("はい、同意します", "records", "yes"),
    ("Yes, you may text me", "texting", "yes"),
    ("No", "records", "no"),
    ("n", "records", "no"),
    ("no thanks", "records", "no"),
    ("FALSE", "records", "no"),
    ("Decline", "records", "no"),
    ("I do NOT consent", "records", "no"),
    ("I don’t consent", "records", "no"),
    ("I do not authorize the transfer of my records", "records", "no"),
    ("No, I do not consent to this.", "records", "no"),
    ("I refuse to authorize this", "records", "no"),
    ("No – I will handle it myself", "notice", "no"),
    ("I will notify them myself", "notice", "no"),
    ("No, please do not tell my old practice", "notice", "no"),
    ("Do not continue APCM", "apcm", "no"),
    ("No, I do not wish to continue, but I understand I may enroll later.", "apcm", "no"),
    ("No autorizo", "records", "no"),
    ("No, no deseo continuar con APCM", "apcm", "no"),
    ("Nein", "records", "no"),
    ("いいえ", "records", "no"),
    ("Please stop texting me", "texting", "no"),
    ("Not applicable", "apcm", "not_applicable"),
    ("N/A - I am not enrolled in APCM", "apcm", "not_applicable"),
    ("I am not enrolled in APCM", "notice", "not_applicable"),
    ("No aplica", "apcm", "not_applicable"),
    ("I need more information", "apcm", "more_information"),
    ("I would like more information before I decide", "records", "more_information"),
    ("Not sure", "apcm", "more_information"),
    ("Necesito más información", "apcm", "more_information"),
    ("Tengo preguntas", "apcm", "more_information"),
    ("", "records", "blank"),
    (" \u00a0\u200b", "records", "blank"),
    ("-", "records", "blank"),
    ("<p></p>", "records", "blank"),
    ("maybe", "records", "unclear"),
    ("\U0001f44d", "records", "unclear"),
    ("=1+1", "records", "unclear"),
    ('=HYPERLINK("https://example.com","Yes")', "records", "unclear"),
    ("=cmd|' /C calc'!A0", "records", "unclear"),
    ("<script>alert('yes')</script>", "records", "blank"),
    ("Yes" + "s" * 10_000, "records", "unclear"),
    ("Yes, but not my psychiatric notes", "records", "unclear"),
    ("Yes, I consent;No, I do not consent;", "records", "unclear"),
    ("Yes and no", "records", "unclear"),
    ("Yes / No", "records", "unclear"),
    ("Yes?", "records", "unclear"),
    ("Yes, I do not consent", "records", "unclear"),
    ("No, autorizo", "records", "unclear"),
    ("I have no objection", "records", "unclear"),
    ("I want my records to stay where they are", "records", "unclear"),
    ("Yes. Do not share my HIV results", "records", "unclear"),
    ("yesterday", "records", "unclear"),
    ("Consent denied", "records", "unclear"),
    ("I withhold consent", "records", "unclear"),
    ("I withdraw my consent", "records", "unclear"),
    ("I consent to nothing", "records", "unclear"),
    ("Yes, I withdraw my consent", "records", "unclear"),
    ("Yes, labs only", "records", "unclear"),
    ("Ich stimme nicht zu", "records", "no"),
    ("I consent. I know that I may withdraw this at any time", "records", "yes"),
    ("I consent to this and can revoke it", "records", "yes"),
    ("Yes, I consent to the transfer of my records to the new practice only", "records", "yes"),
    ("none", "records", "unclear"),
    ("I understand", "understood", "yes"),
    ("I do not understand", "understood", "no"),
    ("By checking this box I sign this form;", "signature_box", "yes"),
    ("☑", "signature_box", "yes"),
    ("FALSE", "signature_box", "no"),
    ("?", "signature_box", "unclear"),
]


@pytest.mark.parametrize(("text", "meaning", "expected"), DECISIONS)
def test_options_are_read_by_meaning(text, meaning, expected):
    assert decision(text, meaning) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("self", ""),
        ("I am the patient", ""),
        ("N/A", ""),
        ("daughter, power of attorney", "daughter, power of attorney"),
    ],
)
def test_only_somebody_else_is_a_representative(text, expected):
    headings = ["Date of birth", "If you are not the patient: your relationship to the patient"]
    row = (2, ["1946-03-07", text])
    assert read_answer(understand(headings, [row]), row, today=TODAY).representative == expected


BASE = {
    key: ENGLISH[key]
    for key in ("response_id", "completed_at", "code", "date_of_birth", "full_name", "records", "apcm")
}
BASE |= {"notice": ENGLISH["notice"], "signature_box": ENGLISH["signature_box"]}


def read_form(form, *changes):
    """Answers of ten rows; the first ones with these cells, each {key of the form: text}."""
    rows = []
    for place in range(10):
        cells = {key: values(place).get(key, "") for key in form} | {key: "" for key in form if key.startswith("extra")}
        cells |= changes[place] if place < len(changes) else changes[-1] if changes else {}
        rows.append((place + 2, [cells[key] for key in form]))
    headings = list(form.values())
    return read_answers(understand(headings, rows), rows, today=TODAY)


VOWS = "I certify under penalty of perjury that these are my own answers"


def test_a_vow_of_any_title_must_be_ticked_like_a_signature():
    form = {key: heading for key, heading in BASE.items() if key != "signature_box"} | {"extra": "6. Declaration"}
    signed, unsigned = read_form(form, {"extra": VOWS}, {"extra": ""}, {"extra": VOWS})[:2]
    assert (signed.signed, unsigned.signed) == (True, False)


def test_a_second_vow_that_nobody_mapped_stops_only_the_answer_that_leaves_it_empty():
    first, second = read_form(BASE | {"extra": "One more thing"}, {"extra": ""}, {"extra": VOWS})[:2]
    assert (first.open_columns, second.open_columns) == (("One more thing",), ())


def test_a_form_that_asks_for_no_signature_is_not_signed_unless_the_legal_name_is_typed():
    form = {key: heading for key, heading in BASE.items() if key != "signature_box"}
    assert read_form(form)[0].signed is True  # "Your full legal name"
    assert read_form(form | {"full_name": "What is your name?"})[0].signed is None


@pytest.mark.parametrize(
    ("title", "text", "somebody_else"),
    [
        ("Who completed this form?", "I am the patient", False),
        ("Who completed this form?", "The patient, myself", False),
        ("Who completed this form?", "A relative on the patient's behalf", True),
        ("Who completed this form?", "", True),
        ("¿Quién llena este formulario?", "Yo soy la paciente", False),
        ("¿Quién llena este formulario?", "El hijo de la paciente", True),
        ("Wer füllt dieses Formular aus?", "Ich bin die Patientin", False),
        ("Are you the patient?", "Yes", False),
        ("Are you the patient?", "No", True),
    ],
)
def test_only_who_says_to_be_the_patient_is_the_patient(title, text, somebody_else):
    answer = read_form(BASE | {"extra": title}, {"extra": text})[0]
    assert bool(answer.representative or answer.open_columns) is somebody_else


def test_a_question_in_an_unknown_tongue_may_be_the_one_that_is_missing():
    form = {key: heading for key, heading in BASE.items() if key != "apcm"} | {"extra": "Haluatko jatkaa hoitoa?"}
    yes, blank = read_form(form, {"extra": "Yes"}, {"extra": ""}, {"extra": "No"})[:2]
    assert (yes.open_columns, blank.open_columns) == (("Haluatko jatkaa hoitoa?",), ())


def test_harmless_questions_stop_nobody():
    form = BASE | {"extra1": "Which pharmacy do you use?", "extra2": "Name of your physician", "extra3": "Witness name"}
    answers = read_form(form, {"extra1": "Yes, the one on Main", "extra2": "Dr. Example", "extra3": "Zoe Other"})
    assert {(answer.open_columns, answer.signature_name) for answer in answers} == {((), "")}


@pytest.mark.parametrize("title", ["Voulez-vous poursuivre l’APCM avec le nouveau cabinet ?", "Fin de l'APCM ?"])
def test_french_titles_of_apcm_are_mapped(title):
    assert understand([title], []).columns == {"apcm": 0}


@pytest.mark.parametrize(
    "title",
    [
        "Did our office look after your medical records well?",
        "How satisfied are you with access to your health records?",
    ],
)
def test_a_survey_about_records_asks_no_leave(title):
    assert "records" in understand([*list(BASE.values())[:5], title], []).missing


@pytest.mark.parametrize(
    ("key", "title", "text", "expected"),
    [
        ("records", "Do you refuse that we get a copy of your medical records?", "Yes", "unclear"),
        ("records", "Do you refuse that we get a copy of your medical records?", "No", "unclear"),
        ("records", "Would you rather not have a copy of your chart sent to us?", "No", "unclear"),
        ("records", "Do you oppose a transfer of your medical records?", "I authorize the transfer", "yes"),
        ("apcm", "Shall we cancel APCM for you?", "Yes", "unclear"),
        ("apcm", "Do you want to go on with APCM? You may stop at any time.", "Yes", "yes"),
    ],
)
def test_no_answer_is_taken_the_wrong_way_round(key, title, text, expected):
    assert read_form(BASE | {key: title}, {key: text})[0].decisions[key] == expected


def test_only_the_same_words_are_the_same_answer():
    form = BASE | {"extra": "Anything we should arrange"}
    hashes = [
        answer.content_hash
        for answer in read_form(
            form,
            values(0) | {"extra": "a wheelchair"},
            values(0) | {"extra": "A  wheelchair", "response_id": "90", "completed_at": "46370.5"},
            values(0) | {"extra": "nothing"},
            values(0) | {"extra": "a wheelchair", "signature_box": ""},
            values(0) | {"extra": "a wheelchair", "apcm": "Whatever the doctor says"},
            values(0) | {"extra": "a wheelchair", "apcm": "Whatever my son says"},
        )[:6]
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 5


@pytest.mark.parametrize(
    ("text", "meaning", "expected"),
    [
        ("Keep us enrolled", "apcm", "yes"),
        ("Sign me out of it", "apcm", "no"),
        ("I choose not to go on", "apcm", "no"),
        ("Don't take me off", "apcm", "unclear"),
        ("Go ahead and notify the clinic", "notice", "yes"),
        ("Never contact my old doctor", "notice", "no"),
        ("No clue", "records", "unclear"),
        ("No opinion yet", "records", "unclear"),
        ("Yes once I have seen it", "records", "unclear"),
        ("No rush", "records", "unclear"),
        ("Please keep my chart there", "records", "unclear"),
        ("Sí, autorizo que se copie", "records", "yes"),
    ],
)
def test_choices_of_keeping_leaving_and_telling_are_read(text, meaning, expected):
    assert decision(text, meaning) == expected


@pytest.mark.parametrize("text", ["7 de março de 1946", "7 mars 1946", "7 marzo 1946", "1946年3月7日", "7. März 1946"])
def test_births_are_read_in_the_tongue_of_the_form(text):
    assert read_form(BASE, {"date_of_birth": text})[0].births == (date(1946, 3, 7),)
