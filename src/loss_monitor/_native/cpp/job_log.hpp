// Job logs: the lines that hold one of some literals, and the facts of the plainest of them.
//
// Plain C++17, without Python. No function reads outside [text, text + size). A line with more
// than one thing to say, or anything unusual in it, is handed over as it is: its reader is
// loss_monitor/parse/job_log.py, which says what every line means. What is read here is what
// that would read, from the two kinds of lines that fill a log:
//
//     0:  INFO(messe): [rank=0] step=15 loss=0.041200 grad_norm=0.8123 skipped=False
//     0:  Time step:       15, model time: 1979-01-01 03:45:00.000 forecast time 0d 03:45:00
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "decimal.hpp"
#include "lines.hpp"
#include "literals.hpp"

namespace loss_monitor {

// Indices of the two literals with a meaning of their own; the order is the caller's part.
constexpr std::size_t step_literal = 0;
constexpr std::size_t icon_literal = 1;

constexpr std::size_t key_bytes_max = 64;
constexpr std::size_t token_bytes_max = 64;
// A log has a handful of keys; a line with one more than this is handed over.
constexpr std::size_t keys_max = 64;

struct StepRow {
    std::size_t line;  // newlines before it
    std::int64_t rank;
    std::int64_t step;
    double loss;
    bool has_loss;
    std::size_t pairs_end;  // in LogRows::pairs; they begin where the row before ends
};

struct PairRow {
    std::size_t key;  // in LogRows::keys
    double value;
};

struct IconRow {
    std::size_t line;
    std::int64_t step;
    std::int64_t year;
    int month, day, hour, minute, second, nanosecond;
};

struct OtherRow {
    std::size_t line;
    std::size_t start;
    std::size_t end;  // without the newline
    std::uint32_t literals;  // a bit for each that the line holds
};

struct LogRows {
    std::vector<StepRow> steps;
    std::vector<PairRow> pairs;
    std::vector<std::string_view> keys;
    std::vector<IconRow> icons;
    std::vector<OtherRow> others;
    std::size_t lines = 0;  // newlines in what was read
    std::size_t end = 0;    // where it ends
};

// A place in one line, from which pieces are read one after the other.
class LineReader {
public:
    LineReader(const char* text, const char* end) : at_(text), end_(end) {}

    const char* at() const { return at_; }

    bool skip(std::string_view word) {
        if (static_cast<std::size_t>(end_ - at_) < word.size()) return false;
        if (std::memcmp(at_, word.data(), word.size()) != 0) return false;
        at_ += word.size();
        return true;
    }

    void skip_blanks() {
        while (at_ < end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
    }

    // Reads `least` to `most` digits; false if there are fewer, or if more follow.
    template <class Integer>
    bool integer(int least, int most, Integer& number) {
        number = 0;
        int digits = 0;
        for (; at_ < end_ && is_digit(*at_) && digits < most; ++at_, ++digits) {
            number = static_cast<Integer>(number * 10 + (*at_ - '0'));
        }
        return digits >= least && !(at_ < end_ && is_digit(*at_));
    }

    // Returns the next character, NUL at the end.
    char next() const { return at_ < end_ ? *at_ : '\0'; }

private:
    const char* at_;
    const char* end_;
};

inline bool is_letter(char sign) {
    return static_cast<unsigned char>((sign | 0x20) - 'a') < 26;
}

inline bool begins_key(char sign) { return is_letter(sign) || sign == '_'; }

inline bool is_in_key(char sign) {
    return begins_key(sign) || is_digit(sign) || sign == '.' || sign == '-' || sign == '/';
}

inline bool is_in_token(char sign) {
    constexpr std::string_view others = " \t\n\v\f\r,;()[]{}=";
    return others.find(sign) == others.npos;
}

class LogScanner {
public:
    explicit LogScanner(const std::vector<std::string_view>& literals) : search_(literals) {}

