"""Which legal elements a text has: by meaning, in English and Spanish, and not fooled by the opposite."""

import pytest

from consent.models import Wording
from consent.wordings.defaults import LANGUAGES, default, defaults
from consent.wordings.elements import FOUND, MISSING, UNREAD, check, missing, warnings
from consent.wordings.needs import COMPOUND, ELEMENTS, NEEDS, PRESSURE, UNREADABLE
from consent.wordings.signs import signs

NO_DATABASE = True


def kind_of(code: str) -> str:
    return next(kind for kind, elements in NEEDS.items() if kind != "online_form" and ELEMENTS[code] in elements)


def state(code: str, language: str, text: str) -> str:
    return next(each.state for each in check(kind_of(code), language, text) if each.element.code == code)


# By element: English, Spanish.
SAYS_SO = {
    "information": (
        [
            "My complete medical record.",
            "Information to be disclosed: lab results.",
            "My records, including notes.",
            "Records from January 2020 to December 2026.",
        ],
        [
            "Mi expediente médico completo.",
            "La información que se divulgará: resultados.",
            "El historial, incluidas notas.",
        ],
    ),
    "discloser": (
        [
            "I authorize Southview Clinic to release my chart.",
            "I allow Dr. Green’s office to share my notes.",
            "Released by: Southview",
            "{old_practice} may send my records.",
        ],
        ["Autorizo a Southview a divulgar mi expediente.", "Enviado por: Southview", "Quien entrega: Southview"],
    ),
    "recipient": (
        [
            "I authorize Southview to release my chart to Home Team.",
            "Who receives it: Home Team",
            "Recipient: Home Team",
        ],
        [
            "Autorizo a Southview a enviar mi expediente a Home Team.",
            "Destinatario: Home Team",
            "Recibido por: Home Team",
        ],
    ),
    "purpose": (
        ["Purpose: continued care.", "This is done at my request.", "so that my doctor can continue my care"],
        ["Propósito: seguir la atención.", "a petición mía", "para que mi médico continúe la atención"],
    ),
    "expiry": (
        [
            "This authorization expires one year from today.",
            "It expires on 12/31/2027.",
            "Expiration date: 1/1/2028",
            "This permission is valid until I revoke it or for 12 months.",
            "Expires when the transfer is complete.",
        ],
        [
            "Esta autorización vence en un año.",
            "Fecha de vencimiento: 1/1/2028",
            "Este permiso es válido por doce meses.",
        ],
    ),
    "signature": (
        [
            "Signature: ____ Date: ____",
            "Sign here\n\nDate signed",
            "Signed and dated by the patient",
            "Signature\nDate: 1",
        ],
        ["Firma: ____ Fecha: ____", "Firme aquí\n\nFecha de la firma", "Firmado y fechado"],
    ),
    "representative": (
        [
            "If a personal representative signs, describe the authority to act.",
            "Relationship to patient if signing for them",
        ],
        ["Si firma un representante, indique su parentesco.", "Autoridad para actuar por el paciente"],
    ),
    "revoke": (
        [
            "You may revoke this at any time in writing.",
            "To cancel, write us a letter.",
            "I can take it back by a written note.",
        ],
        ["Puede revocarla por escrito.", "Puedo retirar el permiso con una carta."],
    ),
    "exceptions": (
        [
            "except to the extent we have already acted on it",
            "It does not affect records already sent.",
            "Revoking will not undo what was done before.",
        ],
        ["excepto lo que ya se haya enviado", "Eso no afecta lo que ya se entregó."],
    ),
    "no_condition": (
        [
            "Your treatment does not depend on signing.",
            "We will not refuse you care if you do not sign.",
            "I may refuse to sign and still be treated.",
            "Signing is not a condition of care.",
            "We may not condition treatment or payment on this.",
        ],
        ["Su tratamiento no depende de su firma.", "No negaremos la atención.", "Firmar no es una condición."],
    ),
    "redisclosure": (
        [
            "The recipient may redisclose it.",
            "It could be re-disclosed.",
            "It may no longer be protected by federal law.",
            "Whoever receives it may share it with others.",
        ],
        [
            "Puede volver a divulgarse.",
            "Es posible que ya no esté protegido.",
            "Quien lo recibe puede compartirlo con otros.",
        ],
    ),
    "copy": (
        ["I will receive a signed copy.", "You get a copy of this form.", "Keep a copy for yourself."],
        ["Recibirá una copia firmada.", "Copia de esta autorización para usted."],
    ),
    "available": (
        [
            "The service is available to you.",
            "Dr. Green offers a program called APCM.",
            "You may join the APCM program.",
        ],
        ["El servicio está disponible.", "Ofrecemos el programa APCM.", "Usted puede participar en el programa."],
    ),
    "one_practitioner": (
        [
            "Only one doctor can bill for it each month.",
            "In any month only one practitioner may be paid.",
            "No more than one provider may furnish it in a calendar month.",
            "No two practices may bill the same month.",
        ],
        ["Solo un médico puede cobrarlo al mes.", "En un mes solamente un profesional puede prestarlo."],
    ),
    "stop": (
        [
            "You can stop at any time; it ends at the end of the month.",
            "Leave whenever you like.\n\nIt runs to the end of that month.",
            "At any time you may cancel, effective the last day of the month.",
        ],
        [
            "Puede dejarlo en cualquier momento; termina al final del mes.",
            "Cancele cuando quiera, hasta el fin de ese mes.",
        ],
    ),
    "cost": (
        [
            "Cost sharing may apply.",
            "You may owe 20% coinsurance.",
            "A copay may be billed.",
            "A part of the cost is yours.",
        ],
        ["Puede haber costos compartidos.", "Se aplica el 20 por ciento.", "Puede haber un copago."],
    ),
    "practitioner": (
        ["I choose Dr. Green.", "{doctor} bills it.", "Ann Lee, NP, provides it.", "Elijo a la Dra. Verde."],
        [],
    ),
    "told": (
        ["May we tell the old practice?", "We inform {old_practice}."],
        ["¿Podemos informar al consultorio?"],
    ),
    "what_told": (
        ["what you decided", "your choice about APCM"],
        ["lo que usted decidió", "su respuesta"],
    ),
    "notice_free": (
        ["Your care does not depend on this."],
        ["Su atención no depende de esto."],
    ),
    "sender": (
        ["Text messages from Home Team Medical", "{practice} may text you.", "Home Team may send you texts."],
        ["mensajes de texto de Home Team", "Home Team puede enviarle mensajes."],
    ),
    "stop_word": (
        ["Reply STOP to end.", "Text STOP any time.", "STOP ends all texts.", "Responda STOP."],
        ["Envíe ALTO."],
    ),
    "texting_free": (
        ["You do not have to agree.", "Agreeing is not required."],
        ["No tiene que aceptar.", "No es obligatorio."],
    ),
    "rates": (
        ["Message and data rates may apply.", "Your carrier may charge fees.", "Msg & data rates may apply"],
        ["Pueden aplicarse tarifas de mensajes.", "Su compañía puede cobrarle cargos."],
    ),
    "risk": (
        ["Texts are not secure.", "Others may read them."],
        ["Los mensajes no son seguros.", "Otras personas pueden leerlos."],
    ),
    "caller": (
        ["My name is Pat.", "This is Pat calling for Dr. Green."],
        ["Me llamo Pat.", "Le llamo de la clínica."],
    ),
    "identifiers": (
        ["Please tell me your full name and date of birth.", "Your date of birth?\n\nYour address?"],
        ["Dígame su nombre completo y su fecha de nacimiento.", "Su fecha de nacimiento y su dirección."],
    ),
    "free_choice": (
        ["A yes or no is fine.", "It is up to you.", "Take your time."],
        ["Usted decide.", "Puede decir sí o no."],
    ),
    "writer": (
        ["{doctor} writes to you.", "{practice}", "Dr. Green", "Dra. Verde le escribe."],
        [],
    ),
    "how_to_answer": (
        ["Call us at {phone}.", "Fill in the form."],
        ["Llame al {phone}.", "Llene el formulario."],
    ),
    "phone": (
        ["205-555-0100", "(205) 555-0100", "{phone}"],
        [],
    ),
    "silence": (
        ["If we do not hear from you, nothing happens.", "Silence is no consent."],
        ["Si no contesta, nada cambia."],
    ),
    "physician": (
        ["{doctor} has treated you.", "Dr. Green", "Dra. Verde"],
        [],
    ),
    "reason": (
        ["Dr. Green is leaving the group.", "He has joined Home Team."],
        ["se muda a otro consultorio", "deja la clínica"],
    ),
    "get_records": (
        ["Ask us for a copy.", "You can get your records from us."],
        ["Pida una copia.", "Solicite su expediente."],
    ),
    "authorization": (
        ["An authorization is enclosed.", "Sign the release form."],
        ["Se adjunta una autorización."],
    ),
    "retention": (
        ["Records are kept for seven years.", "We keep your records until 2033."],
        ["El expediente se conserva siete años.", "Guardamos su historial hasta 2033."],
    ),
    "no_instructions": (
        ["If you do nothing, they stay here.", "Without instructions we keep them."],
        ["Sin instrucciones se quedan."],
    ),
    "new_address": (
        ["{new_address}", "100 Main Street", "12 Oak Ave, Suite 5", "Birmingham, AL 35205"],
        [],
    ),
    "own_choice": (
        ["You may choose any doctor.", "You are free to choose another."],
        ["Usted elige: puede seguir con otro médico."],
    ),
}


