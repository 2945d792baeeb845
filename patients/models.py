from django.conf import settings
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from explorer.lib.models import TextingBasis
from patients.names import fold, searchable


class PatientQuerySet(models.QuerySet):
    def owners(self) -> dict[str, int]:
        """{chart number: the patient it stands for}; asked of `Patient.charts`, with the numbers merged away."""
        return {mrn: into or pk for mrn, pk, into in self.order_by().values_list("mrn", "pk", "merged_into")}

    def on_the_list(self):
        """Without those whom the newest list no longer names."""
        return self.filter(left_list_at=None)

    def with_apcm(self):
        return self.filter(apcm__status=ApcmEnrolment.Status.ACTIVE)

    def without_apcm(self):
        return self.exclude(apcm__status=ApcmEnrolment.Status.ACTIVE)

    def search(self, words: str):
        """Every word must begin a name, be the chart number, or end a phone number of the patient."""
        found = self
        for word in words.split():
            digits = "".join(filter(str.isdigit, word))
            hit = Q(search_name__contains=f" {fold(word)}") if fold(word) else Q()
            hit |= Q(mrn__iexact=word) | Q(pk__in=_absorbed_number(word))
            if len(digits) >= 4:
                hit |= Q(pk__in=Phone.objects.filter(e164__endswith=digits).values("patient_id"))
            found = found.filter(hit)
        return found


def _absorbed_number(mrn: str):
    absorbed = Patient.charts.filter(merged_into__isnull=False, mrn__iexact=mrn)
    return absorbed.values("merged_into")


class PatientManager(models.Manager.from_queryset(PatientQuerySet)):
    """Each patient once: without the charts that were merged into another (docs/decisions/0008)."""

    def get_queryset(self):
        return super().get_queryset().filter(merged_into=None)


