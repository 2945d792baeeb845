"""Facts about the house itself. Every app may ask them."""

from functools import partial
from pathlib import PurePath

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_noop

from explorer.lib import clock
from explorer.lib.links import check_page_address
from explorer.lib.sealing import Sealed

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class TextingBasis(models.TextChoices):
    """Why this number may be texted (47 CFR 64.1200; domain rule S2). Unknown is never texted."""

    OWN_FORM = "own_form", "Patient signed our texting form"
    PROVIDED_TO_PROVIDER = "provided_to_provider", "Patient gave the number to the provider"
    VERBAL = "verbal", "Patient agreed verbally to staff"
    UNKNOWN = "unknown", "Not known"


class Practice(models.Model):
    """The practice profile: one row, edited in the admin or by `manage.py practice set`."""

    name = models.CharField(max_length=80, default="Our practice", help_text="Named in every text.")
    doctor = models.CharField(max_length=80, blank=True, help_text="The physician who moves, as patients say it.")
    phone = models.CharField(max_length=20, blank=True, help_text="The number patients call, as 205-555-0100.")
    time_zone = models.CharField(max_length=40, default="America/Chicago", help_text="As America/Chicago.")
    state = models.CharField(max_length=2, default="AL", help_text="Two letters; decides the holidays and quiet hours.")
    transition_date = models.DateField(null=True, blank=True, help_text="First day at the new practice.")
    old_practice = models.CharField(max_length=80, blank=True)
    new_practice = models.CharField(max_length=80, blank=True)
    texting_start = models.TimeField(default="09:00", help_text="No text goes out earlier, patient's time.")
    texting_end = models.TimeField(default="20:00", help_text="No text goes out later, patient's time.")
    texting_days = models.CharField(
        max_length=40,
        default="mon,tue,wed,thu,fri,sat",
        help_text="Days on which texts may go out, as mon,tue,wed.",
        validators=[RegexValidator(r"^(mon|tue|wed|thu|fri|sat|sun)(,(mon|tue|wed|thu|fri|sat|sun))*$")],
    )
    call_start = models.TimeField("calls from", default="09:00", help_text="Nobody is called earlier, patient's time.")
    call_end = models.TimeField("calls until", default="19:00", help_text="Nobody is called later, patient's time.")
    calls_at_most = models.PositiveSmallIntegerField(
        "most calls to one patient",
        default=6,
        validators=[MinValueValidator(1)],
        help_text="After so many calls without an answer a letter is written instead.",
    )
    hours_between_calls = models.PositiveSmallIntegerField(
        default=24, help_text="A patient who was called is left in peace so many hours."
    )
    spruce_calls_from = models.CharField(
        "phone that calls through Spruce",
        max_length=20,
        blank=True,
        help_text="The phone on the desk, as 205-555-0101. The patient sees the practice’s number. Empty: not offered.",
    )
    texting_basis = models.CharField(
        max_length=24,
        choices=TextingBasis,
        default=TextingBasis.UNKNOWN,
        help_text="Recorded for the numbers that come with a patient list. Unknown is never texted.",
    )
    text_unmatched = models.BooleanField(
        default=False,
        help_text="Also text a list's number that no Spruce contact confirms. Leave off unless counsel agrees.",
    )
    confirm_stops = models.BooleanField(
        default=False,
        help_text="Answer a STOP with one text, within five minutes or never. The phone company or Spruce may do so "
        "by itself: text STOP from your own phone first, and switch this on only if nothing comes back.",
    )
    form_sample_url = models.TextField(
        blank=True,
        help_text="The prefilled Microsoft Forms link, made with TOKEN123 as the answer to the code question.",
    )
    short_link_base = models.CharField(
        max_length=100,
        blank=True,
        validators=[check_page_address],
        help_text="Where the practice hosts its redirect page, as https://go.example.com/. Empty: links lead to the "
        "form itself.",
    )
    mail_address = models.TextField(
        "mailing address",
        blank=True,
        max_length=200,
        help_text="Up to three lines, as they stand on letters. Mail that cannot be delivered comes back to it.",
    )
    backup_folder = models.CharField(
        max_length=300,
        blank=True,
        help_text="A folder off this PC for a copy each day, as E:\\Backups. The copies are locked.",
    )
    code_days = models.PositiveSmallIntegerField(default=60, help_text="How long a personal code is good for.")
    texts_per_campaign = models.PositiveSmallIntegerField(
        default=4, help_text="Most texts one number gets from one campaign."
    )
    keep_raw_days = models.PositiveSmallIntegerField(
        default=30, help_text="How long the files of lists and form answers are kept, encrypted; what was read stays."
    )
    segment_price = models.DecimalField(
        max_digits=7,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What one part of a text costs in dollars, as 0.0079. Empty: no price is recorded.",
    )
    segment_price_on = models.DateField(null=True, blank=True, help_text="The day this price was looked up.")
    texting_stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    texting_stopped_by = models.CharField(max_length=150, blank=True, editable=False)
    mode = models.CharField(max_length=4, editable=False, choices=[("demo", "Demo"), ("live", "Live")])

    class Meta:
        verbose_name = "practice profile"
        verbose_name_plural = "practice profile"
        constraints = [
            models.CheckConstraint(name="there_is_one_practice", condition=models.Q(pk=1)),
            models.CheckConstraint(name="calls_start_before_they_end", condition=Q(call_start__lt=F("call_end"))),
            models.CheckConstraint(name="somebody_is_called_once", condition=Q(calls_at_most__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Practice":
        return cls.objects.get(pk=1)

    @property
    def texting_weekdays(self) -> frozenset[int]:
        """Monday is 0."""
        return frozenset(DAYS.index(day) for day in self.texting_days.split(","))

    def today(self):
        return clock.today(self.time_zone)


class BackupQuerySet(models.QuerySet):
    def ours(self):
        """Files that the program made and that are still there."""
        return self.filter(removed_at=None, outside="").exclude(file="")


class Backup(models.Model):
    """A copy of the database: made by the program, or made outside of it and recorded by a person."""

    made_at = models.DateTimeField()
    file = models.CharField(max_length=300, blank=True)
    bytes = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True, help_text="When it was read back and found whole.")
    outside = models.CharField(max_length=300, blank=True, help_text="What kind of copy, and where it is kept.")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(default=clock.now)
    away = models.CharField(max_length=400, blank=True, help_text="Where a copy of it lies off this PC.")
    away_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, help_text="When its file made room for newer ones.")

    objects = BackupQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="backup_is_ours_or_told_by_a_person",
                condition=(Q(outside="") & ~Q(file="") & ~Q(sha256=""))
                | (~Q(outside="") & Q(recorded_by__isnull=False)),
            )
        ]
        permissions = [("make_backup", "May make backups and try a restore")]

    def __str__(self) -> str:
        return f"Backup of {self.made_at:%m/%d/%Y}"

    @property
    def file_name(self) -> str:
        return PurePath(self.file).name


