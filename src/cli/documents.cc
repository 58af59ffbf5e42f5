#include "cli/documents.h"

#include "read/decode_batches.h"

namespace persea {

Status for_documents(const std::string& path, const std::function<Status(std::vector<read::Document>&)>& sink) {
  constexpr size_t kTogether = 256;
  const read::ReadLimits limits;
  PERSEA_TRY(read::ItemReader reader, read::ItemReader::open(path, path, limits));
  std::vector<read::Document> documents;
  const auto hand_over = [&]() -> Status {
    if (!documents.empty()) PERSEA_CHECK(sink(documents));
    documents.clear();
    return {};
  };
  PERSEA_CHECK(read::decode_batches(reader, limits, [&](const read::Item&, read::Decoded& decoded) -> Status {
    for (read::Document& document : decoded.documents) {
      document.place = document.place.empty() ? path : fmt::format("{}: {}", path, document.place);
      documents.push_back(std::move(document));
    }
    return documents.size() < kTogether ? Status() : hand_over();
  }));
  PERSEA_CHECK(hand_over());
  if (!reader.problem().empty()) return fail("{} {}", path, reader.problem());
  return {};
}

}  // namespace persea
