"""Listings of one directory: made when it changed, and again where its clock is coarse."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.source.listing import Calls, Listing, NewName


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "place"
    path.mkdir()
    return path


@pytest.fixture
def calls() -> Calls:
    return Calls()


def listing_of(place: Path, clock: ManualClock, calls: Calls, *, network: bool = False) -> Listing:
    return Listing(str(place), clock, calls, network=network)


def freeze_directory_times(monkeypatch: pytest.MonkeyPatch, time_s: int = 1_000_000_000) -> None:
    """Let each directory look unchanged for ever: the coarsest clock that can be."""
    real = os.stat

    def frozen(path, **more):
        found = real(path, **more)
        if not os.path.stat.S_ISDIR(found.st_mode):
            return found
        time_ns = time_s * 10**9
        return SimpleNamespace(
            st_dev=found.st_dev, st_ino=found.st_ino, st_mode=found.st_mode,
            st_mtime_ns=time_ns, st_ctime_ns=time_ns, st_size=4096, st_nlink=2,
        )  # fmt: skip

    monkeypatch.setattr(os, "stat", frozen)


def test_names_are_new_once_and_gone_once(place: Path, clock: ManualClock, calls: Calls) -> None:
    """A second check without a change brings nothing."""
    listing = listing_of(place, clock, calls)
    (place / "a").write_text("")
    (place / "d").mkdir()
    (place / "l").symlink_to("d")
    changes = listing.check()
    assert sorted(changes.new) == [
        NewName(str(place / "a"), is_directory=False, is_link=False),
        NewName(str(place / "d"), is_directory=True, is_link=False),
        NewName(str(place / "l"), is_directory=False, is_link=True),
    ]
    assert listing.check().new == []
    clock.advance(5)
    (place / "a").unlink()
    assert listing.check().gone == [str(place / "a")]


def test_an_unchanged_directory_is_not_listed(
    place: Path, clock: ManualClock, calls: Calls
) -> None:
    """Once the tick of its last change is over, a check is one `stat`."""
    listing = listing_of(place, clock, calls)
    for _ in range(10):
        listing.check()
        clock.advance(1)
    settled = calls.listings
    for _ in range(100):
        listing.check()
        clock.advance(1)
    assert calls.listings == settled
    assert calls.stats == 110


@pytest.mark.parametrize(("network", "window_s"), [(False, 2), (True, 4)])
def test_a_name_made_within_the_tick_of_a_listing_is_found(
    place: Path, clock: ManualClock, calls: Calls, monkeypatch, network: bool, window_s: float
) -> None:
    """Lustre's mtimes are whole seconds: the directory's looks the same after the second name."""
    freeze_directory_times(monkeypatch)
    listing = listing_of(place, clock, calls, network=network)
    (place / "first").write_text("")
    assert [os.path.basename(new.path) for new in listing.check().new] == ["first"]
    (place / "second").write_text("")
    assert listing.check().new == []
    found = []
    for _ in range(10 * window_s + 1):
        clock.advance(0.1)
        found += [os.path.basename(new.path) for new in listing.check().new]
    assert found == ["second"]


def test_a_directory_is_listed_at_most_twice_a_second(
    place: Path, clock: ManualClock, calls: Calls
) -> None:
    """However often it changes; and all names are found in the end."""
    listing = listing_of(place, clock, calls)
    found = set()
    listed_at = []
    for number in range(100):
        (place / str(number)).write_text("")
        before = calls.listings
        found |= {os.path.basename(new.path) for new in listing.check().new}
        listed_at += [clock.monotonic_s()] * (calls.listings - before)
        clock.advance(0.05)
    clock.advance(1)
    found |= {os.path.basename(new.path) for new in listing.check().new}
    assert found == {str(number) for number in range(100)}
    for first, third in zip(listed_at, listed_at[2:], strict=False):
        assert third - first > 0.99


def test_a_change_a_second_after_the_last_is_listed_at_once(
    place: Path, clock: ManualClock, calls: Calls
) -> None:
    """The second listing of a change does not use up the next one's."""
    listing = listing_of(place, clock, calls)
    for number in range(5):
        (place / str(number)).write_text("")
        assert [os.path.basename(new.path) for new in listing.check().new] == [str(number)]
        for _ in range(10):
            clock.advance(0.1)
            listing.check()


