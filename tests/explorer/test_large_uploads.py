"""A file too large to be held is told in a sentence and never lies in a temporary folder."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

TOO_LARGE = 13 * 1024 * 1024


@pytest.mark.parametrize(
    ("page", "field"), [("patients_importbatch_import", "import_file"), ("consent_response_upload", "file")]
)
def test_a_file_over_the_limit_is_refused_with_the_limit(page, field, signed_in):
    file = SimpleUploadedFile("list.xlsx", b"x" * TOO_LARGE)
    answer = signed_in("staff").post(reverse(f"admin:{page}"), {field: file, "resource": "0"})
    assert answer.status_code == 200
    assert "of at most 10 MB" in answer.content.decode()
