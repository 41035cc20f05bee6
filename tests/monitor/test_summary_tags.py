"""Unknown keys of summaries become tags, in model-time order, whatever order they came in."""

from __future__ import annotations

from loss_monitor.monitor.summary_tags import KEYS_MAX, SummaryTags
from loss_monitor.series.tags import TagStore


def steps_and_values(tags: TagStore, tag: str = "summary/Grad Norm") -> tuple[list, list]:
    """Return the points of one tag as lists."""
    series = tags.series("summary", tag)
    return list(series.steps), list(series.values)


def test_an_unknown_number_is_a_tag_at_the_global_step() -> None:
    """Known keys and texts make no tag."""
    noted = SummaryTags()
    pairs = (("Global Step", 136), ("Mean Loss", 0.5), ("Grad Norm", 0.8), ("Note", "warm"))
    noted.note((1,), pairs, 1000.0)
    tags = noted.put(TagStore())
    assert tags.scalars("summary") == ("summary/Grad Norm",)
    assert steps_and_values(tags) == ([136], [0.8])


def test_summaries_read_newest_first_lose_no_point() -> None:
    """A tag's steps only rise, so a point put behind a later one would drop it."""
    noted = SummaryTags()
    for number in (3, 2, 1):
        noted.note((number,), (("Global Step", number * 10), ("Grad Norm", number / 2)), 1000.0)
    assert steps_and_values(noted.put(TagStore())) == ([10, 20, 30], [0.5, 1.0, 1.5])


def test_a_rewritten_summary_replaces_its_point() -> None:
    """What came from the old content is replaced, never doubled."""
    noted = SummaryTags()
    noted.note((1,), (("Global Step", 10), ("Grad Norm", 0.5)), 1000.0)
    tags = noted.put(TagStore())
    noted.note((1,), (("Global Step", 10), ("Grad Norm", 0.75)), 1001.0)
    assert steps_and_values(noted.put(tags)) == ([10], [0.75])


def test_a_summary_of_nothing_but_keys_is_bounded() -> None:
    """Rubbish must not fill the memory."""
    noted = SummaryTags()
    noted.note((1,), tuple((f"key {number}", 1.0) for number in range(KEYS_MAX * 3)), 1000.0)
    assert len(noted.put(TagStore()).scalars("summary")) == KEYS_MAX


def test_a_key_that_a_rewritten_summary_no_longer_has_loses_its_point() -> None:
    """The file is the truth."""
    noted = SummaryTags()
    noted.note((1,), (("Global Step", 10), ("Grad Norm", 0.5)), 1000.0)
    noted.note((2,), (("Global Step", 20), ("Grad Norm", 0.6)), 1000.0)
    tags = noted.put(TagStore())
    noted.note((1,), (("Global Step", 10),), 1001.0)
    assert steps_and_values(noted.put(tags)) == ([20], [0.6])
