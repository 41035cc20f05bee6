// Powers of five as 128-bit fractions, for decimal.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace loss_monitor {

// The smallest and the largest decimal exponent for which 64-bit digits can be a finite double
// other than zero.
constexpr int exponent_min = -342;
constexpr int exponent_max = 308;

struct Fraction {
    std::uint64_t high;
    std::uint64_t low;
};

// Holds the 128 most significant bits of 5^q for each q. They are truncated, save for
// -27 <= q < 0, where one is added: there 5^-q fits into 64 bits, and the digits may be
// divisible by it (D. Lemire, "Number Parsing at a Gigabyte per Second", 2021, section 5).
// Worked out in exact integers when the library is loaded, which takes 0.3 ms.
class PowersOfFive {
public:
    PowersOfFive() {
        Integer power{};
        power[0] = 1;
        for (int q = 0; q <= exponent_max; ++q) {
            at(q) = top(power);
            multiply_by_five(power);
        }
        // Rounding down step by step gives what rounding the last quotient down gives.
        Integer reciprocal{};
        reciprocal[words - 1] = std::uint32_t{1} << 31;
        for (int q = -1; q >= exponent_min; --q) {
            divide_by_five(reciprocal);
            at(q) = top(reciprocal);
            if (q >= -27 && ++at(q).low == 0) ++at(q).high;
        }
    }

    const Fraction& operator[](int q) const {
        return fractions_[static_cast<std::size_t>(q - exponent_min)];
    }

private:
    static constexpr std::size_t words = 32;
    // Little-endian, 1024 bits: 5^308 has 716, and 2^1023 / 5^342 still has 229.
    using Integer = std::array<std::uint32_t, words>;

    Fraction& at(int q) { return fractions_[static_cast<std::size_t>(q - exponent_min)]; }

    static void multiply_by_five(Integer& number) {
        std::uint64_t carry = 0;
        for (auto& word : number) {
            carry += std::uint64_t{word} * 5;
            word = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
    }

    static void divide_by_five(Integer& number) {
        std::uint64_t remainder = 0;
        for (auto word = number.rbegin(); word != number.rend(); ++word) {
            remainder = (remainder << 32) | *word;
            *word = static_cast<std::uint32_t>(remainder / 5);
            remainder %= 5;
        }
    }

    // Returns the 128 bits from the most significant one on.
    static Fraction top(const Integer& number) {
        std::size_t bit = words * 32;
        const auto is_set = [&number](std::size_t at) {
            return (number[at / 32] >> (at % 32)) & 1;
        };
        while (!is_set(bit - 1)) --bit;
        Fraction fraction{0, 0};
        for (int taken = 0; taken < 128; ++taken) {
            const std::uint64_t next = bit > 0 ? is_set(--bit) : 0;
            fraction.high = (fraction.high << 1) | (fraction.low >> 63);
            fraction.low = (fraction.low << 1) | next;
        }
        return fraction;
    }

    std::array<Fraction, exponent_max - exponent_min + 1> fractions_;
};

inline const PowersOfFive powers_of_five;

}  // namespace loss_monitor
