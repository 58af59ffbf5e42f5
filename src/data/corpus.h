// A corpus on disk: documents of UTF-8 text with where they come from and whether they are for training or validation;
// docs/formats/corpus.md. Written front to back, read through a mapping that is checked when it is opened.
// It does not judge documents: who calls add() has decided.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"

namespace persea {

// The first 16 bytes of the SHA-256 of a document's text.
using DocumentId = std::array<unsigned char, 16>;
DocumentId document_id(std::string_view text);
std::string to_hex(const DocumentId& id);

// Where a document stands between 0 and 2^64, and on which side it lies by that alone: those that come first are for
// validation.
uint64_t split_place(const DocumentId& id);
bool for_validation(const DocumentId& id, double valid_fraction);

// How a corpus is parted. By `hash`, a document lies on one side whatever else the corpus holds. `tail` makes the end
// of the text the validation part, cutting a document where that falls: for a corpus that is one text.
// `placed`: each document was put on its side by add_placed.
enum class SplitBy { hash, tail, placed };

struct CorpusSplit {
  SplitBy by = SplitBy::hash;
  double valid_fraction = 0.01;  // hash: of the documents, at least one text and not all; tail: of the bytes
};

class CorpusWriter {
 public:
  // `markers`: whether the text's markers (<|user|> ...) mean the special tokens; never so for text of strangers.
  static Result<CorpusWriter> create(const fs::path& dir, bool markers);
  // Appends a document of the source last named.
  Status add(std::string_view text, const DocumentId& id);
  // The documents that follow come from here.
  Status source(std::string_view name);
  // The same by number: sources in any order, each with what is known of it ("licence"), and documents of any of them.
  Status add_source(std::string_view name, Json more = Json::object());  // the next number, from 0
  Status add_placed(std::string_view text, const DocumentId& id, uint32_t source, bool valid);
  int64_t documents() const { return static_cast<int64_t>(entries_.size()); }
  int64_t bytes() const { return static_cast<int64_t>(text_.size()); }
  // Parts the corpus and makes it durable. Fails where there is too little text for two parts.
  Status finish(const CorpusSplit& split);

 private:
  struct Entry {
    uint64_t offset, bytes;
    DocumentId id;
    uint32_t source, valid;
  };
  CorpusWriter(fs::path dir, FileWriter text, FileWriter sources, bool markers)
      : dir_(std::move(dir)), text_(std::move(text)), sources_(std::move(sources)), markers_(markers) {}
  Status split_by_hash(double valid_fraction);
  Status split_tail(double valid_fraction);
  void keep_both_sides();
  fs::path dir_;
  FileWriter text_, sources_;
  bool markers_;
  std::vector<Entry> entries_;  // 40 bytes a document are all that is kept in memory
  uint32_t source_count_ = 0;
};

class CorpusReader {
 public:
  static Result<CorpusReader> open(const fs::path& dir);
  // The same from the bytes of documents.bin and text.bin; `where` stands in messages.
  static Result<CorpusReader> parse(std::span<const std::byte> documents, std::string_view text,
                                    std::string_view where);

  struct Document {
    std::string_view text;
    DocumentId id;
    uint32_t source;  // line of sources.jsonl
    bool valid;       // for validation
  };
  int64_t documents() const { return static_cast<int64_t>(count_); }
  Document operator[](int64_t i) const;
  int64_t bytes() const { return static_cast<int64_t>(text_.size()); }
  bool markers() const { return markers_; }
  // The sources' names, in order.
  static Result<std::vector<std::string>> sources(const fs::path& dir);

 private:
  MappedFile documents_file_, text_file_;  // what the pointers point into, unless parse() made it
  const std::byte* entries_ = nullptr;
  std::string_view text_;
  uint64_t count_ = 0;
  bool markers_ = false;
};

}  // namespace persea
