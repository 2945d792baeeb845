"""Our matcher beside Splink and recordlinkage's ECM, on the same worlds in one run.

Development only: the two are not installed with the program. In an environment of their own,
`pip install recordlinkage splink rapidfuzz nameparser`, then `python -m explorer.bench.compare`.
"""

import argparse
import importlib.util
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from explorer.bench.febrl import febrl_world
from explorer.bench.worlds import World, world
from outreach.matching import match
from outreach.matching.deciding import CATEGORIES
from outreach.matching.people import Person, person_from_contact, person_from_patient

Links = dict[int, int]  # patient to contact
NEEDED = ("recordlinkage", "splink")
SURE = 0.99  # the match probability from which Splink's and ECM's links count as automatic


def compared(worlds: list[World]) -> dict[str, dict[str, float]]:
    """Figures by name of the method: automatic links, wrong ones among them, recall, seconds of the slowest."""
    return {name: _measured(method, worlds) for name, method in METHODS.items()}


def _measured(method: Callable[[World], Links], worlds: list[World]) -> dict[str, float]:
    total, slowest = Counter(), 0.0
    for found in worlds:
        started = time.perf_counter()
        links = method(found)
        slowest = max(slowest, time.perf_counter() - started)
        owners = {contact: patient for patient, contact in found.truth.items() if contact} | found.duplicates
        right = sum(owners.get(contact) == patient for patient, contact in links.items())
        total.update(automatic=len(links), right=right, findable=sum(map(bool, found.truth.values())))
    return {
        "automatic": total["automatic"],
        "wrong": total["automatic"] - total["right"],
        "recall": round(total["right"] / total["findable"], 4),
        "seconds": round(slowest, 2),
    }


def ours(found: World) -> Links:
    decisions = match(found.patients, found.contacts)
    return {each.patient_id: each.contact_id for each in decisions if each.band == "matched"}


def with_splink(found: World) -> Links:
    """As Splink's manual advises: name, date and e-mail comparisons, u by sampling, m by EM in two passes."""
    import splink.comparison_library as comparisons
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    patients, contacts = _frames(found)
    fields = [
        comparisons.NameComparison("first").configure(term_frequency_adjustments=True),
        comparisons.NameComparison("last").configure(term_frequency_adjustments=True),
        comparisons.DateOfBirthComparison("born", input_is_string=True),
    ]
    if patients.phone.notna().any():
        fields += [
            comparisons.ArrayIntersectAtSizes("phones", [1]),
            comparisons.ExactMatch("email").configure(term_frequency_adjustments=True),
        ]
    blocks = [("last", "first"), ("born",), ("first", "phone"), ("last", "phone"), ("phone",), ("email",)]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=fields,
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in blocks],
    )
    api = DuckDBAPI()
    tables = [api.register(frame, table_name=name) for frame, name in ((patients, "list"), (contacts, "spruce"))]
    linker = Linker(tables, settings, log_level=50)
    training = linker.training
    sure = [block_on("first", "last", "born"), block_on("first", "last", "phone")]
    training.estimate_probability_two_random_records_match(sure, recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for columns in (("first", "last"), ("born",)):
        training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    predicted = linker.inference.predict(threshold_match_probability=SURE).as_pandas_dataframe()
    numbers = predicted[["unique_id_l", "unique_id_r", "match_probability"]].itertuples(index=False)
    return _one_to_one((int(left), int(right), probability) for left, right, probability in numbers)


def with_ecm(found: World) -> Links:
    """recordlinkage's unsupervised classifier on agreements of the same fields."""
    import recordlinkage

    patients, contacts = (frame.set_index("unique_id") for frame in _frames(found))
    indexer = recordlinkage.Index()
    has_phones = patients.phone.notna().any()
    for columns in (["last", "first"], ["born"], *([["phone"], ["email"]] if has_phones else [])):
        indexer.block(columns)
    compare = recordlinkage.Compare()
    compare.string("first", "first", method="jarowinkler", threshold=0.88)
    compare.string("last", "last", method="jarowinkler", threshold=0.88)
    for column in ("born", *(("phone", "email") if has_phones else ())):
        compare.exact(column, column)
    agreements = compare.compute(indexer.index(patients, contacts), patients, contacts)
    classifier = recordlinkage.ECMClassifier()
    classifier.fit(agreements)
    probabilities = classifier.prob(agreements)
    return _one_to_one((*pair, probability) for pair, probability in probabilities.items() if probability >= SURE)


def _one_to_one(pairs: Iterable[tuple[int, int, float]]) -> Links:
    """The surest pair first, then the surest of what is left."""
    links: Links = {}
    taken = set()
    for patient, contact, _ in sorted(pairs, key=lambda pair: -pair[2]):
        if patient not in links and contact not in taken:
            links[patient] = contact
            taken.add(contact)
    return links


def _frames(found: World) -> tuple:
    """Both lists with names taken apart and folded as for our own matcher, so that none has an advantage there."""
    kept = [contact for contact in found.contacts if contact.category in CATEGORIES]
    return _frame(map(person_from_patient, found.patients)), _frame(map(person_from_contact, kept))


def _frame(people: Iterable[Person]):
    import pandas

    rows = [
        (
            person.id,
            person.names[0].given or None,
            person.names[0].family or None,
            person.born.isoformat() if person.born else None,
            sorted(person.phones),
            min(person.phones, default=None),
            min(person.emails, default=None),
        )
        for person in people
    ]
    return pandas.DataFrame(rows, columns=["unique_id", "first", "last", "born", "phones", "phone", "email"])


def febrl_4() -> World:
    """FEBRL 4 as recordlinkage ships it, read as our own two files would be."""
    from recordlinkage.datasets import load_febrl4

    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("originals.csv", "copies.csv")]
        for table, file in zip(load_febrl4(), files, strict=True):
            table.to_csv(file, encoding="utf-8")
        return febrl_world(*files)


METHODS = {"ours": ours, "Splink": with_splink, "recordlinkage ECM": with_ecm}


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--worlds", type=int, default=20)
    reader.add_argument("--patients", type=int, default=1384)
    wanted = reader.parse_args()
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"{' and '.join(missing)} must be installed to compare. See the first lines of {__file__}.")  # noqa: T201
        return 1
    for title, worlds in (
        (
            f"{wanted.worlds} worlds of {wanted.patients}",
            [world(n, wanted.patients) for n in range(1, wanted.worlds + 1)],
        ),
        ("FEBRL 4", [febrl_4()]),
    ):
        for name, figures in compared(worlds).items():
            print(title, name, figures, sep=" | ")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
