// Event messages of TensorBoard: one record's payload as values, nothing interpreted.
//
// Enters: a payload. Leaves: an `Event`, and each `Value` in turn. The rules are those of
// `wire/event.py` and `wire/tensor.py`, the reference: unknown fields are passed over, known
// ones with another wire type too, and of a field that stands twice the last one counts.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "checked_bytes.hpp"
#include "protobuf.hpp"

namespace loss_monitor {

// Field numbers, by message.
namespace event_field {
enum : std::uint64_t {
    wall_time = 1, step = 2, file_version = 3, graph = 4, summary = 5, log_message = 6,
    session_log = 7, run_metadata = 8, meta_graph = 9, source_metadata = 10
};
}
namespace summary_field {
enum : std::uint64_t { value = 1 };
}
namespace value_field {
enum : std::uint64_t {
    tag = 1, simple_value = 2, image = 4, histogram = 5, audio = 6, tensor = 8, metadata = 9
};
}
namespace metadata_field {
enum : std::uint64_t { plugin_data = 1, plugin_name = 1, data_class = 4 };
}
namespace histogram_field {
enum : std::uint64_t { sum_squares = 5, limits = 6, counts = 7 };
}
namespace tensor_field {
enum : std::uint64_t { dtype = 1, shape = 2, content = 4, floats = 5, doubles = 6 };
enum : std::uint64_t { dimension = 2, size = 1 };
}

constexpr std::size_t histogram_figures = 5;
// Axes of a shape that are kept: no scalar and no histogram has more than two.
constexpr std::size_t axes_max = 9;

struct Tensor {
    std::uint64_t dtype = 0;
    std::array<std::uint64_t, axes_max> sizes{};
    std::size_t rank = 0;
    // `tensor_content`; an empty one is how proto2 writers say that a typed list follows.
    Bytes content;
    // The whole message, in which the typed lists are.
    Bytes message;

    // Whether the shape is that of a single number, of any rank.
    bool has_one_number() const {
        for (std::size_t axis = 0; axis < rank; ++axis)
            if (sizes[axis] != 1) return false;
        return true;
    }
};

struct Value {
    enum class Kind { none, scalar, histogram, tensor, image, audio };

    Bytes tag;
    Kind kind = Kind::none;
    double scalar = 0;
    Bytes histogram;
    Tensor tensor;
    Bytes plugin;
    std::uint64_t data_class = 0;
};

struct Event {
    enum class Kind { other, graph, run_metadata, log_message };

