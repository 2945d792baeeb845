"""A minute of the long trial (`bench --kills 1000`): the sender is killed again and again while it sends."""

import pytest

from explorer.bench.kills import Plan, run

NO_DATABASE = True

STATES = ("planned", "sending", "accepted", "confirmed", "skipped", "failed", "uncertain", "cancelled")


@pytest.mark.long
def test_every_text_goes_out_once_however_often_the_sender_is_killed():
    """With faults on the way, STOPs on the run and a limit; the verdict is another program's, see strict_spruce."""
    found = run(
        Plan(
            kills=60, texts=80, seed=2026, days=(0, 3), per_minute=2400, window="sliding", stops=0.03,
            slow=0.0, item_lag=(0.0, 0.8), list_lag=(0.0, 0.4), seconds=30,
        )
    )  # fmt: skip
    assert found["violations"] == []
    assert found["kills"] > 0 < found["stops_told"]
    assert found["texts"] == sum(found[state] for state in STATES)
    assert found["planned"] == found["sending"] == found["accepted"] == 0
    assert found["confirmed"] + found["uncertain_that_went_out"] == found["accepted_by_the_server"]