SAYS_OTHERWISE = {
    "information": ["My doctor and I.", "Mi médico y yo."],
    "discloser": ["My records may move.", "Mi expediente puede pasar."],
    "recipient": ["I authorize Southview to release my records.", "Autorizo a Southview a divulgar mi expediente."],
    "purpose": ["I sign this.", "Firmo esto."],
    "expiry": [
        "This authorization does not expire.", "It never expires.", "There is no expiration date.",
        "Esta autorización no vence.", "sin fecha de vencimiento",
    ],
    "signature": ["Your name", "Sign here", "Date: ____", "Firma: ____", "Su nombre"],
    "representative": ["Patient’s name", "Nombre del paciente"],
    "revoke": [
        "You may not revoke this in writing.", "This is irrevocable, by letter or otherwise.",
        "You may revoke it by phone.",
        "No puede revocarla por escrito.", "Puede retirarla.",
    ],
    "exceptions": ["You may revoke it in writing.", "Puede revocarla por escrito."],
    "no_condition": [
        "You must sign to keep your care.", "Not signing may affect continuity of your care.",
        "We cannot treat you unless you sign.", "Debe firmar para seguir con su tratamiento.",
    ],
    "redisclosure": ["It will never be re-disclosed.", "We keep it safe.", "No se podrá volver a divulgar."],
    "copy": ["I will receive a copy of my medical records.", "Recibirá una copia de su expediente."],
    "available": ["The program is no longer available.", "El servicio ya no se ofrece."],
    "one_practitioner": ["Your doctor sees you each month.", "One doctor, one team.", "Su médico le ve cada mes."],
    "stop": ["You can stop at any time.", "It ends at the end of the month.", "Puede dejarlo en cualquier momento."],
    "cost": [
        "There is no cost sharing: no copay, no coinsurance.", "It is free; no deductible.", "The copay is waived.",
        "Sin costo y sin copago.", "Es gratis, no hay copago.",
    ],
    "practitioner": ["Your doctor bills it.", "Su médico lo cobra."],
    "sender": ["May we text you?", "We may send you texts.", "¿Podemos enviarle mensajes de texto?"],
    "stop_word": ["Call us to end the texts.", "We cannot stop all texts.", "Llame para terminar."],
    "texting_free": ["You must agree to texts.", "Tiene que aceptar los mensajes."],
    "rates": ["No charges apply to texts.", "Messages are free, no data fees.", "Los mensajes son gratis."],
    "risk": ["Texts are secure.", "Los mensajes son seguros."],
    "caller": ["Hello, how are you?", "Buenos días."],
    "identifiers": ["Please tell me your full name.", "Your date of birth?", "Dígame su nombre completo."],
    "free_choice": ["You must sign today.", "Tiene que firmar hoy."],
    "silence": ["If we do not hear from you, we will assume you agree.", "Si no contesta, asumiremos que acepta."],
    "retention": ["We keep your records.", "Guardamos su expediente."],
    "new_address": ["Call us for the address.", "Llámenos."],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "language", "text"),
    [
        (code, language, text)
        for code, both in SAYS_SO.items()
        for language, texts in zip(LANGUAGES, both, strict=True)
        for text in texts
    ],
)
def test_an_element_is_found_however_it_is_said(code, language, text):
    assert state(code, language, text) == FOUND


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SAYS_OTHERWISE.items() for text in texts])
def test_what_is_not_said_or_is_denied_is_missing_in_either_language(code, text):
    assert {state(code, language, text) for language in LANGUAGES} == {MISSING}


