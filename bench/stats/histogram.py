"""Counts of durations, bucketed as HdrHistogram does: three significant digits, 1 ns to 60 s."""

import ctypes
import struct
import zlib
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray
from pyhdrh import decode as decode_counts

_Numbers: TypeAlias = float | NDArray[np.float64]

HIGHEST_NS = 60_000_000_000
_DIGITS = 3
_SUB_BUCKETS = 2048  # the power of two at or above 2 * 10**_DIGITS
_HALF = _SUB_BUCKETS // 2
_HALF_BITS = _HALF.bit_length() - 1
_OUTER, _OUTER_COOKIE = struct.Struct(">II"), 0x1C849314  # cookie, length of what follows
_INNER, _INNER_COOKIE = struct.Struct(">IIIIqqd"), 0x1C849313  # and offset, digits, range, ratio
SIZE = 27 * _HALF  # buckets that reach HIGHEST_NS; HdrHistogram's counts_len


def _indices(durations_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bucket of each duration; what lies outside is put in the outermost bucket, never dropped."""
    clipped = np.clip(durations_ns, 0, HIGHEST_NS)
    width_bits = np.frexp((clipped | (_SUB_BUCKETS - 1)).astype(np.float64))[1] - _HALF_BITS - 1
    sub_bucket = clipped >> width_bits
    indices: NDArray[np.int64] = ((width_bits + 1) << _HALF_BITS) + (sub_bucket - _HALF)
    return indices


def _midpoints() -> NDArray[np.float64]:
    """Middle of each bucket, ns."""
    index = np.arange(SIZE)
    width_bits = np.maximum((index >> _HALF_BITS) - 1, 0)
    sub_bucket = np.where(index < _SUB_BUCKETS, index, (index & (_HALF - 1)) + _HALF)
    low = sub_bucket.astype(np.float64) * 2.0**width_bits
    middle: NDArray[np.float64] = low + (2.0**width_bits - 1) / 2
    return middle


MIDPOINTS_NS = _midpoints()


def nearest_rank(total: _Numbers, percent: _Numbers) -> NDArray[np.float64]:
    """Rank, from 1, of the smallest of `total` values that `percent` of them do not exceed.

    Numbers or arrays of one shape. 99.9 % of 5,000 is 4995, not the 4995.000000000001 that the
    division gives: hence the rounding.
    """
    ranks: NDArray[np.float64] = np.maximum(1, np.ceil(np.round(total * percent / 100, 6)))
    return ranks


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many durations fell into each bucket; merged by adding, never by averaging.

    used: the buckets that hold any, rising, shape (n,). held: how many each of these holds, shape
    (n,), int64. Few of the buckets are used, and a run has thousands of histograms. A duration read
    back is the middle of its bucket, off by at most 0.05 %.
    """

    used: NDArray[np.int64]
    held: NDArray[np.int64]

    @classmethod
    def counted(cls, counts: NDArray[np.integer[Any]]) -> Self:
        """Take the counts of all buckets, shape (SIZE,)."""
        used = (counts != 0).nonzero()[0]  # three times as fast as of the counts themselves
        return cls(used, counts[used].astype(np.int64))

    @classmethod
    def of(cls, durations_ns: NDArray[np.int64]) -> Self:
        """Bucket an array of nanoseconds, shape (n,); n may be 0."""
        return cls.counted(np.bincount(_indices(durations_ns), minlength=SIZE))

    @classmethod
    def empty(cls) -> Self:
        """No durations at all."""
        return cls.counted(np.zeros(0, dtype=np.int64))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read HdrHistogram's V2 compressed encoding (base64). Raises ValueError if it is not.

        The library's own class takes five times as long, for it looks at every bucket.
        """
        try:
            outer = b64decode(text, validate=True)
            inner = zlib.decompress(outer[_OUTER.size :])
            heads = *_OUTER.unpack_from(outer), *_INNER.unpack_from(inner)
        except (ValueError, struct.error, zlib.error) as error:
            raise ValueError(f"not an HdrHistogram V2 encoding: {error}") from error
        if heads[:4] != (
            _OUTER_COOKIE, len(outer) - _OUTER.size, _INNER_COOKIE, len(inner) - _INNER.size,
        ):  # fmt: skip
            raise ValueError("not an HdrHistogram V2 encoding: its heads are not of that kind")
        if heads[5:8] != (_DIGITS, 1, HIGHEST_NS):
            raise ValueError("an HdrHistogram of another range or precision")
        counts = np.zeros(SIZE, dtype=np.uint64)
        try:
            found = decode_counts(inner, _INNER.size, counts.ctypes.data, SIZE, counts.itemsize)
        except (ArithmeticError, LookupError, ValueError) as error:
            raise ValueError(f"not an HdrHistogram V2 encoding: {error}") from error
        first, last = max(0, found["min_nonzero_index"]), found["max_nonzero_index"]
        used = first + (counts[first : last + 1] != 0).nonzero()[0]
        return cls(used, counts[used].astype(np.int64))

    def encode(self) -> str:
        """Write HdrHistogram's V2 compressed encoding (base64), which its own tools read."""
        histogram = HdrHistogram(1, HIGHEST_NS, _DIGITS)
        unsigned = self.counts.astype(np.uint64)
        ctypes.memmove(histogram.counts, unsigned.ctypes.data, unsigned.nbytes)
        histogram.total_count = self.total
        if self.used.size:
            histogram.min_value = int(MIDPOINTS_NS[self.used[0]])
            histogram.max_value = int(MIDPOINTS_NS[self.used[-1]])
        encoded: bytes = histogram.encode()
        return encoded.decode("ascii")

    @classmethod
    def merged(cls, histograms: Iterable["Histogram"]) -> Self:
        """Add up the counts of all; empty of none."""
        counts = np.zeros(SIZE, dtype=np.int64)
        for histogram in histograms:
            counts[histogram.used] += histogram.held
        return cls.counted(counts)

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram.merged((self, other))

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many each of all buckets holds, shape (SIZE,)."""
        counts = np.zeros(SIZE, dtype=np.int64)
        counts[self.used] = self.held
        return counts

    @cached_property
    def total(self) -> int:
        """Durations counted."""
        return int(self.held.sum())

    def mean_ns(self) -> float | None:
        """Arithmetic mean, ns; None when nothing was counted."""
        if not self.total:
            return None
        return float(self.held.astype(np.float64) @ MIDPOINTS_NS[self.used] / self.total)

    def percentile_ns(self, percent: float) -> float | None:
        """Smallest duration that at least `percent` of all do not exceed; None when empty."""
        if not self.total:
            return None
        place = int(np.searchsorted(np.cumsum(self.held), nearest_rank(self.total, percent)))
        return float(MIDPOINTS_NS[self.used[place]])
