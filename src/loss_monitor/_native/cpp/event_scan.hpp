// TensorBoard event files: a stretch of bytes into columns, in one pass.
//
// Enters: a buffer that begins at a record. Leaves: columns of scalars and histograms, how
// far whole good records reach, and what stopped the reading. The reference, to which every
// result is equal, is `parse/event_records.py`.
//
// Both checksums of a record are verified before anything of it is believed. No claim of the
// file makes anything grow: memory follows the points found, of which the shortest takes
// seven bytes of the buffer.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "checked_bytes.hpp"
#include "crc32c.hpp"
#include "event_histograms.hpp"
#include "event_message.hpp"
#include "tag_table.hpp"
#include "tensor_numbers.hpp"

namespace loss_monitor {

constexpr std::size_t header_bytes = 12;
constexpr std::size_t overhead_bytes = 16;
// Protocol buffers end at 2 GiB, so a longer payload can be no event.
constexpr std::uint64_t payload_bytes_max = 0x7FFFFFFF;

// Payload bytes that a search for the next good record checks, times the buffer's size: in a
// file made of believable lengths it would go on for hours.
constexpr std::uint64_t search_effort = 4;

// What stands at one place of a buffer.
struct Frame {
    enum class State { whole, incomplete, bad_length, bad_payload };

    State state = State::incomplete;
    // Of a whole frame its bytes; of an incomplete one the least that could hold it.
    std::uint64_t bytes = overhead_bytes;
    Bytes payload;
    std::uint32_t stored_checksum = 0;

    bool has_good_payload(crc::Move move) const {
        return masked_crc32c(payload, move) == stored_checksum;
    }
};

// Returns the frame at `at`; it is whole if its length is believed, its payload is not checked.
inline Frame find_frame(Bytes buffer, std::size_t at, crc::Move move) {
    Frame frame;
    if (!buffer.holds(at, header_bytes)) return frame;
    const Bytes header = buffer.part(at, header_bytes);
    const std::uint64_t length = header.uint64(0);
    if (length > payload_bytes_max ||
        masked_crc32c(header.part(0, 8), move) != header.uint32(8)) {
        frame.state = Frame::State::bad_length;
        return frame;
    }
    frame.bytes = overhead_bytes + length;
    if (!buffer.holds(at, frame.bytes)) return frame;
    frame.state = Frame::State::whole;
    frame.payload = buffer.part(at + header_bytes, static_cast<std::size_t>(length));
    frame.stored_checksum = buffer.uint32(at + header_bytes + frame.payload.size());
    return frame;
}

// Returns the frame at `at`, both checksums verified.
inline Frame read_frame(Bytes buffer, std::size_t at, crc::Move move) {
    Frame frame = find_frame(buffer, at, move);
    if (frame.state == Frame::State::whole && !frame.has_good_payload(move))
        frame.state = Frame::State::bad_payload;
    return frame;
}

// Returns where the next good record after the fault at `offset` begins, if one follows whole
// and is found with bounded effort.
inline std::optional<std::size_t> resume_after_fault(Bytes buffer, std::size_t offset,
                                                     crc::Move move) {
    const Frame damaged = find_frame(buffer, offset, move);
    if (damaged.state == Frame::State::whole) {
        // Only the payload is damaged: the next record is where the length says.
        const std::size_t behind = offset + static_cast<std::size_t>(damaged.bytes);
        if (read_frame(buffer, behind, move).state == Frame::State::whole) return behind;
    }
    std::uint64_t checked_bytes = 0;
    for (std::size_t at = offset + 1; buffer.holds(at, overhead_bytes); ++at) {
        // The upper half of every length is 0, which leaves few places in real files.
        if (buffer.uint32(at + 4) != 0) continue;
        const Frame frame = find_frame(buffer, at, move);
        if (frame.state != Frame::State::whole) continue;
        checked_bytes += frame.payload.size();
        if (checked_bytes > search_effort * buffer.size()) return std::nullopt;
        if (frame.has_good_payload(move)) return at;
    }
    return std::nullopt;
}

// Why something was passed over; the words are in `passed_over_words`.
enum class PassedOver : std::size_t {
    graph, run_metadata, log_message, malformed_event, malformed_tensor, malformed_histogram,
    text, tensor, image, audio, no_value
};
constexpr std::size_t passed_over_kinds = 11;
constexpr std::array<const char*, passed_over_kinds> passed_over_words{
    "graph", "run metadata", "log message", "malformed event", "malformed tensor",
    "malformed histogram", "text", "tensor", "image", "audio", "no value"};

struct ScalarPoint {
    std::int64_t step;
    double wall_time;
    double value;
    // Place among the tags that have points.
    std::uint32_t tag;
};

class EventScan {
public:
    explicit EventScan(std::uint64_t seed, crc::Move move = crc::fastest())
        : tags(seed), move_(move) {}

