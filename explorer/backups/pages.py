"""Backups as pages: which there are, whether the newest could be restored, and a new one now."""

from datetime import timedelta

from django.contrib import admin, messages
from django.shortcuts import redirect

from explorer.backups import making
from explorer.lib import clock
from explorer.lib.models import Backup, Drill, Restore
from explorer.lib.pages import PracticeAdmin, page

SHOWN = 50
GOOD_FOR = timedelta(hours=1)


@admin.register(Backup)
class BackupAdmin(PracticeAdmin):
    @page("", look="floor.view_backup")
    def overview(self, request):
        kept = Backup.objects.filter(removed_at=None).select_related("recorded_by").prefetch_related("drills")
        newest = Backup.objects.ours().first()
        return self.show(
            request,
            "explorer/backups.html",
            "Backups",
            backups=kept[:SHOWN],
            newest=newest,
            is_old=newest is None or clock.now() - newest.made_at > GOOD_FOR,
            drill=Drill.objects.select_related("backup").first(),
            restores=Restore.objects.all()[:10],
            practice=request.practice,
            may_make=request.user.has_perm("floor.make_backup"),
        )

    @page("now/", look="", act="floor.make_backup")
    def make_now(self, request):
        try:
            backup = making.make_and_record(by=request.user)
            away = making.send_away(backup)
        except making.NoBackup as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, "The backup is made." + (" A copy lies off this PC." if away else ""))
        return redirect("admin:floor_backup_overview")

    @page("try/", look="", act="floor.make_backup")
    def try_restore(self, request):
        newest = Backup.objects.ours().first()
        if newest is None:
            messages.error(request, "There is no backup yet. Make one first.")
        else:
            drill = making.drill(newest)
            if drill.ok:
                messages.success(request, f"The newest backup can be restored: all {drill.rows:,} rows are there.")
            else:
                messages.error(request, f"The newest backup could not be restored: {drill.what}")
        return redirect("admin:floor_backup_overview")
