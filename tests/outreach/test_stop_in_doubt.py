"""A STOP that comes between the reading of replies and the look for a text that was lost on the way."""

import pytest

from outreach.actions import sending
from outreach.models import Message
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
