from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django_q.models import Failure, OrmQ, Schedule, Success

from explorer import (  # noqa: F401 - each registers its pages
    audit_page,
    patient_page,
    people,
    practice_profile,
)
from explorer.backups import pages as backup_pages  # noqa: F401
from explorer.evidence import pages  # noqa: F401

for model in (EmailAddress, Group, Failure, OrmQ, Schedule, Success):
    admin.site.unregister(model)
