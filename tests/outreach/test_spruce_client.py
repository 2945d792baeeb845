"""The Spruce client against trouble of every kind: it says what happened, and never more than it knows."""

import json
import socket
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from explorer.lib import clock
from explorer.lib.home import home
from outreach import spruce as spruce_module
from outreach.pace import LIFTED_AFTER, MINUTE
from outreach.simulator import SEND, Limits, Trouble, Troubles, serve
from outreach.spruce import (
    BadToken,
    Busy,
    KeySeen,
    Nonsense,
    NotConfigured,
    NotSent,
    OutcomeUnknown,
    RateLimits,
    Refused,
    Spruce,
    SpruceError,
    configured,
)

NO_DATABASE = True

LINE = "12055550100"
NUMBER = "+12055550123"


@pytest.fixture(autouse=True)
def demo(monkeypatch):
    monkeypatch.setenv("PATIENT_EXPLORER_MODE", "demo")
    for name in ("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES", "SPRUCE_API_URL", "SPRUCE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def simulator(tmp_path):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(per_minute=600)) as running:
        yield running


@pytest.fixture
def spruce(simulator):
    return Spruce(simulator.url, simulator.token, timeout=(2.0, 0.4))


class Pages:
    """A Spruce that gives the pages of a list as they are scripted, and keeps what it was asked."""

    def __init__(self, *pages: object, status: int = 200, headers: dict | None = None) -> None:
        self.asked = []
        script = iter(pages)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:
                self.asked.append(handler.path)
                page = next(script)
                body = page if isinstance(page, bytes) else json.dumps(page).encode()
                handler.send_response(status)
                for name, value in (headers or {}).items():
                    handler.send_header(name, value)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            def do_POST(handler) -> None:
                handler.rfile.read(int(handler.headers["Content-Length"]))
                handler.do_GET()

            def log_message(handler, format, *args) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.client = Spruce(f"http://127.0.0.1:{self.server.server_port}/v1/", "token")

    def __enter__(self) -> "Pages":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def page(*ids: str, more=False, token: str | None = None, total: int | None = None, **of: object) -> dict:
    rows = [{"id": id, "displayName": "Example"} | of for id in ids]
    answer = {"contacts": rows, "hasMore": more, "totalCount": len(ids) if total is None else total}
    return answer | ({"paginationToken": token} if token else {})


def send(spruce: Spruce, key: str = "key", number: str = NUMBER) -> str:
    return spruce.send_text(LINE, number, "Hello", key)


# Sending: what happened, and what the client says


@pytest.mark.parametrize(
    ("kind", "error", "taken"),
    [
        ("drop_before", OutcomeUnknown, 0),
        ("drop_after", OutcomeUnknown, 1),
        ("reset_before", OutcomeUnknown, 0),
        ("reset_after", OutcomeUnknown, 1),
        ("slow_before", OutcomeUnknown, 0),
        ("slow_after", OutcomeUnknown, 1),
        ("500_before", OutcomeUnknown, 0),
        ("500_after", OutcomeUnknown, 1),
        ("502_before", OutcomeUnknown, 0),
        ("502_after", OutcomeUnknown, 1),
        ("cut_transfer", OutcomeUnknown, 1),
        ("cut_json", Nonsense, 1),
        ("nonsense", Nonsense, 1),
        ("too_large", OutcomeUnknown, 1),
        ("redirect", OutcomeUnknown, 0),
        ("429", Busy, 0),
        ("503", Busy, 0),
        ("422", KeySeen, 0),
        ("403", BadToken, 0),
        ("404", Refused, 0),
    ],
)
def test_each_trouble_with_a_text_has_its_own_name(spruce, simulator, kind, error, taken):
    simulator.troubles.add(Trouble(kind, path=SEND))
    with pytest.raises(SpruceError) as caught:
        send(spruce)
    assert type(caught.value) is error
    assert len(simulator.texts()) == taken
    assert simulator.calls["POST", SEND] == 1, "a text is never sent again by itself"
    assert NUMBER not in str(caught.value)


@pytest.mark.parametrize("kind", ["no_headers", "late_item"])
def test_harmless_trouble_is_none(spruce, simulator, kind):
    simulator.troubles.add(Trouble(kind, path=SEND))
    assert send(spruce) == simulator.texts()[0].request_id


def test_nonsense_is_an_unknown_outcome_too():
    assert issubclass(Nonsense, OutcomeUnknown)


def test_a_server_that_is_not_there_was_not_sent_to():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent):
        send(Spruce(f"http://127.0.0.1:{port}/v1", "token"))


