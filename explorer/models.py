from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from explorer.lib import clock


class StaffManager(UserManager):
    """Everybody with an account works in the admin; nobody is a superuser."""

    def create_user(self, username, email=None, password=None, **extra):
        return super().create_user(username, email, password, **{"is_staff": True, **extra})


class User(AbstractUser):
    """One account per person. Rights come from the role alone (explorer/roles.py)."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", "Administrator"
        PROVIDER = "provider", "Provider"
        STAFF = "staff", "Staff"
        READ_ONLY = "read_only", "Read only"

    role = models.CharField(max_length=16, choices=Role, default=Role.READ_ONLY)
    is_staff = models.BooleanField("may sign in", default=True)
    guided = models.BooleanField(default=True, editable=False, help_text="Wants the demo's guide on every page.")

    objects = StaffManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(models.functions.Lower("username"), name="username_unique_in_any_case"),
            models.CheckConstraint(name="nobody_is_superuser", condition=models.Q(is_superuser=False)),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class EvidencePacketQuerySet(models.QuerySet):
    def to_build(self, *, abandoned_before):
        """Those that wait, and those whose builder has given no sign since then."""
        waiting = Q(state=EvidencePacket.State.WAITING)
        abandoned = Q(state=EvidencePacket.State.BUILDING, touched_at__lt=abandoned_before)
        return self.filter(waiting | abandoned)


class EvidencePacket(models.Model):
    """A ZIP of many patients' packets that somebody asked for: built in the background, fetched, then removed.

    The file lies locked in the data folder: by the person's passphrase, or by a key of its own that is kept here,
    locked by the master key, and used when the file is fetched.
    """

    class Choice(models.TextChoices):
        ALL = "all", "All patients"
        APCM = "apcm", "All who agreed to APCM"
        DECIDED = "decided", "All who have decided about their records"
        CHOSEN = "chosen", "The chart numbers below, as a sample of claims"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        BUILDING = "building", "Being built"
        READY = "ready", "Ready"
        FAILED = "failed", "Could not be built"
        REMOVED = "removed", "Removed"

    choice = models.CharField(max_length=8, choices=Choice)
    patients = models.JSONField(editable=False, help_text="Their ids, in the packet's order.")
    ids_digest = models.CharField(max_length=64, help_text="SHA-256 of the ids.")
    with_passphrase = models.BooleanField()
    requested_at = models.DateTimeField(default=clock.now)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    header = models.CharField(max_length=300, editable=False, help_text="What the locked file begins with, in hex.")
    sealed_key = models.BinaryField(null=True, editable=False)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Which builder is at work; an older one stops.")
    done = models.PositiveIntegerField(default=0)
    touched_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=60, blank=True, help_text="In the data folder; tells nothing.")
    bytes = models.PositiveBigIntegerField(null=True, blank=True, help_text="As it is fetched.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="As it is fetched.")
    why = models.CharField(max_length=200, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EvidencePacketQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="ready_packet_has_a_file",
                condition=~Q(state="ready") | (~Q(file="") & ~Q(sha256="") & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="removed_packet_has_no_file_and_no_key",
                condition=~Q(state="removed") | Q(file="", sealed_key=None, removed_at__isnull=False),
            ),
        ]
        permissions = [
            ("export_evidence", "May make evidence packets"),
            ("copy_answer", "May print a copy of a patient's answer"),
        ]

    def __str__(self) -> str:
        return f"Evidence packet {self.pk}"
