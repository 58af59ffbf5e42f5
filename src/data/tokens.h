// Tokens on disk: one split (train or valid) as a file of ids and a file of where its documents begin;
// docs/formats/tokens.md. Written front to back, read through a mapping that is checked when it is opened. It knows no
// text and no tokenizer.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace persea {

class TokenWriter {
 public:
  // Creates DIR/SPLIT.tokens and DIR/SPLIT.documents for ids below `vocab_size`.
  static Result<TokenWriter> create(const fs::path& dir, std::string_view split, int vocab_size);
  // Appends a document, or more of the last one. An id outside the vocabulary throws std::logic_error.
  Status add(std::span<const int32_t> ids, bool new_document = true);
  int64_t tokens() const { return tokens_; }
  int64_t documents() const { return documents_; }
  Status finish();

 private:
  TokenWriter(FileWriter ids, FileWriter documents, int vocab_size)
      : ids_(std::move(ids)), starts_(std::move(documents)), vocab_size_(vocab_size) {}
  FileWriter ids_, starts_;
  int vocab_size_;
  int64_t tokens_ = 0, documents_ = 0;
  std::vector<char> buffer_;
};

class TokenReader {
 public:
  // Opens and checks sizes and the documents' order; ids are checked as they are read (an id beyond the vocabulary
  // reads as 0).
  static Result<TokenReader> open(const fs::path& dir, std::string_view split);
  // The same from the bytes of the two files; `where` stands in messages.
  static Result<TokenReader> parse(std::span<const std::byte> ids, std::span<const std::byte> documents,
                                   std::string_view where);

  int64_t tokens() const { return static_cast<int64_t>(tokens_); }
  int64_t documents() const { return static_cast<int64_t>(documents_); }
  int vocab_size() const { return static_cast<int>(vocab_size_); }
  // Token `i` of [0, tokens()).
  int32_t operator[](int64_t i) const {
    uint32_t id = 0;
    if (wide_) {
      std::memcpy(&id, ids_ + 4 * i, 4);
    } else {
      uint16_t narrow = 0;
      std::memcpy(&narrow, ids_ + 2 * i, 2);
      id = narrow;
    }
    return id < vocab_size_ ? static_cast<int32_t>(id) : 0;
  }
  // Where document `d` of [0, documents()] begins; of documents(): the end.
  int64_t begin(int64_t d) const;
  // The document that token `i` belongs to.
  int64_t document_of(int64_t i) const;

 private:
  MappedFile ids_file_, documents_file_;  // what the pointers point into, unless parse() made it
  const std::byte* ids_ = nullptr;
  const std::byte* starts_ = nullptr;
  uint64_t tokens_ = 0, documents_ = 0;
  uint32_t vocab_size_ = 0;
  bool wide_ = false;
};

}  // namespace persea
