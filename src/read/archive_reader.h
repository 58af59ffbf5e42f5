// Archives: each member is read by whatever it is itself, archives within archives to a depth.
#pragma once

#include <memory>

#include "read/reading.h"

namespace persea::read {

// Null where it cannot be opened, which was noted then.
std::unique_ptr<FormatReader> archive_reader(std::unique_ptr<ByteSource> source, Part part);

// A source that can go to any place, which zip and 7z want: `source` itself, or its bytes in memory where they fit
// there; null, with a note, where not.
std::unique_ptr<ByteSource> seekable(std::unique_ptr<ByteSource> source, const Part& part);

}  // namespace persea::read
