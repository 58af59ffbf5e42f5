// WARC and WET files (ISO 28500): what was fetched from the web, or its text, record by record. Requests, revisits and
// records about the crawl hold no text and are passed over.
#pragma once

#include <memory>

#include "read/reading.h"

namespace persea::read {

std::unique_ptr<FormatReader> warc_reader(std::unique_ptr<ByteSource> source, Part part);

// Makes an item of the bytes of something fetched; false where they are nothing that is read, which is noted.
bool fetched_item(std::string bytes, std::string_view type, const Part& part, Item& item);

}  // namespace persea::read
