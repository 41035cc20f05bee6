// Search for many literals at once: where does a text hold one of them?
//
// Plain C++17, without Python. No function reads outside [text, text + size).
//
// Of each literal its three rarest neighbouring bytes are looked for. Literals share eight
// buckets, one bit each; a table for each of the three places says for a byte which buckets have
// it there, and the three answers for a place of the text are joined by "and". What is left is
// compared in full: few places, since the bytes are rare. Vector units look up 32 (AVX2) or 16
// bytes (NEON) at once in tables of 16 entries, one for the lower and one for the upper half of
// a byte; the method is G. Langdale's "Teddy", of the library Hyperscan.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <arm_neon.h>
#define LOSS_MONITOR_NEON
#endif

namespace loss_monitor {

// What every literal of a search has to have, and how many there may be.
constexpr std::size_t literal_bytes_min = 3;
constexpr std::size_t literals_max = 32;

class LiteralSearch {
public:
    // Keeps the views, not what they show. Further literals than `literals_max` and those that
    // are too short are left out: the caller checks.
    explicit LiteralSearch(const std::vector<std::string_view>& literals) {
        std::array<Halves, buckets> halves{};
        for (std::size_t index = 0; index < std::min(literals.size(), literals_max); ++index) {
            const std::string_view literal = literals[index];
            if (literal.size() < literal_bytes_min) continue;
            const std::size_t at = rarest(literal);
            const std::string_view rare = literal.substr(at, places);
            std::size_t best = 0;
            for (std::size_t bucket = 1; bucket < buckets; ++bucket) {
                if (halves[bucket].growth(rare) < halves[best].growth(rare)) best = bucket;
            }
            halves[best].add(rare);
            buckets_[best].push_back({literal, at, index});
            for (std::size_t place = 0; place < places; ++place) {
                const auto byte = static_cast<std::uint8_t>(rare[place]);
                const auto bit = static_cast<std::uint8_t>(1U << best);
                has_[place][byte] |= bit;
                for (std::size_t half = 0; half < 32; half += 16) {
                    low_[place][half + byte % 16] |= bit;
                    high_[place][half + byte / 16] |= bit;
                }
            }
        }
    }

    // Calls `found(position, index)` for each literal in [begin, size) of the text, in the order
    // of the rare bytes; literals of different lines come in the order of lines.
    template <class Found>
    void each(const char* text, std::size_t size, std::size_t begin, const Found& found) const {
        std::size_t at = begin;
        std::array<std::uint8_t, block> candidates;
        while (has_vectors() && size - at >= block + places - 1) {
            const std::size_t stop = size - (block + places - 1) + 1;
            at = next_block(text, at, stop, candidates.data());
            if (at >= stop) break;
            for (std::size_t lane = 0; lane < block; ++lane) {
                if (lane % 8 == 0 && is_zero(candidates.data() + lane)) {
                    lane += 7;
                } else if (candidates[lane] != 0 && !compare(text, size, begin, at + lane, found)) {
                    return;
                }
            }
            at += block;
        }
        for (; size - at >= places; ++at) {
            if (!compare(text, size, begin, at, found)) return;
        }
    }

private:
    static constexpr std::size_t block = 64;
    static constexpr std::size_t places = literal_bytes_min;
    static constexpr std::size_t buckets = 8;

    struct Literal {
        std::string_view text;
        std::size_t rarest;
        std::size_t index;
    };

    // The halves of bytes that a bucket takes: any lower with any upper one, and so more bytes
    // than its literals have. Literals are put where that grows least.
    class Halves {
    public:
        void add(std::string_view rare) {
            for (std::size_t place = 0; place < places; ++place) {
                const auto byte = static_cast<std::uint8_t>(rare[place]);
                low_[place] |= 1U << byte % 16;
                high_[place] |= 1U << byte / 16;
            }
        }

        int growth(std::string_view rare) const {
            Halves grown = *this;
            grown.add(rare);
            return grown.taken() - taken();
        }

    private:
        int taken() const {
            int product = 1;
            for (std::size_t place = 0; place < places; ++place) {
                product *= __builtin_popcount(low_[place]) * __builtin_popcount(high_[place]);
            }
            return product;
        }

        std::array<unsigned, places> low_{};
        std::array<unsigned, places> high_{};
    };

    // How common a byte is in logs: letters by their frequency in English.
    static unsigned weight(char sign) {
        constexpr std::string_view letters = "zqjxkvbywgpfmucdlhrsnioate";
        const std::size_t letter = letters.find(sign);
        if (letter != letters.npos) return static_cast<unsigned>(letter) + 1;
        if (sign == ' ' || (sign >= '0' && sign <= '9')) return 27;
        constexpr std::string_view signs = "=:.,-_";
        return signs.find(sign) != signs.npos ? 14 : 7;
    }

    static std::size_t rarest(std::string_view literal) {
        std::size_t best = 0;
        unsigned least = ~0U;
        for (std::size_t at = 0; at + places <= literal.size(); ++at) {
            unsigned sum = 0;
            for (std::size_t place = 0; place < places; ++place) sum += weight(literal[at + place]);
            if (sum < least) {
                least = sum;
                best = at;
            }
        }
        return best;
    }

