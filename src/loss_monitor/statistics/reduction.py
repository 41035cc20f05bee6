"""Reduction of long stretches to few buckets that keep every extreme.

Enters: positions and moments of small blocks. Leaves: edges of buckets, lengths of blocks.
Nothing is sampled: a bucket's minimum and maximum are those of all of its values.
"""

from __future__ import annotations

import numpy as np

from loss_monitor.statistics.distinct import distinct
from loss_monitor.types import Ints

BLOCK_VALUES = 128
"""Most values in one block: small enough to be re-read at a bucket's edge, large enough that
the blocks of ten million values are reduced in a millisecond."""


def bucket_edges(start: int, stop: int, buckets_max: int) -> Ints:
    """Return edges of at most `buckets_max` equal buckets that cover [start, stop).

    int64 of shape (buckets + 1,), strictly rising; no bucket is empty. Empty where
    `stop` <= `start`.

    >>> bucket_edges(0, 10, 4).tolist()
    [0, 2, 5, 7, 10]
    """
    if stop <= start:
        return np.zeros(0, dtype=np.int64)
    buckets = max(1, min(buckets_max, stop - start))
    return start + np.arange(buckets + 1, dtype=np.int64) * (stop - start) // buckets


def edges_apart(start: int, stop: int, buckets_max: int, begins: Ints) -> Ints:
    """Return edges as `bucket_edges` does, with one at each of rising `begins` inside.

    Those come out of `buckets_max`, so that a bucket never joins what they part. Where buckets
    are wide, other edges keep a block's distance from them.

    >>> edges_apart(0, 10, 4, np.array([1])).tolist()
    [0, 1, 3, 6, 10]
    """
    begins = distinct(begins[(begins > start) & (begins < stop)])[: buckets_max - 1]
    edges = bucket_edges(start, stop, max(1, buckets_max - begins.size))
    if not begins.size:
        return edges
    if stop - start > BLOCK_VALUES * (len(edges) - 1):
        # Edges of wide buckets move by half a block later on: none may meet a fixed one.
        after = np.searchsorted(begins, edges)
        above = begins[np.minimum(after, begins.size - 1)]
        below = begins[np.maximum(after - 1, 0)]
        gap = np.minimum(np.abs(above - edges), np.abs(edges - below))
        gap[[0, -1]] = BLOCK_VALUES
        edges = edges[gap >= BLOCK_VALUES]
    return distinct(np.concatenate([edges, begins]))


def block_counts(counts: Ints, block_values: int) -> Ints:
    """Return lengths of the blocks that cut each segment from its own start; int64.

    Blocks never cross segments, so that they do not depend on what lies beside a segment;
    an empty segment has none.

    >>> block_counts(np.array([600, 0, 4]), 256).tolist()
    [256, 256, 88, 4]
    """
    blocks = -(-counts // block_values)
    lengths = np.full(int(blocks.sum()), block_values, dtype=np.int64)
    filled = blocks > 0
    last = np.cumsum(blocks)[filled] - 1
    lengths[last] = counts[filled] - (blocks[filled] - 1) * block_values
    return lengths
