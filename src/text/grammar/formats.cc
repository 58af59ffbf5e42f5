#include "text/grammar/formats.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "text/grammar/regex.h"

namespace persea::grammar {
namespace {

constexpr std::array<std::string_view, 9> kSayNothing = {"password", "byte",   "binary",  "int32", "int64",
                                                         "float",    "double", "decimal", "text"};

// RFC 3339; the year 0 and leap seconds are left out.
std::string date() {
  const std::string year = "(?:[1-9]\\d{3}|0[1-9]\\d{2}|00[1-9]\\d|000[1-9])";
  const std::string leap_year = "(?:\\d{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";
  return "(?:" + year +
         "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8])"
         ")|" +
         leap_year + "-02-29)";
}
std::string time() {
  return "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
}
std::string duration() {  // RFC 3339, appendix A
  const std::string n = "\\d{1,9}";
  const std::string time = "T(?:" + n + "H(?:" + n + "M(?:" + n + "S)?)?|" + n + "M(?:" + n + "S)?|" + n + "S)";
  const std::string day = n + "D", month = n + "M(?:" + day + ")?", year = n + "Y(?:" + month + ")?";
  return "P(?:(?:" + day + "|" + month + "|" + year + ")(?:" + time + ")?|" + time + "|" + n + "W)";
}
const std::string kLabel = "[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*";  // no hyphens in a row: those mark encoded names
const std::string kHost = kLabel + "(?:\\." + kLabel + ")*";
// Every label of a host name has up to 63 characters; of a name in an address, behind `before`.
std::string labels(const std::string& before) { return before + "[^.]{1,63}(?:\\.[^.]{1,63})*"; }

const std::string kByte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const std::string kIpv4 = kByte + "(?:\\." + kByte + "){3}";
std::string ipv6() {
  const std::string h = "[0-9A-Fa-f]{1,4}", tail = "(?:" + h + ":" + h + "|" + kIpv4 + ")";
  std::string all = "(?:" + h + ":){6}" + tail;
  // Zeros left out behind `front` groups, before `back` of them.
  for (int front = 0; front <= 7; ++front) {
    const std::string head =
        front == 0 ? "" : h + (front > 1 ? "(?::" + h + "){" + std::to_string(front - 1) + "}" : "");
    const int most = 7 - front;  // groups that may follow
    all += "|" + head + "::(?:" + h + "(?::" + h + "){0," + std::to_string(std::max(0, most - 1)) + "})" +
           (most == 0 ? "{0}" : "?");
    if (most >= 2) all += "|" + head + "::(?:" + h + ":){0," + std::to_string(most - 2) + "}" + kIpv4;
  }
  return "(?:" + all + ")";
}

const std::string kPathCharacter = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
const std::string kTail = "(?:\\?(?:" + kPathCharacter + "|[/?])*)?(?:#(?:" + kPathCharacter + "|[/?])*)?";
const std::string kAuthority = "(?:[A-Za-z0-9._~-]+@)?" + kHost + "(?::\\d{1,5})?";
const std::string kPath = "(?:/" + kPathCharacter + "*)*";
std::string uri() {
  return "[A-Za-z][A-Za-z0-9+.-]{0,30}:(?://" + kAuthority + kPath + "|/?" + kPathCharacter + "+" + kPath + ")" + kTail;
}
std::string uri_reference() {
  const std::string no_colon = "(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})";
  return "(?:" + uri() + "|//" + kAuthority + kPath + kTail + "|/(?:" + kPathCharacter + "+" + kPath + ")?" + kTail +
         "|" + no_colon + "+" + kPath + kTail + "|" + kTail + ")";
}

const std::string kPointer = "(?:/(?:[^~/]|~[01])*)*";

// A text of the format matches all of these.
std::vector<std::string> patterns(std::string_view name) {
  if (name == "date") return {date()};
  if (name == "time") return {time()};
  if (name == "date-time") return {date() + "[Tt]" + time()};
  if (name == "duration") return {duration()};
  if (name == "uuid") return {"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"};
  if (name == "hostname") return {kHost, labels(""), "[^]{1,253}"};
  if (name == "email") {
    const std::string atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    return {atom + "(?:\\." + atom + ")*@" + kHost, labels("[^@]{1,64}@"), "[^]{1,254}"};
  }
  if (name == "ipv4") return {kIpv4};
  if (name == "ipv6") return {ipv6()};
  if (name == "uri") return {uri()};
  if (name == "uri-reference") return {uri_reference()};
  if (name == "json-pointer") return {kPointer};
  if (name == "relative-json-pointer") return {"(?:0|[1-9]\\d{0,8})(?:#|" + kPointer + ")"};
  return {};
}

}  // namespace

Result<std::optional<Dfa>> format_language(std::string_view name) {
  if (std::find(kSayNothing.begin(), kSayNothing.end(), name) != kSayNothing.end()) return std::optional<Dfa>();
  std::optional<Dfa> all;
  for (const std::string& pattern : patterns(name)) {
    PERSEA_TRY(Dfa one, pattern_language("^(?:" + pattern + ")$"));
    if (all) {
      PERSEA_TRY(one, intersection(*all, one));
    }
    all = std::move(one);
  }
  if (!all) return fail("the format \"{}\" is not supported", name.substr(0, 40));
  return all;
}

}  // namespace persea::grammar