def test_a_server_that_has_gone_was_not_sent_to(tmp_path):
    with serve(tmp_path / "short.sqlite3") as short:
        spruce = Spruce(short.url, short.token)
        send(spruce)
    with pytest.raises(NotSent):
        send(spruce, "another")


@pytest.mark.parametrize(
    "url", ["https://api.sprucehealth.com/v1", "https://evil.example.com/v1", "http://10.0.0.5/v1"]
)
def test_a_demo_sends_nothing_into_the_world(url):
    with pytest.raises(NotSent):
        send(Spruce(url, "token"))


@pytest.mark.parametrize(
    "number",
    [
        *("2055550123", "12055550123", "+442055550123", "+1205555012", "+120555501234", "+10555550123"),
        *("+12051550123", "+1 205 555 0123", "+12055550123\n", "", "+1２０５５５５０１２３"),
    ],
)
def test_only_a_full_north_american_number_is_ever_sent_to(spruce, simulator, number):
    with pytest.raises(ValueError):
        send(spruce, number=number)
    assert simulator.calls.total() == 0


@pytest.mark.parametrize("key", ["", "k" * 256, "two words", "schlüssel", "a\r\nb"])
def test_a_key_that_spruce_would_not_take_is_refused_before_the_call(spruce, simulator, key):
    with pytest.raises(ValueError):
        send(spruce, key)
    assert simulator.calls.total() == 0


def test_an_empty_text_is_refused_before_the_call(spruce, simulator):
    with pytest.raises(ValueError):
        spruce.send_text(LINE, NUMBER, " \n", "key")
    assert simulator.calls.total() == 0


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_an_id_that_would_change_the_path_is_refused(spruce, simulator, id):
    with pytest.raises(ValueError):
        spruce.send_text(id, NUMBER, "Hello", "key")
    assert simulator.calls.total() == 0


def test_an_id_is_one_segment_of_the_path_whatever_it_holds(spruce, simulator):
    with pytest.raises(Refused):
        spruce.send_text("a/b?c=#d", NUMBER, "Hello", "key")
    assert simulator.calls == {("POST", SEND): 1}


def test_the_same_key_again_is_seen_and_sends_nothing(spruce, simulator):
    send(spruce)
    with pytest.raises(KeySeen):
        send(spruce)
    assert simulator.accepted() == {NUMBER: 1}


def test_a_refusal_tells_status_and_type(spruce):
    with pytest.raises(Refused) as caught:
        spruce.send_text("no-such-line", NUMBER, "Hello", "key")
    assert (caught.value.status, caught.value.type) == (400, "BAD_PARAMETER")


