// The compiled scan of event files under libFuzzer. CONTRIBUTING.md says how to run it.
//
// Input: three bytes that choose, then a file as it is, or payloads that are framed here with the
// right checksums, which no fuzzer would guess. The sanitizers watch for reads outside of the
// buffer; what is checked here is that any cut and either checksum give the same points, and
// that what comes out is bounded by what goes in.
#define LOSS_MONITOR_TRAP
#define _GLIBCXX_ASSERTIONS
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include "event_scan.hpp"

namespace {

using loss_monitor::Bytes;
using loss_monitor::EventScan;
using loss_monitor::Frame;

using Buffer = std::vector<unsigned char>;

void require(bool holds) {
    if (!holds) std::abort();
}

void append(Buffer& out, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
        out.push_back(static_cast<unsigned char>(number >> (8 * i)));
}

// Frames the input's pieces: each is a length of two bytes and a payload.
Buffer framed(Bytes input) {
    Buffer out;
    const auto checksum = [&](std::size_t from) {
        const Bytes bytes = Bytes(out.data(), out.size()).from(from);
        return loss_monitor::masked_crc32c(bytes, loss_monitor::crc::by_tables);
    };
    while (input.size() >= 2) {
        const std::size_t wanted = input.byte(0) | std::size_t{input.byte(1)} << 8;
        const Bytes payload = input.from(2).part(0, wanted);
        const std::size_t header = out.size();
        append(out, payload.size(), 8);
        append(out, checksum(header), 4);
        const std::size_t begin = out.size();
        for (std::size_t i = 0; i < payload.size(); ++i) out.push_back(payload.byte(i));
        append(out, checksum(begin), 4);
        input = input.from(2 + payload.size());
    }
    return out;
}

// What was found, in a form that can be compared and added up.
struct Found {
    std::size_t consumed = 0;
    std::uint64_t records = 0, passed_over = 0, scalars = 0, step_sum = 0;
    Buffer packed;
    std::map<Buffer, Buffer> plugins;

    bool operator==(const Found& other) const {
        return consumed == other.consumed && records == other.records &&
               passed_over == other.passed_over && scalars == other.scalars &&
               step_sum == other.step_sum && packed == other.packed && plugins == other.plugins;
    }
};

Buffer copy_of(Bytes bytes) { return Buffer(bytes.data(), bytes.data() + bytes.size()); }

Bytes bytes_of(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }

void check_bounds(const EventScan& found, Bytes buffer) {
    require(found.consumed <= buffer.size());
    // The shortest scalar takes seven bytes, a histogram of one bucket 24 for the 84 it becomes.
    require(found.scalars.size() <= buffer.size() / 7);
    require(found.histograms.packed.size() <= 4 * buffer.size());
    require(found.histograms.tag.size() == found.histograms.ends.size());
    require(found.histograms.tag.size() == found.histograms.wall_time.size());
    if (found.end.state == Frame::State::incomplete)
        require(found.consumed + found.end.bytes > buffer.size());
}

void add_scalars(const EventScan& found, Found& sum) {
    // Two tags of three in one group, as if they were spellings of one.
    std::vector<std::uint32_t> group_of, number_of;
    for (std::uint32_t i = 0; i < found.numbered.size(); ++i) group_of.push_back(i / 3 * 2 + i % 2);
    for (std::uint32_t i = 0; i < found.numbered.size() + 2; ++i) number_of.push_back(100 + i);
    const std::size_t count = found.scalars.size();
    std::vector<std::uint32_t> tag(count);
    std::vector<std::int64_t> step(count);
    std::vector<double> wall_time(count), value(count);
    found.copy_scalars(group_of, number_of, tag.data(), step.data(), wall_time.data(),
                       value.data());
    for (std::size_t i = 1; i < count; ++i) require(tag[i - 1] <= tag[i]);
    sum.scalars += count;
    for (const std::int64_t one : step) sum.step_sum += static_cast<std::uint64_t>(one);
}

// Scans `file` from where `sum` ends to `end`, and adds what is found.
void scan(const Buffer& file, std::size_t end, loss_monitor::crc::Move move, Found& sum) {
    // A copy of its own size, so that a read behind its end is seen.
    const Buffer copy(file.begin() + static_cast<std::ptrdiff_t>(sum.consumed),
                      file.begin() + static_cast<std::ptrdiff_t>(end));
    const Bytes buffer = bytes_of(copy);
    const std::map<Buffer, Buffer> known = sum.plugins;
    EventScan found(7, move);
    for (const auto& [tag, plugin] : known) found.know_plugin(bytes_of(tag), bytes_of(plugin));
    found.scan(buffer);
    check_bounds(found, buffer);
    add_scalars(found, sum);
    for (std::uint32_t place = 0; place < found.tags.size(); ++place)
        if (!found.tags[place].plugin.empty())
            sum.plugins[copy_of(found.tags[place].text)] = copy_of(found.tags[place].plugin);
    sum.consumed += found.consumed;
    sum.records += found.records;
    for (const std::uint64_t passed : found.passed_over) sum.passed_over += passed;
    sum.packed.insert(sum.packed.end(), found.histograms.packed.begin(),
                      found.histograms.packed.end());
    const std::optional<std::size_t> next =
        loss_monitor::resume_after_fault(buffer, found.consumed, move);
    if (next) {
        require(*next > found.consumed);
        require(loss_monitor::read_frame(buffer, *next, move).state == Frame::State::whole);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    constexpr std::size_t choices = 3;
    if (size < choices) return 0;
    const Bytes input(data, size);
    const Bytes rest = input.from(choices);
    const Buffer file = (input.byte(0) & 1) != 0 ? framed(rest) : copy_of(rest);

    Found whole, by_tables, in_pieces;
    const auto fastest = loss_monitor::crc::fastest();
    scan(file, file.size(), fastest, whole);
    scan(file, file.size(), loss_monitor::crc::by_tables, by_tables);
    require(whole == by_tables);
    const std::size_t cut = input.byte(1) | std::size_t{input.byte(2)} << 8;
    if (cut < file.size()) scan(file, cut, fastest, in_pieces);
    scan(file, file.size(), fastest, in_pieces);
    require(whole == in_pieces);
    return 0;
}