    std::uint8_t buckets_at(const char* text) const {
        std::uint8_t left = 0xFF;
        for (std::size_t place = 0; place < places; ++place) {
            left &= has_[place][static_cast<std::uint8_t>(text[place])];
        }
        return left;
    }

    static bool is_zero(const std::uint8_t* eight) {
        std::uint64_t bytes;
        std::memcpy(&bytes, eight, sizeof bytes);
        return bytes == 0;
    }

    // Compares the literals whose rare bytes may stand at `at`. Returns false where `found`
    // wants no more.
    template <class Found>
    bool compare(const char* text, std::size_t size, std::size_t begin, std::size_t at,
                 const Found& found) const {
        for (unsigned left = buckets_at(text + at); left != 0; left &= left - 1) {
            for (const Literal& literal : buckets_[static_cast<std::size_t>(__builtin_ctz(left))]) {
                if (at - begin < literal.rarest) continue;
                const std::size_t start = at - literal.rarest;
                const std::string_view rest(text + start, size - start);
                if (rest.substr(0, literal.text.size()) != literal.text) continue;
                if (!found(start, literal.index)) return false;
            }
        }
        return true;
    }

    // Tells whether this machine has a vector unit that `next_block` knows.
    static bool has_vectors() {
#if defined(__x86_64__)
        static const bool has_avx2 = __builtin_cpu_supports("avx2");
        return has_avx2;
#elif defined(LOSS_MONITOR_NEON)
        return true;
#else
        return false;
#endif
    }

    // Returns where the next block begins, from `at` on, that has candidates, and writes the
    // buckets of each of its places; at or behind `stop` where there is none. A block may begin
    // before `stop`, from where on block + places - 1 bytes would not be there.
#if defined(__x86_64__)
    __attribute__((target("avx2"))) std::size_t next_block(const char* text, std::size_t at,
                                                           std::size_t stop,
                                                           std::uint8_t* candidates) const {
        constexpr std::size_t width = 32;
        const __m256i half = _mm256_set1_epi8(0x0F);
        __m256i low[places];
        __m256i high[places];
        for (std::size_t place = 0; place < places; ++place) {
            std::memcpy(&low[place], low_[place].data(), width);
            std::memcpy(&high[place], high_[place].data(), width);
        }
        for (; at < stop; at += block) {
            __m256i left[block / width];
            for (std::size_t part = 0; part < block / width; ++part) {
                left[part] = _mm256_set1_epi8(-1);
                for (std::size_t place = 0; place < places; ++place) {
                    __m256i bytes;
                    std::memcpy(&bytes, text + at + part * width + place, width);
                    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
                    const __m256i lower = _mm256_and_si256(bytes, half);
                    const __m256i both =
                        _mm256_and_si256(_mm256_shuffle_epi8(low[place], lower),
                                         _mm256_shuffle_epi8(high[place], upper));
                    left[part] = _mm256_and_si256(left[part], both);
                }
            }
            const __m256i any = _mm256_or_si256(left[0], left[1]);
            if (_mm256_testz_si256(any, any) == 0) {
                std::memcpy(candidates, left, block);
                break;
            }
        }
        return at;
    }
#elif defined(LOSS_MONITOR_NEON)
    std::size_t next_block(const char* text, std::size_t at, std::size_t stop,
                           std::uint8_t* candidates) const {
        constexpr std::size_t width = 16;
        const uint8x16_t half = vdupq_n_u8(0x0F);
        uint8x16_t low[places];
        uint8x16_t high[places];
        for (std::size_t place = 0; place < places; ++place) {
            low[place] = vld1q_u8(low_[place].data());
            high[place] = vld1q_u8(high_[place].data());
        }
        for (; at < stop; at += block) {
            uint8x16_t any = vdupq_n_u8(0);
            for (std::size_t part = 0; part < block; part += width) {
                uint8x16_t left = vdupq_n_u8(0xFF);
                for (std::size_t place = 0; place < places; ++place) {
                    const auto* source = reinterpret_cast<const std::uint8_t*>(text);
                    const uint8x16_t bytes = vld1q_u8(source + at + part + place);
                    const uint8x16_t both = vandq_u8(vqtbl1q_u8(low[place], vandq_u8(bytes, half)),
                                                     vqtbl1q_u8(high[place], vshrq_n_u8(bytes, 4)));
                    left = vandq_u8(left, both);
                }
                vst1q_u8(candidates + part, left);
                any = vorrq_u8(any, left);
            }
            if (vmaxvq_u8(any) != 0) break;
        }
        return at;
    }
#else
    std::size_t next_block(const char*, std::size_t, std::size_t stop, std::uint8_t*) const {
        return stop;
    }
#endif

    std::array<std::array<std::uint8_t, 256>, places> has_{};
    // Twice 16 entries: AVX2 looks up either half of a vector in a table of its own.
    std::array<std::array<std::uint8_t, 32>, places> low_{};
    std::array<std::array<std::uint8_t, 32>, places> high_{};
    std::array<std::vector<Literal>, buckets> buckets_;
};

}  // namespace loss_monitor
