from django_q.cluster import Cluster

from explorer.lib.commands import PracticeCommand
from explorer.running import end_with_parent
from explorer.schedules import set_schedules


class Command(PracticeCommand):
    help = "The background worker alone; `start` and `demo` run it."

    def work(self, **options) -> dict:
        set_schedules()
        ending = end_with_parent()
        cluster = Cluster()
        cluster.start()
        cluster.sentinel.join()
        return {} if ending.is_set() else {"ok": False, "error": "The worker ended; it is started again."}
