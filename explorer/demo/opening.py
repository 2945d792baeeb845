from datetime import timedelta

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import hours


def open_for_texting() -> None:
    """The demo's day begins within texting hours, whatever the time really is."""
    practice = Practice.current()
    window = hours.Window(practice.texting_start, practice.texting_end, practice.texting_weekdays)
    verdict = hours.allowed(clock.now(), zones=(practice.time_zone,), window=window, state=practice.state)
    if not verdict.ok and verdict.next_opening:
        clock.jump(verdict.next_opening - clock.now() + timedelta(minutes=30))
