"""The ledger of texts against a small model of it, over random histories of sending, trouble and staff.

Every change of a row's state is caught by a trigger in the database, so that no forbidden edge hides between
two looks; what Spruce has taken is asked of the simulator. More histories, and a failing one made short:
LEDGER_EXAMPLES=500.
"""

import os
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count, pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from explorer.lib import clock
from outreach import line
from outreach.actions import campaigns, launching, polling, recovering, reminders, replies, sending
from outreach.models import Campaign, Message, Suppression
from outreach.simulator import SEND, Limits, Trouble, Troubles, serve
from outreach.spruce import Spruce, SpruceError
from tests.conftest import fresh_database, usual_practice
from tests.outreach import made

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", 8))
LONG = "LEDGER_EXAMPLES" in os.environ
DAYS = (0, 3)
NUMBERS = ("+12055550101", "+12055550102", "+12055550103")
CLOSED = {"confirmed", "skipped", "failed", "uncertain", "cancelled"}
# Design 4: planned → sending → accepted → confirmed, and where each may end. A person settles "uncertain".
EDGES = {
    "planned": {"sending", "skipped", "cancelled"},
    "sending": {"planned", "accepted", "confirmed", "failed", "uncertain"},
    "accepted": {"confirmed", "uncertain"},
    "uncertain": {"confirmed", "failed"},
}
TROUBLES = (
    *("drop_before", "drop_after", "reset_before", "reset_after", "500_before", "500_after", "502_before"),
    *("503", "429", "cut_json", "nonsense", "cut_transfer", "no_headers", "404", "422", "403"),
)
WATCH = (
    """CREATE TRIGGER watch_states AFTER UPDATE OF state ON outreach_message WHEN OLD.state <> NEW.state
       BEGIN INSERT INTO watched VALUES (NEW.id, OLD.state || ' to ' || NEW.state); END""",
    """CREATE TRIGGER watch_frozen AFTER UPDATE ON outreach_message
       WHEN OLD.first_attempt_at IS NOT NULL AND OLD.state <> 'planned'
        AND (OLD.text <> NEW.text OR OLD."key" <> NEW."key" OR OLD.line_id <> NEW.line_id)
       BEGIN INSERT INTO watched VALUES (NEW.id, 'changed after the first attempt'); END""",
    """CREATE TRIGGER watch_keys AFTER UPDATE ON outreach_message WHEN OLD."key" <> '' AND OLD."key" <> NEW."key"
       BEGIN INSERT INTO watched VALUES (NEW.id, 'a second key'); END""",
    """CREATE TRIGGER watch_deletes AFTER DELETE ON outreach_message
       BEGIN INSERT INTO watched VALUES (OLD.id, 'deleted'); END""",
)


class PowerCut(BaseException):
    """The process is gone in the middle of a call."""


class Cut(Spruce):
    """A client whose process dies at its nth call, before the call leaves or after its answer has come."""

    cut_at, cut_after = 0, False

    def _call(self, *arguments, **parts):
        self.cut_at -= 1
        if self.cut_at == 0 and not self.cut_after:
            raise PowerCut
        answer = super()._call(*arguments, **parts)
        if self.cut_at == 0:
            raise PowerCut
        return answer