    // Reads the lines of [begin, size), which begins with a line, until there are `rows_max`
    // rows of one kind; `rows.end` tells where the next one begins.
    void scan(const char* text, std::size_t size, std::size_t begin, std::size_t rows_max,
              LogRows& rows) const {
        rows.end = begin;
        OtherRow line{0, begin, begin, 0};
        bool is_full = false;
        search_.each(text, size, begin, [&](std::size_t position, std::size_t literal) {
            if (line.literals != 0) {
                if (position < line.end) {
                    line.literals |= std::uint32_t{1} << literal;
                    return true;
                }
                take(text, line, rows);
                const std::size_t most = std::max(rows.steps.size(), rows.others.size());
                is_full = std::max(most, rows.icons.size()) >= rows_max;
                if (is_full) return false;
            }
            open(text, size, position, line, rows);
            line.literals = std::uint32_t{1} << literal;
            return true;
        });
        if (is_full) {
            // Behind the line that was taken last.
            rows.end = std::min(line.end + 1, size);
            rows.lines = line.line + (line.end < size);
            return;
        }
        if (line.literals != 0) take(text, line, rows);
        rows.lines += count_newlines(text + rows.end, size - rows.end);
        rows.end = size;
    }

private:
    // Finds the line around `position`, and counts the lines up to it.
    static void open(const char* text, std::size_t size, std::size_t position, OtherRow& line,
                     LogRows& rows) {
        std::size_t start = position;
        while (start > rows.end && text[start - 1] != '\n') --start;
        const void* newline = std::memchr(text + position, '\n', size - position);
        rows.lines += count_newlines(text + rows.end, start - rows.end);
        rows.end = start;
        line.line = rows.lines;
        line.start = start;
        line.end = newline == nullptr
                       ? size
                       : static_cast<std::size_t>(static_cast<const char*>(newline) - text);
    }

    static void take(const char* text, const OtherRow& line, LogRows& rows) {
        const std::string_view content(text + line.start, line.end - line.start);
        bool is_read = false;
        if (line.literals == std::uint32_t{1} << step_literal) {
            is_read = read_step(content, line.line, rows);
        } else if (line.literals == std::uint32_t{1} << icon_literal) {
            is_read = read_icon(content, line.line, rows);
        }
        if (!is_read) rows.others.push_back(line);
    }

    // Reads the step of one rank, or nothing where no rank is named; false where the line has to
    // be handed over.
    static bool read_step(std::string_view line, std::size_t number, LogRows& rows) {
        constexpr std::string_view rank_word = "[rank=";
        const std::size_t at = line.find(rank_word);
        if (at == line.npos) return true;
        const char* const end = line.data() + line.size();
        StepRow row{number, 0, 0, 0.0, false, 0};
        LineReader reader(line.data() + at + rank_word.size(), end);
        if (!reader.integer(1, 9, row.rank) || !reader.skip("]")) return false;
        reader.skip_blanks();
        if (!reader.skip("step=") || !reader.integer(1, 18, row.step)) return false;
        if (begins_key(reader.next()) || reader.next() == '.') return false;
        const std::string_view rest(reader.at(), static_cast<std::size_t>(end - reader.at()));
        // Another rank wrote into this line.
        if (rest.find(rank_word) != rest.npos) return false;
        const std::size_t pairs_before = rows.pairs.size();
        if (!read_pairs(rest, row, rows)) {
            rows.pairs.resize(pairs_before);
            return false;
        }
        row.pairs_end = rows.pairs.size();
        rows.steps.push_back(row);
        return true;
    }

