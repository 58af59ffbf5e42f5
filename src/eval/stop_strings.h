// Ends a stream of text at the first of some strings, and holds back what could yet become the beginning of one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace persea {

class StopStrings {
 public:
  explicit StopStrings(std::vector<std::string> stops);  // empty ones count for nothing

  // Takes the next piece of text and returns what may be shown now; once stopped, nothing.
  std::string feed(std::string_view piece);
  // The stream is over: what was held back after all.
  std::string finish();
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace persea
