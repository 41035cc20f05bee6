// Protocol Buffers wire format: varints and fields of one message.
//
// Enters: the bytes of a message. Leaves: its fields in the order they stand, undecoded.
// The rules are those of `wire/protobuf.py`, the reference. Nothing here recurses.
#pragma once

#include <cstdint>

#include "checked_bytes.hpp"

namespace loss_monitor {

enum class Wire : unsigned { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

// Reads the varint at `at` and moves `at` behind it; false where it runs beyond the bytes or
// ten bytes. Bits above the 64th are dropped, as the reference implementation does.
inline bool read_varint(Bytes bytes, std::size_t& at, std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (at >= bytes.size()) return false;
        const std::uint64_t byte = bytes.byte(at++);
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

struct Field {
    std::uint64_t number = 0;
    Wire wire = Wire::varint;
    std::uint64_t varint = 0;
    // Bytes of the field's value, for all wire types but the varint.
    Bytes content;

    bool is(std::uint64_t wanted, Wire wanted_wire) const {
        return number == wanted && wire == wanted_wire;
    }
};

class Fields {
public:
    explicit Fields(Bytes message) : message_(message) {}

    // Moves to the next field; false at the end, and where the message is malformed.
    bool next(Field& field) {
        if (at_ >= message_.size()) return false;
        std::uint64_t key = 0, size = 0;
        malformed_ = !read_varint(message_, at_, key);
        if (malformed_) return false;
        field.number = key >> 3;
        field.wire = static_cast<Wire>(key & 7);
        switch (field.wire) {
            case Wire::varint:
                malformed_ = !read_varint(message_, at_, field.varint);
                return !malformed_;
            case Wire::length_delimited:
                malformed_ = !read_varint(message_, at_, size);
                break;
            case Wire::fixed64: size = 8; break;
            case Wire::fixed32: size = 4; break;
            default: malformed_ = true;  // a group, or no wire type at all
        }
        malformed_ = malformed_ || !message_.holds(at_, size);
        if (malformed_) return false;
        field.content = message_.part(at_, static_cast<std::size_t>(size));
        at_ += static_cast<std::size_t>(size);
        return true;
    }

    // Whether the reading ended at a varint or field that does not end properly.
    bool malformed() const { return malformed_; }

private:
    Bytes message_;
    std::size_t at_ = 0;
    bool malformed_ = false;
};

}  // namespace loss_monitor