def test_every_element_has_signs_and_examples_in_both_languages():
    for language in LANGUAGES:
        assert set(ELEMENTS) | {f"pressure: {code}" for code in PRESSURE} <= set(signs(language))
    assert set(SAYS_SO) == set(ELEMENTS)
    named_alike = {"phone", "new_address", "practitioner", "physician", "writer"}
    assert {code for code, (english, spanish) in SAYS_SO.items() if not english or not spanish} <= named_alike
    assert set(NEEDS) == set(Wording.Kind.values)


@pytest.mark.parametrize("each", defaults(), ids=lambda each: f"{each.kind}-{each.language}")
def test_the_wordings_that_come_with_the_program_lack_nothing(each):
    assert missing(each.kind, each.language, each.text) == []
    found = warnings(each.kind, each.language, each.text)
    assert found == ([COMPOUND] if each.kind == "online_form" else [])


def test_there_is_a_default_of_each_kind_in_english_and_spanish():
    assert {(each.kind, each.language) for each in defaults()} == {
        (kind, language) for kind in Wording.Kind.values for language in ("en", "es")
    }


@pytest.mark.parametrize(
    ("kind", "language", "starts", "lost"),
    [
        ("records", "en", "Expiration:", "expiry"),
        ("records", "en", "My right to take it back", "revoke"),
        ("records", "en", "My care does not depend", "no_condition"),
        ("records", "en", "After the records are sent", "redisclosure"),
        ("records", "es", "Vencimiento:", "expiry"),
        ("records", "es", "Recibiré una copia", "copy"),
        ("apcm", "en", "You may stop", "stop"),
        ("apcm", "es", "Es posible que se apliquen", "cost"),
        ("texting", "en", "Reply STOP", "stop_word"),
        ("transition", "es", "Cuánto tiempo", "retention"),
    ],
)
def test_a_paragraph_taken_out_of_a_default_is_missed(kind, language, starts, lost):
    text = default(kind, language).text
    kept = [part for part in text.split("\n\n") if not part.startswith(starts)]
    assert lost in [element.code for element in missing(kind, language, "\n\n".join(kept))]


