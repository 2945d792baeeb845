import os

from django_q.cluster import Cluster

from explorer.lib.commands import PracticeCommand
from explorer.running import end_with_parent
from explorer.schedules import look_now, set_schedules, take_up_again
from explorer.watching import beats


class Command(PracticeCommand):
    help = "The background worker alone; `start` and `demo` run it."

    def work(self, **options) -> dict:
        set_schedules()
        if beats.watched():
            take_up_again()
            look_now()
        ending = end_with_parent()
        cluster = Cluster()
        cluster.start()
        while cluster.sentinel.is_alive():
            if beats.watched():
                beats.sign(f"main-{os.getpid()}")
            cluster.sentinel.join(beats.EVERY)
        return {} if ending.is_set() else {"ok": False, "error": "The worker ended; it is started again."}
