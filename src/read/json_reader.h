// JSON files of any size: the elements of arrays are items; an object is one where it is small enough, else what it
// holds is. A long list of messages becomes several objects like the one it stood in, so that decode() knows them.
#pragma once

#include <memory>

#include "read/reading.h"

namespace persea::read {

std::unique_ptr<FormatReader> json_reader(std::unique_ptr<ByteSource> source, Part part);

}  // namespace persea::read
