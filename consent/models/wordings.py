import hashlib
import json

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import IsNull

from explorer.lib import clock
from explorer.lib.sealing import Sealed

User = settings.AUTH_USER_MODEL


class WordingQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(retired_at=None)

    def good_on(self, day):
        return self.in_force().filter(valid_from__lte=day)

    def newest(self, kind: str, language: str = "en"):
        """The highest version in force, approved before not approved; None where there is none."""
        found = self.in_force().filter(kind=kind, language=language)
        return found.order_by(IsNull(F("approved_on"), True), "-version").first()


class Wording(models.Model):
    """One version of a text that patients read or hear. Once used or approved it never changes again."""

    class Kind(models.TextChoices):
        ONLINE_FORM = "online_form", "Online form, the whole text"
        RECORDS = "records", "Records authorisation"
        APCM = "apcm", "APCM consent"
        NOTICE = "notice", "Notice to the old practice"
        TEXTING = "texting", "Texting preference"
        SCRIPT = "script", "Phone script"
        LETTER = "letter", "Consent letter"
        TRANSITION = "transition", "Transition notice by post"

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        SPANISH = "es", "Spanish"
        VIETNAMESE = "vi", "Vietnamese"
        KOREAN = "ko", "Korean"
        CHINESE = "zh", "Chinese"
        OTHER = "other", "Another language"

    SEALED = ("kind", "language", "version", "title", "text", "sha256", "valid_from", "created_at", "created_by_id")

    kind = models.CharField(max_length=12, choices=Kind)
    language = models.CharField(max_length=8, choices=Language, default=Language.ENGLISH)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    text = models.TextField(help_text="Exactly what the patient reads or hears.")
    sha256 = models.CharField(max_length=64, editable=False)
    valid_from = models.DateField(help_text="No decision before this day can rest on it.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        User, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When a patient first met it.")
    approved_on = models.DateField(null=True, blank=True, editable=False)
    approved_by = models.CharField(max_length=120, blank=True, editable=False, help_text="The counsel who approved it.")
    approval_note = models.CharField(max_length=300, blank=True, editable=False)
    approval_recorded_by = models.ForeignKey(
        User, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WordingQuerySet.as_manager()
    sealed = Sealed(columns=SEALED, when="OLD.used_at IS NOT NULL OR OLD.approved_on IS NOT NULL")

    class Meta:
        ordering = ["kind", "language", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "language", "version"], name="wording_version_once"),
            models.CheckConstraint(name="wording_says_something", condition=~Q(text="") & ~Q(sha256="")),
            models.CheckConstraint(
                name="wording_approval_agrees",
                condition=Q(approved_on=None, approved_by="")
                | (Q(approved_on__isnull=False) & ~Q(approved_by="") & Q(approval_recorded_by__isnull=False)),
            ),
        ]
        permissions = [("approve_wording", "May record that counsel approved a wording")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_language_display()}, version {self.version}"

    def digest(self) -> str:
        """SHA-256 over what the patient meets and which version it is: canonical JSON, UTF-8."""
        said = {name: getattr(self, name) for name in ("kind", "language", "version", "title", "text")}
        canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def save(self, *args, **kwargs):
        if not kwargs.get("update_fields"):
            self.sha256 = self.digest()
        super().save(*args, **kwargs)

    @property
    def is_sealed(self) -> bool:
        return self.used_at is not None or self.approved_on is not None
