"""A STOP that comes between the reading of replies and the look for a text that was lost on the way."""

import pytest

from explorer.lib import clock
from outreach import line
from outreach.actions import polling, recovering, replies, sending
from outreach.actions.landing import Report
from outreach.flight import Flight
from outreach.models import Conversation, Message, Suppression
from outreach.simulator import SEND, Limits, Trouble, Troubles, serve
from outreach.spruce import Spruce
from tests.outreach import made


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_is_read_while_looking_for_a_lost_text_stops_its_second_try(tmp_path, monday):
    person = made.reachable()
    phone = person.phones.get().e164
    made.launched()
    listings = []

    def stop_after_the_poll(exchange):
        if exchange.template == "/conversations":
            listings.append(exchange)
            if len(listings) == 1:  # the poll; its answer does not hold the STOP yet, the look after it will
                spruce.receive(phone, "STOP")

    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as spruce:
        spruce.troubles.add(Trouble("drop_before", path=SEND, nth=1))
        sending.send_due(Spruce(spruce.url, spruce.token, timeout=(2, 1)))
        assert Message.objects.get().state == "sending"
        spruce.observe = stop_after_the_poll
        sending.send_due(Spruce(spruce.url, spruce.token, timeout=(2, 1)))
        assert spruce.texts() == []


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_comes_while_a_second_try_waits_for_its_turn_is_heeded(tmp_path, monday):
    person = made.reachable()
    phone = person.phones.get().e164
    made.launched()
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as spruce:
        spruce.troubles.add(Trouble("drop_before", path=SEND, nth=1))
        client = Spruce(spruce.url, spruce.token, timeout=(2, 1))
        sending.send_due(client)
        message = Message.objects.get()
        with line.hold() as right, Flight(client) as flight:
            client.pace = lambda: replies.suppress({phone}, reason="stop", since=clock.now())
            recovering.recover(client, right, Report(), flight, at_once=True)
        message.refresh_from_db()
        assert (spruce.texts(), message.state, message.attempts) == ([], "uncertain", 1)


def test_a_conversation_that_names_its_number_later_is_read_from_the_start(tmp_path, monday):
    person = made.reachable()
    phone = person.phones.get().e164
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as spruce:
        spruce.receive(phone, "STOP")
        client = Spruce(spruce.url, spruce.token)
        thread = next(client.conversations())
        Conversation.objects.create(
            spruce_id=thread.id, phone="", read_until=thread.last_message_at, read_at=clock.now(), settled=True
        )
        polling.poll(client)
        assert Suppression.objects.get(phone=phone).reason == "stop"