    double wall_time = 0;
    std::int64_t step = 0;
    // What the event carries beside values; the last one where there are several.
    Kind kind = Kind::other;
};

// All `decode_...` return false where the message is malformed.

inline bool decode_metadata(Bytes message, Value& value) {
    Fields fields(message);
    for (Field field; fields.next(field);) {
        if (field.is(metadata_field::data_class, Wire::varint)) {
            value.data_class = field.varint;
        } else if (field.is(metadata_field::plugin_data, Wire::length_delimited)) {
            Fields inner(field.content);
            for (Field part; inner.next(part);)
                if (part.is(metadata_field::plugin_name, Wire::length_delimited))
                    value.plugin = part.content;
            if (inner.malformed()) return false;
        }
    }
    return !fields.malformed();
}

inline bool decode_size(Bytes message, std::uint64_t& size) {
    Fields fields(message);
    for (Field field; fields.next(field);) {
        if (!field.is(tensor_field::size, Wire::varint)) continue;
        const bool negative = field.varint >> 63 != 0;
        size = negative ? 0 : field.varint;
    }
    return !fields.malformed();
}

inline bool decode_shape(Bytes message, Tensor& tensor) {
    tensor.rank = 0;
    Fields fields(message);
    for (Field field; fields.next(field);) {
        if (!field.is(tensor_field::dimension, Wire::length_delimited)) continue;
        if (tensor.rank == axes_max) continue;
        std::uint64_t size = 0;
        if (!decode_size(field.content, size)) return false;
        tensor.sizes[tensor.rank++] = size;
    }
    return !fields.malformed();
}

inline bool decode_tensor(Bytes message, Tensor& tensor) {
    tensor = Tensor{};
    tensor.message = message;
    Fields fields(message);
    for (Field field; fields.next(field);) {
        if (field.is(tensor_field::dtype, Wire::varint)) {
            tensor.dtype = field.varint;
        } else if (field.is(tensor_field::shape, Wire::length_delimited)) {
            if (!decode_shape(field.content, tensor)) return false;
        } else if (field.is(tensor_field::content, Wire::length_delimited)) {
            tensor.content = field.content;
        }
    }
    return !fields.malformed();
}

// Gives each list field of a `HistogramProto` to `put`, in order, and fills the figures:
// min, max, num, sum, sum of squares.
template <typename Put>
bool decode_histogram(Bytes message, std::array<double, histogram_figures>& figures, Put put) {
    figures.fill(0.0);
    Fields fields(message);
    for (Field field; fields.next(field);) {
        const bool is_list =
            field.number == histogram_field::limits || field.number == histogram_field::counts;
        if (field.wire == Wire::fixed64 && field.number >= 1 &&
            field.number <= histogram_field::sum_squares) {
            figures[static_cast<std::size_t>(field.number) - 1] = field.content.float64(0);
        } else if (is_list &&
                   (field.wire == Wire::fixed64 || field.wire == Wire::length_delimited)) {
            if (field.content.size() % 8 != 0) return false;
            put(field.number, field.content);
        }
    }
    return !fields.malformed();
}

inline bool decode_value(Bytes message, Value& value) {
    value = Value{};
    Fields fields(message);
    for (Field field; fields.next(field);) {
        if (field.is(value_field::simple_value, Wire::fixed32)) {
            value.kind = Value::Kind::scalar;
            value.scalar = static_cast<double>(field.content.float32(0));
        }
        if (field.wire != Wire::length_delimited) continue;
        switch (field.number) {
            case value_field::tag: value.tag = field.content; break;
            case value_field::image: value.kind = Value::Kind::image; break;
            case value_field::audio: value.kind = Value::Kind::audio; break;
            case value_field::metadata:
                if (!decode_metadata(field.content, value)) return false;
                break;
            case value_field::tensor:
                value.kind = Value::Kind::tensor;
                if (!decode_tensor(field.content, value.tensor)) return false;
                break;
            case value_field::histogram: {
                value.kind = Value::Kind::histogram;
                value.histogram = field.content;
                std::array<double, histogram_figures> figures;
                if (!decode_histogram(field.content, figures, [](std::uint64_t, Bytes) {}))
                    return false;
                break;
            }
            default: break;
        }
    }
    return !fields.malformed();
}

template <typename Take>
bool decode_summary(Bytes message, Take take) {
    Value value;
    Fields fields(message);
    for (Field field; fields.next(field);) {
        if (!field.is(summary_field::value, Wire::length_delimited)) continue;
        if (!decode_value(field.content, value)) return false;
        take(value);
    }
    return !fields.malformed();
}

template <typename Take>
bool decode_carried(const Field& field, Event& event, Take take) {
    switch (field.number) {
        case event_field::graph:
        case event_field::meta_graph: event.kind = Event::Kind::graph; break;
        case event_field::log_message: event.kind = Event::Kind::log_message; break;
        case event_field::run_metadata: event.kind = Event::Kind::run_metadata; break;
        case event_field::file_version:
        case event_field::session_log:
        case event_field::source_metadata: event.kind = Event::Kind::other; break;
        case event_field::summary:
            event.kind = Event::Kind::other;
            return decode_summary(field.content, take);
        default: break;
    }
    return true;
}

// Gives each value of an event to `take`, in order. A value is given before it is known
// whether the rest of the event is well formed, and before wall time and step may be known.
template <typename Take>
bool decode_event(Bytes payload, Event& event, Take take) {
    event = Event{};
    Fields fields(payload);
    for (Field field; fields.next(field);) {
        if (field.is(event_field::wall_time, Wire::fixed64)) {
            event.wall_time = field.content.float64(0);
        } else if (field.is(event_field::step, Wire::varint)) {
            event.step = Bytes::from_bits<std::int64_t>(field.varint);
        } else if (field.wire == Wire::length_delimited) {
            if (!decode_carried(field, event, take)) return false;
        }
    }
    return !fields.malformed();
}

}  // namespace loss_monitor