class Patient(models.Model):
    """A person on the practice's patient list, known by the chart number (MRN).

    A row with `merged_into` is a second chart of that patient. It is no patient any more: only `charts` gives
    it, for chart numbers that must stay known; `objects`, the one to ask, leaves it out.
    """

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        OTHER = "other", "Other"
        UNKNOWN = "", "Not known"

    mrn = models.CharField("MRN", max_length=40, unique=True, help_text="The chart number of the old practice.")
    listed_name = models.CharField(max_length=160, blank=True, help_text="The name as the list spells it.")
    first_name = models.CharField(max_length=80, blank=True)
    middle_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80)
    suffix = models.CharField(max_length=16, blank=True, help_text="Jr, Sr, II, III …")
    preferred_name = models.CharField(max_length=80, blank=True, help_text="What the patient is called.")
    date_of_birth = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=120, blank=True)
    address2 = models.CharField("address, second line", max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=20, blank=True)
    zip = models.CharField("ZIP", max_length=10, blank=True)
    insurer = models.CharField(max_length=120, blank=True)
    insurer_id = models.CharField("insurance id", max_length=60, blank=True)
    last_visit = models.DateField(null=True, blank=True, help_text="Last date of service on the list.")
    deceased = models.BooleanField(default=False, help_text="Nobody texts, calls or writes to this patient.")
    held = models.CharField(
        "do not contact because", max_length=120, blank=True, help_text="Fill in to keep the program silent."
    )
    corrected = models.JSONField(
        default=list,
        editable=False,
        help_text="Fields that a person set by hand; a list does not overwrite them.",
    )
    left_list_at = models.DateTimeField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    merged_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_name = models.CharField(max_length=260, editable=False, default="")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    objects = PatientManager()
    charts = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "mrn"]
        # `merged_into` ends the first two, so that `objects` counts and searches without reading the rows.
        indexes = [
            models.Index(fields=["last_name", "first_name", "mrn", "merged_into"], name="patient_in_list_order"),
            models.Index(fields=["search_name", "merged_into"], name="patient_search"),
            models.Index(fields=["date_of_birth"], name="patient_birth"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="patient_absorbed"),
        ]
        constraints = [
            models.CheckConstraint(name="patient_has_mrn", condition=~Q(mrn="")),
            models.CheckConstraint(
                name="merged_into_and_at_agree",
                condition=Q(merged_into=None, merged_at=None) | Q(merged_into__isnull=False, merged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="chart_is_not_merged_into_itself", condition=Q(merged_into=None) | ~Q(merged_into=models.F("pk"))
            ),
        ]
        permissions = [
            ("import_patient", "May import patient lists"),
            ("export_patient", "May export patient lists"),
            ("merge_patient", "May merge charts and say that two patients are not one"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        parts = (self.first_name, self.middle_name, self.last_name, self.suffix)
        return " ".join(filter(None, parts))

    @property
    def sort_name(self) -> str:
        """As a list shows it: "Smith Jr, John A"."""
        family = " ".join(filter(None, (self.last_name, self.suffix)))
        given = " ".join(filter(None, (self.first_name, self.middle_name)))
        return f"{family}, {given}" if given else family

    def searchable(self) -> str:
        return searchable(self.first_name, self.middle_name, self.last_name, self.preferred_name)

    def touch(self) -> None:
        """To be called before saving any change: the version is what an import's proposal relies on."""
        self.version += 1
        self.changed_at = clock.now()
        self.search_name = self.searchable()


class Phone(models.Model):
    """A number of one patient. A household is every patient who has the same number."""

    class Kind(models.TextChoices):
        MOBILE = "mobile", "Mobile"
        FIXED = "fixed", "Land line"
        EITHER = "fixed_or_mobile", "Land line or mobile"
        VOIP = "voip", "Internet"
        TOLL_FREE = "toll_free", "Toll-free"
        UNKNOWN = "unknown", "Not known"

    class Label(models.TextChoices):
        CELL = "cell", "Cell"
        HOME = "home", "Home"
        WORK = "work", "Work"
        OTHER = "other", "Other"

    class Source(models.TextChoices):
        LIST = "list", "Patient list"
        STAFF = "staff", "Staff"

    NOT_TEXTABLE = (Kind.FIXED, Kind.TOLL_FREE)

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="phones")
    e164 = models.CharField("number", max_length=16, db_index=True, help_text="As +12055550123.")
    extension = models.CharField(max_length=10, blank=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.UNKNOWN)
    label = models.CharField(max_length=8, choices=Label, default=Label.OTHER)
    source = models.CharField(max_length=8, choices=Source, default=Source.LIST)
    basis = models.CharField("basis to text", max_length=24, choices=TextingBasis, default=TextingBasis.UNKNOWN)
    given_by = models.CharField(
        "who gave it", max_length=80, blank=True, help_text="The patient, the spouse, a caregiver … Empty: the list."
    )
    added_at = models.DateTimeField(default=clock.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Set when the number is no longer theirs.")

    class Meta:
        ordering = ["label", "e164"]
        constraints = [
            models.UniqueConstraint(fields=["patient", "e164"], name="patient_has_a_number_once"),
            models.CheckConstraint(name="phone_is_e164", condition=Q(e164__startswith="+")),
        ]

    def __str__(self) -> str:
        return f"{self.get_label_display()} number"


class ApcmEnrolment(models.Model):
    """Enrolment in Advanced Primary Care Management at the old practice, from its workbook."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Enrolled"
        REMOVED = "removed", "Removed"

    class Level(models.IntegerChoices):
        G0556 = 1, "Level 1 (G0556)"
        G0557 = 2, "Level 2 (G0557)"
        G0558 = 3, "Level 3 (G0558)"

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="apcm")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    level = models.PositiveSmallIntegerField(choices=Level, null=True, blank=True)
    icd10 = models.TextField("ICD-10 codes", blank=True)
    signed_up_on = models.DateField(null=True, blank=True)
    insurance = models.CharField(max_length=120, blank=True)
    copay = models.CharField(max_length=60, blank=True)
    comments = models.TextField(blank=True)
    status_text = models.CharField(max_length=200, blank=True, help_text="The workbook's own words.")
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "APCM enrolment"
        ordering = ["patient"]

    def __str__(self) -> str:
        return f"APCM enrolment of patient {self.patient_id}"


class ImportBatch(models.Model):
    """One file that was read: its proposals wait for a person, who applies or discards them."""

    class Kind(models.TextChoices):
        PATIENTS = "patients", "Patient list"
        APCM = "apcm", "APCM workbook"

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting for review"
        APPLIED = "applied", "Applied"
        DISCARDED = "discarded", "Discarded"
        UNDONE = "undone", "Undone"

    kind = models.CharField(max_length=8, choices=Kind)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    sheet = models.CharField(max_length=200, blank=True)
    headings = models.JSONField(default=list, help_text="All headings of the file; a repeated one is numbered.")
    columns = models.JSONField(default=dict, help_text="Which heading was read as which field: {field: heading}.")
    notes = models.JSONField(default=list, help_text="What the reader left out, and why.")
    raw = models.BinaryField(
        null=True, blank=True, editable=False, help_text="The encrypted file; empty once its days are over."
    )
    state = models.CharField(max_length=9, choices=State, default=State.PROPOSED)
    uploaded_at = models.DateTimeField(default=clock.now)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name_plural = "imports"
        verbose_name = "import"
        constraints = [
            models.CheckConstraint(
                name="import_closed_at_and_state_agree",
                condition=Q(state="proposed", closed_at=None) | (~Q(state="proposed") & ~Q(closed_at=None)),
            ),
            models.CheckConstraint(
                name="import_undone_at_and_state_agree",
                condition=Q(state="undone", undone_at__isnull=False) | (~Q(state="undone") & Q(undone_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.uploaded_at:%m/%d/%Y}"


class ImportRow(models.Model):
    """What one row of the sheet would do. The sheet's first row is row 1."""

    class Outcome(models.TextChoices):
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        UNCHANGED = "unchanged", "Unchanged"
        CONFLICT = "conflict", "Conflict"
        REJECTED = "rejected", "Rejected"
        DUPLICATE = "duplicate", "Duplicate"
        VANISHED = "vanished", "No longer on the list"

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(null=True, blank=True, help_text="Empty for patients the sheet no longer names.")
    outcome = models.CharField(max_length=9, choices=Outcome)
    mrn = models.CharField(max_length=80, blank=True)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="import_rows")
    patient_version = models.PositiveIntegerField(null=True, blank=True)
    values = models.JSONField(default=dict)
    changes = models.JSONField(default=dict, help_text="field: [old, new]")
    problems = models.JSONField(default=list, help_text="[{column, problem}]")
    take = models.BooleanField(default=False, help_text="A person chose the list's side of a conflict.")
    applied = models.BooleanField(default=False)
    before = models.JSONField(
        default=dict, help_text="For undoing, beside `changes`: left_list_at, phones {id: [label, retired_at]}."
    )

    class Meta:
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["batch", "outcome", "row"], name="import_row_by_outcome")]

    def __str__(self) -> str:
        return f"Row {self.row}"


