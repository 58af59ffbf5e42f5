// The forms that find_pii looks for. Each function is asked at a place where such a form may begin and says where it
// ends, or 0; it looks at no more than a few hundred bytes, but for a private key.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "curate/decision.h"

namespace persea::curate::pii {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool is_letter(char c) { return is_upper(static_cast<char>(c & ~0x20)); }
inline bool is_alnum(char c) { return is_digit(c) || is_letter(c); }
inline char at_or_zero(std::string_view text, size_t at) { return at < text.size() ? text[at] : '\0'; }
// Whether no letter or digit goes on at `at`.
inline bool ends_at(std::string_view text, size_t at) { return !is_alnum(at_or_zero(text, at)); }
// Whether one of `words`, lower case, stands in the `window` bytes before `at`.
bool says_before(std::string_view text, size_t at, size_t window, std::initializer_list<std::string_view> words);

// The address around the @ at `at`.
std::optional<Place> email_around(std::string_view text, size_t at);

// The following begin at `at`, before which there is no letter or digit.
size_t ip4_end(std::string_view text, size_t at, bool only_public);
size_t ip6_end(std::string_view text, size_t at, bool only_public);
size_t iban_end(std::string_view text, size_t at);
size_t card_end(std::string_view text, size_t at);
size_t phone_end(std::string_view text, size_t at);
size_t token_end(std::string_view text, size_t at);        // of a kind whose beginning tells what it is
size_t private_key_end(std::string_view text, size_t at);  // -----BEGIN ... PRIVATE KEY----- and what belongs to it

// The value that is given to a name that speaks of a password, key or token by the '=' or ':' at `at`.
std::optional<Place> secret_given(std::string_view text, size_t at);

}  // namespace persea::curate::pii
