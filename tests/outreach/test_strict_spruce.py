"""The bench's own Spruce keeps the vendor's contract, and sees what it is there to see."""

import json
import time
import urllib.error
import urllib.request

import pytest

from explorer.bench.stand import StrictServer, people
from explorer.bench.strict.limits import Window, busiest
from outreach.spruce import BadToken, KeySeen, Spruce
from tests.outreach.test_spruce_contract import DOCUMENT, complaints

NO_DATABASE = True

ANN, BOB = (f"+12055550{number}" for number in (200, 201))
TEXT = "Home Team Medical: our office is moving. Reply STOP to opt out."
PATHS = {
    "internalendpoints": "/internalendpoints",
    "contacts?pageSize=2": "/contacts",
    "conversations?orderBy=last_message": "/conversations",
    "conversations/{id}/items": "/conversations/{conversationId}/items",
    "contacts/entity_000000/conversations": "/contacts/{contactId}/conversations",
    "scheduledmessages": "/scheduledmessages",
}


@pytest.fixture
def strict(tmp_path):
    """strict("--per-minute", "5") is a running server with those options."""
    running = []

    def start(*options: str) -> StrictServer:
        running.append(StrictServer(tmp_path, people(8, seed=1), *options))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def client():
    return lambda server, token=None: Spruce(server.url, token or server.token, timeout=(2, 5))


def get(server: StrictServer, path: str) -> tuple[int, dict]:
    request = urllib.request.Request(f"{server.url}/{path}", headers={"Authorization": f"Bearer {server.token}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def rules(server: StrictServer) -> list[str]:
    return [each["rule"] for each in server.control("verdict")["violations"]]


def test_every_answer_is_as_the_document_has_it(strict, client):
    server = strict()
    client(server).send_text("line_phone", ANN, TEXT, "key-1")
    server.control("receive", number=ANN, text="STOP", stop=True)
    (thread,) = client(server).conversations()
    for path, template in PATHS.items():
        status, answer = get(server, path.replace("{id}", thread.id))
        schema = DOCUMENT["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert (status, complaints(answer, schema)) == (200, []), path
    assert rules(server) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("conversations", 400), ("conversations?orderBy=last_message&pageSize=201", 400),
        ("conversations?orderBy=last_message&startFrom=2026-12-07T10:00:00Z&paginationToken=x", 400),
        ("conversations?orderBy=created&since=1", 400), ("contacts?pageSize=501", 400), ("texts", 404),
    ],
)  # fmt: skip
def test_what_the_document_does_not_know_is_refused_and_blamed(path, status, strict):
    server = strict()
    assert get(server, path)[0] == status
    assert rules(server) == ["outside the contract"]


def test_a_wrong_token_is_refused(strict, client):
    server = strict()
    with pytest.raises(BadToken):
        client(server, "another").lines()
    assert rules(server) == ["outside the contract"]


def test_a_key_is_good_for_one_text_and_a_text_for_one_key(strict, client):
    server = strict()
    client(server).send_text("line_phone", ANN, TEXT, "key-1")
    with pytest.raises(KeySeen):
        client(server).send_text("line_phone", ANN, TEXT, "key-1")
    assert rules(server) == []
    client(server).send_text("line_phone", ANN, TEXT, "key-2")
    assert rules(server) == ["a second key for the same text", "a number and step accepted twice"]
    with pytest.raises(KeySeen):
        client(server).send_text("line_phone", BOB, TEXT, "key-2")
    assert "a key with another text, number or line than before" in rules(server)


def test_a_text_after_a_stop_that_was_read_is_blamed_and_one_before_is_not(strict, client):
    server = strict()
    server.control("receive", number=ANN, text="STOP", stop=True)
    client(server).send_text("line_phone", ANN, TEXT, "key-1")
    assert rules(server) == []
    (thread,) = client(server).conversations()
    assert [item.direction for item in client(server).items(thread.id)] == ["inbound", "outbound"]
    client(server).send_text("line_phone", ANN, TEXT + " Again.", "key-2")
    assert rules(server)[0] == "a text after STOP"


def test_items_and_lists_lag(strict, client):
    server = strict("--item-lag", "0.6", "--list-lag", "0.2")
    client(server).send_text("line_phone", ANN, TEXT, "key-1")
    assert list(client(server).conversations()) == []
    time.sleep(1)
    (thread,) = client(server).conversations()
    assert [item.text for item in client(server).items(thread.id)] == [TEXT]


def test_pages_follow_each_other_without_a_gap(strict, client):
    server = strict()
    numbers = [f"+1205555{number:04}" for number in range(300, 505)]
    for number in numbers:
        client(server).send_text("line_phone", number, TEXT, f"key-{number}")
    assert sorted(each.participants[0] for each in client(server).conversations()) == numbers
    assert rules(server) == []


@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_a_call_past_the_limit_is_refused_and_blamed(window, strict):
    server = strict("--per-minute", "3", "--window", window)
    assert [get(server, "internalendpoints")[0] for _ in range(4)] == [200, 200, 200, 429]
    assert rules(server) == ["a call past the limit"]


@pytest.mark.parametrize(
    ("kind", "allowed"), [("fixed", [True, True, False, True]), ("sliding", [True, True, False, False])]
)
def test_the_two_windows_differ_where_a_minute_ends(kind, allowed):
    window = Window("", 60.0, 2, kind)
    assert [window.take(at) for at in (58.0, 59.0, 59.5, 60.5)] == allowed


def test_the_busiest_minute_is_found_wherever_it_lies():
    assert busiest([0.0, 50.0, 59.0, 100.0, 109.9, 110.0], 60.0) == 4
