# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
"""Lines of a text, compiled; what each function does is in the stub beside this file."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector


cdef extern from *:
    const char *LOSS_MONITOR_SOURCES  # given by the build

SOURCES = LOSS_MONITOR_SOURCES.decode("ascii")


cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass string_view:
        string_view(const char *, size_t)
        const char *data()
        size_t size()


cdef extern from "lines.hpp" namespace "loss_monitor" nogil:
    size_t c_count_newlines "loss_monitor::count_newlines"(const char *text, size_t size)


cdef extern from "job_log.hpp" namespace "loss_monitor" nogil:
    size_t literal_bytes_min
    size_t literals_max

    cdef cppclass StepRow:
        size_t line
        int64_t rank
        int64_t step
        double loss
        cbool has_loss
        size_t pairs_end

    cdef cppclass PairRow:
        size_t key
        double value

    cdef cppclass IconRow:
        size_t line
        int64_t step
        int64_t year
        int month, day, hour, minute, second, nanosecond

    cdef cppclass OtherRow:
        size_t line
        size_t start
        size_t end
        uint32_t literals

    cdef cppclass LogRows:
        vector[StepRow] steps
        vector[PairRow] pairs
        vector[string_view] keys
        vector[IconRow] icons
        vector[OtherRow] others
        size_t lines
        size_t end

    cdef cppclass LogScanner:
        LogScanner(const vector[string_view] &literals) except +
        void scan(const char *text, size_t size, size_t begin, size_t rows_max,
                  LogRows &rows) except +


# Rows of one kind that are gathered before they become Python's: 2 MB at most.
cdef size_t ROWS_MAX = 16384


def count_newlines(const unsigned char[::1] text not None):
    cdef size_t size = text.shape[0]
    if size == 0:
        return 0
    # A megabyte takes 40 us: not worth to give the interpreter away and wait for it.
    return c_count_newlines(<const char *> &text[0], size)


cdef class JobLogScanner:
    """The literals of a search, prepared."""

    cdef LogScanner *scanner
    cdef tuple literals  # keeps alive what the scanner looks at

    def __cinit__(self, literals):
        cdef vector[string_view] views
        cdef const char *first
        self.literals = tuple(literals)
        if len(self.literals) > literals_max:
            raise ValueError(f"at most {literals_max} literals, not {len(self.literals)}")
        for literal in self.literals:
            if not isinstance(literal, bytes) or len(literal) < literal_bytes_min:
                raise ValueError(f"at least {literal_bytes_min} bytes a literal: {literal!r}")
            first = literal
            views.push_back(string_view(first, len(literal)))
        self.scanner = new LogScanner(views)

    def __dealloc__(self):
        del self.scanner

    def scan(self, const unsigned char[::1] text not None, Py_ssize_t begin, size_t first_line):
        cdef size_t size = text.shape[0]
        cdef const char *first
        cdef LogRows rows
        if not 0 <= begin <= text.shape[0]:
            raise ValueError(f"begin is {begin}, the text has {size} bytes")
        if begin == text.shape[0]:
            return [], [], [], 0, begin
        first = <const char *> &text[0]
        with nogil:
            self.scanner.scan(first, size, begin, ROWS_MAX, rows)
        return (
            steps_of(rows, first_line),
            icons_of(rows, first_line),
            others_of(rows, first_line),
            rows.lines,
            rows.end,
        )


cdef list steps_of(LogRows &rows, size_t first_line):
    cdef size_t index, begin = 0
    cdef StepRow *row
    cdef list found = []
    cdef list names = [
        rows.keys[index].data()[:rows.keys[index].size()].decode("ascii")
        for index in range(rows.keys.size())
    ]
    cdef tuple keys = ()
    cdef size_t keys_begin = 0  # of the row that `keys` were made for
    for index in range(rows.steps.size()):
        row = &rows.steps[index]
        if not has_keys(rows, keys_begin, len(keys), begin, row.pairs_end - begin):
            keys = tuple([names[rows.pairs[at].key] for at in range(begin, row.pairs_end)])
            keys_begin = begin
        found.append((row.rank, row.step, row.loss if row.has_loss else None, keys,
                      tuple([rows.pairs[at].value for at in range(begin, row.pairs_end)]),
                      row.line + first_line))
        begin = row.pairs_end
    return found


cdef cbool has_keys(LogRows &rows, size_t known, size_t known_count, size_t at, size_t count):
    """Tell whether two stretches of pairs have the same keys: nearly all lines do."""
    cdef size_t index
    if count != known_count:
        return False
    for index in range(count):
        if rows.pairs[known + index].key != rows.pairs[at + index].key:
            return False
    return True


cdef list icons_of(LogRows &rows, size_t first_line):
    cdef size_t index
    cdef IconRow *row
    cdef list found = []
    for index in range(rows.icons.size()):
        row = &rows.icons[index]
        found.append((row.step, (row.year, row.month, row.day, row.hour, row.minute, row.second,
                                 row.nanosecond), row.line + first_line))
    return found


cdef list others_of(LogRows &rows, size_t first_line):
    cdef size_t index
    cdef OtherRow *row
    cdef list found = []
    for index in range(rows.others.size()):
        row = &rows.others[index]
        found.append((row.start, row.end, row.literals, row.line + first_line))
    return found
