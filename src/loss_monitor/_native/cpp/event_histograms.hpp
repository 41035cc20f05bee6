// Histograms of event files, packed one behind the other.
//
// Enters: `HistogramProto` messages and tensors with rows of left edge, right edge and count.
// Leaves: packed histograms; what makes no sense as one leaves nothing. The rules are those of
// `parse/event_values.py`, the layout is that of `series/histograms.py`.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "checked_bytes.hpp"
#include "event_message.hpp"

namespace loss_monitor {

class PackedHistograms {
public:
    std::vector<std::uint32_t> tag;
    std::vector<double> wall_time;
    // Histogram `i` ends at `packed[ends[i]]` and begins where the one before ends.
    std::vector<std::size_t> ends;
    std::vector<unsigned char> packed;

    void clear() {
        tag.clear();
        wall_time.clear();
        ends.clear();
        packed.clear();
    }

    // Bytes held in reserve, about.
    std::size_t room() const {
        return packed.capacity() + (edges_.capacity() + counts_.capacity()) * sizeof(double) +
               ends.capacity() * (sizeof(std::size_t) + sizeof(double) + sizeof(std::uint32_t));
    }

    // Both return false where the histogram was left out; what tag it has is the caller's to
    // say, behind it.

    bool add_message(Bytes message, std::int64_t step, double written) {
        std::array<double, histogram_figures> figures;
        edges_.assign(1, 0.0);
        counts_.clear();
        decode_histogram(message, figures, [this](std::uint64_t number, Bytes list) {
            list.append_float64s(number == histogram_field::limits ? edges_ : counts_);
        });
        const std::size_t buckets = counts_.size();
        if (edges_.size() != buckets + 1 || buckets == 0) return false;
        const double min = figures[0], max = figures[1];
        // A bucket begins where the one before ends; the outermost edges are those of the
        // values, so that an endless last bucket gets an end.
        edges_[0] = min < edges_[1] ? min : edges_[1];
        if (edges_[buckets - 1] <= max && max < edges_[buckets]) edges_[buckets] = max;
        return add(step, written, figures);
    }

    bool add_table(const std::vector<double>& rows, std::int64_t step, double written) {
        const std::size_t buckets = rows.size() / 3;
        if (buckets == 0) return false;
        edges_.clear();
        counts_.clear();
        double num = -0.0;  // to which -0.0 is added without becoming 0.0
        for (std::size_t row = 0; row < buckets; ++row) {
            edges_.push_back(rows[3 * row]);
            counts_.push_back(rows[3 * row + 2]);
            num += counts_.back();
        }
        edges_.push_back(rows[3 * buckets - 2]);
        constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
        return add(step, written, {edges_.front(), edges_.back(), num, unknown, unknown});
    }

private:
    bool add(std::int64_t step, double written,
             const std::array<double, histogram_figures>& figures) {
        if (!is_sound()) return false;
        join_empty_runs();
        wall_time.push_back(written);
        put(step);
        put(static_cast<std::int64_t>(counts_.size()));
        put(written);
        for (const double figure : figures) put(figure);
        put_all(edges_);
        // Counts are float32 where that holds all of them exactly.
        narrow_.resize(counts_.size());
        constexpr double float32_max = std::numeric_limits<float>::max();
        bool is_exact = true;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            narrow_[i] = static_cast<float>(std::min(counts_[i], float32_max));
            is_exact &= static_cast<double>(narrow_[i]) == counts_[i];
        }
        if (is_exact)
            put_all(narrow_);
        else
            put_all(counts_);
        ends.push_back(packed.size());
        return true;
    }

    // Whether edges are finite and never fall, and counts are finite and not negative. Two
    // buckets at a time: compilers do not make vector instructions of comparisons by themselves.
    bool is_sound() const {
        constexpr double most = std::numeric_limits<double>::max();
        const std::size_t buckets = counts_.size();
        // A comparison that holds gives -1.
        auto holding = Pair{} != Pair{};
        std::size_t i = 0;
        for (; i + 2 <= buckets; i += 2) {
            const Pair count = pair_at(counts_, i);
            holding += pair_at(edges_, i + 1) >= pair_at(edges_, i);
            holding += count >= Pair{};
            holding += count <= Pair{most, most};
        }
        const bool is_last_sound =
            i == buckets || (edges_[i + 1] >= edges_[i] && counts_[i] >= 0 && counts_[i] <= most);
        const auto expected = -3 * static_cast<std::int64_t>(i);
        return holding[0] + holding[1] == expected && is_last_sound &&
               std::isfinite(edges_.front()) && std::isfinite(edges_.back());
    }

    // Makes one of each run of empty buckets.
    void join_empty_runs() {
        std::size_t kept = 0;
        bool was_empty = false;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            // The middle of what torch writes is several hundred empty buckets in a row.
            while (was_empty && i + 4 < counts_.size() && are_zeros(i)) i += 4;
            const bool is_empty = counts_[i] == 0;
            edges_[kept] = edges_[i];
            counts_[kept] = counts_[i];
            kept += !(is_empty & was_empty);
            was_empty = is_empty;
        }
        edges_[kept] = edges_.back();
        edges_.resize(kept + 1);
        counts_.resize(kept);
    }

    bool are_zeros(std::size_t at) const {
        std::array<std::uint64_t, 4> bits;
        std::memcpy(&bits, &counts_[at], sizeof bits);
        return (bits[0] | bits[1] | bits[2] | bits[3]) == 0;
    }

    using Pair = double __attribute__((vector_size(16)));

    static Pair pair_at(const std::vector<double>& numbers, std::size_t at) {
        Pair pair;
        std::memcpy(&pair, &numbers[at], sizeof pair);
        return pair;
    }

    template <typename Number>
    void put(Number number) {
        const std::size_t at = packed.size();
        packed.resize(at + sizeof number);
        std::memcpy(&packed[at], &number, sizeof number);
    }

    // Puts numbers, of which there is at least one.
    template <typename Number>
    void put_all(const std::vector<Number>& numbers) {
        const std::size_t at = packed.size(), size = numbers.size() * sizeof(Number);
        packed.resize(at + size);
        std::memcpy(&packed[at], numbers.data(), size);
    }

    // Edges and counts of the histogram at hand.
    std::vector<double> edges_;
    std::vector<double> counts_;
    std::vector<float> narrow_;
};

}  // namespace loss_monitor
