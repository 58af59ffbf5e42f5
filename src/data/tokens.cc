#include "data/tokens.h"

#include <bit>
#include <stdexcept>

namespace persea {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian, and are read in place");

// Both files begin with 32 bytes: a name of 8, then numbers. The counts are 0 here: they follow from the files' sizes.
constexpr std::string_view kIdsMagic("PERSTOK\x01", 8), kDocumentsMagic("PERSDOC\x01", 8);
constexpr size_t kHeader = 32;

struct Header {
  uint32_t vocab_size = 0, width = 0;  // bytes of an id; of a start: 8
};

std::string header_bytes(std::string_view magic, const Header& header) {
  std::string bytes(kHeader, '\0');
  bytes.replace(0, magic.size(), magic);
  std::memcpy(bytes.data() + 8, &header.vocab_size, 4);
  std::memcpy(bytes.data() + 12, &header.width, 4);
  return bytes;
}

Result<Header> read_header(std::span<const std::byte> bytes, std::string_view magic, std::string_view where) {
  if (bytes.size() < kHeader || std::memcmp(bytes.data(), magic.data(), magic.size()) != 0) {
    return fail("{}: is no file of tokens, or is truncated: make the tokens again", where);
  }
  Header header;
  std::memcpy(&header.vocab_size, bytes.data() + 8, 4);
  std::memcpy(&header.width, bytes.data() + 12, 4);
  if (header.vocab_size == 0 || header.vocab_size > (1U << 30))
    return fail("{}: a vocabulary of {} tokens", where, header.vocab_size);
  return header;
}

uint32_t width_of(int vocab_size) { return vocab_size <= 65536 ? 2 : 4; }

}  // namespace

Result<TokenWriter> TokenWriter::create(const fs::path& dir, std::string_view split, int vocab_size) {
  if (vocab_size < 1) throw std::logic_error("TokenWriter: an empty vocabulary");
  PERSEA_TRY(FileWriter ids, FileWriter::create(dir / (std::string(split) + ".tokens")));
  PERSEA_TRY(FileWriter documents, FileWriter::create(dir / (std::string(split) + ".documents")));
  const auto size = static_cast<uint32_t>(vocab_size);
  PERSEA_CHECK(ids.write(header_bytes(kIdsMagic, {size, width_of(vocab_size)})));
  PERSEA_CHECK(documents.write(header_bytes(kDocumentsMagic, {size, 8})));
  return TokenWriter(std::move(ids), std::move(documents), vocab_size);
}

Status TokenWriter::add(std::span<const int32_t> ids, bool new_document) {
  const uint32_t width = width_of(vocab_size_);
  buffer_.resize(ids.size() * width);
  char* out = buffer_.data();
  for (const int32_t id : ids) {
    if (id < 0 || id >= vocab_size_) throw std::logic_error(fmt::format("TokenWriter: id {} of {}", id, vocab_size_));
    std::memcpy(out, &id, width);  // little-endian: the low bytes
    out += width;
  }
  PERSEA_CHECK(ids_.write(std::string_view(buffer_.data(), buffer_.size())));
  if (new_document || documents_ == 0) {
    PERSEA_CHECK(starts_.write(std::as_bytes(std::span(&tokens_, 1))));
    ++documents_;
  }
  tokens_ += static_cast<int64_t>(ids.size());
  return {};
}

Status TokenWriter::finish() {
  PERSEA_CHECK(starts_.write(std::as_bytes(std::span(&tokens_, 1))));
  PERSEA_CHECK(ids_.finish());
  return starts_.finish();
}

Result<TokenReader> TokenReader::open(const fs::path& dir, std::string_view split) {
  const fs::path ids_path = dir / (std::string(split) + ".tokens");
  PERSEA_TRY(MappedFile ids, MappedFile::open(ids_path));
  PERSEA_TRY(MappedFile documents, MappedFile::open(dir / (std::string(split) + ".documents")));
  PERSEA_TRY(TokenReader reader, parse(ids.bytes(), documents.bytes(), ids_path.string()));
  reader.ids_file_ = std::move(ids);
  reader.documents_file_ = std::move(documents);
  return reader;
}

Result<TokenReader> TokenReader::parse(std::span<const std::byte> ids, std::span<const std::byte> documents,
                                       std::string_view where) {
  PERSEA_TRY(const Header header, read_header(ids, kIdsMagic, where));
  PERSEA_TRY(const Header starts, read_header(documents, kDocumentsMagic, where));
  const size_t id_bytes = ids.size() - kHeader, start_bytes = documents.size() - kHeader;
  if (header.width != width_of(static_cast<int>(header.vocab_size)) || starts.width != 8 ||
      starts.vocab_size != header.vocab_size || id_bytes % header.width != 0 || start_bytes % 8 != 0 ||
      start_bytes == 0) {
    return fail("{}: its size or header does not fit: the file was truncated or altered; make the tokens again", where);
  }
  TokenReader reader;
  reader.ids_ = ids.data() + kHeader;
  reader.starts_ = documents.data() + kHeader;
  reader.tokens_ = id_bytes / header.width;
  reader.documents_ = start_bytes / 8 - 1;
  reader.vocab_size_ = header.vocab_size;
  reader.wide_ = header.width == 4;
  // begin() reads what is checked here: in order, from 0 to the last token.
  int64_t previous = 0;
  for (int64_t d = 0; d <= reader.documents(); ++d) {
    const int64_t begin = reader.begin(d);
    if (begin < previous || (d == 0 && begin != 0))
      return fail("{}: document {} begins before the one ahead of it", where, d);
    previous = begin;
  }
  if (previous != reader.tokens()) {
    return fail("{}: has {} tokens, but its documents end at {}: make the tokens again", where, reader.tokens(),
                previous);
  }
  return reader;
}

int64_t TokenReader::begin(int64_t d) const {
  int64_t start = 0;
  std::memcpy(&start, starts_ + 8 * d, 8);
  return start;
}

int64_t TokenReader::document_of(int64_t i) const {
  // The last document that begins at or before i; empty ones lie in front of it.
  int64_t low = 0, high = documents();
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (begin(middle) <= i ? low : high) = middle;
  }
  return low;
}

}  // namespace persea
