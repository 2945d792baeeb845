"""A page of one file that the practice may host, so that the link in a text is short.

A text holds https://go.example.com/#CODE. The browser keeps what stands behind the # to itself, so the code reaches
neither the host nor its logs; the page's script makes the form's prefilled link of it and goes there.
"""

import hashlib
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from consent.form_link import read_sample
from explorer.lib.models import Practice

FOLDER = Path(settings.BASE_DIR) / "templates" / "consent"
FILENAME = "index.html"


def redirect_page(practice: Practice) -> str:
    """The whole file as HTML. Raises BadSample where the practice profile has no usable form link."""
    form = read_sample(practice.form_sample_url)
    script, style = _part("redirect_page.js"), _part("redirect_page.css")
    return render_to_string(
        "consent/redirect_page.html",
        {
            "practice": practice,
            "dial": "".join(sign for sign in practice.phone if sign in "+0123456789"),
            "prefix": form.prefix,
            "quote": quote('"', safe="") if form.quoted else "",
            "tail": form.tail,
            "policy": policy(script, style),
            "script": mark_safe(script),  # noqa: S308 - a file of ours, without values
            "style": mark_safe(style),  # noqa: S308
        },
    )


def policy(script: str, style: str) -> str:
    """Nothing runs, loads or is sent anywhere but this very script and style."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _part(name: str) -> str:
    return (FOLDER / name).read_text("utf-8").strip()


def _digest(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