def test_a_wrong_token_is_told_apart(simulator):
    with pytest.raises(BadToken, match="token"):
        send(Spruce(simulator.url, "wrong"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_busy_tells_how_long_where_it_was_told(header, seconds):
    with Pages({}, status=429, headers={"Retry-After": header} if header else {}) as server:
        with pytest.raises(Busy) as caught:
            send(server.client)
        assert (caught.value.retry_after, caught.value.definite) == (seconds, True)


def test_busy_until_a_date_is_a_number_of_seconds():
    until = (clock.now() + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    with Pages({}, status=503, headers={"Retry-After": until}) as server, pytest.raises(Busy) as caught:
        send(server.client)
    assert 60 < caught.value.retry_after <= 90
    assert not caught.value.definite


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((400, Refused), (401, BadToken), (404, Refused), (405, Refused), (413, Refused)),
        *((status, OutcomeUnknown) for status in (408, 425, 500, 504, 599)),
    ],
)
def test_every_other_status_is_either_a_refusal_or_unknown(status, error):
    with Pages(b"<html>?</html>", status=status) as server, pytest.raises(SpruceError) as caught:
        send(server.client)
    assert type(caught.value) is error


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"ok"', b"{}", b'{"requestId": null}', b'{"requestId": ""}'])
def test_an_acceptance_without_a_request_id_is_nonsense(body):
    with Pages(body) as server, pytest.raises(Nonsense):
        send(server.client)


def test_a_reply_goes_into_its_conversation(spruce, simulator):
    simulator.receive(NUMBER, "Who is this?")
    (conversation,) = spruce.conversations()
    request_id = spruce.reply_in(conversation.id, "Your doctor's office", "reply")
    assert [item.request_id for item in spruce.items(conversation.id)] == ["", request_id]
    with pytest.raises(KeySeen):
        spruce.reply_in(conversation.id, "Your doctor's office", "reply")


# Reading


@pytest.mark.parametrize(
    "kind",
    [
        *("drop_before", "reset_after", "slow_before", "500_before", "502_before"),
        *("cut_transfer", "cut_json", "nonsense"),
    ],
)
def test_a_read_is_repeated_when_its_outcome_is_unknown(spruce, simulator, kind):
    simulator.troubles.add(Trouble(kind, nth=1))
    simulator.load_contacts([{"given": "Ada"}])
    assert len(list(spruce.contacts())) == 1
    assert spruce.requests_made == simulator.calls["GET", "/contacts"] == 2


def test_a_read_that_never_succeeds_ends_with_its_error(spruce, simulator):
    simulator.troubles.add(Trouble("500_before"))
    with pytest.raises(OutcomeUnknown):
        spruce.lines()
    assert spruce.requests_made == 3


@pytest.mark.parametrize(("kind", "error"), [("403", BadToken), ("429", Busy), ("404", Refused), ("422", Refused)])
def test_a_read_that_was_refused_is_not_repeated(spruce, simulator, kind, error):
    simulator.troubles.add(Trouble(kind))
    with pytest.raises(error):
        spruce.lines()
    assert spruce.requests_made == 1


def test_every_request_asks_the_pace_first(simulator):
    simulator.load_contacts([{"given": str(number)} for number in range(5)])
    simulator.troubles.add(Trouble("500_before", nth=1))
    steps = []
    spruce = Spruce(simulator.url, simulator.token, pace=lambda: steps.append(1))
    list(spruce.contacts(page_size=2))
    assert len(steps) == spruce.requests_made == simulator.calls.total() == 4


def test_a_pace_that_says_no_stops_the_call(simulator):
    class NotNow(Exception):
        pass

    def refuse():
        raise NotNow

    with pytest.raises(NotNow):
        send(Spruce(simulator.url, simulator.token, pace=refuse))
    assert simulator.calls.total() == 0


def test_lines_are_told_with_channel_and_number(spruce):
    lines = {line.channel: line for line in spruce.lines()}
    assert (lines["phone"].id, lines["phone"].number) == (LINE, "+12055550100")
    assert set(lines) == {"phone", "fax", "email", "secure"}


def test_lines_of_unknown_channels_and_numeric_ids_are_read():
    endpoints = [
        {"endpoint": {"id": 12055550100, "channel": "phone", "rawValue": 12055550100}, "new": 1},
        {"endpoint": {"id": "x", "channel": "hologram", "rawValue": "beam"}},
        {"endpoint": {"id": "y", "channel": "phone", "rawValue": None}},
    ]
    with Pages({"internalEndpoints": endpoints}) as server:
        assert [(line.id, line.number) for line in server.client.lines()] == [
            ("12055550100", "+12055550100"),
            ("x", "beam"),
            ("y", ""),
        ]


def test_all_contacts_come_once_over_several_pages(spruce, simulator):
    simulator.load_contacts([{"given": f"G{number}"} for number in range(1001)])
    contacts = list(spruce.contacts())
    assert [contact.given for contact in contacts] == [f"G{number}" for number in range(1001)]
    assert spruce.requests_made == 3


def test_an_empty_address_book_is_complete(spruce):
    assert list(spruce.contacts()) == []


def test_a_contact_is_read_with_all_that_matching_needs(spruce, simulator):
    simulator.load_contacts(
        [
            {
                "id": "entity_1",
                "given": "Ada",
                "middle": "M",
                "family": "Example",
                "date_of_birth": date(1950, 2, 3),
                "phones": [("+12055550123", "Cell"), ("+12055550124", "")],
                "emails": ["ada@example.com"],
                "tags": ["apcm"],
            }
        ]
    )
    (contact,) = spruce.contacts()
    assert (contact.id, contact.display_name, contact.date_of_birth) == (
        "entity_1",
        "Ada M Example",
        date(1950, 2, 3),
    )
    assert (contact.given, contact.middle, contact.family) == ("Ada", "M", "Example")
    assert contact.phones == (("+12055550123", "Cell"), ("+12055550124", ""))
    assert contact.emails == ("ada@example.com",)
    assert [value for _, value in contact.tags] == ["apcm"]
    assert contact.category == "patient"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("+12055550123", "+12055550123"),
        ("12055550123", "+12055550123"),
        (12055550123, "+12055550123"),
        ("2055550123", "+12055550123"),
        ("(205) 555-0123", "+12055550123"),
        ("205-555-0123", "+12055550123"),
        ("+442079460123", "+442079460123"),
        ("5550123", None),
        ("205-555-0123 x12", None),
        ("22055550123", None),
        ("n/a", None),
        ("", None),
        (None, None),
        (["+12055550123"], None),
    ],
)
def test_a_phone_is_read_as_e164_or_dropped_and_counted(value, read):
    with Pages(page("a", phoneNumbers=[{"id": "p", "value": value, "label": "Cell"}])) as server:
        (contact,) = server.client.contacts()
        assert contact.phones == (((read, "Cell"),) if read else ())
        assert server.client.values_dropped == (0 if read else 1)


