// Decimal text under libFuzzer: no byte outside of the input is read, and each number is the one
// that the C library finds. CONTRIBUTING.md says how to run it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "decimal.hpp"
#include "lines.hpp"

namespace {

using loss_monitor::NumbersRead;

void require(bool holds) {
    if (!holds) std::abort();
}

// Compares the numbers that were read of `text` with strtod's, line by line.
void compare(const std::string& text, const std::vector<double>& numbers) {
    std::size_t count = 0;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        std::string token = text.substr(start, end - start);
        token.erase(0, token.find_first_not_of(" \t\r"));
        token.erase(token.find_last_not_of(" \t\r") + 1);
        start = end + 1;
        if (token.empty()) continue;
        // Forms that the C library takes as well, but no loss is written in.
        require(token.find_first_of("xX(pP_") == token.npos);
        char* behind = nullptr;
        const double expected = std::strtod(token.c_str(), &behind);
        require(behind == token.c_str() + token.size());
        require(count < numbers.size());
        const double read = numbers[count++];
        if (expected != expected) {
            require(read != read);
        } else {
            require(std::memcmp(&read, &expected, sizeof read) == 0);
        }
    }
    require(count == numbers.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    // The first byte chooses how much room there is; the rest is a text of its own size, so that
    // a read behind its end is seen.
    const std::vector<char> text(data + 1, data + size);
    std::vector<double> room(data[0] % 4 == 0 ? data[0] / 4 : text.size() / 2 + 1);
    std::size_t begin = 0;
    while (begin < text.size()) {
        const NumbersRead read = loss_monitor::read_numbers(text.data(), text.size(), begin,
                                                            room.data(), room.size());
        require(read.values <= room.size());
        require(read.values <= read.lines);
        require(begin <= read.end && read.end <= text.size());
        const std::string taken(text.data() + begin, read.end - begin);
        const bool is_ended = taken.empty() || taken.back() == '\n';
        require(is_ended || read.end == text.size());
        require(loss_monitor::count_newlines(taken.data(), taken.size()) + !is_ended == read.lines);
        compare(taken, {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(read.values)});
        // Behind the line that was not taken.
        const auto newline = std::find(text.begin() + static_cast<std::ptrdiff_t>(read.end),
                                       text.end(), '\n');
        if (newline == text.end()) break;
        begin = static_cast<std::size_t>(newline - text.begin()) + 1;
    }
    return 0;
}
