import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from explorer.lib.keys import decrypt, encrypt
from explorer.lib.sealing import Sealed
from patients.models import Patient

PURPOSE = "documents"


class Document(models.Model):
    """A scan or file that proves something of a patient. Kept encrypted, never changed."""

    class Kind(models.TextChoices):
        PAPER_FORM = "paper_form", "Signed paper form"
        AUTHORITY = "authority", "Proof of authority"
        RETURNED = "returned", "Returned letter"
        OTHER = "other", "Other"

    stays_with_chart = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=10, choices=Kind)
    filename = models.CharField(max_length=200, help_text="A label only: nothing is stored under this name.")
    media_type = models.CharField(max_length=40)
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the file as it came.")
    sealed_content = models.BinaryField(editable=False)
    added_at = models.DateTimeField(default=clock.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    sealed = Sealed()

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="document_is_hashed", condition=~Q(sha256="")),
            models.UniqueConstraint(
                fields=["sha256"], condition=Q(kind="paper_form"), name="signed_paper_is_of_one_patient"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @classmethod
    def of(cls, content: bytes, **fields) -> "Document":
        """Not stored yet."""
        return cls(
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            sealed_content=encrypt(content, PURPOSE),
            **fields,
        )

    def content(self) -> bytes:
        return decrypt(bytes(self.sealed_content), PURPOSE)
