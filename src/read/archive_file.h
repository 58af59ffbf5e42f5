// The members of an archive (zip, tar, 7z) in their order, through libarchive. It looks into none of them.
#pragma once

#include <memory>
#include <string>

#include "read/byte_source.h"

namespace persea::read {

class ArchiveFile {
 public:
  struct Member {
    std::string name;     // UTF-8, whatever it was
    std::string refused;  // why its bytes cannot be had: "is encrypted"
  };

  static Result<std::unique_ptr<ArchiveFile>> open(std::unique_ptr<ByteSource> source);
  ~ArchiveFile();
  // The next file in it (folders, links and devices are none). False at the end, or where problem() then says why the
  // rest cannot be read.
  bool next(Member& member);
  // The bytes of the member that next() gave, until next() is called again.
  std::unique_ptr<ByteSource> bytes();
  // Whether its members may be packed, as those of tar are not.
  bool packs() const;
  const std::string& problem() const;

 private:
  struct State;
  explicit ArchiveFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace persea::read
