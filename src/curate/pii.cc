#include "curate/pii.h"

#include <algorithm>
#include <utility>

#include "curate/pii_forms.h"

namespace persea::curate {
namespace {

using namespace pii;

// One walk over a text. Every form begins at a byte that few others have, so that most are passed over by one look.
class Finder {
 public:
  Finder(std::string_view text, const PiiOptions& options, std::vector<PiiFind>& found)
      : text_(text), options_(options), found_(found) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_digit(c)) {
        number();
      } else if (is_letter(c)) {
        word();
      } else {
        sign(c);
      }
    }
  }

 private:
  bool wants(PiiKind kind) const { return options_.kinds[static_cast<size_t>(kind)]; }

  bool add(PiiKind kind, Place place) {
    found_.push_back({kind, place});
    at_ = place.end;
    return true;
  }
  // What begins here and ends at `end`, if it does.
  bool add(PiiKind kind, size_t end) { return end > at_ && add(kind, Place{at_, end}); }

  // Digits behind which, or behind a sign and more digits, nothing was found are passed over together: what goes on a
  // number is not the beginning of another.
  void number() {
    if (wants(PiiKind::ip) && (add(PiiKind::ip, ip4_end(text_, at_, options_.public_ips)) ||
                               add(PiiKind::ip, ip6_end(text_, at_, options_.public_ips))))
      return;
    if (wants(PiiKind::card) && add(PiiKind::card, card_end(text_, at_))) return;
    if (wants(PiiKind::phone) && add(PiiKind::phone, phone_end(text_, at_))) return;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool joins = c == '.' || c == '-' || c == '/' || c == ',' || c == ':' || c == '_';
      if (!is_alnum(c) && !(joins && is_alnum(at_or_zero(text_, at_ + 1)))) break;
      if (c == ':' && give()) return;
      if (!is_alnum(c) && c != '_' && !is_digit(text_[at_ + 1])) break;
      ++at_;
    }
  }

  void word() {
    const char c = text_[at_];
    if (wants(PiiKind::iban) && is_upper(c) && add(PiiKind::iban, iban_end(text_, at_))) return;
    if (wants(PiiKind::secret) && add(PiiKind::secret, token_end(text_, at_))) return;
    if (wants(PiiKind::ip) && add(PiiKind::ip, ip6_end(text_, at_, options_.public_ips))) return;
    while (at_ < text_.size() && (is_alnum(text_[at_]) || text_[at_] == '_')) ++at_;
  }

  void sign(char c) {
    switch (c) {
      case '@':
        if (wants(PiiKind::email)) {
          if (const auto place = email_around(text_, at_)) {
            add(PiiKind::email, *place);
            return;
          }
        }
        break;
      case '+':
      case '(':
        if (wants(PiiKind::phone) && (at_ == 0 || !is_alnum(text_[at_ - 1])) &&
            add(PiiKind::phone, phone_end(text_, at_)))
          return;
        break;
      case '-':
        if (wants(PiiKind::secret) && add(PiiKind::secret, private_key_end(text_, at_))) return;
        break;
      case '=':
      case ':':
        if (give()) return;
        break;
      default:
        break;
    }
    ++at_;
  }

  bool give() {
    if (!wants(PiiKind::secret)) return false;
    const auto place = secret_given(text_, at_);
    return place && add(PiiKind::secret, *place);
  }

  std::string_view text_;
  const PiiOptions& options_;
  std::vector<PiiFind>& found_;
  size_t at_ = 0;
};

}  // namespace

void find_pii(std::string_view text, const PiiOptions& options, std::vector<PiiFind>& found) {
  found.clear();
  Finder(text, options, found).run();
  // An e-mail address begins before the sign that gives it away, and may take in a number that was found there.
  size_t kept = 0;
  for (const PiiFind& find : found) {
    while (kept > 0 && found[kept - 1].place.end > find.place.begin) --kept;
    found[kept++] = find;
  }
  found.resize(kept);
}

std::string mask_pii(std::string_view text, const std::vector<PiiFind>& found) {
  std::string masked;
  masked.reserve(text.size());
  size_t behind = 0;
  for (const PiiFind& find : found) {
    masked += text.substr(behind, find.place.begin - behind);
    masked += kPiiMasks[static_cast<size_t>(find.kind)];
    behind = find.place.end;
  }
  masked += text.substr(behind);
  return masked;
}

}  // namespace persea::curate
