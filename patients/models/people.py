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
        return self.filter(apcm__status="active")

    def without_apcm(self):
        return self.exclude(apcm__status="active")

    def search(self, words: str):
        """Every word must begin a name or a chart number of the patient, or end a phone number.

        Chart numbers are asked of their own index, so that names are searched without reading the rows.
        """
        found = self
        for word in words.split():
            digits = "".join(filter(str.isdigit, word))
            hit = Q(search_name__contains=f" {fold(word)}") if fold(word) else Q()
            hit |= Q(pk__in=Patient.charts.filter(mrn__istartswith=word).order_by().values("pk"))
            hit |= Q(pk__in=_absorbed_number(word))
            if len(digits) >= 4:
                hit |= Q(pk__in=Phone.objects.filter(e164__endswith=digits).values("patient_id"))
            found = found.filter(hit)
        return found


def _absorbed_number(mrn: str):
    absorbed = Patient.charts.filter(merged_into__isnull=False, mrn__istartswith=mrn).order_by()
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
