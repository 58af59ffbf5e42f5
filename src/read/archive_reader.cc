#include "read/archive_reader.h"

#include "read/archive_file.h"
#include "read/counted_source.h"

namespace persea::read {
namespace {

// What programs put beside the files that people mean.
bool hidden(std::string_view name) {
  if (name.starts_with("__MACOSX/")) return true;
  for (size_t at = 0; at < name.size();) {
    const std::string_view part = name.substr(at, name.find('/', at) - at);
    if (part.starts_with('.') && part != "." && part != "..") return true;
    at += part.size() + 1;
  }
  return false;
}

class ArchiveReader : public FormatReader {
 public:
  ArchiveReader(std::unique_ptr<ArchiveFile> archive, Part part)
      : archive_(std::move(archive)), part_(std::move(part)) {}

  bool next(Item& item) override {
    for (;;) {
      if (member_ && member_->next(item)) return true;
      member_.reset();
      if (part_.reading->bomb()) {
        part_.skip(kBomb);
        return false;
      }
      ArchiveFile::Member member;
      if (!archive_->next(member)) {
        if (!archive_->problem().empty()) {
          if (part_.depth > 0) part_.skip(archive_->problem());
          if (part_.depth == 0 && part_.reading->problem.empty()) part_.reading->problem = archive_->problem();
        }
        return false;
      }
      Part inside{part_.reading, member.name, part_.within(member.name), part_.depth + 1};
      if (!member.refused.empty()) {
        inside.skip(member.refused);
      } else if (hidden(member.name)) {
        inside.skip("is hidden");
      } else {
        std::unique_ptr<ByteSource> bytes = archive_->bytes();
        if (archive_->packs())
          bytes = std::make_unique<CountedSource>(std::move(bytes), *part_.reading, &Reading::unpacked);
        member_ = open_part(std::move(bytes), std::move(inside));
      }
    }
  }

 private:
  std::unique_ptr<ArchiveFile> archive_;
  Part part_;
  std::unique_ptr<FormatReader> member_;
};

}  // namespace

std::unique_ptr<ByteSource> seekable(std::unique_ptr<ByteSource> source, const Part& part) {
  if (source->size() >= 0) return source;
  auto bytes = read_all(*source, part.reading->limits.item_bytes);
  if (!bytes) {
    part.skip(bytes.error().message + (source->problem().empty() ? " within another archive: unpack it first" : ""));
    return nullptr;
  }
  return memory_source(std::move(*bytes));
}

std::unique_ptr<FormatReader> archive_reader(std::unique_ptr<ByteSource> source, Part part) {
  if (part.depth >= kNesting) {
    part.skip(fmt::format("is an archive within {} others", kNesting));
    return nullptr;
  }
  auto archive = ArchiveFile::open(std::move(source));
  if (!archive) {
    part.skip(archive.error().message);
    return nullptr;
  }
  return std::make_unique<ArchiveReader>(std::move(*archive), std::move(part));
}

}  // namespace persea::read
