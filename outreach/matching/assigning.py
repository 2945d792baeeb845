"""Giving each contact to at most one patient, so that the evidence used is greatest over all of them."""

from collections import defaultdict
from collections.abc import Iterable

Edge = tuple[int, int]

# Patients or contacts in a group that is solved exactly; from a larger one the weakest links are cut first.
LARGEST_GROUP = 16


def assign(weights: dict[Edge, float]) -> dict[Edge, float]:
    """The best one-to-one choice of (patient, contact) pairs by positive weight.

    Each comes with its margin: how much would be lost if that pair were forbidden.
    """
    chosen = {}
    for group in components(weights):
        chosen |= _assign_group({edge: weights[edge] for edge in group})
    return chosen


def components(edges: Iterable[Edge]) -> list[list[Edge]]:
    """The connected groups, each sorted."""
    by_patient, by_contact = defaultdict(list), defaultdict(list)
    for edge in sorted(edges):
        by_patient[edge[0]].append(edge)
        by_contact[edge[1]].append(edge)
    seen: set[Edge] = set()
    groups = []
    for start in (edge for group in by_patient.values() for edge in group):
        if start in seen:
            continue
        seen.add(start)
        group, waiting = [], [start]
        while waiting:
            edge = waiting.pop()
            group.append(edge)
            fresh = [other for other in (*by_patient[edge[0]], *by_contact[edge[1]]) if other not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        groups.append(sorted(set(group)))
    return groups


def _assign_group(weights: dict[Edge, float]) -> dict[Edge, float]:
    if len(weights) == 1:
        return dict(weights)
    patients, contacts = {patient for patient, _ in weights}, {contact for _, contact in weights}
    if max(len(patients), len(contacts)) > LARGEST_GROUP and min(len(patients), len(contacts)) > 1:
        return _assign_large_group(weights)
    best, total = _solve(weights)
    return {edge: total - _solve(_without(weights, edge))[1] for edge in best}


def _without(weights: dict[Edge, float], edge: Edge) -> dict[Edge, float]:
    return {other: weight for other, weight in weights.items() if other != edge}


def _assign_large_group(weights: dict[Edge, float]) -> dict[Edge, float]:
    """Cuts the weaker half of the links and solves what falls apart; a cut link still narrows the margin."""
    ranked = sorted(weights, key=lambda edge: (-weights[edge], edge))
    kept, cut = ranked[: len(ranked) // 2], ranked[len(ranked) // 2 :]
    rivals: dict[tuple[str, int], float] = defaultdict(float)
    for patient, contact in cut:
        for end in (("patient", patient), ("contact", contact)):
            rivals[end] = max(rivals[end], weights[patient, contact])
    chosen = assign({edge: weights[edge] for edge in kept})
    taken = {("patient", edge[0]) for edge in chosen} | {("contact", edge[1]) for edge in chosen}
    left = [edge for edge in cut if taken.isdisjoint((("patient", edge[0]), ("contact", edge[1])))]
    chosen |= assign({edge: weights[edge] for edge in left})
    return {edge: min(margin, weights[edge] - _rival(rivals, edge)) for edge, margin in chosen.items()}


def _rival(rivals: dict[tuple[str, int], float], edge: Edge) -> float:
    return max(rivals["patient", edge[0]], rivals["contact", edge[1]])


def _solve(weights: dict[Edge, float]) -> tuple[list[Edge], float]:
    """The exact optimum: the Hungarian method, with pairs that do not exist worth nothing."""
    if not weights:
        return [], 0.0
    patients, contacts = sorted({edge[0] for edge in weights}), sorted({edge[1] for edge in weights})
    if min(len(patients), len(contacts)) == 1:
        edge = min(weights, key=lambda edge: (-weights[edge], edge))
        return [edge], weights[edge]
    width = max(len(patients), len(contacts))
    costs = [[-weights.get((patient, contact), 0.0) for contact in contacts] for patient in patients]
    costs = [row + [0.0] * (width - len(contacts)) for row in costs]
    pairs = [(patients[row], contacts[column]) for row, column in _hungarian(costs) if column < len(contacts)]
    pairs = [edge for edge in pairs if edge in weights]
    return pairs, sum(weights[edge] for edge in pairs)


def _hungarian(costs: list[list[float]]) -> list[tuple[int, int]]:
    """The cheapest assignment of every row to a column of its own; no more rows than columns.

    Shortest augmenting paths with potentials, O(rows² · columns); column 0 is the root of each search.
    """
    rows, columns = len(costs), len(costs[0])
    row_potential, column_potential = [0.0] * (rows + 1), [0.0] * (columns + 1)
    row_of = [0] * (columns + 1)
    for row in range(1, rows + 1):
        row_of[0] = row
        column, came_from = _augmenting_path(costs, row_of, row_potential, column_potential)
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return [(row_of[column] - 1, column - 1) for column in range(1, columns + 1) if row_of[column]]


def _augmenting_path(costs, row_of, row_potential, column_potential) -> tuple[int, list[int]]:
    """The free column nearest to the row at the root, and the path back from it."""
    columns = len(row_of) - 1
    distance, came_from, used = [float("inf")] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
    column = 0
    while row_of[column]:
        used[column] = True
        row = row_of[column]
        step, nearest = float("inf"), 0
        for other in range(1, columns + 1):
            if used[other]:
                continue
            reduced = costs[row - 1][other - 1] - row_potential[row] - column_potential[other]
            if reduced < distance[other]:
                distance[other], came_from[other] = reduced, column
            if distance[other] < step:
                step, nearest = distance[other], other
        for other in range(columns + 1):
            if used[other]:
                row_potential[row_of[other]] += step
                column_potential[other] -= step
            else:
                distance[other] -= step
        column = nearest
    return column, came_from
