# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
"""Decimal text, compiled; what each function does is in the stub beside this file."""

from libc.stddef cimport size_t


cdef extern from "decimal.hpp" namespace "loss_monitor" nogil:
    cdef cppclass NumbersRead:
        size_t values
        size_t lines
        size_t end
    NumbersRead c_read_numbers "loss_monitor::read_numbers"(
        const char *text, size_t size, size_t begin, double *numbers, size_t room)


# To give the interpreter away and wait for it costs more than to read less.
cdef size_t GIVEN_AWAY_FROM_BYTES = 64 * 1024


def read_numbers(const unsigned char[::1] text not None, Py_ssize_t begin,
                 double[::1] numbers not None):
    cdef size_t size = text.shape[0]
    cdef size_t room = numbers.shape[0]
    cdef NumbersRead read
    if not 0 <= begin <= text.shape[0]:
        raise ValueError(f"begin is {begin}, the text has {size} bytes")
    if begin == text.shape[0] or room == 0:
        return 0, 0, begin
    cdef const char *first = <const char *> &text[0]
    cdef double *out = &numbers[0]
    if size - begin < GIVEN_AWAY_FROM_BYTES:
        read = c_read_numbers(first, size, begin, out, room)
    else:
        with nogil:
            read = c_read_numbers(first, size, begin, out, room)
    return read.values, read.lines, read.end
