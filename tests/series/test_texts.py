"""Texts by run, file and tag: the newest are kept, all together stay below a bound."""

from __future__ import annotations

import pytest

from loss_monitor.series import texts as module
from loss_monitor.series.tags import TagStore
from loss_monitor.series.texts import NEWEST_KEPT, Text, TextStore


def note(step, text="x"):
    return Text(step, 1.0, text)


def test_texts_are_joined_in_the_order_of_files():
    """As numbers are; hyperparameters of a later file count."""
    store = TextStore().put("a", "f2", {"t": [note(3)]}, {"lr": 0.2})
    store = store.put("a", "f1", {"t": [note(1), note(2)], "u": [note(9)]}, {"lr": 0.1, "n": 1.0})
    assert [one.step for one in store.texts("a", "t")] == [1, 2, 3]
    assert store.tags("a") == ("t", "u")
    assert store.hparams("a") == {"lr": 0.2, "n": 1.0}
    assert (store.tags("b"), store.texts("a", "v"), store.hparams("b")) == ((), (), {})


def test_older_versions_stay_as_they_were():
    """A snapshot is one moment."""
    old = TextStore().put("a", "f", {"t": [note(1)]}, {})
    new = old.put("a", "f", {"t": [note(2)]}, {"lr": 1.0})
    assert len(old.texts("a", "t")) == 1
    assert old.hparams("a") == {}
    assert len(new.texts("a", "t")) == 2
    gone = new.without_file("a", "f")
    assert (gone.tags("a"), gone.hparams("a"), gone.runs()) == ((), {}, set())
    assert new.without_file("a", "other") is new


def test_the_newest_of_a_tag_are_kept():
    """And that others were left out is told."""
    store = TextStore().put("a", "f", {"t": [note(n) for n in range(NEWEST_KEPT)]}, {})
    assert not store.is_thinned
    store = store.put("a", "f", {"t": [note(NEWEST_KEPT)]}, {})
    assert store.is_thinned
    assert [one.step for one in store.texts("a", "t")] == [*range(1, NEWEST_KEPT + 1)]


def test_all_texts_together_are_bounded(monkeypatch: pytest.MonkeyPatch):
    """First to the newest of each tag, then nothing is added."""
    monkeypatch.setattr(module, "CHARACTERS_MAX", 25)
    store = TextStore().put("a", "f", {"t": [note(1, "x" * 10), note(2, "y" * 10)]}, {})
    store = store.put("a", "f", {"u": [note(3, "z" * 10)]}, {})
    assert [one.step for one in store.texts("a", "t")] == [2]
    full = store.put("a", "f", {"v": [note(4, "w" * 10)]}, {"lr": 1.0})
    assert full.tags("a") == ("t", "u")
    assert full.is_thinned
    assert full.hparams("a") == {"lr": 1.0}


def test_a_run_of_texts_alone_is_a_run_and_goes_with_its_file():
    """The store of tags holds them."""
    store = TagStore(texts=TextStore().put("a", "f", {"t": [note(1)]}, {}))
    assert store.runs() == ("a",)
    assert store.without_file("a", "f").runs() == ()
    assert store.without_file("a", "other") is store
