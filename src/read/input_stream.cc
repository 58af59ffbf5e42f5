#include "read/input_stream.h"

#include "read/unpack.h"

namespace persea {

Result<InputStream> InputStream::open(const fs::path& path) {
  PERSEA_TRY(std::unique_ptr<read::ByteSource> file, read::open_file_source(path));
  std::string head(6, '\0');
  head.resize(file->read(head));
  if (!file->problem().empty()) return Error{file->problem()};
  const read::Packing packing = read::packing_of(head);
  PERSEA_TRY(auto source, read::unpack(packing, read::joined_source(std::move(head), std::move(file))));
  return InputStream(std::move(source));
}

}  // namespace persea
