// A small file of one number a line, opened, checked, read and parsed in one go.
//
// Plain C++17 and POSIX, without Python. Only what is plain is taken: everything else (a link, a
// file that changed meanwhile, an error, a line that is no number) is left to the caller, which
// looks at it closely. What a file is read with are the flags of loss_monitor/tail/cursor.py.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "crc32c.hpp"
#include "decimal.hpp"

namespace loss_monitor {

constexpr std::size_t plain_file_bytes_max = 64 * 1024;

// A regular file as it was seen, and what its reading found.
struct PlainFile {
    const char* path;
    std::uint64_t device;
    std::uint64_t inode;
    std::int64_t size;
    std::int64_t mtime_ns;
    // Numbers that it holds; -1 where it is not plain.
    std::int64_t values;
    // CRC-32C of its bytes.
    std::uint32_t checksum;
};

// What was asked of the file system.
struct PlainCost {
    std::int64_t opens = 0;
    std::int64_t bytes_read = 0;
};

inline int open_plain(const char* path, int flags, PlainCost& cost) {
#ifdef O_NOATIME
    ++cost.opens;
    const int descriptor = open(path, flags | O_NOATIME);
    // Only a file's owner may leave its access time alone.
    if (descriptor >= 0 || errno != EPERM) return descriptor;
#endif
    ++cost.opens;
    return open(path, flags);
}

inline bool is_as_seen(const struct stat& found, const PlainFile& file) {
    const std::int64_t mtime_ns =
        std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
    return S_ISREG(found.st_mode) && std::uint64_t{found.st_dev} == file.device &&
           std::uint64_t{found.st_ino} == file.inode && found.st_size == file.size &&
           mtime_ns == file.mtime_ns;
}

// Fills `bytes` with the file's `size` bytes; false where there are fewer.
inline bool read_whole(int descriptor, char* bytes, std::size_t size, PlainCost& cost) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got =
            pread(descriptor, bytes + done, size - done, static_cast<off_t>(done));
        if (got <= 0) return false;
        done += static_cast<std::size_t>(got);
        cost.bytes_read += got;
    }
    return true;
}

// Reads one file into `numbers`, which has room for `room` of them, by way of `bytes`, which
// has `plain_file_bytes_max`; says in `file` what it found.
inline void read_plain_file(PlainFile& file, bool follows_links, char* bytes, double* numbers,
                            std::size_t room, PlainCost& cost) {
    file.values = -1;
    if (file.size < 0 || static_cast<std::uint64_t>(file.size) > plain_file_bytes_max) return;
    const auto size = static_cast<std::size_t>(file.size);
    constexpr int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    const int descriptor = open_plain(file.path, flags | (follows_links ? 0 : O_NOFOLLOW), cost);
    if (descriptor < 0) return;
    struct stat found;
    const bool is_read = fstat(descriptor, &found) == 0 && is_as_seen(found, file) &&
                         read_whole(descriptor, bytes, size, cost);
    close(descriptor);
    if (!is_read) return;
    const NumbersRead read = read_numbers(bytes, size, 0, numbers, room);
    if (read.end != size) return;
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes);
    file.checksum = ~crc::fastest()(~std::uint32_t{0}, data, size);
    file.values = static_cast<std::int64_t>(read.values);
}

// Reads `count` files, the numbers of one behind those of the other; returns what it cost.
inline PlainCost read_plain_files(PlainFile* files, std::size_t count, bool follows_links,
                                  char* bytes, double* numbers, std::size_t room) {
    PlainCost cost;
    for (std::size_t at = 0; at < count; ++at) {
        read_plain_file(files[at], follows_links, bytes, numbers, room, cost);
        if (files[at].values <= 0) continue;
        const auto taken = static_cast<std::size_t>(files[at].values);
        numbers += taken;
        room -= taken;
    }
    return cost;
}

}  // namespace loss_monitor
