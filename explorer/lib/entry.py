"""From `manage.py` into Django: what cannot even start says so in one sentence."""

import sys

from explorer.lib.clock import BadClock
from explorer.lib.home import BadHome


def run(arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(arguments)
    except (BadHome, BadClock) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(1)
