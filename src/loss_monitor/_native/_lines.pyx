# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
"""Lines of a text, compiled; what each function does is in the stub beside this file."""

from libc.stddef cimport size_t


cdef extern from "lines.hpp" namespace "loss_monitor" nogil:
    size_t c_count_newlines "loss_monitor::count_newlines"(const char *text, size_t size)


def count_newlines(const unsigned char[::1] text not None):
    cdef size_t size = text.shape[0]
    cdef size_t count
    if size == 0:
        return 0
    cdef const char *begin = <const char *> &text[0]
    with nogil:
        count = c_count_newlines(begin, size)
    return count