class DuplicatePairQuerySet(models.QuerySet):
    def open(self):
        """Pairs that a person has yet to decide about."""
        return self.filter(verdict=DuplicatePair.Verdict.OPEN, one__merged_into=None, other__merged_into=None)


class DuplicatePair(models.Model):
    """Two charts that are probably one patient: found by the program, decided by a person, for ever.

    `one` is the older row. A pair that is no longer found goes, unless somebody decided about it.
    """

    class Verdict(models.TextChoices):
        OPEN = "open", "To decide"
        DIFFERENT = "different", "Not the same person"
        MERGED = "merged", "Merged"

    stays_with_chart = True

    one = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(default=0)
    reasons = models.JSONField(default=list, help_text="Sentences, the strongest first.")
    verdict = models.CharField(max_length=9, choices=Verdict, default=Verdict.OPEN)
    found_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        verbose_name = "possible duplicate"
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(name="duplicate_pair_is_in_order", condition=Q(one__lt=models.F("other"))),
            models.CheckConstraint(
                name="duplicate_verdict_and_time_agree",
                condition=Q(verdict="open", decided_at=None) | (~Q(verdict="open") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Possible duplicate {self.pk}"


class PatientMerge(models.Model):
    """That two charts became one patient: by whom, what it changed, and whether it was undone."""

    stays_with_chart = True

    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(default=dict, help_text="Fields of the kept chart that the merge changed, as they were.")
    moved = models.JSONField(default=dict, help_text="{what: ids of the rows that went over to the kept chart}")
    stayed = models.JSONField(default=dict, help_text="{what: ids of the rows that the kept chart had already}")
    ledgers = models.JSONField(default=dict, help_text="{what: the last line of both charts when they were merged}")
    kept_version = models.PositiveIntegerField()
    absorbed_version = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "merge of charts"
        verbose_name_plural = "merges of charts"
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed"], condition=Q(undone_at=None), name="chart_is_absorbed_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Merge {self.pk}"


class ColumnMapping(models.Model):
    """How a person said that lists with these headings are to be read; asked first when they come again."""

    kind = models.CharField(max_length=8, choices=ImportBatch.Kind)
    signature = models.CharField(max_length=64, help_text="Of the headings, in whatever order.")
    columns = models.JSONField(default=dict, help_text="{field: heading}; an empty heading leaves the field out.")
    confirmed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "signature"], name="headings_are_mapped_once")]

    def __str__(self) -> str:
        return f"Columns of a {self.get_kind_display()}"
