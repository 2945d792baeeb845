"""Scans of signed papers, told by their first bytes and never by their name."""

from dataclasses import dataclass

MOST_BYTES = 10 * 1024 * 1024
KINDS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
)
ENDINGS = {media_type: ending for _, media_type, ending in KINDS}


class BadScan(ValueError):
    """str(error) is one sentence for the person who chose the file."""


@dataclass(frozen=True)
class Scan:
    content: bytes
    filename: str
    media_type: str


def read_scan(content: bytes, filename: str) -> Scan:
    """Raises BadScan for a file that is empty, too large, or none of PDF, JPG, PNG and TIFF."""
    if not content:
        raise BadScan("The file is empty: scan the paper again and choose the new file.")
    if len(content) > MOST_BYTES:
        raise BadScan("The file is larger than 10 MB: scan it with fewer dots or in gray.")
    for start, media_type, _ in KINDS:
        if content.startswith(start):
            label = "".join(sign for sign in filename if sign.isprintable())[-200:]
            return Scan(content, label or "scan", media_type)
    raise BadScan("This is no scan: choose a PDF, JPG, PNG or TIFF file.")
