"""Client and simulator are both held to Spruce's published OpenAPI document; what is not in it is wrong.

`spruce-openapi.json` is a cut of the vendor's document: the paths used here and the schemas they refer to.
"""

import copy
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, FormatChecker

from explorer.lib import clock, http
from outreach.simulator import SEND, Exchange, Limits, Reply, Trouble, Troubles, seeded, serve
from outreach.spruce import Spruce, SpruceError

NO_DATABASE = True

DOCUMENT = json.loads((Path(__file__).parent.parent / "fixtures" / "spruce-openapi.json").read_text(encoding="utf-8"))
# Statuses that Spruce describes in words, for every path: a bad token, a path that does not exist. And 429,
# which it does not describe at all.
EVERYWHERE = {403, 404, 429}
ORDINARY_HEADERS = {
    *("host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "content-type"),
    "authorization",
}
formats = FormatChecker(("date",))


@formats.checks("date-time", raises=ValueError)
def is_rfc3339(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


def closed(schema: object) -> object:
    """The schemas without room for fields they do not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    read = {name: closed(each) for name, each in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        # `contact` requires `customFields` and does not describe it.
        for name in set(schema.get("required", ())) - set(schema["properties"]):
            read["properties"][name] = {}
        read["additionalProperties"] = False
    return read


COMPONENTS = closed(copy.deepcopy(DOCUMENT["components"]))


def complaints(value: object, schema: dict) -> list[str]:
    validator = Draft4Validator({"components": COMPONENTS, **closed(schema)}, format_checker=formats)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def resolved(part: dict) -> dict:
    if "$ref" not in part:
        return part
    _, _, kind, name = part["$ref"].split("/")
    return DOCUMENT["components"][kind][name]


def operation(exchange: Exchange) -> dict:
    return DOCUMENT["paths"][exchange.template][exchange.method.lower()]


def wrong_in_answer(exchange: Exchange) -> list[str]:
    responses = operation(exchange)["responses"] if exchange.template else {}
    documented = responses.get(str(exchange.status))
    if documented is None and exchange.status not in EVERYWHERE:
        return [f"{exchange.status} is not documented for {exchange.method} {exchange.template}"]
    content = documented.get("content") if documented else None
    error = {"$ref": "#/components/schemas/error"}
    if documented and not content:
        return [] if exchange.answer is None else ["a body where none is documented"]
    return complaints(exchange.answer, content["application/json"]["schema"] if content else error)


def wrong_in_request(exchange: Exchange) -> list[str]:
    """What the document does not know of a request the client has made."""
    if not exchange.template:
        return ["the path is not in the document"]
    known = [resolved(each) for each in operation(exchange).get("parameters", [])]
    query = {each["name"]: each for each in known if each["in"] == "query"}
    headers = {each["name"] for each in known if each["in"] == "header"}
    wrong = [f"{name} is not a parameter" for name in exchange.query.keys() - query.keys()]
    needed = {name for name in query if query[name]["required"]}
    wrong += [f"{name} is missing" for name in needed - exchange.query.keys()]
    for name in query.keys() & exchange.query.keys():
        text = exchange.query[name]
        wrong += complaints(int(text) if text.isdigit() else text, query[name]["schema"])
    wrong += [f"{name} is not a header" for name in exchange.headers.keys() - headers - ORDINARY_HEADERS]
    body = operation(exchange).get("requestBody")
    if body:
        wrong += complaints(exchange.body, body["content"]["application/json"]["schema"])
    elif exchange.body is not None:
        wrong.append("a body where none is documented")
    return wrong


@pytest.fixture
def exchanges():
    return []


@pytest.fixture
def simulator(tmp_path, exchanges, monkeypatch):
    monkeypatch.setenv("PATIENT_EXPLORER_MODE", "demo")
    running = serve(
        tmp_path / "spruce.sqlite3",
        observe=exchanges.append,
        limits=Limits(per_minute=500, per_day=5000),
        behaviour=lambda number, text, nth: [Reply(timedelta(), "Yes"), Reply(timedelta(hours=1), "later")],
    )
    with running:
        running.load_contacts(
            [
                {
                    "given": "Ada",
                    "middle": "M",
                    "family": "Example",
                    "date_of_birth": "1950-02-03",
                    "phones": [("+12055550123", "Cell"), ("+12055550124", "")],
                    "emails": ["ada@example.com"],
                    "tags": ["apcm", "moved"],
                },
                {"company": "Example Pharmacy", "category": "clinic", "phones": [("+12055550150", "Work")]},
                {"given": "Bo", "gender": "male"},
            ]
        )
        yield running


@pytest.fixture
def spruce(simulator):
    return Spruce(simulator.url, simulator.token)


def ask(simulator, method, path, *, key=None, token=None, **parts):
    headers = {"s-idempotency-key": key} if key else {}
    token = simulator.token if token is None else token
    return http.send("spruce", method, simulator.url + path, token=token, headers=headers, **parts)


def use_all_of(spruce: Spruce, simulator) -> None:
    """Each method of the client, with several pages where there are pages."""
    line = spruce.lines()[0]
    contact = next(spruce.contacts(page_size=1))
    list(spruce.contacts(page_size=2))
    for number in range(205):
        spruce.send_text(line.id, f"+1205555{number:04d}", "Hello", f"key-{number}")
    since = clock.now() - timedelta(hours=1)
    conversation = list(spruce.conversations(active_since=since))[-1]
    for number in range(101):
        spruce.reply_in(conversation.id, "Thank you", f"reply-{number}")
    list(spruce.conversations())
    list(spruce.items(conversation.id))
    spruce.conversation(conversation.id)
    list(spruce.items(conversation.id, since=since))
    spruce.conversations_of(contact.id)
    assert spruce.start_call(line.id, "+12055550160", "+12055550123", "call").startswith("+1")
    body = {
        "destination": {"smsOrEmailEndpoint": "+12055550123"},
        "message": {"body": [{"type": "text", "value": "Later"}]},
        "sendAt": (clock.now() + timedelta(days=1)).isoformat(),
    }
    ask(simulator, "POST", f"/internalendpoints/{line.id}/conversations", json=body)
    for scheduled in spruce.scheduled():
        spruce.delete_scheduled(scheduled.id)


def test_every_request_of_the_client_and_every_answer_to_it_keeps_the_contract(spruce, simulator, exchanges):
    use_all_of(spruce, simulator)
    assert {wrong for each in exchanges for wrong in wrong_in_request(each)} == set()
    assert {wrong for each in exchanges for wrong in wrong_in_answer(each)} == set()
    asked = {(each.method, each.template) for each in exchanges}
    assert len(asked) == 11, "every path the client knows was asked for"
    assert {each.status for each in exchanges} == {200}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer.pop("totalCount"),
        lambda answer: answer["contacts"][0].update(invented=1),
        lambda answer: answer["contacts"][0].update(dateOfBirth="02/03/1950"),
        lambda answer: answer["contacts"][0].update(middleName=None),
        lambda answer: answer["contacts"][0].update(category="friend"),
        lambda answer: answer["contacts"][0].update(created="yesterday"),
        lambda answer: answer["contacts"][0].pop("customFields"),
    ],
)
def test_a_breach_of_the_contract_would_be_found(spruce, exchanges, spoil):
    list(spruce.contacts())
    assert wrong_in_answer(exchanges[0]) == []
    spoil(exchanges[0].answer)
    assert len(wrong_in_answer(exchanges[0])) == 1


def test_several_pages_were_asked_for_of_each_list(spruce, simulator, exchanges):
    use_all_of(spruce, simulator)
    paged = {each.template for each in exchanges if "paginationToken" in each.query}
    assert paged == {"/contacts", "/conversations", "/conversations/{conversationId}/items"}


NUMBER = "+12055550123"


def sms(to=NUMBER, **more):
    return {
        "destination": {"smsOrEmailEndpoint": to},
        "message": {"body": [{"type": "text", "value": "Hello"}]},
    } | more


LINE = "/internalendpoints/12055550100/conversations"


@pytest.mark.parametrize(
    ("status", "method", "path", "parts"),
    [
        (403, "GET", "/contacts", {"token": "wrong"}),
        (403, "POST", LINE, {"token": "", "json": sms()}),
        (404, "GET", "/nothing", {}),
        (404, "DELETE", "/contacts", {}),
        (400, "GET", "/contacts", {"params": {"pageSize": 501}}),
        (400, "GET", "/contacts", {"params": {"pageSize": 0}}),
        (400, "GET", "/contacts", {"params": {"pageSize": "many"}}),
        (400, "GET", "/contacts", {"params": {"limit": 5}}),
        (400, "GET", "/contacts", {"params": {"paginationToken": "made-up"}}),
        (400, "GET", "/conversations", {}),
        (400, "GET", "/conversations", {"params": {"orderBy": "name"}}),
        (400, "GET", "/conversations", {"params": {"orderBy": "created", "pageSize": 201}}),
        (400, "GET", "/conversations", {"params": {"orderBy": "created", "startFrom": "yesterday"}}),
        (400, "GET", "/conversations", {"params": {"orderBy": "created", "startFrom": "2026-12-01T00:00"}}),
        (
            400,
            "GET",
            "/conversations",
            {"params": {"orderBy": "created", "startFrom": "2026-12-01T00:00:00Z", "paginationToken": "x"}},
        ),
        (400, "GET", "/conversations/t_none/items", {}),
        (404, "GET", "/conversations/t_none", {}),
        (404, "GET", "/contacts/entity_none", {}),
        (404, "GET", "/contacts/entity_none/conversations", {}),
        (404, "PATCH", "/contacts/entity_none", {"json": {"tagIds": []}}),
        (404, "GET", "/conversationItems/ti_none", {}),
        (404, "DELETE", "/scheduledmessages/scm_none", {}),
        (400, "POST", "/conversations/t_none/messages", {"json": sms()["message"]}),
        (400, "POST", "/internalendpoints/none/conversations", {"json": sms()}),
        (400, "POST", LINE, {"json": sms("2055550123")}),
        (400, "POST", LINE, {"json": sms("+1 205 555 0123")}),
        (400, "POST", LINE, {"json": sms("someone@example.com")}),
        (400, "POST", LINE, {"json": sms(destination={})}),
        (400, "POST", LINE, {"json": sms(destination={"faxEndpoint": "+12055550123"})}),
        (400, "POST", LINE, {"json": sms(destination={"smsOrEmailEndpoint": NUMBER, "faxEndpoint": NUMBER})}),
        (400, "POST", LINE, {"json": sms(destination={"smsOrEmailEndpoint": NUMBER, "contactId": "x"})}),
        (400, "POST", LINE, {"json": sms(message={"body": []})}),
        (400, "POST", LINE, {"json": sms(message={"body": [{"type": "html", "value": "x"}]})}),
        (400, "POST", LINE, {"json": sms(sendAt="soon")}),
        (400, "POST", LINE, {"json": sms(text="x")}),
        (400, "POST", LINE, {"json": ["x"]}),
        (400, "POST", LINE, {"json": sms(), "key": "k" * 256}),
        (200, "POST", LINE, {"json": sms(), "key": "k" * 255}),
        (200, "POST", LINE, {"json": sms()}),
        (200, "GET", "/contacts/tags", {"params": {"pageSize": 1}}),
        (201, "POST", "/contacts/tags", {"json": {"value": "apcm"}}),
        (200, "POST", "/contacts/search", {"json": {"freeText": "ada"}}),
        (200, "GET", "/contacts/entity_0000000000001", {}),
        (200, "PATCH", "/contacts/entity_0000000000001", {"json": {"tagIds": ["tag_0000000000002"]}}),
        (400, "PATCH", "/contacts/entity_0000000000001", {"json": {"tagIds": ["tag_none"]}}),
        (400, "PATCH", "/contacts/entity_0000000000001", {"json": {"tags": []}}),
        (400, "POST", "/contacts/search", {"json": {"query": "ada"}}),
    ],
)
def test_the_simulator_answers_as_documented(simulator, exchanges, status, method, path, parts):
    answer = ask(simulator, method, path, **parts)
    assert answer.status == status
    assert answer.request_id
    assert wrong_in_answer(exchanges[-1]) == []


def test_other_reads_keep_the_contract_too(simulator, spruce, exchanges):
    spruce.send_text("12055550100", "+12055550123", "Hello", "key")
    conversation = next(spruce.conversations())
    item = next(spruce.items(conversation.id))
    for path in (f"/conversations/{conversation.id}", f"/conversationItems/{item.id}"):
        assert ask(simulator, "GET", path).status == 200
    numbers = {"originatingNumber": "+12055550160", "destinationNumber": "+12055550123"}
    ask(simulator, "POST", "/internalendpoints/12055550100/calls", json=numbers)
    assert [wrong for each in exchanges for wrong in wrong_in_answer(each)] == []


def test_a_search_finds_by_name_by_phone_and_by_category(simulator):
    def found(**filters):
        body = {"structured": {name: [each] for name, each in filters.items()}}
        answer = ask(simulator, "POST", "/contacts/search", json=body).json()
        return [contact["displayName"] for contact in answer["contacts"]]

    assert found(nameFilter={"match": "any", "names": [{"familyName": "example"}]}) == ["Ada M Example"]
    assert found(phoneNumberFilter={"match": "any", "values": ["+12055550150"]}) == ["Example Pharmacy"]
    assert found(categoryFilter={"match": "none", "categories": ["clinic"]}) == ["Ada M Example", "Bo"]


def test_a_key_is_refused_for_24_hours_on_its_own_path_only(simulator, spruce):
    spruce.send_text("12055550100", "+12055550123", "Hello", "key")
    conversation = next(spruce.conversations())
    assert ask(simulator, "POST", LINE, json=sms("+12055550124"), key="key").status == 422
    spruce.reply_in(conversation.id, "Thanks", "key")
    with simulator.state.transaction():
        simulator.state.do("UPDATE keys SET seen_at = seen_at - 24 * 3600 * 1000 + 60000")
    assert ask(simulator, "POST", LINE, json=sms(), key="key").status == 422
    with simulator.state.transaction():
        simulator.state.do("UPDATE keys SET seen_at = seen_at - 60000")
    assert ask(simulator, "POST", LINE, json=sms(), key="key").status == 200


def test_a_refused_text_leaves_its_key_unused_and_nothing_behind(simulator):
    assert ask(simulator, "POST", LINE, json=sms("x"), key="key").status == 400
    assert simulator.texts() == []
    assert ask(simulator, "POST", LINE, json=sms(), key="key").status == 200


def test_errors_use_up_the_key_where_the_simulator_is_told_so(tmp_path):
    with serve(tmp_path / "strict.sqlite3", errors_use_up_key=True) as strict:
        assert ask(strict, "POST", LINE, json=sms("x"), key="key").status == 400
        assert ask(strict, "POST", LINE, json=sms(), key="key").status == 422


def test_both_rate_windows_are_told_and_kept(tmp_path):
    with serve(tmp_path / "limited.sqlite3", limits=Limits(per_minute=2, per_day=5)) as limited:
        answers = [ask(limited, "GET", "/internalendpoints") for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        names = ("limit", "remaining", "daily-limit", "daily-remaining")
        told = [[answer.headers[f"s-ratelimit-{name}"] for name in names] for answer in answers]
        assert told == [["2", "1", "5", "4"], ["2", "0", "5", "3"], ["2", "0", "5", "2"]]
        assert limited.over_limit() == 1


def test_a_dimension_without_a_limit_has_no_header(tmp_path):
    with serve(tmp_path / "free.sqlite3", limits=Limits(per_day=5, exceeded=0)) as free:
        answers = [ask(free, "GET", "/internalendpoints") for _ in range(6)]
        assert {answer.status for answer in answers} == {200}
        assert "s-ratelimit-limit" not in answers[0].headers
        assert free.over_limit() == 1


def test_a_text_becomes_an_item_later_and_lists_lag_behind(tmp_path):
    delayed = serve(tmp_path / "slow.sqlite3", item_delay=3600, list_delay=1800)
    with delayed:
        spruce = Spruce(delayed.url, delayed.token)
        request_id = spruce.send_text("12055550100", "+12055550123", "Hello", "key")
        assert list(spruce.conversations()) == []
        _pass(delayed, hours=1)
        assert list(spruce.conversations()) == []
        _pass(delayed, hours=0.5)
        (conversation,) = spruce.conversations()
        assert [item.request_id for item in spruce.items(conversation.id)] == [request_id]


def test_a_late_item_comes_late(tmp_path):
    late = Troubles(Trouble("late_item", path=SEND, seconds=3600))
    with serve(tmp_path / "late.sqlite3", troubles=late) as simulator:
        spruce = Spruce(simulator.url, simulator.token)
        spruce.send_text("12055550100", "+12055550123", "Hello", "key")
        assert list(spruce.conversations()) == []
        _pass(simulator, hours=1)
        assert len(list(spruce.conversations())) == 1


def test_patients_answer_in_their_time(simulator, spruce):
    spruce.send_text("12055550100", "+12055550123", "Hello", "key")
    (conversation,) = spruce.conversations()
    assert [(item.direction, item.text) for item in spruce.items(conversation.id)] == [
        ("outbound", "Hello"),
        ("inbound", "Yes"),
    ]
    _pass(simulator, hours=1)
    assert [item.text for item in spruce.items(conversation.id)] == ["Hello", "Yes", "later"]


def test_a_scheduled_message_goes_out_when_its_time_has_come(simulator, spruce):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    request_id = ask(simulator, "POST", LINE, json=sms(sendAt=tomorrow.isoformat())).json()["requestId"]
    assert [each.text for each in spruce.scheduled()] == ["Hello"]
    assert list(spruce.conversations()) == []
    with simulator.state.transaction():
        simulator.state.do("UPDATE scheduled SET send_at = send_at - 24 * 3600 * 1000")
    (conversation,) = spruce.conversations()
    assert next(spruce.items(conversation.id)).request_id == request_id
    assert list(spruce.scheduled()) == []


def test_two_simulators_on_one_file_are_one_spruce(tmp_path):
    with serve(tmp_path / "shared.sqlite3") as here, serve(tmp_path / "shared.sqlite3") as there:
        assert here.token == there.token
        Spruce(here.url, here.token).send_text("12055550100", "+12055550123", "Hello", "key")
        with pytest.raises(SpruceError):
            Spruce(there.url, there.token).send_text("12055550100", "+12055550123", "Hello", "key")
        assert there.accepted() == {"+12055550123": 1}


def _open_and_count(path: Path) -> int:
    with serve(path) as simulator:
        return len(Spruce(simulator.url, simulator.token).lines())


def test_several_processes_may_open_a_new_file_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        assert set(pool.map(_open_and_count, [tmp_path / "new.sqlite3"] * 9)) == {4}


def test_seeded_patients_answer_alike_every_time_and_differ_by_seed():
    numbers = [f"+1205555{number:04d}" for number in range(1000)]

    def answers(seed):
        return [seeded(seed)(number, "Hello", 1) for number in numbers]

    assert answers("a") == answers("a")
    assert answers("a") != answers("b")


def test_seeded_patients_answer_in_realistic_shares():
    replies = [reply for n in range(4000) for reply in seeded("a")(f"+1205555{n:04d}", "Hello", 1)]
    stops = [reply for reply in replies if "stop" in reply.text.casefold()]
    assert 0.10 < len(replies) / 4000 < 0.20
    assert 0.005 < len(stops) / 4000 < 0.03
    assert all(timedelta() < reply.after <= timedelta(hours=48) for reply in replies)


def test_a_seeded_patient_who_said_stop_is_silent_afterwards():
    behave = seeded("a")
    stopped = [
        number
        for number in (f"+1205555{n:04d}" for n in range(1000))
        if [reply.text for reply in behave(number, "Hello", 1)] == ["STOP"]
    ]
    assert stopped
    assert all(behave(number, "Hello", nth) == () for number in stopped for nth in range(2, 30))


def _pass(simulator, *, hours: float) -> None:
    """Let time pass for what the simulator has planned."""
    earlier = round(hours * 3_600_000)
    with simulator.state.transaction():
        simulator.state.do(
            "UPDATE items SET created_at = created_at - ?, visible_at = visible_at - ?", earlier, earlier
        )
