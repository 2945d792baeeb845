from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from consent.models.invitations import Invitation
from consent.models.wordings import Wording
from explorer.lib import clock
from explorer.lib.sealing import Sealed
from patients.models import Patient

User = settings.AUTH_USER_MODEL
ADDRESS = ("street", "street2", "city", "state", "zip")
OF_PATIENT = dict(zip(ADDRESS, ("address", "address2", "city", "state", "zip"), strict=True))


class AddressVersionQuerySet(models.QuerySet):
    def good(self):
        return self.filter(bad_at=None)

    def to_correct(self):
        """Those that mail came back from and that the patient still has."""
        same = {name: OuterRef(name) for name in ("patient", *ADDRESS)}
        still = {name: F(f"patient__{of_patient}") for name, of_patient in OF_PATIENT.items()}
        return self.filter(~Exists(AddressVersion.objects.good().filter(**same)), bad_at__isnull=False, **still)

    def waiting(self):
        """Of patients to whom somebody still writes."""
        return self.to_correct().filter(patient__deceased=False, patient__merged_into=None)


class AddressVersion(models.Model):
    """An address of a patient as it was when a letter was made. Never changed, only found to be bad."""

    class Source(models.TextChoices):
        LIST = "list", "Patient list"
        STAFF = "staff", "Staff"
        RETURNED = "returned", "Corrected after mail came back"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="address_versions")
    street = models.CharField(max_length=120)
    street2 = models.CharField("second line", max_length=120, blank=True)
    city = models.CharField(max_length=80)
    state = models.CharField(max_length=20)
    zip = models.CharField("ZIP", max_length=10)
    source = models.CharField(max_length=8, choices=Source)
    valid_from = models.DateTimeField(default=clock.now, help_text="When it was first used.")
    bad_at = models.DateTimeField(null=True, blank=True, help_text="When mail to it came back.")

    objects = AddressVersionQuerySet.as_manager()
    sealed = Sealed(columns=(*ADDRESS, "source", "valid_from"))

    class Meta:
        ordering = ["-valid_from", "-pk"]
        verbose_name = "address version"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", *ADDRESS], condition=Q(bad_at=None), name="good_address_is_kept_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Address version {self.pk}"

    def lines(self) -> list[str]:
        """As on an envelope: street, second line, city with state and ZIP."""
        return [*filter(None, (self.street, self.street2)), f"{self.city}, {self.state} {self.zip}"]


