from django.db import models
from django.db.models import F, Q

from explorer.lib import clock
from patients.models import Patient


class InvitationQuerySet(models.QuerySet):
    def live(self, now):
        return self.filter(revoked_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A personal code. It opens nothing and shows nothing; it only helps to place an answer.

    One code may cover all patients of a shared phone: the answer's birth date and name pick the one.
    """

    class Origin(models.TextChoices):
        OURS = "ours", "Made here"
        IMPORTED = "imported", "Issued elsewhere"

    code = models.CharField(max_length=40, unique=True)
    phone = models.CharField(max_length=16, blank=True, db_index=True, help_text="Empty for a letter or the desk.")
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.OURS)
    patients = models.ManyToManyField(Patient, through="InvitationPatient", related_name="invitations")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        verbose_name = "personal code"
        constraints = [
            models.CheckConstraint(
                name="invitation_expires_after_creation", condition=Q(expires_at__gt=F("created_at"))
            )
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"

    def status(self, now) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= now else "active"


class InvitationPatient(models.Model):
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "patient"], name="invitation_covers_a_patient_once")
        ]

    def __str__(self) -> str:
        return f"Invitation {self.invitation_id} covers patient {self.patient_id}"
