// EPUB books and office documents (.docx, .pptx, .odt): archives whose members make up one text. Each is one item; the
// chapters of a book stand in the order of its spine.
#pragma once

#include <memory>
#include <string_view>

#include "read/reading.h"

namespace persea::read {

std::unique_ptr<FormatReader> book_reader(std::unique_ptr<ByteSource> source, Part part);

// Whether a zip archive that begins with `head` is an EPUB or an office document, by its first members.
bool is_book(std::string_view head, std::string_view plain_name);

}  // namespace persea::read