class Ledger(RuleBasedStateMachine):
    """`took` counts what Spruce has accepted by number and words; `stopped` when a number was given up."""

    def __init__(self, folder, at_day):
        super().__init__()
        fresh_database()
        usual_practice()
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE watched (id INTEGER, what TEXT)")
            for trigger in WATCH:
                cursor.execute(trigger)
        self.at_day, self.day = at_day, 0.0
        self.at_day(0)
        self.took: list[tuple[str, str, datetime]] = []
        self.lied: set[int] = set()
        self.over: dict[int, str] = {}
        number = len(list(folder.iterdir()))
        self.spruce = serve(
            folder / f"spruce-{number}.sqlite3", behaviour=self.takes, limits=Limits(), troubles=Troubles(seed=number)
        )

    def takes(self, number: str, text: str, nth: int):
        self.took.append((number, text, clock.now()))
        return ()

    def client(self) -> Cut:
        return Cut(self.spruce.url, self.spruce.token, timeout=(2, 1))

    def teardown(self):
        try:
            self.let_it_finish()
        finally:
            self.spruce.close()
            connection.close()

    # What happens

    @initialize(patients=st.integers(1, 3))
    def launch(self, patients):
        for number in NUMBERS[:patients]:
            made.reachable(last=f"Smith{number[-1]}", phone=number)
        self.campaign = campaigns.create(name="Move", cohort="all", days=DAYS, by=None)
        launching.launch(self.campaign, by=None, override="A test.")

    @rule(troubles=st.lists(st.sampled_from(("", *TROUBLES)), max_size=3), most=st.sampled_from((None, 1, 2)))
    def send(self, troubles, most):
        for nth, kind in enumerate(troubles, 1):
            if kind:
                self.spruce.troubles.add(Trouble(kind, path=SEND, nth=nth))
        sending.send_due(self.client(), most=most)
        self.spruce.troubles.clear()

    @rule(calls=st.integers(1, 9), after=st.booleans())
    def send_until_the_power_goes(self, calls, after):
        client = self.client()
        client.cut_at, client.cut_after = calls, after
        with suppress(PowerCut):
            sending.send_due(client)

    @rule(statements=st.integers(1, 120))
    def send_until_the_power_goes_at_a_statement(self, statements):
        """From one statement on the database gets nothing any more, not even a clean-up."""
        left = count(statements, -1)

        def cut(execute, *arguments):
            if next(left) <= 0:
                raise PowerCut
            return execute(*arguments)

        with suppress(PowerCut), connection.execute_wrapper(cut):
            sending.send_due(self.client())
        connection.close()
        self.time_passes(0.002)  # whoever held the right to send is gone, and the lease with him

    @rule(kind=st.sampled_from(("drop_before", "500_before", "cut_json", "429", "503")), nth=st.integers(1, 3))
    def send_while_reading_fails(self, kind, nth):
        self.spruce.troubles.add(Trouble(kind, method="GET", nth=nth))
        with suppress(line.Elsewhere):
            sending.send_due(self.client())
        self.spruce.troubles.clear()

    @rule()
    def poll(self):
        with suppress(SpruceError):
            polling.poll(self.client())

    @rule(number=st.sampled_from(NUMBERS), words=st.sampled_from(("STOP", "please stop", "wrong number", "ok")))
    def a_patient_writes(self, number, words):
        self.spruce.receive(number, words)

    @rule(number=st.sampled_from(NUMBERS))
    def staff_stop_a_number(self, number):
        replies.suppress({number}, reason="staff", since=clock.now())

    @rule()
    def pause(self):
        campaigns.pause(self.campaign, by=None)

    @rule()
    def resume(self):
        campaigns.resume(self.campaign, by=None)

    @precondition(lambda self: self.day > 0)
    @rule()
    def cancel(self):
        campaigns.cancel(self.campaign, by=None)

    @rule(day=st.sampled_from(DAYS), change=st.sampled_from(("moving", "relocating", "changing address")))
    def rewrite(self, day, change):
        step = self.campaign.steps.get(day=day)
        body = step.body.replace("moving", change)
        with suppress(ValidationError):
            campaigns.rewrite(step, body=body, by=None)

    @rule(days=st.sampled_from((10 / 86_400, 0.003, 0.02, 1, 1, 3)))
    def time_passes(self, days):
        self.day += days
        self.at_day(self.day)

    @rule(honest=st.booleans())
    def a_person_settles(self, honest):
        """Somebody looks in Spruce, and may well be wrong; that is then the person's word."""
        for message in Message.objects.filter(state="uncertain"):
            went_out = self.times(message) > 0
            if not honest:
                self.lied.add(message.pk)
            recovering.settle(message, went_out=went_out if honest else not went_out, by=None)

    @rule(send=st.booleans())
    def decide_about_late_ones(self, send):
        held = list(Message.objects.exclude(hold="").values_list("pk", flat=True))
        reminders.decide_held(self.campaign, message_ids=held, send=send, by=None)

    # What always holds

    def times(self, message: Message) -> int:
        """How often Spruce has taken this row's text."""
        return sum((number, text) == (message.phone, message.text) for number, text, _ in self.took)

    @invariant()
    def no_text_goes_out_twice(self):
        assert set(Counter((number, text) for number, text, _ in self.took).values()) <= {1}
        assert len({text.key for text in self.spruce.texts()}) == len(self.took)

    @invariant()
    def every_text_that_went_out_is_in_the_ledger(self):
        known = set(Message.objects.exclude(key="").values_list("phone", "text"))
        assert {(number, text) for number, text, _ in self.took} <= known

    @invariant()
    def the_ledger_says_what_spruce_took(self):
        for message in Message.objects.exclude(pk__in=self.lied):
            times = self.times(message)
            if message.state in ("accepted", "confirmed"):
                assert times == 1, f"{message.state}, but Spruce has not taken it"
            if message.state in ("planned", "skipped", "failed", "cancelled"):
                assert times == 0, f"{message.state}, but Spruce has taken it"

    @invariant()
    def states_move_along_allowed_edges_only(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT what FROM watched")
            seen = {what for (what,) in cursor.fetchall()}
        allowed = {f"{old} to {new}" for old, ends in EDGES.items() for new in ends}
        assert seen <= allowed

    @invariant()
    def nothing_goes_out_after_a_suppression(self):
        since = dict(Suppression.objects.in_force().order_by("-effective_at").values_list("phone", "effective_at"))
        assert [at for number, _, at in self.took if number in since and at > since[number]] == []

    @invariant()
    def what_is_over_stays_over(self):
        """A closed row stays, but for an uncertain one; the sums add up; nothing is open in a finished campaign."""
        now = dict(Message.objects.values_list("pk", "state"))
        for pk, state in self.over.items():
            assert now.get(pk) == state or state == "uncertain"
        self.over = {pk: state for pk, state in now.items() if state in CLOSED}
        for campaign in Campaign.objects.all():
            by_state = campaign.messages.all().by_state()
            assert sum(by_state.values()) == campaign.messages.count()
            if campaign.state == "finished":
                assert sum(by_state[state] for state in CLOSED) == campaign.messages.count()

    @invariant()
    def one_text_a_day_at_most(self):
        for number in NUMBERS:
            times = sorted(at for to, _, at in self.took if to == number)
            assert all(b - a >= timedelta(hours=23) for a, b in pairwise(times))

    def let_it_finish(self):
        """The trouble is over and days pass: nothing stays open, and nothing was lost."""
        if not hasattr(self, "campaign"):
            return
        for _ in range(8):
            self.resume()
            self.decide_about_late_ones(send=True)
            for wait in (0.01, 0.02, 0.97):
                sending.send_due(self.client())
                self.time_passes(wait)
            if self.day > max(DAYS) + 2 and not Message.objects.open().exists():
                break
        self.time_passes(1 - self.day % 1)
        for check in (self.no_text_goes_out_twice, self.the_ledger_says_what_spruce_took, self.what_is_over_stays_over):
            check()
        self.states_move_along_allowed_edges_only()
        self.nothing_goes_out_after_a_suppression()
        assert not Message.objects.open().exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the triggers are SQLite's")
def test_the_ledger_keeps_its_promises_through_any_history(tmp_path, monday):
    run_state_machine_as_test(
        lambda: Ledger(tmp_path, monday),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize=not LONG,
            phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
