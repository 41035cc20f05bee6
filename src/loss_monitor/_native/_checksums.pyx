# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
"""Checksums, compiled; what each function does is in the stub beside this file."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t


cdef extern from "crc32c.hpp" namespace "loss_monitor::crc" nogil:
    ctypedef uint32_t (*Move)(uint32_t, const unsigned char *, size_t)
    Move fastest()


# Below this the interpreter is not given away: taking it back costs more than the checksum.
cdef Py_ssize_t LARGE = 65536


def crc32c(const unsigned char[::1] data not None, uint32_t value=0):
    cdef Py_ssize_t size = data.shape[0]
    cdef uint32_t register_ = ~value
    cdef Move move = fastest()
    if size == 0:
        return value
    cdef const unsigned char *first = &data[0]
    if size < LARGE:
        register_ = move(register_, first, size)
    else:
        with nogil:
            register_ = move(register_, first, size)
    return ~register_ & 0xffffffff