    TagTable tags;
    // Places in the table of the tags that have points, in the order of the file.
    std::vector<std::uint32_t> numbered;
    std::vector<ScalarPoint> scalars;
    PackedHistograms histograms;
    std::array<std::uint64_t, passed_over_kinds> passed_over{};
    std::size_t consumed = 0;
    std::uint64_t records = 0;
    // What stands behind the last good record.
    Frame end;

    // Forgets all but the room that it took: a pass over a large file spends more on fresh
    // memory than on reading.
    void clear() {
        tags.clear();
        numbered.clear();
        scalars.clear();
        histograms.clear();
        passed_over.fill(0);
        consumed = 0;
        records = 0;
        end = Frame{};
    }

    // Bytes held in reserve, about.
    std::size_t room() const {
        return tags.room() + scalars.capacity() * sizeof(ScalarPoint) + histograms.room() +
               rows_.capacity() * sizeof(double);
    }

    // Tells that an earlier value of a tag named its plugin.
    void know_plugin(Bytes tag, Bytes plugin) { tags[tags.index(tag)].plugin = plugin; }

    void scan(Bytes buffer) {
        for (;;) {
            end = read_frame(buffer, consumed, move_);
            if (end.state != Frame::State::whole) return;
            consumed += static_cast<std::size_t>(end.bytes);
            ++records;
            if (!take_plain_scalar(end.payload)) take_event(end.payload);
        }
    }

    // Copies the scalars into columns with room for all of them, those of one group side by
    // side, in the order of the file. Every tag with points has a place in `group_of`, every
    // group one in `number_of`; the groups come in the order of their numbers.
    void copy_scalars(const std::vector<std::uint32_t>& group_of,
                      const std::vector<std::uint32_t>& number_of, std::uint32_t* tag,
                      std::int64_t* step, double* wall_time, double* value) const {
        std::vector<std::size_t> next(number_of.size());
        for (const ScalarPoint& point : scalars) ++next[group_of[point.tag]];
        std::size_t before = 0;
        for (std::size_t& place : next) {
            const std::size_t count = place;
            place = before;
            before += count;
        }
        for (const ScalarPoint& point : scalars) {
            const std::uint32_t group = group_of[point.tag];
            const std::size_t place = next[group]++;
            tag[place] = number_of[group];
            step[place] = point.step;
            wall_time[place] = point.wall_time;
            value[place] = point.value;
        }
    }

private:
    // Takes a payload that is a wall time, a step and one simple value in the order in which
    // nearly all writers put them, with lengths of one byte; false where it looks otherwise.
    bool take_plain_scalar(Bytes payload) {
        constexpr std::size_t step_at = 9;
        if (payload.size() <= step_at || payload.byte(0) != 0x09) return false;
        std::size_t at = step_at;
        std::uint64_t step = 0;
        if (payload.byte(at) == 0x10 && !read_varint(payload, ++at, step)) return false;
        const Bytes rest = payload.from(at);
        const std::size_t size = rest.size();
        if (size < before_tag + behind_tag || size > 0x80) return false;
        const bool fits = rest.byte(0) == 0x2A && rest.byte(1) == size - 2 &&
                          rest.byte(2) == 0x0A && rest.byte(3) == size - 4 &&
                          rest.byte(4) == 0x0A &&
                          rest.byte(5) == size - before_tag - behind_tag &&
                          rest.byte(size - behind_tag) == 0x15;
        if (!fits) return false;
        Event event;
        event.wall_time = payload.float64(1);
        event.step = Bytes::from_bits<std::int64_t>(step);
        const Bytes tag = rest.part(before_tag, size - before_tag - behind_tag);
        put_scalar(tags.index(tag), event, rest.float32(size - 4), false);
        return true;
    }
    // Keys and lengths of summary, value and tag; key and float of the value.
    static constexpr std::size_t before_tag = 6, behind_tag = 5;

    void take_event(Bytes payload) {
        // The first pass is for the form alone: of a malformed event nothing is taken, and
        // its wall time may stand behind its values.
        Event event;
        if (!decode_event(payload, event, [](const Value&) {}))
            return pass_over(PassedOver::malformed_event);
        if (event.kind == Event::Kind::graph) pass_over(PassedOver::graph);
        if (event.kind == Event::Kind::run_metadata) pass_over(PassedOver::run_metadata);
        if (event.kind == Event::Kind::log_message) pass_over(PassedOver::log_message);
        Event again;
        decode_event(payload, again, [&](const Value& value) { take_value(event, value); });
    }

