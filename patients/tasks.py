from django.contrib.auth import get_user_model

from patients import actions
from patients.models import ImportBatch


def apply_import(batch_id: int, user_id: int) -> None:
    batch = ImportBatch.objects.filter(pk=batch_id, state=ImportBatch.State.PROPOSED).first()
    if batch:
        actions.apply(batch, by=get_user_model().objects.get(pk=user_id))