class Drill(models.Model):
    """A restore that was tried in a scratch folder, and what came out. Never changed."""

    backup = models.ForeignKey(Backup, on_delete=models.PROTECT, related_name="drills")
    at = models.DateTimeField(default=clock.now)
    ok = models.BooleanField()
    seconds = models.FloatField()
    tables = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    what = models.CharField(max_length=200, blank=True, help_text="What was wrong.")

    sealed = Sealed()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "restore drill"

    def __str__(self) -> str:
        return f"Restore drill of {self.at:%m/%d/%Y}"


class Restore(models.Model):
    """A backup took the place of the database. Never changed."""

    at = models.DateTimeField(default=clock.now)
    file = models.CharField(max_length=300)
    made_at = models.DateTimeField(help_text="The moment the backup shows.")
    rows = models.PositiveIntegerField()
    missing = models.JSONField(default=dict, blank=True, help_text="How many of what came later and is missing.")
    kept = models.CharField(max_length=300, blank=True, help_text="Where the state before it is kept.")

    sealed = Sealed()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"Restore of {self.at:%m/%d/%Y}"


class JobQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=(Job.State.WAITING, Job.State.RUNNING))

    def at_work(self):
        """What waits or runs, with a person's name on it, the newest first."""
        return self.open().select_related("asked_by").order_by("-pk")


class Job(models.Model):
    """Work of more than a second that somebody asked the worker for (explorer/lib/jobs.py). Ids only."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_noop("Waiting for the worker")
        RUNNING = "running", gettext_noop("At work")
        DONE = "done", gettext_noop("Done")
        CANCELLED = "cancelled", gettext_noop("Stopped")
        FAILED = "failed", gettext_noop("Did not work")

    task = models.CharField(max_length=120, editable=False)
    ids = models.JSONField(default=dict, editable=False)
    name = models.CharField(max_length=32, unique=True, default=partial(get_random_string, 32), editable=False)
    title = models.CharField(max_length=120, help_text="What is done, in words; about whom is not said.")
    url = models.CharField(max_length=200, blank=True, help_text="Where the result is seen.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    stop_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "work in progress"
        verbose_name_plural = "work in progress"
        indexes = [models.Index(fields=["state"], condition=Q(state__in=("waiting", "running")), name="job_at_work")]
        constraints = [
            models.CheckConstraint(
                name="job_that_ended_has_its_time",
                condition=Q(state__in=("waiting", "running"), ended_at=None)
                | (Q(state__in=("done", "cancelled", "failed")) & Q(ended_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    def get_absolute_url(self) -> str:
        return reverse("admin:job", args=[self.pk])