@pytest.mark.parametrize(
    ("value", "read", "dropped"),
    [
        ("1950-02-03", date(1950, 2, 3), 0),
        (None, None, 0),
        ("", None, 0),
        ("02/03/1950", None, 1),
        ("1950-02-30", None, 1),
        ("19500203", None, 1),
        ("1950-W05-5", None, 1),
        ("0001-01-01", None, 1),
        (19500203, None, 1),
        ({}, None, 0),
    ],
)
def test_a_date_of_birth_is_read_strictly_or_dropped_and_counted(value, read, dropped):
    with Pages(page("a", dateOfBirth=value)) as server:
        (contact,) = server.client.contacts()
        assert (contact.date_of_birth, server.client.values_dropped) == (read, dropped)


@pytest.mark.parametrize(
    ("value", "read"),
    [("patient", "patient"), ("Clinic", "clinic"), ("robot", "robot"), (None, "unknown"), (5, "5")],
)
def test_a_category_spruce_invents_later_is_kept_and_so_is_no_patient(value, read):
    with Pages(page("a", category=value)) as server:
        assert next(server.client.contacts()).category == read


def test_contacts_with_nulls_and_strange_shapes_survive():
    strange = dict.fromkeys(
        ("displayName", "givenName", "familyName", "phoneNumbers", "emailAddresses", "tags", "hasAccount")
    )
    odd = {"phoneNumbers": "none", "emailAddresses": [None, {"value": 5}], "tags": {"id": 1}, "givenName": []}
    with Pages(page("a", **strange), page("b", **odd)) as server:
        (contact,) = server.client.contacts()
        assert (contact.id, contact.display_name, contact.phones) == ("a", "", ())
        (contact,) = server.client.contacts()
        assert (contact.id, contact.emails, contact.tags) == ("b", ("5",), ())


