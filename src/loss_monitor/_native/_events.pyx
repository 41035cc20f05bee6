# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
"""Event files, compiled; what each function does is in the stub beside this file."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp cimport bool as cpp_bool
from libcpp.vector cimport vector

import os


cdef extern from "crc32c.hpp" namespace "loss_monitor::crc" nogil:
    ctypedef uint32_t (*Move)(uint32_t, const unsigned char *, size_t)
    Move fastest()


cdef extern from "checked_bytes.hpp" namespace "loss_monitor" nogil:
    cdef cppclass Bytes:
        Bytes()
        Bytes(const unsigned char *data, size_t size)
        const unsigned char *data()
        size_t size()


cdef extern from "<optional>" namespace "std" nogil:
    cdef cppclass Place "std::optional<std::size_t>":
        cpp_bool has_value()
        size_t value()


cdef extern from "event_scan.hpp" namespace "loss_monitor" nogil:
    Place c_resume_after_fault "loss_monitor::resume_after_fault"(
        Bytes buffer, size_t offset, Move move)

    cdef enum class State "loss_monitor::Frame::State":
        whole
        incomplete
        bad_length
        bad_payload

    cdef cppclass Frame:
        State state
        uint64_t bytes

    cdef cppclass Tag:
        Bytes text
        Bytes plugin
        uint32_t number
        cpp_bool has_doubles

    cdef cppclass TagTable:
        size_t size()
        Tag &operator[](uint32_t)

    cdef cppclass ScalarPoint:
        pass

    cdef cppclass PackedHistograms:
        vector[uint32_t] tag
        vector[double] wall_time
        vector[size_t] ends
        vector[unsigned char] packed

    cdef size_t passed_over_kinds
    cdef const char *passed_over_words[1]

    cdef cppclass EventScan:
        EventScan(uint64_t seed) except +
        TagTable tags
        vector[uint32_t] numbered
        vector[ScalarPoint] scalars
        PackedHistograms histograms
        uint64_t passed_over[1]
        size_t consumed
        uint64_t records
        Frame end
        void clear()
        size_t room()
        void know_plugin(Bytes tag, Bytes plugin) except +
        void scan(Bytes buffer) except +
        void copy_scalars(const vector[uint32_t] &group_of, const vector[uint32_t] &number_of,
                          uint32_t *tag, int64_t *step, double *wall_time,
                          double *value) except +


# Room that one scan leaves to the next; taken and given back while the interpreter is held.
cdef EventScan *spare = NULL
cdef size_t SPARE_BYTES_MAX = 8 << 20
SEED = int.from_bytes(os.urandom(8), "little")
ENDS = {
    State.incomplete: "incomplete",
    State.bad_length: "bad length",
    State.bad_payload: "bad payload",
}


def scan_records(const unsigned char[::1] buffer not None, dict plugins not None,
                 number_of not None):
    global spare
    cdef EventScan *scan = spare
    spare = NULL
    if scan == NULL:
        scan = new EventScan(SEED)
    try:
        return scanned(scan, buffer, plugins, number_of)
    finally:
        scan.clear()
        if spare == NULL and scan.room() <= SPARE_BYTES_MAX:
            spare = scan
        else:
            del scan


cdef scanned(EventScan *scan, const unsigned char[::1] buffer, dict plugins, number_of):
    # The list keeps alive what the table points to, whoever else writes into the mapping.
    known = list(plugins.items())
    for tag, plugin in known:
        scan.know_plugin(bytes_of(tag), bytes_of(plugin))
    cdef Bytes whole = part_of(buffer)
    with nogil:
        scan.scan(whole)
    cdef uint32_t place
    for place in range(len(known), scan.tags.size()):
        if scan.tags[place].plugin.size():
            plugins[text_of(scan.tags[place].text)] = text_of(scan.tags[place].plugin)
    numbers = [number_of(text_of(scan.tags[place].text)) for place in scan.numbered]
    return (
        scan.consumed,
        ENDS[scan.end.state],
        scan.end.bytes if scan.end.state == State.incomplete else 0,
        scan.records,
        frozenset([
            number for place, number in zip(scan.numbered, numbers) if scan.tags[place].has_doubles
        ]),
        scalars_of(scan, numbers),
        histograms_of(&scan.histograms, numbers),
        {
            passed_over_words[kind].decode(): scan.passed_over[kind]
            for kind in range(passed_over_kinds)
            if scan.passed_over[kind]
        },
    )


# numpy is imported where it is used: which core runs is asked before anything is installed.
cdef scalars_of(EventScan *scan, list numbers):
    import numpy as np
    # Two spellings of one tag have one number.
    distinct = sorted(set(numbers))
    group_of_number = {number: group for group, number in enumerate(distinct)}
    cdef vector[uint32_t] group_of = [group_of_number[number] for number in numbers]
    cdef vector[uint32_t] number_of = distinct
    cdef size_t count = scan.scalars.size()
    tag, step = np.empty(count, np.uint32), np.empty(count, np.int64)
    wall_time, value = np.empty(count), np.empty(count)
    cdef uint32_t[::1] tags = tag
    cdef int64_t[::1] steps = step
    cdef double[::1] wall_times = wall_time
    cdef double[::1] values = value
    if count:
        with nogil:
            scan.copy_scalars(
                group_of, number_of, &tags[0], &steps[0], &wall_times[0], &values[0]
            )
    return tag, step, wall_time, value


cdef histograms_of(PackedHistograms *found, list numbers):
    import numpy as np
    cdef uint32_t place
    cdef size_t count = found.tag.size()
    wall_time = np.empty(count)
    cdef double[::1] wall_times = wall_time
    if count:
        memcpy(&wall_times[0], found.wall_time.data(), count * sizeof(double))
    cdef size_t begin = 0, end
    packed = []
    for end in found.ends:
        packed.append(found.packed.data()[begin:end])
        begin = end
    tags = np.array([numbers[place] for place in found.tag], np.uint32)
    return tags, wall_time, packed


def resume_after_fault(const unsigned char[::1] buffer not None, Py_ssize_t offset):
    cdef Bytes whole = part_of(buffer)
    cdef Place place
    if not 0 <= offset <= buffer.shape[0]:
        raise ValueError(f"offset is {offset}, the buffer has {buffer.shape[0]} bytes")
    with nogil:
        place = c_resume_after_fault(whole, offset, fastest())
    return place.value() if place.has_value() else None


cdef Bytes part_of(const unsigned char[::1] buffer):
    return Bytes(&buffer[0], buffer.shape[0]) if buffer.shape[0] else Bytes()


cdef Bytes bytes_of(bytes text):
    return Bytes(<const unsigned char *> text, len(text))


cdef bytes text_of(Bytes text):
    return <bytes> text.data()[:text.size()]
