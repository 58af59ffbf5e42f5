#include "data/corpus.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash.h"
#include "base/json.h"

namespace persea {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian, and are read in place");

// documents.bin: 32 bytes (a name of 8, the size of an entry, flags, the size of text.bin, 8 bytes of 0), then the
// entries.
constexpr std::string_view kMagic("PERSCOR\x01", 8);
constexpr size_t kHeader = 32, kEntry = 40;
constexpr uint32_t kMarkers = 1;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

DocumentId document_id(std::string_view text) {
  const std::string hex = sha256(text);
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  DocumentId id;
  for (size_t i = 0; i < id.size(); ++i)
    id[i] = static_cast<unsigned char>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  return id;
}

uint64_t split_place(const DocumentId& id) {
  uint64_t value = 0;
  std::memcpy(&value, id.data(), sizeof value);
  return value;
}

bool for_validation(const DocumentId& id, double valid_fraction) {
  return static_cast<double>(split_place(id)) < valid_fraction * 0x1p64;
}

std::string to_hex(const DocumentId& id) {
  std::string hex;
  for (const unsigned char byte : id) hex += fmt::format("{:02x}", byte);
  return hex;
}

Result<CorpusWriter> CorpusWriter::create(const fs::path& dir, bool markers) {
  PERSEA_TRY(FileWriter text, FileWriter::create(dir / "text.bin"));
  PERSEA_TRY(FileWriter sources, FileWriter::create(dir / "sources.jsonl"));
  return CorpusWriter(dir, std::move(text), std::move(sources), markers);
}

Status CorpusWriter::source(std::string_view name) { return add_source(name); }

Status CorpusWriter::add_source(std::string_view name, Json more) {
  ++source_count_;
  more["path"] = std::string(name);
  return sources_.write(canonical_json(more) + '\n');
}

Status CorpusWriter::add(std::string_view text, const DocumentId& id) {
  return add_placed(text, id, source_count_ - 1, false);
}

Status CorpusWriter::add_placed(std::string_view text, const DocumentId& id, uint32_t source, bool valid) {
  if (source >= source_count_) throw std::logic_error("CorpusWriter: a document of no source");
  entries_.push_back({text_.size(), text.size(), id, source, valid ? 1U : 0U});
  return text_.write(text);
}

Status CorpusWriter::split_by_hash(double valid_fraction) {
  for (Entry& entry : entries_) entry.valid = for_validation(entry.id, valid_fraction) ? 1 : 0;
  keep_both_sides();
  return {};
}

// At least one text lies on each side, with all documents that have it, unless there is only one.
void CorpusWriter::keep_both_sides() {
  int64_t valid = 0;
  for (const Entry& entry : entries_) valid += entry.valid;
  if (valid > 0 && valid < documents()) return;
  const auto by_place = [](const Entry& a, const Entry& b) { return split_place(a.id) < split_place(b.id); };
  Entry& moved = valid == 0 ? *std::min_element(entries_.begin(), entries_.end(), by_place)
                            : *std::max_element(entries_.begin(), entries_.end(), by_place);
  const auto same = [id = moved.id](const Entry& entry) { return entry.id == id; };
  moved.valid = valid == 0 ? 1 : 0;
  if (std::all_of(entries_.begin(), entries_.end(), same)) return;
  for (Entry& entry : entries_)
    if (same(entry)) entry.valid = valid == 0 ? 1 : 0;
}

Status CorpusWriter::split_tail(double valid_fraction) {
  PERSEA_TRY(const MappedFile file, MappedFile::open(dir_ / "text.bin"));
  const std::string_view text = file.text();
  auto boundary = static_cast<uint64_t>(static_cast<double>(text.size()) * (1 - valid_fraction));
  boundary = std::clamp<uint64_t>(boundary, 1, text.size() - 1);
  while (boundary > 1 && continues_character(text[boundary])) --boundary;
  while (boundary < text.size() && continues_character(text[boundary])) ++boundary;
  if (boundary == text.size()) return fail("the text is one character: too little to keep a part of it for validation");
  std::vector<Entry> parted;
  for (const Entry& entry : entries_) {
    const uint64_t end = entry.offset + entry.bytes;
    if (entry.offset < boundary && boundary < end) {
      Entry head = entry, tail = entry;
      head.bytes = boundary - entry.offset;
      tail.offset = boundary;
      tail.bytes = end - boundary;
      tail.valid = 1;
      head.id = document_id(text.substr(head.offset, head.bytes));
      tail.id = document_id(text.substr(tail.offset, tail.bytes));
      parted.push_back(head);
      parted.push_back(tail);
    } else {
      parted.push_back(entry);
      parted.back().valid = entry.offset >= boundary ? 1 : 0;
    }
  }
  entries_ = std::move(parted);
  return {};
}

Status CorpusWriter::finish(const CorpusSplit& split) {
  const uint64_t text_bytes = text_.size();
  PERSEA_CHECK(text_.finish());
  PERSEA_CHECK(sources_.finish());
  if (text_bytes < 2) return fail("there is too little text to keep a part of it for validation");
  const bool tail = split.by == SplitBy::tail || entries_.size() == 1;
  if (tail) {
    PERSEA_CHECK(split_tail(split.valid_fraction));
  } else if (split.by == SplitBy::hash) {
    PERSEA_CHECK(split_by_hash(split.valid_fraction));
  } else {
    keep_both_sides();
  }

  PERSEA_TRY(FileWriter documents, FileWriter::create(dir_ / "documents.bin"));
  std::string header(kHeader, '\0');
  const uint32_t entry_size = kEntry, flags = markers_ ? kMarkers : 0;
  header.replace(0, kMagic.size(), kMagic);
  std::memcpy(header.data() + 8, &entry_size, 4);
  std::memcpy(header.data() + 12, &flags, 4);
  std::memcpy(header.data() + 16, &text_bytes, 8);
  PERSEA_CHECK(documents.write(header));
  static_assert(sizeof(Entry) == kEntry);
  PERSEA_CHECK(documents.write(std::as_bytes(std::span(entries_))));
  return documents.finish();
}

Result<CorpusReader> CorpusReader::open(const fs::path& dir) {
  PERSEA_TRY(MappedFile documents, MappedFile::open(dir / "documents.bin"));
  PERSEA_TRY(MappedFile text, MappedFile::open(dir / "text.bin"));
  PERSEA_TRY(CorpusReader reader, parse(documents.bytes(), text.text(), (dir / "documents.bin").string()));
  reader.documents_file_ = std::move(documents);
  reader.text_file_ = std::move(text);
  return reader;
}

Result<CorpusReader> CorpusReader::parse(std::span<const std::byte> documents, std::string_view text,
                                         std::string_view where) {
  uint32_t entry_size = 0, flags = 0;
  uint64_t text_bytes = 0;
  if (documents.size() < kHeader || std::memcmp(documents.data(), kMagic.data(), kMagic.size()) != 0) {
    return fail("{}: is no corpus, or is truncated: make the corpus again", where);
  }
  std::memcpy(&entry_size, documents.data() + 8, 4);
  std::memcpy(&flags, documents.data() + 12, 4);
  std::memcpy(&text_bytes, documents.data() + 16, 8);
  if (entry_size != kEntry || (documents.size() - kHeader) % kEntry != 0 || text_bytes != text.size()) {
    return fail(
        "{}: does not fit its text ({} bytes, expected {}): a file was truncated or altered; make the corpus again",
        where, text.size(), text_bytes);
  }
  CorpusReader reader;
  reader.entries_ = documents.data() + kHeader;
  reader.text_ = text;
  reader.count_ = (documents.size() - kHeader) / kEntry;
  reader.markers_ = (flags & kMarkers) != 0;
  // The documents lie one behind the other and make up the text.
  uint64_t end = 0;
  for (uint64_t i = 0; i < reader.count_; ++i) {
    uint64_t offset = 0, bytes = 0;
    std::memcpy(&offset, reader.entries_ + i * kEntry, 8);
    std::memcpy(&bytes, reader.entries_ + i * kEntry + 8, 8);
    if (offset != end || bytes > text.size() - end) return fail("{}: document {} lies outside the text", where, i);
    end += bytes;
  }
  if (end != text.size()) return fail("{}: its documents end at byte {} of {}", where, end, text.size());
  return reader;
}

CorpusReader::Document CorpusReader::operator[](int64_t i) const {
  if (i < 0 || i >= documents()) throw std::logic_error(fmt::format("CorpusReader: document {} of {}", i, documents()));
  const std::byte* entry = entries_ + i * kEntry;
  uint64_t offset = 0, bytes = 0;
  uint32_t valid = 0;
  Document document{};
  std::memcpy(&offset, entry, 8);
  std::memcpy(&bytes, entry + 8, 8);
  std::memcpy(document.id.data(), entry + 16, document.id.size());
  std::memcpy(&document.source, entry + 32, 4);
  std::memcpy(&valid, entry + 36, 4);
  document.text = text_.substr(offset, bytes);
  document.valid = valid != 0;
  return document;
}

Result<std::vector<std::string>> CorpusReader::sources(const fs::path& dir) {
  PERSEA_TRY(const MappedFile file, MappedFile::open(dir / "sources.jsonl"));
  std::vector<std::string> names;
  std::string_view text = file.text();
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string where = fmt::format("{}:{}", (dir / "sources.jsonl").string(), names.size() + 1);
    PERSEA_TRY(const Json line, parse_json(text.substr(0, end), where));
    const auto path = line.find("path");
    if (path == line.end() || !path->is_string()) return fail("{}: names no path", where);
    names.push_back(path->get<std::string>());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

}  // namespace persea
