// Takes parts out of a text from left to right and keeps account of them: what is left is always the text less its
// cuts, each with what stands there instead.
#pragma once

#include <string_view>
#include <vector>

#include "curate/decision.h"

namespace persea::curate {

class TextEdit {
 public:
  // Writes to the decision's text and cuts, which are empty. The text has to outlive this.
  TextEdit(std::string_view text, Decision& decision) : text_(text), decision_(decision) {}

  size_t at() const { return at_; }  // the first byte that is not decided on

  // The bytes up to `end` stay, or go for a reason. Nothing happens where `end` lies before at().
  void keep(size_t end);
  void cut(size_t end, std::string_view reason);

  // The white space up to `end` becomes `instead`; where it is that already it stays. Beside another cut it belongs to
  // it.
  void white_space(size_t end, std::string_view instead);

  // Ends: what is left has no white space at its ends. The verdict is `change` if that is another text.
  void finish();

 private:
  void add(const std::vector<Cut>& more);
  void strip_end(size_t bytes);
  void strip_start(size_t bytes);

  std::string_view text_;
  Decision& decision_;
  size_t at_ = 0;
};

}  // namespace persea::curate
