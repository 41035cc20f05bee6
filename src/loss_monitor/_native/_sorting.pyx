# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
"""Values in rising order, compiled; what each function does is in the stub beside this file."""

from libc.stddef cimport ptrdiff_t, size_t
from libc.stdint cimport uint32_t


cdef extern from "sorting.hpp" namespace "loss_monitor" nogil:
    ptrdiff_t c_sort_float32 "loss_monitor::sort_float32"(
        const double *values, size_t size, uint32_t *into, uint32_t *scratch)


def sort_float32(const double[::1] values not None, uint32_t[::1] into not None,
                 uint32_t[::1] scratch not None):
    cdef Py_ssize_t size = values.shape[0]
    cdef ptrdiff_t count
    if into.shape[0] < size or scratch.shape[0] < size:
        raise ValueError(f"there are {size} values, and room for fewer")
    if size == 0:
        return 0
    cdef const double *first = &values[0]
    cdef uint32_t *sorted_bits = &into[0]
    cdef uint32_t *spare = &scratch[0]
    with nogil:
        count = c_sort_float32(first, size, sorted_bits, spare)
    return count
