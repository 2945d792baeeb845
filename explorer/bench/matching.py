"""How well and how fast patients and contacts are matched, on worlds whose truth is known."""

import time
from collections import Counter

import psutil

from explorer.bench.worlds import RANGES, World, world
from outreach.matching import Decision, match

SIZES = {1384: 20, 10_000: 3, 100_000: 1}  # patients, and how many worlds of so many


def table(largest: int = 100_000) -> dict[str, dict[str, float]]:
    """The figures of each size up to the largest."""
    return {f"{patients:,}": measure(patients, worlds) for patients, worlds in SIZES.items() if patients <= largest}


def measure(patients: int = 1384, worlds: int = 20, first_seed: int = 1, ranges=RANGES) -> dict[str, float]:
    """Totals over the worlds; `seconds` is the slowest of them, `process_mb` what this process holds at the end."""
    total: Counter[str] = Counter()
    slowest = 0.0
    for seed in range(first_seed, first_seed + worlds):
        found = world(seed, patients, ranges)
        started = time.perf_counter()
        decisions = match(found.patients, found.contacts)
        slowest = max(slowest, time.perf_counter() - started)
        total.update(tally(found, decisions))
    held = round(psutil.Process().memory_info().rss / 1e6)
    return figures(total) | {"seconds": round(slowest, 2), "process_mb": held}


def tally(found: World, decisions: list[Decision]) -> Counter[str]:
    """Counts of one world; a second contact of the right patient counts as right and as `duplicate`."""
    owners = {contact: patient for patient, contact in found.truth.items() if contact} | found.duplicates
    counts: Counter[str] = Counter(patients=len(decisions), findable=sum(map(bool, found.truth.values())))
    for decision in decisions:
        truth = found.truth[decision.patient_id]
        right = decision.contact_id is not None and owners.get(decision.contact_id) == decision.patient_id
        if decision.band == "matched":
            counts["automatic"] += 1
            counts["right"] += right
            counts["wrong"] += not right
            counts["strangers"] += decision.contact_id not in owners
            counts["duplicate"] += right and decision.contact_id != truth
        elif decision.band == "review":
            counts["review"] += 1
            counts["right in review"] += right
            counts["seen in review"] += truth is not None
    return counts


def figures(total: Counter[str]) -> dict[str, float]:
    return {
        "automatic": total["automatic"],
        "wrong": total["wrong"],
        "strangers": total["strangers"],
        "duplicates_taken": total["duplicate"],
        "recall": round(total["right"] / total["findable"], 4),
        "recall_with_review": round((total["right"] + total["right in review"]) / total["findable"], 4),
        "review_share": round(total["review"] / total["patients"], 4),
    }
