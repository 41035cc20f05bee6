// Decimal text to float64, correctly rounded, one number a line.
//
// Plain C++17, without Python: the fuzzers of tests/fuzz build it alone. No function reads
// outside [text, end). The grammar is that of loss_monitor/parse/decimal_text.py. Where a number
// of 20 or more digits lies so near to the middle of two doubles that the first 19 do not tell
// which is nearer (one in a thousand of such), it is left to that twin. Neither the C library's
// locale nor a std::from_chars for double, which came with GCC 11, is needed.
#pragma once

#include <cfloat>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "powers_of_five.hpp"

namespace loss_monitor {

static_assert(std::numeric_limits<double>::is_iec559, "float64 is that of IEEE 754");
static_assert(FLT_EVAL_METHOD == 0, "double arithmetic must not be wider than double");

// Digits of a number before its value is known: digits * 10^exponent.
struct Decimal {
    std::uint64_t digits;
    std::int64_t exponent;
    bool negative;
    // Further digits follow that `digits` has no room for.
    bool is_cut;
};

constexpr int digits_max = 19;  // 10^19 - 1 fits into 64 bits

inline bool is_digit(char sign) { return static_cast<unsigned char>(sign - '0') <= 9; }

inline bool is_blank(char sign) { return sign == ' ' || sign == '\t' || sign == '\r'; }

inline double from_bits(std::uint64_t bits) {
    double number;
    std::memcpy(&number, &bits, sizeof number);
    return number;
}

// Loads eight characters, the first one in the lowest byte.
inline std::uint64_t load_eight(const char* text) {
    std::uint64_t signs;
    std::memcpy(&signs, text, sizeof signs);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    signs = __builtin_bswap64(signs);
#endif
    return signs;
}

// Tells whether all eight bytes are '0'..'9': high half 3, and still 3 with 6 added.
inline bool are_digits(std::uint64_t signs) {
    constexpr std::uint64_t high_halves = 0xF0F0F0F0F0F0F0F0;
    constexpr std::uint64_t threes = 0x3030303030303030;
    constexpr std::uint64_t sixes = 0x0606060606060606;
    return (signs & high_halves) == threes && ((signs + sixes) & high_halves) == threes;
}

// Returns the number of eight digits: neighbours are joined to pairs, fours, eight.
inline std::uint64_t eight_digits(std::uint64_t signs) {
    signs -= 0x3030303030303030;
    signs = (signs * 10 + (signs >> 8)) & 0x00FF00FF00FF00FF;
    signs = (signs * 100 + (signs >> 16)) & 0x0000FFFF0000FFFF;
    return (signs * 10000 + (signs >> 32)) & 0x00000000FFFFFFFF;
}

// Appends digits to `number`, modulo 2^64; returns where they end.
inline const char* read_digits(const char* text, const char* end, std::uint64_t& number) {
    while (end - text >= 8) {
        const std::uint64_t signs = load_eight(text);
        if (!are_digits(signs)) break;
        number = number * 100'000'000 + eight_digits(signs);
        text += 8;
    }
    for (; text < end && is_digit(*text); ++text) {
        number = number * 10 + static_cast<std::uint64_t>(*text - '0');
    }
    return text;
}

// Takes again the digits of a number that has more of them than fit: the first 19 that count.
inline void cut_digits(const char* text, const char* end, Decimal& decimal) {
    decimal.digits = 0;
    int taken = 0;
    for (; text < end; ++text) {
        if (*text == '.') continue;
        if (taken == digits_max) {
            decimal.is_cut = true;
            ++decimal.exponent;
        } else if (taken > 0 || *text != '0') {
            decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*text - '0');
            ++taken;
        }
    }
}

// Reads `digits[.digits][e[sign]digits]` with an optional sign before it; returns where it
// ends, or a null pointer if the text does not begin with one.
inline const char* read_decimal(const char* text, const char* end, Decimal& decimal) {
    decimal = {0, 0, text < end && *text == '-', false};
    if (text < end && (*text == '-' || *text == '+')) ++text;
    const char* const first = text;
    // Mostly one digit.
    for (; text < end && is_digit(*text); ++text) {
        decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*text - '0');
    }
    std::ptrdiff_t count = text - first;
    if (text < end && *text == '.') {
        const char* const fraction = ++text;
        text = read_digits(text, end, decimal.digits);
        decimal.exponent = fraction - text;
        count += text - fraction;
    }
    if (count == 0) return nullptr;
    if (count > digits_max) cut_digits(first, text, decimal);
    if (text < end && (*text == 'e' || *text == 'E')) {
        const bool is_negative = ++text < end && *text == '-';
        if (text < end && (*text == '-' || *text == '+')) ++text;
        if (text == end || !is_digit(*text)) return nullptr;
        // Far beyond what counts, and beyond what any number of digits could make up for.
        constexpr std::int64_t bound = std::int64_t{1} << 56;
        std::int64_t exponent = 0;
        for (; text < end && is_digit(*text); ++text) {
            if (exponent < bound) exponent = exponent * 10 + (*text - '0');
        }
        decimal.exponent += is_negative ? -exponent : exponent;
    }
    return text;
}

