"""A text says who sends it and how to end it, and nothing that gives away, presses or promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.segments import measure
from outreach.wording import DEFAULT_STEPS, FIELDS, BadTemplate, fields_in, lint, render

NO_DATABASE = True

PRACTICE = "Home Team Medical"
SHORT_LINK = "https://go.example.com/t/ABCDEFGHJKMNPQRST"
FORM_LINK = (
    f"https://forms.office.com/Pages/ResponsePage.aspx?id={'A' * 80}&r{'0123456789abcdef' * 2}=ABCDEFGHJKMNPQRST"
)
LONG_LINK = FORM_LINK.replace("=AAA", f"={'B' * (230 - len(FORM_LINK))}AAA")
VALUES = {
    "practice": PRACTICE,
    "phone": "205-555-0100",
    "link": SHORT_LINK,
    "doctor": "Dr. Green",
    "code": "ABCD-EFGH-JKMN-PQRS-T",
}
GOOD = "{practice} ({doctor}): our office is moving. Details: {link} Call {phone}. Reply STOP to opt out."


def codes(template: str, *, level: str = "error", sender: str = PRACTICE, **values) -> list[str]:
    findings = lint(template, practice_name=sender, sample_values=VALUES | values)
    return [finding.code for finding in findings if finding.level == level]


def test_fields_are_found_once_and_in_order():
    assert fields_in(GOOD + " {phone} {name}") == ("practice", "doctor", "link", "phone", "name")
    assert fields_in("no fields") == ()


def test_every_field_is_filled_in():
    assert render("{practice}|{phone}|{link}|{doctor}|{code}", VALUES) == "|".join(VALUES.values())


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{name}", "{name} does not exist"),
        ("{practice.__class__}", "does not exist"),
        ("{practice!r}", "does not exist"),
        ("{practice:>999999999}", "does not exist"),
        ("{0}", "does not exist"),
        ("{}", "does not exist"),
        ("{ link }", "does not exist"),
        ("{Link}", "does not exist"),
        ("{{link}}", "brace stands alone"),
        ("{link", "brace stands alone"),
        ("link}", "brace stands alone"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(template, says):
    with pytest.raises(BadTemplate, match=says):
        render(template, VALUES)


@pytest.mark.parametrize("values", [{}, {"phone": ""}, {"phone": "  "}, {"phone": None}])
def test_a_field_without_a_value_is_refused(values):
    with pytest.raises(BadTemplate, match="has no value"):
        render("Call {phone}", values)


def test_a_value_is_never_read_as_a_template():
    assert render("{doctor}", {"doctor": "{link} {x.__class__} \\1"}) == "{link} {x.__class__} \\1"


@given(st.text(max_size=80))
def test_any_template_is_filled_in_or_refused(template):
    try:
        text = render(template, VALUES)
    except BadTemplate:
        assert "{" in template or "}" in template
    else:
        assert not set("{}") & set(text)


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_template_can_be_linted(template, practice):
    assert "no_link" in codes(template, sender=practice)


def test_a_good_text_has_no_findings():
    assert lint(GOOD, practice_name=PRACTICE, sample_values=VALUES) == []


@pytest.mark.parametrize(("link", "parts"), [(SHORT_LINK, 1), (FORM_LINK, 2), (LONG_LINK, 3)])
@pytest.mark.parametrize("day", [0, 3, 7, 14])
def test_the_default_steps_pass_the_linter(day, link, parts):
    values = VALUES | {"link": link}
    findings = lint(DEFAULT_STEPS[day], practice_name=PRACTICE, sample_values=values)
    assert measure(render(DEFAULT_STEPS[day], values))[::2] == ("GSM-7", parts)
    assert [(finding.level, finding.code) for finding in findings] == [("warning", "too_long")] * (parts == 3)


def test_the_links_of_these_tests_have_real_lengths():
    assert [len(link) for link in (SHORT_LINK, FORM_LINK, LONG_LINK)] == [42, 184, 230]


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (GOOD.replace("{practice}", "Your clinic"), "no_sender"),
        (GOOD.replace("Reply STOP to opt out.", "Thank you."), "no_stop"),
        (GOOD.replace("Reply STOP to opt out.", "We cannot stop the move."), "no_stop"),
        (GOOD.replace("{link}", ""), "no_link"),
        (GOOD.replace("{link}", SHORT_LINK), "no_link"),
        (GOOD.replace("{doctor}", "{name}"), "unknown_field"),
        (GOOD.replace("{doctor}", "{doctor.__class__}"), "unknown_field"),
        (GOOD.replace("{doctor}", "[NAME]"), "open_placeholder"),
        (GOOD.replace("{doctor}", "<name>"), "open_placeholder"),
        (GOOD.replace("{doctor}", "XXXX"), "open_placeholder"),
        (GOOD.replace("{doctor}", "%s"), "open_placeholder"),
        (GOOD.replace("{doctor}", "$name"), "open_placeholder"),
        (GOOD.replace("{doctor}", "____"), "open_placeholder"),
        (GOOD.replace("{doctor}", "{{doctor}}"), "open_placeholder"),
        (GOOD.replace("Details: {link}", "Details: bit.ly/abc {link}"), "shortener"),
        (GOOD.replace("Details: {link}", "https://TinyURL.com/x {link}"), "shortener"),
        (GOOD.replace("Details: {link}", "http://example.com {link}"), "plain_http"),
        (GOOD.replace("our office", "OUR OFFICE"), "shouting"),
        (GOOD.replace("Details", "IMPORTANT"), "shouting"),
        (GOOD.replace("moving.", "moving!!"), "shouting"),
        (GOOD.replace("Details", "We’re here"), "not_gsm"),
        (GOOD.replace("Details", "Details 😀"), "not_gsm"),
        (GOOD.replace("Details", "More details " * 20), "too_long"),
        (GOOD.replace("Details", "Reply YES to agree"), "consent_by_text"),
        (GOOD.replace("Details", "By continuing to text you agree"), "consent_by_text"),
    ],
)
def test_a_fault_is_found(template, code):
    assert code in codes(template)


@pytest.mark.parametrize(
    "words",
    [
        "apcm", "Medicare", "Medicaid", "your diagnosis", "your conditions", "DOB", "date of birth",
        "birth date", "MRN", "level 2", "records retention", "chronic", "medication", "billing", "G0557",
        "insurance", "test results", "diabetes", "your last visit",
    ],
)  # fmt: skip
def test_words_that_show_why_someone_is_a_patient_are_forbidden(words):
    assert codes(GOOD.replace("Details", words)) == ["health_words"]


@pytest.mark.parametrize(
    "words",
    [
        "final reminder", "last chance", "immediately", "respond today", "Reply now", "protect your place",
        "urgent", "you may lose your doctor", "deadline", "you must answer", "do it by tomorrow",
        "your benefits", "act now", "We need your consent to continue", "this expires", "within 24 hours",
        "don't delay", "action required",
    ],
)  # fmt: skip
def test_words_that_press_are_forbidden(words):
    assert codes(GOOD.replace("Details", words)) == ["pressure"]


@pytest.mark.parametrize(
    "words", ["free", "no cost", "at no charge", "secure link", "securely", "guaranteed", "100% safe"]
)
def test_promises_are_forbidden(words):
    assert codes(GOOD.replace("Details", words)) == ["promise"]


@pytest.mark.parametrize(
    "words",
    [
        "feel free to call", "toll-free", "freely", "finally", "our leveled lot", "conditional",
        "Microsoft.com", "billiards", "insecure", "carefree days", "a labor of love",
    ],
)  # fmt: skip
def test_harmless_words_pass(words):
    assert codes(GOOD.replace("Details", words)) == []


def test_a_practices_own_name_may_hold_any_word():
    name = "LEVEL CREEK Birth Center"
    assert codes(GOOD, sender=name, practice=name) == []
    assert codes(GOOD.replace("{practice}", name), sender=name) == []


def test_the_sender_is_looked_for_in_the_text_as_it_goes_out():
    assert "no_sender" in codes(GOOD, sender="Other Practice")
    assert "no_sender" in codes(GOOD, sender=" ")
    assert codes(GOOD.replace("{practice}", "home team medical")) == []


@pytest.mark.parametrize(
    "hint",
    [
        "Reply STOP to opt out.", 'Text "STOP" to end.', "STOP to unsubscribe", "Txt stop to end",
        "Responda STOP para salir", "STOP=end",
    ],
)  # fmt: skip
def test_a_way_to_end_the_texts_may_be_worded_in_several_ways(hint):
    assert codes(GOOD.replace("Reply STOP to opt out.", hint)) == []


@pytest.mark.parametrize("host", ["bit.ly", "t.co", "goo.gl", "tinyurl.com", "www.rebrand.ly"])
def test_a_public_short_link_is_found_in_the_value_too(host):
    assert codes(GOOD, link=f"https://{host}/x") == ["shortener"]


@pytest.mark.parametrize("host", ["forms.office.com", "forms.microsoft.com", "habit.lyons.example", "not.co.example"])
def test_an_ordinary_host_is_no_short_link(host):
    assert codes(GOOD, link=f"https://{host}/r/x") == []


def test_three_parts_are_a_warning_only_when_the_link_itself_is_long():
    three_parts = GOOD.replace("Details", "More about it " * 14)
    assert measure(render(three_parts, VALUES)).parts == 3
    assert codes(three_parts) == ["too_long"]
    assert codes(GOOD, link=LONG_LINK) == []
    assert codes(GOOD, level="warning", link=LONG_LINK) == ["too_long"]
    assert "too_long" in codes(three_parts, link=LONG_LINK)


def test_a_missing_value_is_named_and_the_rest_is_still_judged():
    assert codes(GOOD.replace("Details", "FINAL"), phone="") == ["no_value", "pressure", "shouting"]


def test_a_text_that_asks_for_nothing_needs_no_link():
    template = "{practice}: you will get no more texts. Call {phone}. Reply STOP to opt out."
    findings = lint(template, practice_name=PRACTICE, sample_values=VALUES, invitation=False)
    assert findings == []


def test_records_and_a_missing_phone_are_only_doubtful():
    assert codes(GOOD.replace("Details", "About your records"), level="warning") == ["records"]
    assert codes(GOOD.replace("Call {phone}. ", ""), level="warning") == ["no_phone"]


def test_each_finding_is_one_sentence_with_the_cure():
    bad = "HI {name}! FINAL bit.ly/x Medicare secure ’ [x] your records " * 5
    findings = lint(bad, practice_name=PRACTICE, sample_values=VALUES)
    assert len({finding.code for finding in findings}) == len(findings) >= 11
    assert all(finding.sentence.endswith(".") and "\n" not in finding.sentence for finding in findings)


def test_no_field_can_name_a_patient():
    assert set(FIELDS) == {"practice", "phone", "link", "doctor", "code"}


def test_a_link_of_somebody_else_is_refused():
    findings = lint(
        "{practice}: our office is moving: {link} or https://evil.example/a Reply STOP to opt out.",
        practice_name="Home Team",
        sample_values={"practice": "Home Team", "link": "https://forms.office.com/r", "phone": "205-555-0100"},
    )
    assert [finding.code for finding in findings if finding.level == "error"] == ["other_link"]
