// Streams that were packed as a whole: gzip (its members one behind the other), zstd (frames likewise), xz and bzip2
// (libarchive). Told by their first bytes. Archives, which hold several files, are archive_reader.h's.
#pragma once

#include <memory>
#include <string_view>

#include "read/byte_source.h"

namespace persea::read {

enum class Packing : uint8_t { none, gzip, zstd, xz, bzip2 };

// The packing that a stream that begins with `head` (6 bytes suffice) has.
Packing packing_of(std::string_view head);

// What `packed` holds. Memory is bounded: zstd windows over 128 MiB, its own limit for streams, are refused.
Result<std::unique_ptr<ByteSource>> unpack(Packing packing, std::unique_ptr<ByteSource> packed);

}  // namespace persea::read
