// Tags met in one scan: bytes to small numbers, by open addressing.
//
// Enters: tags as they stand in a buffer that outlives the table. Leaves: indices in the
// order in which the tags were met. The seed is the caller's secret, so that a file cannot
// be made whose tags all fall into one place.
#pragma once

#include <cstdint>
#include <vector>

#include "checked_bytes.hpp"

namespace loss_monitor {

struct Tag {
    static constexpr std::uint32_t unnumbered = ~std::uint32_t{0};

    Bytes text;
    std::uint64_t hash = 0;
    // The plugin that a value of the tag named; writers may name it only once.
    Bytes plugin;
    // Place among the tags that have a point.
    std::uint32_t number = unnumbered;
    // The tag that followed this one the last time: writers keep to an order.
    std::uint32_t next = 0;
    // Whether a value had more than float32's precision.
    bool has_doubles = false;
};

class TagTable {
public:
    explicit TagTable(std::uint64_t seed) : seed_(seed), slots_(slots_min, nothing) {}

    std::size_t size() const { return tags_.size(); }
    Tag& operator[](std::uint32_t index) { return tags_[index]; }
    const Tag& operator[](std::uint32_t index) const { return tags_[index]; }

    void clear() {
        tags_.clear();
        slots_.assign(slots_min, nothing);
        last_ = 0;
    }

    // Bytes held in reserve.
    std::size_t room() const {
        return tags_.capacity() * sizeof(Tag) + slots_.capacity() * sizeof(std::uint32_t);
    }

    // Returns the index of `text`, which is added where it is new.
    std::uint32_t index(Bytes text) {
        if (tags_.empty()) return last_ = find_or_add(text);
        const std::uint32_t guess = tags_[last_].next;
        if (tags_[guess].text == text) return last_ = guess;
        const std::uint32_t found = find_or_add(text);
        tags_[last_].next = found;
        return last_ = found;
    }

private:
    static constexpr std::uint32_t nothing = ~std::uint32_t{0};
    static constexpr std::size_t slots_min = 64;

    std::uint32_t find_or_add(Bytes text) {
        const std::uint64_t hash = hash_of(text);
        std::size_t slot = static_cast<std::size_t>(hash) & (slots_.size() - 1);
        for (; slots_[slot] != nothing; slot = (slot + 1) & (slots_.size() - 1)) {
            const Tag& tag = tags_[slots_[slot]];
            if (tag.hash == hash && tag.text == text) return slots_[slot];
        }
        const auto added = static_cast<std::uint32_t>(tags_.size());
        tags_.emplace_back();
        tags_.back().text = text;
        tags_.back().hash = hash;
        slots_[slot] = added;
        if (2 * tags_.size() > slots_.size()) grow();
        return added;
    }

    void grow() {
        slots_.assign(2 * slots_.size(), nothing);
        for (std::uint32_t i = 0; i < tags_.size(); ++i) {
            std::size_t slot = static_cast<std::size_t>(tags_[i].hash) & (slots_.size() - 1);
            while (slots_[slot] != nothing) slot = (slot + 1) & (slots_.size() - 1);
            slots_[slot] = i;
        }
    }

    std::uint64_t hash_of(Bytes text) const {
        std::uint64_t hash = stirred(seed_ ^ text.size());
        std::size_t at = 0;
        for (; text.holds(at, 8); at += 8) hash = stirred(hash ^ text.uint64(at));
        std::uint64_t rest = 0;
        for (; at < text.size(); ++at) rest = rest << 8 | text.byte(at);
        return stirred(hash ^ rest);
    }

    // The finish of MurmurHash3: every bit of the result depends on every bit of `bits`.
    static std::uint64_t stirred(std::uint64_t bits) {
        bits = (bits ^ bits >> 33) * 0xFF51AFD7ED558CCD;
        bits = (bits ^ bits >> 33) * 0xC4CEB9FE1A85EC53;
        return bits ^ bits >> 33;
    }

    std::uint64_t seed_;
    std::uint32_t last_ = 0;
    std::vector<Tag> tags_;
    std::vector<std::uint32_t> slots_;
};

}  // namespace loss_monitor
