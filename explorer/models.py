import hashlib

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from explorer.lib import clock
from explorer.lib.keys import decrypt, encrypt
from explorer.lib.sealing import Sealed

PAPERS = "reports"  # what the key of the sealed PDFs is for


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
    language = models.CharField(
        _("Language of the pages"), max_length=5, choices=settings.LANGUAGES, default="en",
        help_text=_("Texts to patients, letters and records stay as they are."),
    )  # fmt: skip
    shortcuts = models.BooleanField(
        _("Keyboard shortcuts"),
        default=True,
        help_text=_("Single keys act while you are not typing. Press ? for the list."),
    )
    is_staff = models.BooleanField("may sign in", default=True)
    guided = models.BooleanField(default=True, editable=False, help_text="Wants the demo's guide on every page.")

    objects = StaffManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(models.functions.Lower("username"), name="username_unique_in_any_case"),
            models.CheckConstraint(name="nobody_is_superuser", condition=models.Q(is_superuser=False)),
            models.CheckConstraint(name="pages_speak_a_known_language", condition=models.Q(language__in=("en", "es"))),
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


class ReportQuerySet(models.QuerySet):
    def listed(self):
        """Without their contents, which lists do not need."""
        return self.defer("figures", "sealed_pdf").select_related("made_by", "campaign")

    def standing(self):
        """Those that no later one supersedes."""
        return self.filter(~Exists(Report.objects.filter(supersedes=OuterRef("pk"))))

    def close_outs(self):
        return self.filter(kind=Report.Kind.CLOSE_OUT)


class Report(models.Model):
    """A report as it was when somebody kept it: its figures and the PDF made of them. Never changed.

    It holds sums and sentences, and no patient's value. A day is closed once; a later close-out of the same day
    supersedes the former with a reason, and both stay.
    """

    class Kind(models.TextChoices):
        DAY = "day", "Daily summary"
        CLOSE_OUT = "close_out", "Evening close-out"
        CAMPAIGN = "campaign", "Campaign report"
        FINAL = "final", "Final status report"
        WEEK = "week", "Week for the physician"

    kind = models.CharField(max_length=9, choices=Kind)
    day = models.DateField(null=True, blank=True, help_text="The day it is about; of a week its Monday.")
    campaign = models.ForeignKey(
        "outreach.Campaign", null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    figures = models.JSONField(help_text="What stands in it, as explorer.reports.sheet writes it.")
    figures_sha256 = models.CharField(max_length=64, help_text="Of the figures in their canonical form.")
    sealed_pdf = models.BinaryField(editable=False)
    pages = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the PDF.")
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    because = models.CharField("why it was made again", max_length=300, blank=True)

    objects = ReportQuerySet.as_manager()
    sealed = Sealed()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="report_is_about_a_campaign_or_a_day",
                condition=Q(kind="campaign", campaign__isnull=False, day=None)
                | (~Q(kind="campaign") & Q(campaign=None, day__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["day"], condition=Q(kind="close_out", supersedes=None), name="day_is_closed_once"
            ),
            models.CheckConstraint(
                name="only_a_close_out_supersedes_and_says_why",
                condition=Q(supersedes=None, because="")
                | (Q(kind="close_out", supersedes__isnull=False) & ~Q(because="")),
            ),
            models.CheckConstraint(name="report_is_hashed", condition=~Q(sha256="") & ~Q(figures_sha256="")),
        ]
        permissions = [("close_report", "May keep reports, close days and sign")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @classmethod
    def of(cls, pdf: bytes, **fields) -> "Report":
        """Not stored yet."""
        return cls(sha256=hashlib.sha256(pdf).hexdigest(), sealed_pdf=encrypt(pdf, PAPERS), **fields)

    def pdf(self) -> bytes:
        return decrypt(bytes(self.sealed_pdf), PAPERS)


class SignOff(models.Model):
    """A person puts their name under a kept report. Never changed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="signatures")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    words = models.CharField(max_length=300, blank=True)

    sealed = Sealed()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = "signature"
        constraints = [
            models.UniqueConstraint(fields=["report", "person"], name="person_signs_a_report_once"),
        ]

    def __str__(self) -> str:
        return f"Signature {self.pk}"


class SavedList(models.Model):
    """Filters of the patient list under a name. No word of a search, since that would be a patient's name."""

    name = models.CharField(max_length=60)
    query = models.CharField(max_length=300, help_text="The part of the list's address after the question mark.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_lists")
    shared = models.BooleanField(default=False, help_text="Everybody sees it.")
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("name"), "made_by", name="person_has_a_list_of_this_name_once"
            ),
            models.CheckConstraint(name="saved_list_has_name_and_filter", condition=~Q(name="") & ~Q(query="")),
        ]

    def __str__(self) -> str:
        return self.name


class ListAct(models.Model):
    """One act on many patients at once. Its token came with the page that said what would happen: it counts once."""

    token = models.UUIDField(unique=True)
    act = models.CharField(max_length=20)
    asked = models.PositiveIntegerField(help_text="How many patients the page was about.")
    done = models.PositiveIntegerField(help_text="For how many it was done.")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "act on many patients"
        verbose_name_plural = "acts on many patients"
        constraints = [
            models.CheckConstraint(name="list_act_is_done_for_those_asked", condition=Q(done__lte=models.F("asked")))
        ]

    def __str__(self) -> str:
        return f"Act on many patients {self.pk}"