def test_a_contact_on_two_pages_comes_once():
    pages = page("a", "b", more=True, token="t1", total=4), page("b", "c", total=4)
    with Pages(*pages) as server:
        assert [contact.id for contact in server.client.contacts()] == ["a", "b", "c"]
        assert server.asked == ["/v1/contacts?pageSize=500", "/v1/contacts?pageSize=500&paginationToken=t1"]


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([page("a", more=True, token="t")] * 2, id="the same token again"),
        pytest.param([page("a", more=True)], id="more, and no token"),
        pytest.param([page("a", more=True) | {"paginationToken": ""}], id="more, and an empty token"),
        pytest.param([page(more=True, token="t")], id="an empty page with more to come"),
        pytest.param([page("a", more=True, token=each) for each in "tuvw"], id="the same page for ever"),
        pytest.param([page("a", total=2)], id="the end before the total"),
        pytest.param([page("a", more=True, token="t"), page("b", total=3)], id="the last page too short"),
        pytest.param([page(total=1)], id="nothing where there is something"),
        pytest.param([page("a", total=-1)], id="a negative total"),
        pytest.param([page("a") | {"totalCount": None}], id="no total"),
        pytest.param([page("a") | {"totalCount": "1"}], id="a total in words"),
        pytest.param([page("a") | {"hasMore": None}], id="no word about more"),
        pytest.param([page("a") | {"hasMore": "false"}], id="more in words"),
        pytest.param([{"hasMore": False, "totalCount": 0}], id="no list"),
        pytest.param([page("a") | {"contacts": {"a": 1}}], id="a list that is none"),
        pytest.param([page("a") | {"contacts": [None]}], id="entries that are none"),
        pytest.param([page("")], id="an entry without an id"),
        pytest.param([b"[]"] * 3, id="not an object"),
        pytest.param([b"\xff\xfe"] * 3, id="not text"),
        pytest.param([b"[" * 100_000] * 3, id="nested without end"),
        pytest.param([page(f"a{n}", more=True, token=f"t{n}", total=1) for n in range(600)], id="pages without end"),
    ],
)
def test_an_incomplete_or_impossible_listing_is_never_taken_for_the_whole(pages):
    with Pages(*pages) as server, pytest.raises(Nonsense):
        list(server.client.contacts())


def test_contacts_that_come_and_go_while_paging_do_no_harm():
    with Pages(page("a", more=True, token="t", total=2), page("b", "c", total=3)) as server:
        assert len(list(server.client.contacts())) == 3


@pytest.mark.parametrize("size", [0, 501, -1])
def test_a_page_size_outside_the_contract_is_refused(spruce, size):
    with pytest.raises(ValueError):
        next(spruce.contacts(page_size=size))


def test_conversations_come_by_their_last_message_from_a_moment_on(spruce, simulator):
    now = clock.now()
    for minutes in (90, 60, 30):
        simulator.receive(f"+120555501{minutes}", "Hello", at=now - timedelta(minutes=minutes))
    active = list(spruce.conversations(active_since=now - timedelta(minutes=60)))
    assert [conversation.participants for conversation in active] == [("+12055550160",), ("+12055550130",)]
    assert {conversation.line_id for conversation in active} == {LINE}


def test_a_page_token_and_a_start_are_never_sent_together():
    row = {"id": "t_1", "lastMessageAt": "2026-12-01T10:00:00Z"}
    first = {"conversations": [row], "hasMore": True, "paginationToken": "x", "totalCount": 2}
    last = {"conversations": [row | {"id": "t_2"}], "hasMore": False, "totalCount": 2}
    with Pages(first, last) as server:
        since = datetime(2026, 12, 1, 4, tzinfo=UTC)
        assert [each.id for each in server.client.conversations(since)] == ["t_1", "t_2"]
        assert "startFrom=2026-12-01T04%3A00%3A00.000Z" in server.asked[0]
        assert "paginationToken=x" in server.asked[1]
        assert "startFrom" not in server.asked[1]
        assert all("orderBy=last_message" in asked for asked in server.asked)


def test_a_conversation_that_moves_while_paging_is_told_once():
    def conversations(*ids: str, token: str | None = None) -> dict:
        answer = {"conversations": [{"id": id} for id in ids], "hasMore": bool(token), "totalCount": 3}
        return answer | ({"paginationToken": token} if token else {})

    pages = conversations("a", token="x"), conversations("a", token="y"), conversations("b", "a")
    with Pages(*pages) as server:
        assert [each.id for each in server.client.conversations()] == ["a", "b"]


