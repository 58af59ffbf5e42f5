#include "cli/documents.h"

#include "base/threads.h"
#include "read/decode.h"

namespace persea {

Status for_documents(const std::string& path, const std::function<Status(std::vector<read::Document>&)>& sink) {
  constexpr size_t kBatch = 256;  // items
  const read::ReadLimits limits;
  PERSEA_TRY(read::ItemReader reader, read::ItemReader::open(path, path, limits));
  std::vector<read::Item> items(kBatch);
  std::vector<read::Decoded> decoded(kBatch);
  std::vector<read::Document> documents;
  for (bool more = true; more;) {
    size_t count = 0;
    while (count < kBatch && (more = reader.next(items[count]))) ++count;
    pool().parallel_for(static_cast<int64_t>(count), [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      decoded[at].clear();
      read::decode(items[at], limits, decoded[at]);
    });
    documents.clear();
    for (size_t i = 0; i < count; ++i)
      for (read::Document& document : decoded[i].documents) {
        document.place = document.place.empty() ? path : fmt::format("{}: {}", path, document.place);
        documents.push_back(std::move(document));
      }
    if (!documents.empty()) PERSEA_CHECK(sink(documents));
  }
  if (!reader.problem().empty()) return fail("{} {}", path, reader.problem());
  return {};
}

}  // namespace persea