def test_an_old_listing_is_made_again_on_demand(
    place: Path, clock: ManualClock, calls: Calls, monkeypatch
) -> None:
    """The last resort where a directory's times never move."""
    freeze_directory_times(monkeypatch)
    listing = listing_of(place, clock, calls)
    for _ in range(10):
        listing.check()
        clock.advance(1)
    (place / "late").write_text("")
    assert listing.check(age_max_s=60).new == []
    clock.advance(60)
    assert [os.path.basename(new.path) for new in listing.check(age_max_s=60).new] == ["late"]


def test_a_name_that_becomes_a_directory_is_gone_and_new(
    place: Path, clock: ManualClock, calls: Calls
) -> None:
    """Otherwise what is inside would never be found."""
    listing = listing_of(place, clock, calls)
    (place / "x").write_text("")
    listing.check()
    clock.advance(5)
    (place / "x").unlink()
    (place / "x").mkdir()
    changes = listing.check()
    assert changes.gone == [str(place / "x")]
    assert changes.new == [NewName(str(place / "x"), is_directory=True, is_link=False)]


def test_a_deleted_directory_is_missing_and_all_new_when_it_returns(
    place: Path, clock: ManualClock, calls: Calls
) -> None:
    """Its inode number may be the same, its names are not the old ones."""
    listing = listing_of(place, clock, calls)
    (place / "a").write_text("")
    listing.check()
    (place / "a").unlink()
    place.rmdir()
    changes = listing.check()
    assert (changes.missing, changes.gone) == (True, [str(place / "a")])
    place.mkdir()
    (place / "a").write_text("")
    clock.advance(1)
    assert [os.path.basename(new.path) for new in listing.check().new] == ["a"]


def test_another_directory_in_its_place_is_told(
    place: Path, clock: ManualClock, calls: Calls
) -> None:
    """Renamed away and another renamed in between two checks."""
    listing = listing_of(place, clock, calls)
    (place / "a").write_text("")
    listing.check()
    other = place.with_name("other")
    other.mkdir()
    (other / "a").write_text("")
    place.rename(place.with_name("old"))
    other.rename(place)
    clock.advance(1)
    changes = listing.check()
    assert changes.recreated
    assert changes.gone == [str(place / "a")]
    assert [os.path.basename(new.path) for new in changes.new] == ["a"]


def test_a_file_in_its_place_is_an_error_and_missing(
    tmp_path: Path, clock: ManualClock, calls: Calls
) -> None:
    """The message names the path."""
    (tmp_path / "file").write_text("")
    changes = listing_of(tmp_path / "file", clock, calls).check()
    assert changes.missing
    assert changes.error == f"{tmp_path / 'file'} is not a directory"


def test_a_forgotten_name_is_looked_for_at_once_but_seldom(
    place: Path, clock: ManualClock, calls: Calls
) -> None:
    """It may have been away with a directory above this one, which shows no change then."""
    path = place / "events.out.tfevents.1"
    path.touch()
    listing = listing_of(place, clock, calls)
    for _ in range(3):
        clock.advance(2.0)
        listing.check()
    listing.forget(str(path))
    clock.advance(1.0)
    assert [new.path for new in listing.check().new] == [str(path)]
    listing.forget(str(path))
    listings = calls.listings
    for _ in range(20):
        clock.advance(2.0)
        listing.check()
    assert calls.listings == listings
    clock.advance(60.0)
    listing.forget(str(path))
    assert [new.path for new in listing.check().new] == [str(path)]
