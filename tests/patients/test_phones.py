import pytest

from patients.phones import BadPhone, display, read_phone, read_phones

NO_DATABASE = True


@pytest.mark.parametrize(
    "text",
    [
        "2055551234", "(205) 555-1234", "205.555.1234", "205-555-1234", "1-205-555-1234", "+1 (205) 555-1234",
        "12055551234", "+12055551234", "2055551234.0", "12055551234.0", "2.055551234E+09", "205–555–1234",
        "205\xa0555\xa01234", "２０５５５５１２３４", "(205)555-1234 ", "205/555-1234", "tel 205-555-1234",
    ],
)  # fmt: skip
def test_every_usual_way_to_write_a_number_gives_the_same_e164(text):
    assert read_phone(text).e164 == "+12055551234"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("20555512340", "has 11"),
        ("205555123", "has 9"),
        ("5551234", "area code is missing"),
        ("911", "emergency"),
        ("988", "emergency"),
        ("32665", "short"),
        ("+20555512340", "begins with \\+"),
        ("+2055551234", "begins with \\+"),
        ("+44 20 7946 0958", "begins with \\+"),
        ("011 44 20 7946 0958", "10 digits"),
        ("105-555-1234", "area code"),
        ("911-555-1234", "area code"),
        ("205-155-1234", "fourth digit"),
        ("000-000-0000", "placeholder"),
        ("1111111111", "placeholder"),
        ("999-999-9999", "placeholder"),
        ("1234567890", "placeholder"),
        ("1-800-FLOWERS", "words"),
        ("daughter 205-555-1234", "somebody else"),
        ("205-555-1234 (wife)", "somebody else"),
        ("fax 205-555-1234", "words"),
        ("205-555-1234 / 205-555-9876", "more than one"),
        ("205-555-1234 / 9876", "has 14"),
        ("2055551234?", "signs"),
        ("none", "no phone number"),
        ("", "no phone number"),
        ("1 " * 50_000, "too long"),
    ],
)
def test_a_number_that_could_reach_somebody_else_is_refused_with_the_reason(text, says):
    with pytest.raises(BadPhone, match=says) as refused:
        read_phone(text)
    assert not any(part in str(refused.value) for part in ("205", "5551234", "0958"))


@pytest.mark.parametrize(
    "text", ["205-555-1234 x12", "205-555-1234 ext. 12", "(205) 555-1234 Extension 12", "2055551234#12"]
)
def test_an_extension_is_kept_apart(text):
    phone = read_phone(text)
    assert (phone.e164, phone.extension) == ("+12055551234", "12")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("205-555-1234", "fixed_or_mobile"), ("800-555-1234", "toll_free"), ("999-555-1234", "unknown")],
)
def test_the_kind_is_told_as_far_as_the_plan_tells_it(text, kind):
    assert read_phone(text).kind == kind


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("205-555-1234 / 205-555-9876", [("+12055551234", ""), ("+12055559876", "")]),
        ("c: 205-555-1234 h: 205-555-9876", [("+12055551234", "cell"), ("+12055559876", "home")]),
        ("205-555-1234 (c), 205-555-9876 (h)", [("+12055551234", "cell"), ("+12055559876", "home")]),
        ("(205) 555-1234\n(205) 555-9876", [("+12055551234", ""), ("+12055559876", "")]),
        ("2055551234, 12055551234", [("+12055551234", "")]),
        ("205-555-1234 or 205-555-9876", [("+12055551234", ""), ("+12055559876", "")]),
        ("205-555-1234", [("+12055551234", "")]),
        ("  ", []),
    ],
)
def test_several_numbers_in_one_cell_are_all_read_once_with_their_labels(text, numbers):
    assert [(phone.e164, phone.label) for phone in read_phones(text)] == numbers


def test_the_extension_stays_with_its_number_among_several():
    assert [p.extension for p in read_phones("205-555-1234 x12, 205-555-9876")] == ["12", ""]


@pytest.mark.parametrize("text", ["205-555-1234 / 205-555-98765", "205-555-1234, son 205-555-9876", "205-555-1234 12"])
def test_one_bad_number_makes_the_whole_cell_doubtful(text):
    with pytest.raises(BadPhone):
        read_phones(text)


def test_numbers_of_another_region_are_read_by_its_own_rules():
    assert read_phone("020 7946 0958", region="GB").e164 == "+442079460958"
    with pytest.raises(BadPhone):
        read_phone("12", region="GB")


def test_a_number_is_shown_as_people_write_it():
    assert display("+12055551234") == "(205) 555-1234"
    assert display("+442079460958") == "+442079460958"
