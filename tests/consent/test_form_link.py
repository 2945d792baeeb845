"""The app learns a form's code question from one pasted sample, and refuses what would lose the codes."""

from urllib.parse import unquote

import pytest

from consent.form_link import BadSample, read_sample

NO_DATABASE = True

KEY = "r0123456789abcdef0123456789abcdef"
OTHER = "rfedcba9876543210fedcba9876543210"
THIRD = "r00000000000000000000000000000001"
PAGE = "https://forms.office.com/Pages/ResponsePage.aspx?id=AbC-9_zZ"
CODE = "ABCDEFGHJKMNPQRST"


@pytest.mark.parametrize(
    ("sample", "link"),
    [
        (f"{PAGE}&{KEY}=TOKEN123", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&{KEY}=token123", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&{KEY}=SENTINEL", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&{KEY}=CODE", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&{KEY}=%22TOKEN123%22", f"{PAGE}&{KEY}=%22{CODE}%22"),
        (f'{PAGE}&{KEY}="TOKEN123"', f"{PAGE}&{KEY}=%22{CODE}%22"),
        (f"{PAGE}&{KEY}=XYZ", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&{KEY}=%22any%20thing%22", f"{PAGE}&{KEY}=%22{CODE}%22"),
        (f"{PAGE}&{KEY}=", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&{KEY}=TOKEN123&{OTHER}=Yes%2C%20I", f"{PAGE}&{KEY}={CODE}&{OTHER}=Yes%2C%20I"),
        (f"{PAGE}&{OTHER}=a%20b&{KEY}=TOKEN123&{THIRD}=", f"{PAGE}&{OTHER}=a%20b&{KEY}={CODE}&{THIRD}="),
        (f"{PAGE}&{OTHER}=TOKEN+123&{KEY}=TOKEN123", f"{PAGE}&{OTHER}=TOKEN+123&{KEY}={CODE}"),
        (f"{PAGE}&{KEY}=TOKEN123#top", f"{PAGE}&{KEY}={CODE}"),
        (f"  <{PAGE}&{KEY}=TOKEN123>\n", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&amp;{KEY}=TOKEN123", f"{PAGE}&{KEY}={CODE}"),
        (f"{PAGE}&t=g&route=shorturl&{KEY}=TOKEN123", f"{PAGE}&t=g&route=shorturl&{KEY}={CODE}"),
        (f"{PAGE}&{KEY.upper()}=TOKEN123", f"{PAGE}&{KEY.upper()}={CODE}"),
    ],
)
def test_the_link_is_the_sample_with_the_code_in_the_sentinels_place(sample, link):
    assert read_sample(sample).link_for(CODE) == link


@pytest.mark.parametrize(
    "host",
    [
        "forms.office.com",
        "forms.cloud.microsoft",
        "forms.microsoft.com",
        "forms.office365.us",
        "FORMS.OFFICE.COM",
    ],
)
def test_every_host_of_microsoft_forms_is_accepted_and_kept(host):
    sample = f"https://{host}/Pages/ResponsePage.aspx?{KEY}=TOKEN123&id=AbC-9_zZ"
    link = read_sample(sample)
    assert link.host == host.lower()
    assert link.form_id == "AbC-9_zZ"
    assert link.key == KEY
    assert link.link_for(CODE) == f"https://{host.lower()}/Pages/ResponsePage.aspx?{KEY}={CODE}&id=AbC-9_zZ"


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ("", "No link was pasted"),
        ("hello", "https://"),
        (f"http://forms.office.com/Pages/ResponsePage.aspx?id=A&{KEY}=TOKEN123", "https://"),
        (f"https://forms.office.com.example.com/Pages/ResponsePage.aspx?id=A&{KEY}=CODE", "not a link of"),
        (f"https://example.com/Pages/ResponsePage.aspx?id=A&{KEY}=TOKEN123", "not a link of"),
        (f"https://me@forms.office.com/Pages/ResponsePage.aspx?id=A&{KEY}=TOKEN123", "not a link of"),
        (f"https://forms.office.com:8443/Pages/ResponsePage.aspx?id=A&{KEY}=TOKEN123", "not a link of"),
        ("https://forms.office.com:port/Pages/ResponsePage.aspx", "not a web address"),
        ("https://forms.office.com/r/Ab12Cd34", "short link"),
        ("https://forms.office.com/e/Ab12Cd34?token=TOKEN123", "short link"),
        (f"https://forms.office.com/Pages/DesignPageV2.aspx?id=A&{KEY}=TOKEN123", "not the page"),
        (PAGE, "no prefilled answer"),
        (f"{PAGE}&token=TOKEN123", "ignores ?token="),
        (f"{PAGE}#{KEY}=TOKEN123", "no prefilled answer"),
        (f"https://forms.office.com/Pages/ResponsePage.aspx?{KEY}=TOKEN123", "does not name a form"),
        (f"{PAGE}&{KEY}=one&{OTHER}=two", "several prefilled answers"),
        (f"{PAGE}&{KEY}=TOKEN+123&{OTHER}=two", "several prefilled answers"),
        (f"{PAGE}&{KEY}=TOKEN123&{OTHER}=TOKEN123", "more than one answer"),
        (f"{PAGE}&{KEY}=%5B%22A%22%5D", "choice or a date"),
        (f"{PAGE}&{KEY}=2026-12-07", "choice or a date"),
        (f"{PAGE}&{KEY}=TOKEN 123", "blanks"),
        (f"{PAGE}&{KEY}=TOKEN123&{OTHER}={'x' * 1_900}", "longer than"),
    ],
)
def test_a_sample_that_would_lose_the_codes_is_refused_with_the_cure(sample, reason):
    with pytest.raises(BadSample) as refusal:
        read_sample(sample)
    assert reason in str(refusal.value)
    assert "Get pre-filled URL" in str(refusal.value)


def test_a_code_is_percent_encoded_and_never_with_a_plus():
    link = read_sample(f"{PAGE}&{KEY}=TOKEN123").link_for("AB CD+EF&GH=IJ/K")
    assert "+" not in link
    assert unquote(link).endswith("=AB CD+EF&GH=IJ/K")
