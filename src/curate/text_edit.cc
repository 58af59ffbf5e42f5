#include "curate/text_edit.h"

#include <algorithm>

#include "curate/char_flags.h"

namespace persea::curate {
namespace {

constexpr std::string_view kWhiteSpace = "white space";

}  // namespace

void TextEdit::keep(size_t end) {
  if (end <= at_) return;
  decision_.text += text_.substr(at_, end - at_);
  at_ = end;
}

void TextEdit::cut(size_t end, std::string_view reason) {
  if (end <= at_) return;
  decision_.cuts.push_back({{at_, end}, reason, {}});
  at_ = end;
}

void TextEdit::white_space(size_t end, std::string_view instead) {
  const std::string_view spaces = end > at_ ? text_.substr(at_, end - at_) : std::string_view();
  if (spaces.starts_with(instead)) {
    keep(at_ + instead.size());
    instead = {};
  }
  end = std::max(end, at_);
  if (end == at_ && instead.empty()) return;
  decision_.text += instead;
  Cut* before = decision_.cuts.empty() ? nullptr : &decision_.cuts.back();
  if (before && before->place.end == at_ && before->instead.empty() &&
      (instead.empty() || before->reason == kWhiteSpace)) {
    before->place.end = end;
    before->instead = instead;
  } else {
    decision_.cuts.push_back({{at_, end}, kWhiteSpace, instead});
  }
  at_ = end;
}

void TextEdit::finish() {
  white_space(text_.size(), {});
  const size_t right = strip_right(decision_.text).size();
  strip_end(decision_.text.size() - right);
  decision_.text.resize(right);
  const size_t left = right - strip_left(decision_.text).size();
  strip_start(left);
  decision_.text.erase(0, left);
  if (decision_.cuts.empty()) {
    decision_.text.clear();
  } else {
    decision_.verdict = Verdict::change;
  }
}

// Puts more cuts in their places; what would be no cut any more goes.
void TextEdit::add(const std::vector<Cut>& more) {
  std::vector<Cut>& cuts = decision_.cuts;
  cuts.insert(cuts.end(), more.begin(), more.end());
  std::erase_if(cuts, [](const Cut& cut) { return cut.place.begin == cut.place.end && cut.instead.empty(); });
  std::stable_sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.place.begin < b.place.begin; });
}

// Cuts off the last bytes of what is left: what cuts have put there, and what was kept between them.
void TextEdit::strip_end(size_t bytes) {
  size_t end = text_.size(), kept_cuts = decision_.cuts.size();
  std::vector<Cut> more;
  for (;;) {
    const size_t behind = kept_cuts > 0 ? decision_.cuts[kept_cuts - 1].place.end : 0;
    const size_t between = std::min(bytes, end - behind);
    if (between > 0) more.push_back({{end - between, end}, kWhiteSpace, {}});
    bytes -= between;
    if (bytes == 0) break;
    Cut& last = decision_.cuts[--kept_cuts];
    bytes -= last.instead.size();
    end = last.place.begin;
    last.instead = {};
  }
  add(more);
}

void TextEdit::strip_start(size_t bytes) {
  std::vector<Cut> more;
  size_t begin = 0;
  for (size_t i = 0; bytes > 0; ++i) {
    const size_t end = i < decision_.cuts.size() ? decision_.cuts[i].place.begin : text_.size();
    const size_t between = std::min(bytes, end - begin);
    if (between > 0) more.push_back({{begin, begin + between}, kWhiteSpace, {}});
    bytes -= between;
    if (bytes == 0) break;
    bytes -= decision_.cuts[i].instead.size();
    decision_.cuts[i].instead = {};
    begin = decision_.cuts[i].place.end;
  }
  add(more);
}

}  // namespace persea::curate
