// Bytes that somebody else owns, and a reader of little-endian numbers from them.
//
// Enters: a buffer. Leaves: numbers and smaller stretches. Every access is checked here, so
// that what reads through this class needs no pointer arithmetic: a read that would leave the
// stretch gives 0 (no caller counts on it, so the fuzzers' builds end there), and a part is
// cut to what there is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace loss_monitor {

// Called where a read would leave its bytes.
inline void on_read_outside() {
#if defined(LOSS_MONITOR_TRAP)
    __builtin_trap();
#endif
}

class Bytes {
public:
    Bytes() = default;
    Bytes(const unsigned char* data, std::size_t size) : data_(data), size_(size) {}

    const unsigned char* data() const { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    // Whether `count` bytes from `start` on lie inside.
    bool holds(std::uint64_t start, std::uint64_t count) const {
        return start <= size_ && count <= size_ - start;
    }

    Bytes part(std::size_t start, std::size_t count) const {
        const std::size_t from = std::min(start, size_);
        return {data_ + from, std::min(count, size_ - from)};
    }
    Bytes from(std::size_t start) const { return part(start, size_); }

    std::uint8_t byte(std::size_t at) const {
        if (at < size_) return data_[at];
        on_read_outside();
        return 0;
    }
    std::uint32_t uint32(std::size_t at) const {
        return static_cast<std::uint32_t>(little_endian<4>(at));
    }
    std::uint64_t uint64(std::size_t at) const { return little_endian<8>(at); }
    float float32(std::size_t at) const { return from_bits<float>(uint32(at)); }
    double float64(std::size_t at) const { return from_bits<double>(uint64(at)); }

    // Appends all bytes, read as doubles, to `out`; a rest of less than eight is left out.
    void append_float64s(std::vector<double>& out) const {
        const std::size_t before = out.size(), count = size_ / 8;
        if (count == 0) return;
        out.resize(before + count);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (std::size_t i = 0; i < count; ++i) out[before + i] = float64(8 * i);
#else
        std::memcpy(&out[before], data_, 8 * count);
#endif
    }

    bool operator==(const Bytes& other) const {
        return size_ == other.size_ &&
               (size_ == 0 || std::memcmp(data_, other.data_, size_) == 0);
    }

    template <typename Number, typename Bits>
    static Number from_bits(Bits bits) {
        static_assert(sizeof(Number) == sizeof(Bits), "a number has the size of its bits");
        Number number;
        std::memcpy(&number, &bits, sizeof number);
        return number;
    }

private:
    template <std::size_t count>
    std::uint64_t little_endian(std::size_t at) const {
        std::uint64_t number = 0;
        if (!holds(at, count)) {
            on_read_outside();
            return number;
        }
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (std::size_t index = count; index > 0; --index)
            number = number << 8 | data_[at + index - 1];
#else
        std::memcpy(&number, data_ + at, count);
#endif
        return number;
    }

    const unsigned char* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace loss_monitor
