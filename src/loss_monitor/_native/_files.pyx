# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
"""Small files of numbers, compiled; what each function does is in the stub beside this file."""

from cpython.bytes cimport PyBytes_AsStringAndSize
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp cimport bool as cpp_bool
from libcpp.vector cimport vector


cdef extern from "Python.h":
    bytes PyUnicode_EncodeFSDefault(object text)


cdef extern from "plain_file.hpp" namespace "loss_monitor" nogil:
    size_t plain_file_bytes_max
    cdef cppclass PlainFile:
        const char *path
        uint64_t device
        uint64_t inode
        int64_t size
        int64_t mtime_ns
        int64_t values
        uint32_t checksum
    cdef cppclass PlainCost:
        int64_t opens
        int64_t bytes_read
    PlainCost c_read_plain_files "loss_monitor::read_plain_files"(
        PlainFile *files, size_t count, cpp_bool follows_links,
        char *bytes, double *numbers, size_t room)


def read_plain_files(list paths not None, list stats not None, double[::1] numbers not None,
                     bint follows_links):
    cdef size_t count = len(paths)
    cdef size_t room = numbers.shape[0]
    cdef size_t at
    cdef char *path
    cdef vector[PlainFile] files
    cdef vector[char] text
    cdef PlainCost cost
    cdef cpp_bool follows = follows_links
    if <size_t> len(stats) != count:
        raise ValueError(f"{count} paths, {len(stats)} stats")
    if count == 0 or room == 0:
        return [-1] * count, [0] * count, 0, 0
    # They hold the texts that the pointers lead to.
    encoded = [PyUnicode_EncodeFSDefault(one) for one in paths]
    files.resize(count)
    text.resize(plain_file_bytes_max)
    for at in range(count):
        PyBytes_AsStringAndSize(encoded[at], &path, NULL)
        files[at].path = path
        device, inode, size, mtime_ns, _ = stats[at]
        files[at].device = device
        files[at].inode = inode
        files[at].size = size
        files[at].mtime_ns = mtime_ns
    cdef double *out = &numbers[0]
    with nogil:
        cost = c_read_plain_files(files.data(), count, follows, text.data(), out, room)
    values = [files[at].values for at in range(count)]
    checksums = [files[at].checksum for at in range(count)]
    return values, checksums, cost.opens, cost.bytes_read
