#include "data/curation/part.h"

#include <algorithm>
#include <cstring>

namespace persea::curation {
namespace {

constexpr uint64_t kMagic = 0x0254524150535250;  // "PRSPART" and a version

struct Header {
  uint64_t magic, entries, keys, text, places, log, tallies;  // sizes in bytes
  uint64_t total() const { return sizeof(Header) + entries + keys + text + places + log + tallies; }
};

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::span<const T> values_of(std::string_view bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

}  // namespace

void Part::add(std::string_view document, std::string_view place, PartEntry entry) {
  entry.text_offset = text.size();
  entry.text_bytes = static_cast<uint32_t>(document.size());
  entry.place_offset = static_cast<uint32_t>(places.size());
  entry.place_bytes = static_cast<uint32_t>(place.size());
  text += document;
  places += place;
  entries.push_back(entry);
}

Status Part::write(const fs::path& path) const {
  Json counts = Json::array();
  for (const Tally& tally : tallies) counts.push_back(tally.json());
  const std::string tally_text = canonical_json(counts);
  const std::string_view sections[] = {bytes_of(entries), bytes_of(keys), text, places, log, tally_text};
  Header header{kMagic, 0, 0, 0, 0, 0, 0};
  header.entries = sections[0].size();
  header.keys = sections[1].size();
  header.text = text.size();
  header.places = places.size();
  header.log = log.size();
  header.tallies = tally_text.size();
  const fs::path temporary = path.string() + ".tmp";  // one process makes this part
  PERSEA_TRY(FileWriter file, FileWriter::create(temporary));
  PERSEA_CHECK(file.write({reinterpret_cast<const char*>(&header), sizeof header}));
  for (const std::string_view section : sections) PERSEA_CHECK(file.write(section));
  PERSEA_CHECK(file.finish());
  return rename_file(temporary, path);
}

Result<PartReader> PartReader::open(const fs::path& path) {
  PartReader part;
  PERSEA_TRY(part.file_, MappedFile::open(path));
  std::string_view bytes = part.file_.text();
  Header header{};
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  const uint64_t largest = bytes.size();
  const bool bounded =
      std::max({header.entries, header.keys, header.text, header.places, header.log, header.tallies}) <= largest;
  if (header.magic != kMagic || !bounded || header.total() != bytes.size())
    return fail("{}: is damaged: remove it, and run the same command again", path.string());
  bytes.remove_prefix(sizeof header);
  const auto take = [&](uint64_t size) {
    const std::string_view section = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return section;
  };
  part.entries_ = values_of<PartEntry>(take(header.entries));
  part.keys_ = values_of<uint64_t>(take(header.keys));
  part.text_ = take(header.text);
  part.places_ = take(header.places);
  part.log_ = take(header.log);
  PERSEA_TRY(const Json tallies, parse_json(take(header.tallies), path.string()));
  for (const Json& counts : tallies) {
    PERSEA_TRY(Tally tally, Tally::from_json(counts, path.string()));
    part.tallies_.push_back(std::move(tally));
  }
  for (const PartEntry& entry : part.entries_) {
    if (entry.text_offset > part.text_.size() || entry.text_bytes > part.text_.size() - entry.text_offset ||
        entry.place_offset > part.places_.size() || entry.place_bytes > part.places_.size() - entry.place_offset)
      return fail("{}: is damaged: remove it, and run the same command again", path.string());
  }
  return part;
}

}  // namespace persea::curation
