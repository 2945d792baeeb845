from datetime import UTC, datetime, timedelta

import pytest

from explorer.lib import clock

NO_DATABASE = True


@pytest.fixture
def restarted(monkeypatch):
    """The clock as a new process would see it."""
    clock._start.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    clock._start.cache_clear()


def test_without_the_variable_it_is_the_systems_time(restarted):
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_it_starts_where_the_variable_says_and_runs(restarted):
    restarted.setenv(clock.VARIABLE, "2026-12-07T10:00:00-06:00")
    first = clock.now()
    assert datetime(2026, 12, 7, 16, tzinfo=UTC) <= first < datetime(2026, 12, 8, tzinfo=UTC)
    assert clock.now() > first


@pytest.mark.parametrize("text", ["yesterday", "2026-12-07T10:00:00"])
def test_a_time_without_meaning_or_zone_is_refused(restarted, text):
    restarted.setenv(clock.VARIABLE, text)
    with pytest.raises(clock.BadClock, match="2026-12-07T10:00:00-06:00"):
        clock.now()


def test_the_demo_jumps_for_every_process_that_shares_its_folder(restarted, tmp_path):
    restarted.setattr(clock, "_jump_file", tmp_path / "clock")
    before = clock.now()
    clock.jump(timedelta(days=3))
    assert timedelta(days=3) <= clock.now() - before < timedelta(days=3, minutes=1)
    (tmp_path / "clock").write_text("nonsense")
    assert clock.now() - before < timedelta(minutes=1)