    void take_value(const Event& event, const Value& value) {
        const std::uint32_t tag = tags.index(value.tag);
        if (!value.plugin.empty() && tags[tag].plugin.empty()) tags[tag].plugin = value.plugin;
        const Bytes plugin = value.plugin.empty() ? tags[tag].plugin : value.plugin;
        switch (value.kind) {
            case Value::Kind::none: return pass_over(PassedOver::no_value);
            case Value::Kind::image: return pass_over(PassedOver::image);
            case Value::Kind::audio: return pass_over(PassedOver::audio);
            case Value::Kind::scalar: return put_scalar(tag, event, value.scalar, false);
            case Value::Kind::histogram:
                return put_histogram(tag, histograms.add_message(value.histogram, event.step,
                                                                 believed(event.wall_time)));
            case Value::Kind::tensor: return take_tensor(tag, event, value, plugin);
        }
    }

    void take_tensor(std::uint32_t tag, const Event& event, const Value& value, Bytes plugin) {
        const Tensor& tensor = value.tensor;
        if (is_called(plugin, "text")) return pass_over(PassedOver::text);
        const NumberType* const type = number_type(tensor.dtype);
        if (type == nullptr) return pass_over(PassedOver::tensor);
        constexpr std::uint64_t class_scalar = 1;
        if (plugin.empty() || is_called(plugin, "scalars") || value.data_class == class_scalar) {
            if (tensor.has_one_number() && (!plugin.empty() || tensor.rank == 0)) {
                double number = 0;
                const auto keep = [&](double found) { number = found; };
                if (read_numbers(tensor, *type, 1, keep) != Numbers::good)
                    return pass_over(PassedOver::malformed_tensor);
                return put_scalar(tag, event, number, !type->is_float32_exact);
            }
            if (!plugin.empty()) return pass_over(PassedOver::tensor);
        }
        const bool is_float = type->dtype == dtype::float32 || type->dtype == dtype::float64;
        const bool is_table = tensor.rank == 2 && tensor.sizes[1] == 3;
        if (!is_table || !is_float || !(plugin.empty() || is_called(plugin, "histograms")))
            return pass_over(PassedOver::tensor);
        take_table(tag, event, tensor, *type);
    }

    void take_table(std::uint32_t tag, const Event& event, const Tensor& tensor,
                    const NumberType& type) {
        rows_.clear();
        const std::uint64_t rows = tensor.sizes[0];
        // A count beyond 64 bits is beyond every file, as is this one.
        const std::uint64_t count = rows > ~std::uint64_t{0} / 3 ? ~std::uint64_t{0} : rows * 3;
        const auto keep = [this](double number) { rows_.push_back(number); };
        const Numbers answer = read_numbers(tensor, type, count, keep);
        if (answer == Numbers::malformed) return pass_over(PassedOver::malformed_tensor);
        put_histogram(tag, answer == Numbers::good &&
                               histograms.add_table(rows_, event.step, believed(event.wall_time)));
    }

    static bool is_called(Bytes plugin, const char* name) {
        return plugin == Bytes(reinterpret_cast<const unsigned char*>(name), std::strlen(name));
    }

    void pass_over(PassedOver why) { ++passed_over[static_cast<std::size_t>(why)]; }

    void put_scalar(std::uint32_t tag, const Event& event, double value, bool is_double) {
        if (tags[tag].number == Tag::unnumbered) give_number(tag);
        if (is_double) tags[tag].has_doubles = true;
        scalars.push_back({event.step, believed(event.wall_time), value, tags[tag].number});
    }

    void put_histogram(std::uint32_t tag, bool was_added) {
        if (!was_added) return pass_over(PassedOver::malformed_histogram);
        if (tags[tag].number == Tag::unnumbered) give_number(tag);
        histograms.tag.push_back(tags[tag].number);
    }

    void give_number(std::uint32_t tag) {
        tags[tag].number = static_cast<std::uint32_t>(numbered.size());
        numbered.push_back(tag);
    }

    // A wall time that is no number counts as absent.
    static double believed(double wall_time) { return std::isfinite(wall_time) ? wall_time : 0; }

    crc::Move move_;
    std::vector<double> rows_;
};

}  // namespace loss_monitor
