"""Doors for background work: made every quarter of an hour, sent away once a day, tried once a day."""

import logging

from explorer.backups import making
from explorer.lib.models import Backup

logger = logging.getLogger("explorer.backups")


def back_up() -> str:
    """A sentence where something is wrong, for the page that asks."""
    try:
        backup = making.make_and_record()
        if making.away_is_due():
            making.send_away(backup)
    except making.NoBackup as problem:
        logger.error("backup failed")
        return str(problem)
    making.prune()
    return ""


def drill() -> None:
    newest = Backup.objects.ours().first()
    if newest and not making.drill(newest).ok:
        logger.error("restore drill failed, backup %s", newest.pk)
