// Dumps of wikis as MediaWiki exports them (Wikipedia's pages-articles.xml): each article an item of wiki markup.
#pragma once

#include <memory>

#include "read/reading.h"

namespace persea::read {

std::unique_ptr<FormatReader> wiki_dump_reader(std::unique_ptr<ByteSource> source, Part part);

}  // namespace persea::read
