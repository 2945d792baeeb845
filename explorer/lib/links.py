"""Web addresses that staff type in."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

LONGEST = 100
_HOST = re.compile(r"(?=.{4,80}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]*)*")


def check_page_address(url: str) -> None:
    """A plain https address to which `#CODE` can be added. Raises ValidationError."""
    try:
        address = urlsplit(url)
        host, port = address.hostname or "", address.port
    except ValueError:
        raise ValidationError("This is not a web address. Write it as https://go.example.com/.") from None
    if address.scheme != "https" or not url.startswith("https://"):
        raise ValidationError("The address must begin with https://, as https://go.example.com/.")
    if port is not None or "@" in address.netloc or not _HOST.fullmatch(host) or host.split(".")[-1].isdigit():
        raise ValidationError("Write only the name of your site, as https://go.example.com/.")
    if "?" in url or "#" in url or not _PATH.fullmatch(address.path) or len(url) > LONGEST:
        raise ValidationError("The address must end with the page’s name: no ?, no #, no blanks.")
