// The languages of JSON strings that a schema asks for, each made once. All are of contents between the quotation
// marks, spelled in the one way of Spelling::json.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "text/grammar/automaton.h"

namespace persea::grammar {

class Languages {
 public:
  Languages();
  DfaPtr any() const { return any_; }
  Result<DfaPtr> pattern(std::string_view pattern);
  Result<DfaPtr> format(std::string_view name);          // nullptr: it says nothing
  Result<DfaPtr> length(uint32_t least, uint32_t most);  // in characters; most may be kNoLimit
  static Result<DfaPtr> just(std::string_view text);     // this text

 private:
  DfaPtr any_;
  std::map<std::string, DfaPtr, std::less<>> patterns_, formats_;
  std::map<std::pair<uint32_t, uint32_t>, DfaPtr> lengths_;
};

}  // namespace persea::grammar
