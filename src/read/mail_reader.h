// Mailboxes (mbox, whose messages begin with a line "From ...") and files that are one item as a whole: a message, a
// page, a PDF.
#pragma once

#include <memory>

#include "read/reading.h"

namespace persea::read {

std::unique_ptr<FormatReader> mbox_reader(std::unique_ptr<ByteSource> source, Part part);

// Null where it does not fit into ReadLimits::item_bytes, which is noted.
std::unique_ptr<FormatReader> whole_reader(Form form, std::unique_ptr<ByteSource> source, Part part);

// Whether `line` begins a message of a mailbox: "From ann@x.org Sat Jan  3 01:05:34 1996".
bool is_from_line(std::string_view line);

}  // namespace persea::read
