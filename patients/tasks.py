from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from patients import actions
from patients.models import ImportBatch


def apply_import(batch_id: int, user_id: int) -> None:
    batch = ImportBatch.objects.filter(pk=batch_id, state=ImportBatch.State.PROPOSED).first()
    if batch:
        actions.apply(batch, by=get_user_model().objects.get(pk=user_id))


def undo_import(batch_id: int, user_id: int) -> None:
    batch = ImportBatch.objects.defer("raw").get(pk=batch_id)
    try:
        actions.undo(batch, by=get_user_model().objects.get(pk=user_id))
    except ValidationError:
        return  # something came in between; the import's page says what stands against it


def forget_raw_files() -> None:
    actions.forget_raw_files()
