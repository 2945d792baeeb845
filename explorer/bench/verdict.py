"""The ledger against the wire: each text accepted exactly once, or a reason why not."""

import json
from bisect import bisect_right
from collections import Counter
from pathlib import Path

CLOSED = ("confirmed", "skipped", "failed", "uncertain", "cancelled")
AROUND = 0.010  # seconds
NEVER_TAKEN = ("skipped", "failed", "cancelled", "planned")


def compare(rows: list[dict], seen: dict, days: tuple[int, ...], launched: dict[str, int]) -> dict:
    """`rows` from the ledger, `seen` the strict server's verdict, `launched` the texts each campaign began with."""
    wrong = [f"{each['rule']}: {each}" for each in seen["violations"]]
    taken = Counter(each["key"] for each in seen["accepted"])
    wrong += _of_rows(rows, taken, seen["accepted"])
    wrong += _of_sums(rows, launched)
    wrong += _of_reminders(rows, seen, days)
    states = Counter(row["state"] for row in rows)
    return {
        "texts": len(rows),
        **{state: states.get(state, 0) for state in (*CLOSED, "planned", "sending", "accepted")},
        "accepted_by_the_server": len(seen["accepted"]),
        "uncertain_that_went_out": sum(row["state"] == "uncertain" and taken[row["key"]] > 0 for row in rows),
        "uncertain_reasons": dict(Counter(row["reason"] for row in rows if row["state"] == "uncertain")),
        "stops": len(seen["stops"]),
        "stops_told": sum(stop["told_at"] is not None for stop in seen["stops"]),
        "scheduled_left_after_stop": seen["scheduled_left_after_stop"],
        "calls": seen["calls"],
        "faults": sum(count for name, count in seen["counts"].items() if name.startswith("fault")),
        "limit": seen["limit"],
        "window": seen["window"],
        "busiest_minute": seen["busiest_minute"],
        "busiest_fixed_minute": seen["busiest_fixed_minute"],
        "calls_past_the_limit": seen["calls_past_the_limit"],
        "most_calls_at_once": seen["most_at_once"],
        "violations": wrong,
    }


def _of_rows(rows: list[dict], taken: Counter, accepted: list[dict]) -> list[str]:
    wrong, by_key = [], {row["key"]: row for row in rows if row["key"]}
    for row in rows:
        times, shown = taken[row["key"]] if row["key"] else 0, _shown(row)
        if times > 1:
            wrong.append(f"accepted {times} times: {shown}")
        elif row["state"] in ("accepted", "confirmed") and times != 1:
            wrong.append(f"the ledger says it went out, the server never took it: {shown}")
        elif row["state"] in NEVER_TAKEN and times:
            wrong.append(f"the ledger says it did not go out, the server took it: {shown}")
        elif row["state"] not in CLOSED:
            wrong.append(f"left open: {shown}")
        elif row["state"] in ("skipped", "failed", "uncertain") and not row["reason"]:
            wrong.append(f"no reason given: {shown}")
    for each in accepted:
        row = by_key.get(each["key"])
        if row is None:
            wrong.append(f"the server took a text the ledger does not know: {each}")
        elif (row["phone"], row["text"]) != (each["number"], each["text"]):
            wrong.append(f"the server took other words or another number than the ledger says: {_shown(row)}")
    return wrong


def _of_sums(rows: list[dict], launched: dict[str, int]) -> list[str]:
    first = Counter(row["campaign__name"] for row in rows if row["step__day"] == 0)
    wrong = [
        f"{name} was launched with {planned} texts and has {first[name]} rows"
        for name, planned in launched.items()
        if first[name] != planned
    ]
    once = Counter((row["campaign__name"], row["step__day"], row["phone"]) for row in rows)
    return wrong + [f"two rows for one campaign, step and number: {key}" for key, count in once.items() if count > 1]


def _of_reminders(rows: list[dict], seen: dict, days: tuple[int, ...]) -> list[str]:
    """A number whose first text is confirmed and that never said STOP has a row for each later step begun."""
    stopped = {stop["number"] for stop in seen["stops"]}
    there = {(row["campaign__name"], row["step__day"], row["phone"]) for row in rows}
    begun = {(row["campaign__name"], row["step__day"]) for row in rows}
    return [
        f"no reminder on day {day}: {_shown(row)}"
        for row in rows
        if row["step__day"] == 0 and row["state"] == "confirmed" and row["phone"] not in stopped
        for day in days
        if (row["campaign__name"], day) in begun and (row["campaign__name"], day, row["phone"]) not in there
    ]


def _shown(row: dict) -> str:
    return (
        f"{row['campaign__name']} day {row['step__day']} {row['phone']} {row['state']} key {row['key'][:12]} "
        f"attempts {row['attempts']} {row['reason']}"
    )


def phases(kills: list[float], log: Path) -> dict[str, int]:
    """Where on the wire the kills fell; the times are the monotonic clock's, which all processes share."""
    begun: dict[int, float] = {}
    ended: dict[int, float] = {}
    texts = set()
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["what"] == "call":
            begun[event["call"]] = event["at"]
            texts |= {event["call"]} if event["method"] == "POST" else set()
        elif event["what"] in ("answered", "fault"):
            ended.setdefault(event["call"], event["at"])
    found: Counter = Counter()
    for kind, calls in (("text", texts), ("reading", begun.keys() - texts)):
        begins = sorted(begun[call] for call in calls)
        ends = sorted(ended[call] for call in calls if call in ended)
        for at in kills:
            found[f"kills_within_a_{kind}_call"] += bisect_right(begins, at) > bisect_right(ends, at)
            found[f"kills_just_after_a_{kind}_call"] += bisect_right(ends, at) > bisect_right(ends, at - AROUND)
    return dict(found)
