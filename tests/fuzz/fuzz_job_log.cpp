// The search of a job log under libFuzzer: no byte outside of the input is read, and exactly the
// lines are found that hold a literal, in whatever pieces. CONTRIBUTING.md says how to run it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "job_log.hpp"

namespace {

using loss_monitor::LogRows;
using loss_monitor::LogScanner;

// The first two as in a job log; of the others some begin alike and some hold each other.
const std::vector<std::string_view> literals = {
    "step=", "Time step", "oom_kill", "oom-kill", "NaN detected", "NaN", "srun: error",
    "MPI_ABORT", "timestep length:", "aaa", "aaaa", "DUE TO TIME LIMIT",
};
constexpr std::uint32_t step_bit = 1U << loss_monitor::step_literal;
constexpr std::uint32_t icon_bit = 1U << loss_monitor::icon_literal;

void require(bool holds) {
    if (!holds) std::abort();
}

std::uint32_t literals_in(std::string_view line) {
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < literals.size(); ++index) {
        if (line.find(literals[index]) != line.npos) bits |= std::uint32_t{1} << index;
    }
    return bits;
}

// Goes through the lines of [begin, rows.end) and the rows that tell of them.
void compare(std::string_view text, std::size_t begin, const LogRows& rows) {
    std::size_t line = 0, steps = 0, icons = 0, others = 0;
    for (std::size_t start = begin; start < rows.end; ++line) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::uint32_t bits = literals_in(text.substr(start, end - start));
        if (others < rows.others.size() && rows.others[others].line == line) {
            require(rows.others[others].start == start && rows.others[others].end == end);
            require(rows.others[others++].literals == bits && bits != 0);
        } else if (steps < rows.steps.size() && rows.steps[steps].line == line) {
            require(bits == step_bit);
            ++steps;
        } else if (icons < rows.icons.size() && rows.icons[icons].line == line) {
            require(bits == icon_bit);
            ++icons;
        } else {
            // A step of no rank means nothing.
            require(bits == 0 || bits == step_bit);
        }
        start = end + 1;
    }
    require(steps == rows.steps.size() && icons == rows.icons.size());
    require(others == rows.others.size());
    const bool is_ended = rows.end == begin || text[rows.end - 1] == '\n';
    require(is_ended || rows.end == text.size());
    require(line == rows.lines + !is_ended);
}

void check_steps(const LogRows& rows) {
    std::size_t pairs = 0;
    for (const auto& step : rows.steps) {
        require(step.rank >= 0 && step.rank <= 999'999'999 && step.step >= 0);
        require(pairs <= step.pairs_end && step.pairs_end <= rows.pairs.size());
        pairs = step.pairs_end;
    }
    require(pairs == rows.pairs.size());
    require(rows.keys.size() <= loss_monitor::keys_max);
    for (const auto& pair : rows.pairs) require(pair.key < rows.keys.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    static const LogScanner scanner(literals);
    // The first byte bounds the rows of one call; the rest is a text of its own size, so that a
    // read behind its end is seen.
    const std::size_t rows_max = 1 + data[0];
    const std::vector<char> copy(data + 1, data + size);
    const std::string_view text(copy.data(), copy.size());
    for (std::size_t begin = 0; begin < text.size();) {
        LogRows rows;
        scanner.scan(text.data(), text.size(), begin, rows_max, rows);
        require(rows.end > begin && rows.end <= text.size());
        for (const std::size_t count : {rows.steps.size(), rows.icons.size(), rows.others.size()})
            require(count <= rows_max);
        compare(text, begin, rows);
        check_steps(rows);
        begin = rows.end;
    }
    return 0;
}