    static bool read_pairs(std::string_view rest, StepRow& row, LogRows& rows) {
        std::size_t done = 0;
        std::size_t expected_key = 0;
        for (;;) {
            const std::size_t equals = rest.find('=', done);
            if (equals == rest.npos) return true;
            std::size_t key_at = equals;
            while (key_at > done && is_in_key(rest[key_at - 1])) --key_at;
            while (key_at < equals && !begins_key(rest[key_at])) ++key_at;
            std::size_t token_end = equals + 1;
            while (token_end < rest.size() && is_in_token(rest[token_end])) ++token_end;
            const std::string_view key = rest.substr(key_at, equals - key_at);
            const std::string_view token = rest.substr(equals + 1, token_end - equals - 1);
            if (key.empty() || token.empty()) {
                done = equals + 1;
                continue;
            }
            if (key.size() > key_bytes_max || token.size() > token_bytes_max) return false;
            double value = 0.0;
            bool is_number = false;
            if (!read_value(token, value, is_number)) return false;
            if (key == "loss") {
                if (!is_number) return false;
                row.loss = value;
                row.has_loss = true;
            } else if (is_number) {
                if (!intern(key, expected_key, rows)) return false;
                rows.pairs.push_back({expected_key++, value});
            }
            done = token_end;
        }
    }

    // Reads a truth or a number; false where it is for the twin to say whether it is one.
    static bool read_value(std::string_view token, double& value, bool& is_number) {
        if (token == "True" || token == "False") {
            value = token == "True" ? 1.0 : 0.0;
            is_number = true;
            return true;
        }
        const char* const end = token.data() + token.size();
        is_number = read_number(token.data(), end, value) == end;
        return is_number || is_letter(token.front());
    }

    // Finds the key's index, first where the order of the line before suggests it; false if
    // there are too many keys.
    static bool intern(std::string_view key, std::size_t& index, LogRows& rows) {
        if (index < rows.keys.size() && rows.keys[index] == key) return true;
        const auto found = std::find(rows.keys.begin(), rows.keys.end(), key);
        index = static_cast<std::size_t>(found - rows.keys.begin());
        if (found != rows.keys.end()) return true;
        if (rows.keys.size() == keys_max) return false;
        rows.keys.push_back(key);
        return true;
    }

    // Reads ICON's line of one time step; false where the line has to be handed over.
    static bool read_icon(std::string_view line, std::size_t number, LogRows& rows) {
        constexpr std::string_view words = "Time step";
        const std::size_t at = line.find(words);
        if (at == line.npos || line.find(words, at + 1) != line.npos) return false;
        LineReader reader(line.data() + at + words.size(), line.data() + line.size());
        IconRow row{number, 0, 0, 0, 0, 0, 0, 0, 0};
        reader.skip(":");
        reader.skip_blanks();
        if (!reader.integer(1, 18, row.step)) return false;
        reader.skip(",");
        reader.skip_blanks();
        if (!reader.skip("model time")) return false;
        reader.skip(":");
        reader.skip_blanks();
        if (!reader.integer(1, 9, row.year) || !reader.skip("-")) return false;
        if (!reader.integer(1, 2, row.month) || !reader.skip("-")) return false;
        if (!reader.integer(1, 2, row.day)) return false;
        if (!reader.skip(" ") && !reader.skip("T")) return false;
        if (!reader.integer(1, 2, row.hour) || !reader.skip(":")) return false;
        if (!reader.integer(2, 2, row.minute) || !reader.skip(":")) return false;
        if (!reader.integer(2, 2, row.second)) return false;
        if (!read_fraction(reader, row.nanosecond) || !is_moment(row)) return false;
        rows.icons.push_back(row);
        return true;
    }

    static bool read_fraction(LineReader& reader, int& nanosecond) {
        if (reader.skip(".")) {
            const char* const first = reader.at();
            if (!reader.integer(1, 9, nanosecond)) return false;
            for (auto digits = reader.at() - first; digits < 9; ++digits) nanosecond *= 10;
        }
        return reader.next() != '.' && reader.next() != ':';
    }

    // The bounds of loss_monitor/model_time.py: dates that exist in any calendar.
    static bool is_moment(const IconRow& row) {
        constexpr int days_max[] = {31, 30, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        return row.month >= 1 && row.month <= 12 && row.day >= 1 &&
               row.day <= days_max[row.month - 1] && row.hour <= 23 && row.minute <= 59 &&
               row.second <= 59;
    }

    LiteralSearch search_;
};

}  // namespace loss_monitor
