// CRC-32C (Castagnoli) checksums by the processor's own instruction where it has one.
//
// Enters: bytes. Leaves: checksums, plain and masked as event files store them; source of
// polynomial and mask: `wire/crc32c.py`, the reference. The instruction is chosen at run
// time, because a build must run on any machine of its family: SSE4.2 on x86-64, the CRC
// extension on ARMv8, eight tables elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "checked_bytes.hpp"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace loss_monitor {
namespace crc {

// A register moves from byte to byte; it begins and ends inverted. All functions below take
// and return the register as it is.
using Register = std::uint32_t;
using Move = Register (*)(Register, const unsigned char*, std::size_t);

// A payload at least this long is cut into three streams, since the instruction takes three
// cycles but begins one each cycle.
constexpr std::size_t stream_bytes = 512;

struct Tables {
    // What a byte leaves behind that stands `i` bytes before the end of eight.
    std::array<std::array<Register, 256>, 8> byte;
    // Where byte `i` of a register arrives when `stream_bytes` zeros follow.
    std::array<std::array<Register, 256>, 4> stream;

    Tables() {
        constexpr Register polynomial = 0x82F63B78;
        for (Register value = 0; value < 256; ++value) {
            Register moved = value;
            for (int bit = 0; bit < 8; ++bit)
                moved = moved >> 1 ^ (moved & 1 ? polynomial : 0);
            byte[0][value] = moved;
        }
        for (std::size_t i = 1; i < byte.size(); ++i)
            for (std::size_t value = 0; value < 256; ++value)
                byte[i][value] = by_zero(byte[i - 1][value]);
        for (std::size_t i = 0; i < stream.size(); ++i) {
            stream[i][0] = 0;
            for (Register bit = 1; bit < 256; bit <<= 1) {
                Register moved = bit << (8 * i);
                for (std::size_t zero = 0; zero < stream_bytes; ++zero) moved = by_zero(moved);
                // The move is linear: a byte arrives where its bits arrive together.
                for (Register low = 0; low < bit; ++low)
                    stream[i][bit | low] = moved ^ stream[i][low];
            }
        }
    }

    Register by_zero(Register value) const { return value >> 8 ^ byte[0][value & 255]; }

    Register past_stream(Register value) const {
        return stream[0][value & 255] ^ stream[1][value >> 8 & 255] ^
               stream[2][value >> 16 & 255] ^ stream[3][value >> 24];
    }
};

inline const Tables& tables() {
    static const Tables made;
    return made;
}

inline Register by_tables(Register value, const unsigned char* data, std::size_t size) {
    const auto& byte = tables().byte;
    const Bytes bytes(data, size);
    std::size_t at = 0;
    for (; bytes.holds(at, 8); at += 8) {
        const std::uint64_t word = bytes.uint64(at) ^ value;
        value = 0;
        for (std::size_t i = 0; i < 8; ++i) value ^= byte[7 - i][word >> (8 * i) & 255];
    }
    for (; at < size; ++at) value = value >> 8 ^ byte[0][(value ^ bytes.byte(at)) & 255];
    return value;
}

#if defined(__x86_64__)
#define LOSS_MONITOR_CRC_TARGET __attribute__((target("sse4.2")))

LOSS_MONITOR_CRC_TARGET inline std::uint64_t step64(std::uint64_t value, std::uint64_t word) {
    return _mm_crc32_u64(value, word);
}
LOSS_MONITOR_CRC_TARGET inline Register step32(Register value, std::uint32_t word) {
    return _mm_crc32_u32(value, word);
}
LOSS_MONITOR_CRC_TARGET inline Register step8(Register value, std::uint8_t byte) {
    return _mm_crc32_u8(value, byte);
}
inline bool has_instruction() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
}
#elif defined(__aarch64__) && defined(__linux__)
#define LOSS_MONITOR_CRC_TARGET

// Written as assembly, because compilers differ in how they let the extension be named.
inline std::uint64_t step64(std::uint64_t value, std::uint64_t word) {
    Register moved = static_cast<Register>(value);
    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(moved) : "r"(word));
    return moved;
}
inline Register step32(Register value, std::uint32_t word) {
    __asm__(".arch_extension crc\n\tcrc32cw %w0, %w0, %w1" : "+r"(value) : "r"(word));
    return value;
}
inline Register step8(Register value, std::uint8_t byte) {
    const std::uint32_t word = byte;
    __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(value) : "r"(word));
    return value;
}
inline bool has_instruction() {
    constexpr unsigned long crc32_bit = 1UL << 7;  // HWCAP_CRC32 of the kernel's hwcap.h
    return (getauxval(AT_HWCAP) & crc32_bit) != 0;
}
#endif

#if defined(LOSS_MONITOR_CRC_TARGET)
LOSS_MONITOR_CRC_TARGET inline Register by_instruction(Register value,
                                                       const unsigned char* data,
                                                       std::size_t size) {
    const Bytes bytes(data, size);
    std::size_t at = 0;
    for (; bytes.holds(at, 3 * stream_bytes); at += 3 * stream_bytes) {
        std::uint64_t first = value, second = 0, third = 0;
        const Bytes ahead = bytes.part(at, 3 * stream_bytes);
        for (std::size_t i = 0; i < stream_bytes; i += 8) {
            first = step64(first, ahead.uint64(i));
            second = step64(second, ahead.uint64(i + stream_bytes));
            third = step64(third, ahead.uint64(i + 2 * stream_bytes));
        }
        const Tables& known = tables();
        value = known.past_stream(static_cast<Register>(first)) ^ static_cast<Register>(second);
        value = known.past_stream(value) ^ static_cast<Register>(third);
    }
    std::uint64_t wide = value;
    for (; bytes.holds(at, 8); at += 8) wide = step64(wide, bytes.uint64(at));
    value = static_cast<Register>(wide);
    if (bytes.holds(at, 4)) {
        value = step32(value, bytes.uint32(at));
        at += 4;
    }
    for (; at < size; ++at) value = step8(value, bytes.byte(at));
    return value;
}
#undef LOSS_MONITOR_CRC_TARGET
#else
inline Register by_instruction(Register value, const unsigned char* data, std::size_t size) {
    return by_tables(value, data, size);
}
inline bool has_instruction() { return false; }
#endif

inline Move fastest() {
    static const Move chosen = has_instruction() ? by_instruction : by_tables;
    return chosen;
}

}  // namespace crc

// Returns the checksum of `bytes` as event files store it.
inline std::uint32_t masked_crc32c(Bytes bytes, crc::Move move) {
    const std::uint32_t checksum = ~move(~std::uint32_t{0}, bytes.data(), bytes.size());
    return (checksum >> 15 | checksum << 17) + 0xA282EAD8;
}

}  // namespace loss_monitor
