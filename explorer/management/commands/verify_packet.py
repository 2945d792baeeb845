import sys

from django.core.management.base import BaseCommand

from explorer.evidence.verify import main


class Command(BaseCommand):
    """For the list of commands and for calls from Python; `manage.py verify_packet` itself starts without Django."""

    help = "Proves an evidence packet, on any PC and without a database: verify_packet FILE [--fingerprint HEX]"
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        sys.exit(main(argv[2:]))