class LetterBatch(models.Model):
    """Letters of one wording, made together. Once printed, the same bytes can be made again from its rows."""

    class Kind(models.TextChoices):
        LETTER = "letter", "Consent letter"
        TRANSITION = "transition", "Transition notice"

    class Envelope(models.TextChoices):
        SINGLE = "single", "#10, one window on the left"
        DOUBLE = "double", "#10, two windows on the left"

    class State(models.TextChoices):
        MADE = "made", "To print"
        PRINTED = "printed", "To post"
        POSTED = "posted", "Posted"
        CANCELLED = "cancelled", "Cancelled"

    FROZEN = (
        "kind", "wording_id", "enclosed_id", "envelope", "dated_on", "frozen", "made_at", "made_by_id", "printed_at",
        "sha256",
    )  # fmt: skip

    kind = models.CharField(max_length=10, choices=Kind)
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="letter_batches")
    enclosed = models.ForeignKey(
        Wording,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="enclosed form",
        help_text="The authorization that lies in each letter, to be signed and mailed back.",
    )
    envelope = models.CharField(max_length=8, choices=Envelope, default=Envelope.SINGLE)
    dated_on = models.DateField(help_text="The date on the letters.")
    frozen = models.JSONField(
        editable=False, help_text="{placeholder: value} of the practice, its `sender` lines, `link` and `time_zone`."
    )
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    printed_at = models.DateTimeField(null=True, blank=True)
    printed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, help_text="Of the PDF that was printed.")
    posted_on = models.DateField("postmark", null=True, blank=True, help_text="The day the post office took them.")
    posted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    certified = models.CharField("certified mail number", max_length=40, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    sealed = Sealed(columns=FROZEN, when="OLD.printed_at IS NOT NULL")

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = "batch of letters"
        verbose_name_plural = "batches of letters"
        constraints = [
            models.CheckConstraint(
                name="printed_letters_have_a_hash",
                condition=Q(printed_at=None, sha256="") | (Q(printed_at__isnull=False) & ~Q(sha256="")),
            ),
            models.CheckConstraint(
                name="posted_letters_were_printed", condition=Q(posted_on=None) | Q(printed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="posted_letters_are_not_cancelled", condition=Q(posted_on=None) | Q(cancelled_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.dated_on:%m/%d/%Y}, batch {self.pk}"

    @property
    def state(self) -> str:
        if self.cancelled_at:
            return self.State.CANCELLED
        if self.posted_on:
            return self.State.POSTED
        return self.State.PRINTED if self.printed_at else self.State.MADE


class LetterQuerySet(models.QuerySet):
    def standing(self):
        """Without those of a batch that was cancelled."""
        return self.filter(batch__cancelled_at=None)

    def posted(self):
        return self.filter(batch__posted_on__isnull=False)

    def arrived(self):
        """Posted, and not come back."""
        return self.posted().filter(returned_at=None)


class Letter(models.Model):
    """One letter to one patient: to whom, to which address, with which code."""

    class Reason(models.TextChoices):
        MOVED = "moved", "Moved, left no address"
        NOT_KNOWN = "not_known", "Not known at this address"
        NO_SUCH = "no_such", "No such number or street"
        INSUFFICIENT = "insufficient", "Insufficient address"
        VACANT = "vacant", "Vacant"
        NO_BOX = "no_box", "No mail box"
        REFUSED = "refused", "Refused"
        UNCLAIMED = "unclaimed", "Unclaimed"
        DECEASED = "deceased", "Deceased"
        OTHER = "other", "Another reason"

    ADDRESS_IS_GOOD = (Reason.REFUSED, Reason.UNCLAIMED, Reason.DECEASED)
    FROZEN = ("batch_id", "number", "name", "address_id", "invitation_id", "instead_of_id")

    batch = models.ForeignKey(LetterBatch, on_delete=models.PROTECT, related_name="letters")
    number = models.PositiveIntegerField(help_text="Its place in the batch, in the order of the ZIP codes.")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="letters")
    name = models.CharField("addressed to", max_length=300)
    address = models.ForeignKey(AddressVersion, on_delete=models.PROTECT, related_name="letters")
    invitation = models.ForeignKey(
        Invitation, null=True, blank=True, on_delete=models.PROTECT, related_name="letters", verbose_name="code"
    )
    instead_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sent_again",
        help_text="The one that came back.",
    )
    returned_at = models.DateTimeField(null=True, blank=True, help_text="When somebody wrote down that it came back.")
    returned_reason = models.CharField(max_length=12, blank=True, choices=Reason)
    returned_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = LetterQuerySet.as_manager()
    sealed = Sealed(columns=FROZEN)

    class Meta:
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "patient"], name="one_letter_of_a_batch_to_a_patient"),
            models.UniqueConstraint(fields=["batch", "number"], name="letter_number_once_in_a_batch"),
            models.CheckConstraint(
                name="returned_letter_has_a_reason",
                condition=Q(returned_at=None, returned_reason="")
                | (Q(returned_at__isnull=False) & ~Q(returned_reason="")),
            ),
        ]
        permissions = [("write_letter", "May make, print and post letters and record that they came back")]

    def __str__(self) -> str:
        return f"Letter {self.reference}"

    @property
    def reference(self) -> str:
        """Printed beside the address, so that an unopened letter that comes back can be found."""
        return f"L{self.batch_id}-{self.number}"