def test_the_form_of_the_earlier_system_lacks_what_its_review_found():
    """Domain 3.2: no expiry, no word on redisclosure, none on conditions, no copy; one page for both consents."""
    text = (
        "I consent to Home Team retaining my medical records. I agree to continue APCM with Home Team. I authorize "
        "Southview to release my records. Not signing may affect continuity of my care. I may revoke this consent in "
        "writing. Signature: ____ Date: ____"
    )
    lacking = {element.code for element in missing("records", "en", text)}
    assert {"expiry", "redisclosure", "no_condition", "copy", "recipient"} <= lacking
    assert not {"signature", "revoke", "discloser"} & lacking
    assert COMPOUND in warnings("records", "en", text)
    assert any("may affect continuity" in words for words in warnings("records", "en", text))


@pytest.mark.parametrize("language", ["vi", "ko", "zh", "other"])
def test_a_language_that_the_check_cannot_read_is_said_honestly(language):
    assert {each.state for each in check("records", language, "Tôi cho phép …")} == {UNREAD}
    assert warnings("records", language, "Tôi cho phép …") == [UNREADABLE]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Your benefits transfer to the new practice."),
        ("en", "Protect your benefits."),
        ("en", "There is no cost to you."),
        ("en", "The service is free."),
        ("en", "This is required to continue your care."),
        ("en", "You must sign this form."),
        ("en", "Final notice: act now."),
        ("en", "This is a secure link."),
        ("es", "Sus beneficios se transfieren al nuevo consultorio."),
        ("es", "Es gratis y sin costo."),
        ("es", "Es obligatorio para continuar con su atención."),
        ("es", "Debe firmar hoy mismo."),
        ("es", "Última oportunidad."),
    ],
)
def test_words_that_press_or_promise_are_warned_of(language, text):
    assert warnings("letter", language, text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You are free to choose. Feel free to call our toll-free number."),
        ("en", "You do not have to sign. There are no benefits to lose."),
        ("en", "Eligibility for benefits does not depend on this."),
        ("es", "No tiene que firmar. Usted es libre de elegir."),
        ("es", "El derecho a beneficios no depende de esto."),
    ],
)
def test_harmless_words_are_not_warned_of(language, text):
    assert warnings("letter", language, text) == []


def test_lines_capitals_accents_and_quotes_do_not_matter():
    wrapped = "THIS AUTHORIZATION\r\nEXPIRES ONE YEAR\r\nFROM TODAY"
    assert state("expiry", "en", wrapped) == FOUND
    assert state("expiry", "es", "esta autorizacion VENCE en un año") == FOUND
    assert state("no_condition", "en", "We won’t refuse you care.") == FOUND
    assert state("discloser", "en", "I authorize Dr. Green and St. Mary’s to release my chart.") == FOUND


def test_a_hostile_text_is_read_in_reasonable_steps():
    """Many near misses: the patterns look a hundred characters ahead, never further."""
    text = "records " * 4000 + "expires " * 4000
    assert missing("records", "en", text)
