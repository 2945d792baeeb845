from django_q.cluster import Cluster

from explorer.lib.commands import PracticeCommand
from explorer.running import end_with_parent
from explorer.schedules import set_schedules


class Command(PracticeCommand):
    help = "The background worker alone; `start` and `demo` run it."

    def work(self, **options) -> dict:
        set_schedules()
        end_with_parent(lambda: None)
        cluster = Cluster()
        cluster.start()
        cluster.sentinel.join()
        return {"ok": False, "error": "The worker ended."}