def test_conversations_without_a_phone_are_read_too():
    rows = [
        {"id": "t_1", "type": "note"},
        {"id": "t_2", "externalParticipants": [{"displayName": "Ada"}], "lastMessageAt": "never"},
        {"id": "t_3", "externalParticipants": None, "internalEndpoint": None, "associatedContactIds": None},
    ]
    with Pages({"conversations": rows, "hasMore": False, "totalCount": 3}) as server:
        read = list(server.client.conversations())
    assert [conversation.participants for conversation in read] == [(), (), ()]
    assert [conversation.last_message_at for conversation in read] == [None, None, None]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-12-01T10:00:00Z", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01T04:00:00-06:00", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01T10:00:00.123456789Z", datetime(2026, 12, 1, 10, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_item_times_are_read_in_every_rfc_3339_form(text, read):
    items = [{"id": "ti_1", "createdAt": text, "direction": "inbound", "text": "STOP", "event": {"new": 1}}]
    with Pages({"conversationItems": items, "hasMore": False, "totalCount": 1}) as server:
        (item,) = server.client.items("t_1")
    assert (item.created_at, item.direction, item.text, item.request_id) == (read, "inbound", "STOP", "")


@pytest.mark.parametrize("created", [None, "", "yesterday", "2026-12-01T10:00:00", 5])
def test_an_item_without_a_usable_time_is_nonsense_and_not_skipped(created):
    items = [{"id": "ti_1", "createdAt": created, "direction": "inbound", "text": "STOP"}]
    answer = {"conversationItems": items, "hasMore": False, "totalCount": 1}
    with Pages(answer) as server, pytest.raises(Nonsense):
        list(server.client.items("t_1"))


def test_half_an_emoji_in_a_reply_does_no_harm():
    items = [{"id": "ti_1", "createdAt": "2026-12-01T10:00:00Z", "text": "STOP \ud83d\x00"}]
    with Pages({"conversationItems": items, "hasMore": False, "totalCount": 1}) as server:
        assert [item.text for item in server.client.items("t_1")] == ["STOP ??"]


def test_items_come_oldest_first_and_from_a_moment_on(spruce, simulator):
    now = clock.now()
    for minutes in (3, 2, 1):
        simulator.receive(NUMBER, f"{minutes} ago", at=now - timedelta(minutes=minutes))
    (conversation,) = spruce.conversations()
    assert [item.text for item in spruce.items(conversation.id)] == ["3 ago", "2 ago", "1 ago"]
    since = now - timedelta(minutes=2)
    assert [item.text for item in spruce.items(conversation.id, since)] == ["2 ago", "1 ago"]


def test_a_time_without_a_zone_is_refused(spruce):
    with pytest.raises(ValueError):
        list(spruce.conversations(active_since=datetime(2026, 12, 1)))


def test_the_conversations_of_a_contact(spruce, simulator):
    simulator.load_contacts([{"id": "entity_1", "given": "Ada", "phones": [(NUMBER, "Cell")]}])
    simulator.receive(NUMBER, "Hello")
    simulator.receive("+12055550199", "Someone else")
    (conversation,) = spruce.conversations_of("entity_1")
    assert (conversation.participants, conversation.contact_ids) == ((NUMBER,), ("entity_1",))
    with pytest.raises(Refused):
        spruce.conversations_of("entity_none")


def test_a_scheduled_message_can_be_withdrawn_once(spruce):
    rows = [{"id": "scm_1", "conversationId": "t_1", "scheduledToSendAt": "2026-12-01T10:00:00Z"}]
    sent = [rows[0] | {"id": "scm_2", "sentConversationItemId": "ti_1"}]
    with Pages({"scheduledMessages": rows + sent, "hasMore": False, "totalCount": 2}) as server:
        assert [each.id for each in server.client.scheduled()] == ["scm_1"]
    with pytest.raises(Refused) as caught:
        spruce.delete_scheduled("scm_1")
    assert caught.value.status == 404


# Limits


def test_the_limits_are_those_of_the_newest_answer(spruce):
    spruce.lines()
    spruce.lines()
    limits = spruce.limits
    assert (limits.limit, limits.remaining) == (600, 598)
    assert (limits.daily_limit, limits.daily_remaining) == (None, None)
    assert abs(clock.now() - limits.at) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        ({"s-ratelimit-limit": "100", "s-ratelimit-remaining": "94"}, (100, 94, None, None)),
        ({"S-RateLimit-Daily-Limit": "9", "s-ratelimit-daily-remaining": "0"}, (None, None, 9, 0)),
        ({"s-request-id": "x", "s-ratelimit-limit": "many", "s-ratelimit-remaining": "-1"}, (None,) * 4),
        ({"s-request-id": "x"}, (None,) * 4),
        ({}, (1, 2, 3, 4)),
    ],
)
def test_an_absent_header_lifts_a_limit_only_in_an_answer_of_spruces_own(headers, limits):
    with Pages(*[{"internalEndpoints": []}] * LIFTED_AFTER, headers=headers) as server:
        server.client.gauge.limits = RateLimits(1, 2, 3, 4, at=clock.now() - MINUTE)
        for _ in range(LIFTED_AFTER):
            server.client.lines()
        known = server.client.limits
    assert (known.limit, known.remaining, known.daily_limit, known.daily_remaining) == limits


