// Lines of a text: how many there are.
//
// Plain C++17, without Python: the fuzzers of tests/fuzz build it alone. No function reads
// outside [text, text + size).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace loss_monitor {

// Counts the newlines. Written so that a compiler makes vector instructions of it: 64 counters
// of one byte each, added up before they can overflow.
inline std::size_t count_newlines(const char* text, std::size_t size) {
    constexpr std::size_t lanes = 64;
    constexpr std::size_t rounds_max = 255;
    std::size_t count = 0;
    std::size_t position = 0;
    while (size - position >= lanes) {
        const std::size_t rounds = std::min((size - position) / lanes, rounds_max);
        std::uint8_t lane_counts[lanes] = {};
        for (std::size_t round = 0; round < rounds; ++round, position += lanes) {
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                const bool ends_line = text[position + lane] == '\n';
                lane_counts[lane] = static_cast<std::uint8_t>(lane_counts[lane] + ends_line);
            }
        }
        for (std::size_t lane = 0; lane < lanes; ++lane) count += lane_counts[lane];
    }
    for (; position < size; ++position) count += text[position] == '\n';
    return count;
}

}  // namespace loss_monitor
