// E-mail messages (RFC 5322, MIME): what is written in them, without attachments. It trusts no header: every length and
// nesting is bounded, and what is broken is read as far as it goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace persea::read {

struct Mail {
  std::string text;                 // of all parts that are shown, UTF-8 as it came (not normalized)
  std::string subject, from, date;  // as they are shown: words decoded (RFC 2047); from: the name, else the address
  int64_t replaced = 0;             // bytes that were no character of their encoding
};

Mail read_mail(std::string_view bytes);

// "=?utf-8?q?caf=C3=A9?=" -> "café".
std::string decode_words(std::string_view value);

std::string decode_base64(std::string_view text);            // what is no digit is passed over
std::string decode_quoted_printable(std::string_view text);  // what is no code stands as it is

// `text` without what it quotes of other messages: lines with ">", the line that announces them ("On ... wrote:"), and
// all behind "-----Original Message-----".
std::string without_quotes(std::string_view text);

}  // namespace persea::read