def test_refusals_tell_the_limits_as_well(tmp_path):
    with serve(tmp_path / "limited.sqlite3", limits=Limits(per_minute=1)) as limited:
        spruce = Spruce(limited.url, limited.token)
        spruce.lines()
        with pytest.raises(Busy):
            send(spruce)
        assert (spruce.limits.limit, spruce.limits.remaining) == (1, 0)


# Trouble by chance


def test_under_mixed_trouble_unknown_outcomes_are_the_only_doubt(tmp_path):
    kinds = ("drop_before", "drop_after", "reset_before", "reset_after", "500_before", "500_after")
    troubles = Troubles(*(Trouble(kind, path=SEND, share=0.06) for kind in kinds), seed=7)
    outcomes = {}
    with serve(tmp_path / "mixed.sqlite3", troubles=troubles) as simulator:
        spruce = Spruce(simulator.url, simulator.token)
        for number in range(200):
            phone = f"+1205555{number:04d}"
            try:
                outcomes[phone] = send(spruce, f"key-{number}", phone)
            except OutcomeUnknown:
                outcomes[phone] = None
        taken = {text.number: text.request_id for text in simulator.texts()}
        assert set(simulator.accepted().values()) == {1}
    known = {phone: request_id for phone, request_id in outcomes.items() if request_id}
    assert known.items() <= taken.items()
    doubtful = outcomes.keys() - known.keys()
    assert doubtful & taken.keys()
    assert doubtful - taken.keys()


# Setting up


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PATIENT_EXPLORER_HOME", str(tmp_path / "home"))
    home.cache_clear()
    yield tmp_path / "home"
    for simulator in spruce_module._mounted.values():
        simulator.close()
    spruce_module._mounted.clear()
    home.cache_clear()


def test_a_demo_gets_its_own_spruce_once_for_the_process(own_home):
    first, second = configured(), configured()
    assert first.base_url == second.base_url
    assert first.lines()
    assert (own_home / "simulator" / "spruce.sqlite3").exists()


@pytest.mark.parametrize(
    ("mode", "url", "token", "says"),
    [
        ("live", "", "", "SPRUCE_API_TOKEN"),
        ("live", "http://api.sprucehealth.com/v1", "t", "SPRUCE_API_URL"),
        ("live", "https://evil.example.com/v1", "t", "SPRUCE_API_URL"),
        ("live", "http://127.0.0.1:9/v1", "t", "PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES"),
        ("demo", "https://api.sprucehealth.com/v1", "t", "demo"),
        ("demo", "http://127.0.0.1:9/v1", "", "SPRUCE_API_TOKEN"),
    ],
)
def test_a_set_up_that_cannot_work_is_refused_with_its_name(monkeypatch, mode, url, token, says):
    monkeypatch.setenv("PATIENT_EXPLORER_MODE", mode)
    monkeypatch.setenv("SPRUCE_API_URL", url)
    monkeypatch.setenv("SPRUCE_API_TOKEN", token)
    with pytest.raises(NotConfigured, match=says):
        configured()


@pytest.mark.parametrize(
    ("mode", "url", "base"),
    [
        ("live", "", "https://api.sprucehealth.com/v1"),
        ("live", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
        ("demo", "http://localhost:9/v1", "http://localhost:9/v1"),
    ],
)
def test_the_address_comes_from_the_environment(monkeypatch, mode, url, base):
    monkeypatch.setenv("PATIENT_EXPLORER_MODE", mode)
    monkeypatch.setenv("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES", "1")
    monkeypatch.setenv("SPRUCE_API_URL", url)
    monkeypatch.setenv("SPRUCE_API_TOKEN", "secret")
    assert configured().base_url == base
    assert "secret" not in repr(configured())