// Rounds digits * 10^exponent to the nearest double, ties to even; false where 128 bits do not
// tell. The method is D. Lemire's, "Number Parsing at a Gigabyte per Second", 2021.
inline bool round_product(std::uint64_t digits, int exponent, double& number) {
    constexpr int fraction_bits = 52;
    constexpr int infinite_exponent = 0x7FF;
    const int leading_zeros = __builtin_clzll(digits);
    digits <<= leading_zeros;
    const Fraction& power = powers_of_five[exponent];
    __extension__ typedef unsigned __int128 Wide;
    Wide product = Wide{digits} * power.high;
    // 55 bits decide: 53 of the result, one to round by, one that may be a leading zero. Only
    // where all bits behind them are set can the lower half of the power carry into them.
    constexpr std::uint64_t undecided = (std::uint64_t{1} << (64 - 55)) - 1;
    if ((static_cast<std::uint64_t>(product >> 64) & undecided) == undecided) {
        product += (Wide{digits} * power.low) >> 64;
        if (static_cast<std::uint64_t>(product) == ~std::uint64_t{0} &&
            (exponent < -27 || exponent > 55)) {
            return false;
        }
    }
    const auto high = static_cast<std::uint64_t>(product >> 64);
    const auto low = static_cast<std::uint64_t>(product);
    const int leading_one = static_cast<int>(high >> 63);
    const int shift = leading_one + 64 - fraction_bits - 3;
    std::uint64_t fraction = high >> shift;
    // floor(log2(10^q)) is 217706 q / 2^16 for all exponents of the table.
    int binary_exponent = ((217706 * exponent) >> 16) + 63 + leading_one - leading_zeros + 1023;
    if (binary_exponent <= 0) {  // subnormal, or zero
        if (binary_exponent <= -63) {
            fraction = 0;
        } else {
            fraction >>= 1 - binary_exponent;
            fraction = (fraction + (fraction & 1)) >> 1;
        }
        // Rounded up to 2^52, it is the least normal number, and its bits are right as well.
        number = from_bits(fraction);
        return true;
    }
    // Exactly between two doubles: only then, and only for these exponents, is the rest zero.
    if (low <= 1 && exponent >= -4 && exponent <= 23 && (fraction & 3) == 1 &&
        (fraction << shift) == high) {
        fraction -= 1;
    }
    fraction = (fraction + (fraction & 1)) >> 1;
    if (fraction >> (fraction_bits + 1) != 0) {
        fraction >>= 1;
        ++binary_exponent;
    }
    if (binary_exponent >= infinite_exponent) {
        number = std::numeric_limits<double>::infinity();
        return true;
    }
    fraction &= (std::uint64_t{1} << fraction_bits) - 1;
    number = from_bits(static_cast<std::uint64_t>(binary_exponent) << fraction_bits | fraction);
    return true;
}

// Gives the double nearest to digits * 10^exponent; false where it is not certain.
inline bool round_decimal(std::uint64_t digits, std::int64_t exponent, double& number) {
    constexpr double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    constexpr std::uint64_t exact_max = std::uint64_t{1} << 53;
    if (digits <= exact_max && exponent >= -22 && exponent <= 22) {
        // Both are exact as doubles, so the one operation rounds correctly.
        number = static_cast<double>(digits);
        number = exponent < 0 ? number / exact_powers[-exponent] : number * exact_powers[exponent];
        return true;
    }
    if (digits == 0 || exponent < exponent_min) {
        number = 0.0;
        return true;
    }
    if (exponent > exponent_max) {
        number = std::numeric_limits<double>::infinity();
        return true;
    }
    return round_product(digits, static_cast<int>(exponent), number);
}

// Compares with a lower-case word, in any case.
inline bool has_word(const char* text, const char* end, const char* word, std::ptrdiff_t size) {
    if (end - text < size) return false;
    for (std::ptrdiff_t at = 0; at < size; ++at) {
        if ((text[at] | 0x20) != word[at]) return false;
    }
    return true;
}

// Reads `nan`, `inf` or `infinity` with an optional sign; null pointer if there is none.
inline const char* read_word(const char* text, const char* end, double& number) {
    const bool is_negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+')) ++text;
    if (has_word(text, end, "nan", 3)) {
        number = std::numeric_limits<double>::quiet_NaN();
        text += 3;
    } else if (has_word(text, end, "inf", 3)) {
        number = std::numeric_limits<double>::infinity();
        text += has_word(text, end, "infinity", 8) ? 8 : 3;
    } else {
        return nullptr;
    }
    if (is_negative) number = -number;
    return text;
}

// Reads the number that the text begins with; returns where it ends, or a null pointer if there
// is none or it is not certain.
inline const char* read_number(const char* text, const char* end, double& number) {
    Decimal decimal;
    const char* const behind = read_decimal(text, end, decimal);
    if (behind == nullptr) return read_word(text, end, number);
    if (!round_decimal(decimal.digits, decimal.exponent, number)) return nullptr;
    if (decimal.is_cut) {
        // The further digits lie between these and the next.
        double above;
        if (!round_decimal(decimal.digits + 1, decimal.exponent, above)) return nullptr;
        if (above != number) return nullptr;
    }
    if (decimal.negative) number = -number;
    return behind;
}

struct NumbersRead {
    std::size_t values;
    std::size_t lines;
    std::size_t end;
};

// Reads lines of one number each, or of blanks, from `begin` on, and stops in front of the
// first other one, or where `numbers` has no room. Returns how many values and lines there
// were, and the offset behind the last of them.
inline NumbersRead read_numbers(const char* text, std::size_t size, std::size_t begin,
                                double* numbers, std::size_t room) {
    NumbersRead read{0, 0, begin};
    const char* const end = text + size;
    const char* at = text + begin;
    while (at < end) {
        while (at < end && is_blank(*at)) ++at;
        if (at < end && *at != '\n') {
            if (read.values == room) break;
            at = read_number(at, end, numbers[read.values]);
            if (at == nullptr) break;
            while (at < end && is_blank(*at)) ++at;
            if (at < end && *at != '\n') break;
            ++read.values;
        }
        if (at < end) ++at;
        ++read.lines;
        read.end = static_cast<std::size_t>(at - text);
    }
    return read;
}

}  // namespace loss_monitor
