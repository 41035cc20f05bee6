// Numbers of a tensor, of any of the types that event files hold.
//
// Enters: a decoded `Tensor`. Leaves: its numbers as doubles. The rules are those of
// `wire/tensor.py`, the reference.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "checked_bytes.hpp"
#include "event_message.hpp"
#include "protobuf.hpp"

namespace loss_monitor {

// The number types of TensorFlow's `types.proto` that are read.
struct NumberType {
    std::uint64_t dtype;
    std::size_t bytes;
    // Field of the typed list.
    std::uint64_t list;
    // Whether float32 holds every number of the type.
    bool is_float32_exact;
};
namespace dtype {
enum : std::uint64_t {
    float32 = 1, float64 = 2, int32 = 3, uint8 = 4, int16 = 5, int8 = 6, int64 = 9, boolean = 10,
    bfloat16 = 14, uint16 = 17, half = 19, uint32 = 22, uint64 = 23
};
}
constexpr std::array<NumberType, 13> number_types{{
    {dtype::float32, 4, 5, true}, {dtype::float64, 8, 6, false}, {dtype::int32, 4, 7, false},
    {dtype::uint8, 1, 7, false}, {dtype::int16, 2, 7, false}, {dtype::int8, 1, 7, false},
    {dtype::int64, 8, 10, false}, {dtype::boolean, 1, 11, false},
    {dtype::bfloat16, 2, 13, true}, {dtype::uint16, 2, 7, false}, {dtype::half, 2, 13, true},
    {dtype::uint32, 4, 16, false}, {dtype::uint64, 8, 17, false},
}};

inline const NumberType* number_type(std::uint64_t wanted) {
    for (const NumberType& type : number_types)
        if (type.dtype == wanted) return &type;
    return nullptr;
}

// IEEE 754 binary16.
inline double from_half(std::uint64_t bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const double fraction = static_cast<double>(bits & 1023);
    double magnitude = 0;
    if (exponent == 31)
        magnitude = fraction == 0 ? std::numeric_limits<double>::infinity()
                                  : std::numeric_limits<double>::quiet_NaN();
    else if (exponent == 0)
        magnitude = std::ldexp(fraction, -24);
    else
        magnitude = std::ldexp(1024 + fraction, exponent - 25);
    return (bits >> 15 & 1) != 0 ? -magnitude : magnitude;
}

// The upper half of a float32.
inline double from_bfloat16(std::uint64_t bits) {
    return Bytes::from_bits<float>(static_cast<std::uint32_t>((bits & 0xFFFF) << 16));
}

// Returns the number that begins `content`, as `tensor_content` stores it.
inline double stored_number(std::uint64_t type, Bytes content) {
    const auto two = [&] {
        return static_cast<std::uint16_t>(content.byte(0) | content.byte(1) << 8);
    };
    switch (type) {
        case dtype::float32: return content.float32(0);
        case dtype::float64: return content.float64(0);
        case dtype::int32: return Bytes::from_bits<std::int32_t>(content.uint32(0));
        case dtype::uint8: return content.byte(0);
        case dtype::int16: return Bytes::from_bits<std::int16_t>(two());
        case dtype::int8: return Bytes::from_bits<std::int8_t>(content.byte(0));
        case dtype::int64:
            return static_cast<double>(Bytes::from_bits<std::int64_t>(content.uint64(0)));
        case dtype::boolean: return content.byte(0) != 0 ? 1 : 0;
        case dtype::bfloat16: return from_bfloat16(two());
        case dtype::uint16: return two();
        case dtype::half: return from_half(two());
        case dtype::uint32: return content.uint32(0);
        case dtype::uint64: return static_cast<double>(content.uint64(0));
        default: return 0;
    }
}

// Returns the number that a varint of a typed list stands for.
inline double listed_number(std::uint64_t type, std::uint64_t varint) {
    switch (type) {
        case dtype::half: return from_half(varint & 0xFFFF);
        case dtype::bfloat16: return from_bfloat16(varint);
        case dtype::uint32:
        case dtype::uint64: return static_cast<double>(varint);
        default: return static_cast<double>(Bytes::from_bits<std::int64_t>(varint));
    }
}

enum class Numbers { good, other_count, malformed };

// Gives one field of a typed list to `put`, number by number, until `put` returns false.
template <typename Put>
bool read_list_field(const NumberType& type, const Field& field, Put put) {
    const bool is_fixed = type.dtype == dtype::float32 || type.dtype == dtype::float64;
    if (is_fixed) {
        const Wire single = type.bytes == 4 ? Wire::fixed32 : Wire::fixed64;
        if (field.wire != single && field.wire != Wire::length_delimited) return true;
        if (field.content.size() % type.bytes != 0) return false;
        for (std::size_t at = 0; at < field.content.size(); at += type.bytes)
            if (!put(stored_number(type.dtype, field.content.from(at)))) return true;
    } else if (field.wire == Wire::varint) {
        put(listed_number(type.dtype, field.varint));
    } else if (field.wire == Wire::length_delimited) {
        for (std::size_t at = 0; at < field.content.size();) {
            std::uint64_t varint = 0;
            if (!read_varint(field.content, at, varint)) return false;
            if (!put(listed_number(type.dtype, varint))) return true;
        }
    }
    return true;
}

// Gives the `count` numbers of a tensor to `put`, row by row. What `put` was given counts
// only if the answer is good.
template <typename Put>
Numbers read_numbers(const Tensor& tensor, const NumberType& type, std::uint64_t count, Put put) {
    const Bytes content = tensor.content;
    if (!content.empty()) {
        if (content.size() % type.bytes != 0 || content.size() / type.bytes != count)
            return Numbers::other_count;
        for (std::size_t at = 0; at < content.size(); at += type.bytes)
            put(stored_number(type.dtype, content.from(at)));
        return Numbers::good;
    }
    // The reference asks first whether the list can be long enough at all.
    std::uint64_t possible = 0;
    Fields sizes(tensor.message);
    for (Field field; sizes.next(field);)
        if (field.number == type.list)
            possible += field.wire == Wire::length_delimited ? field.content.size() : 1;
    if (possible < count) return Numbers::other_count;
    std::uint64_t found = 0;
    Fields fields(tensor.message);
    for (Field field; found <= count && fields.next(field);) {
        if (field.number != type.list) continue;
        const bool is_whole = read_list_field(type, field, [&](double number) {
            if (found < count) put(number);
            return ++found <= count;
        });
        if (!is_whole) return Numbers::malformed;
    }
    return found == count ? Numbers::good : Numbers::other_count;
}

}  // namespace loss_monitor
