#include "read/mime.h"

#include <algorithm>
#include <vector>

#include "read/charset.h"
#include "read/html.h"
#include "read/http_answer.h"
#include "read/text_normalizer.h"

namespace persea::read {
namespace {

constexpr int kDeepest = 12;
constexpr int kParts = 500;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

struct Entity {
  std::string_view head, body;
};

Entity split(std::string_view bytes) {
  if (bytes.starts_with("\n")) return {"", bytes.substr(1)};  // no headers at all
  if (bytes.starts_with("\r\n")) return {"", bytes.substr(2)};
  const size_t end = end_of_headers(bytes);
  if (end == std::string_view::npos) return {bytes, ""};
  return {bytes.substr(0, end), bytes.substr(end)};
}

// The parts between lines "--boundary"; the last line is "--boundary--", or missing.
std::vector<std::string_view> parts_of(std::string_view body, const std::string& boundary) {
  std::vector<std::string_view> parts;
  const std::string mark = "--" + boundary;
  size_t begin = std::string_view::npos;
  for (size_t line = 0; line < body.size() && parts.size() < kParts;) {
    const size_t end = std::min(body.find('\n', line), body.size());
    const std::string_view text = body.substr(line, end - line);
    if (text.starts_with(mark)) {
      const std::string_view rest = text.substr(mark.size());
      const bool last = rest.starts_with("--");
      if (last || blank(rest)) {
        if (begin != std::string_view::npos) parts.push_back(body.substr(begin, line - begin));
        begin = last ? std::string_view::npos : std::min(end + 1, body.size());
        if (last) return parts;
      }
    }
    line = end + 1;
  }
  if (begin != std::string_view::npos && begin < body.size()) parts.push_back(body.substr(begin));
  return parts;
}

// Lines that end in a space go on (RFC 3676), quoted ones apart from others.
std::string unflow(std::string_view text, bool delete_space) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with(' ')) line.remove_prefix(1);  // stuffed
    const bool more = line.ends_with(' ') && line != "-- " && at < text.size() && !line.starts_with('>') &&
                      text[at] != '>' && text[at] != '\n';
    if (more && delete_space) line.remove_suffix(1);
    out += line;
    if (!more) out += '\n';
  }
  return out;
}

class Walk {
 public:
  explicit Walk(Mail& mail) : mail_(mail) {}

  // The text of an entity; "" where it shows none.
  std::string text(std::string_view bytes, int depth) {
    if (depth > kDeepest || ++parts_ > kParts) return "";
    const Entity entity = split(bytes);
    const HeaderLines headers(entity.head);
    const std::string content = headers.get("Content-Type");
    const std::string type = content.empty() ? "text/plain" : media_type(content);
    if (type.starts_with("multipart/"))
      return multipart(entity.body, type, media_parameter(content, "boundary"), depth);
    if (media_type(headers.get("Content-Disposition")) == "attachment") return "";
    if (type == "message/rfc822") {
      const Entity inner = split(entity.body);
      const std::string subject = decode_words(HeaderLines(inner.head).get("Subject"));
      const std::string shown = text(entity.body, depth + 1);
      return subject.empty() || shown.empty() ? shown : subject + "\n\n" + shown;
    }
    if (type != "text/plain" && type != "text/html" && type != "text" && type != "text/markdown") return "";
    std::string raw, decoded;
    const std::string coding = lower(headers.get("Content-Transfer-Encoding"));
    if (coding == "base64") {
      raw = decode_base64(entity.body);
    } else if (coding == "quoted-printable") {
      raw = decode_quoted_printable(entity.body);
    } else {
      raw = entity.body;
    }
    mail_.replaced += to_text(raw, media_parameter(content, "charset"), decoded);
    if (type == "text/html") return read_html(decoded).text;
    if (lower(media_parameter(content, "format")) == "flowed") {
      return unflow(decoded, lower(media_parameter(content, "delsp")) == "yes");
    }
    return decoded;
  }

 private:
  std::string multipart(std::string_view body, std::string_view type, const std::string& boundary, int depth) {
    if (boundary.empty()) return "";
    std::string all;
    const std::vector<std::string_view> parts = parts_of(body, boundary);
    if (type == "multipart/alternative") {  // the plainest that says something
      std::string other;
      for (const std::string_view part : parts) {
        const std::string kind = media_type(HeaderLines(split(part).head).get("Content-Type"));
        if (!other.empty() && kind != "text/plain") continue;
        std::string shown = text(part, depth + 1);
        if (blank(shown)) continue;
        if (kind == "text/plain" || kind.empty()) return shown;
        other = std::move(shown);
      }
      return other;
    }
    for (const std::string_view part : parts) {
      const std::string shown = text(part, depth + 1);
      if (blank(shown)) continue;
      if (!all.empty()) all += all.ends_with('\n') ? "\n" : "\n\n";
      all += shown;
      if (type == "multipart/related" || type == "multipart/signed") break;  // the rest belongs to it
    }
    return all;
  }
  Mail& mail_;
  int parts_ = 0;
};

// "Ann Lee" <ann@x.org> -> Ann Lee; ann@x.org (Ann Lee) -> Ann Lee; ann@x.org -> ann@x.org
std::string name_of(const std::string& from) {
  const auto trim = [](std::string text) {
    const size_t first = text.find_first_not_of(" \t\"'");
    if (first == std::string::npos) return std::string();
    return text.substr(first, text.find_last_not_of(" \t\"'") - first + 1);
  };
  if (const size_t angle = from.find('<'); angle != std::string::npos) {
    std::string name = trim(from.substr(0, angle));
    if (!name.empty()) return name;
    return trim(from.substr(angle + 1, from.find('>', angle) - angle - 1));
  }
  if (const size_t open = from.find('('), close = from.rfind(')');
      open != std::string::npos && close != std::string::npos && close > open) {
    return trim(from.substr(open + 1, close - open - 1));
  }
  return trim(from);
}

}  // namespace

Mail read_mail(std::string_view bytes) {
  Mail mail;
  const HeaderLines headers(split(bytes).head);
  mail.subject = decode_words(headers.get("Subject"));
  mail.from = name_of(decode_words(headers.get("From")));
  mail.date = decode_words(headers.get("Date"));
  mail.text = Walk(mail).text(bytes, 0);
  return mail;
}

std::string without_quotes(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  const auto quoted = [](std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line.starts_with('>');
  };
  std::string out;
  std::vector<size_t> kept;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (quoted(lines[i])) {
      // "On Monday Ann wrote:" goes with what it announces; it may take two lines.
      size_t last = kept.size();
      while (last > 0 && kept.size() - last < 2 && blank(lines[kept[last - 1]])) --last;
      if (last > 0 && i - kept[last - 1] <= 2 && lines[kept[last - 1]].ends_with(':')) {
        const std::string_view line = lines[kept[last - 1]];
        const bool two = last > 1 && kept[last - 2] + 1 == kept[last - 1] && line.size() < 40 &&
                         (lines[kept[last - 2]].starts_with("On ") || lines[kept[last - 2]].starts_with("Am ") ||
                          lines[kept[last - 2]].starts_with("Le ") || lines[kept[last - 2]].starts_with("El "));
        kept.resize(last - (two ? 2 : 1));
      }
      while (i + 1 < lines.size() && quoted(lines[i + 1])) ++i;
      continue;
    }
    const std::string_view bare = lines[i].substr(0, lines[i].find_last_not_of(" \t\r") + 1);
    if (bare.starts_with("-----") && bare.ends_with("-----") &&
        (bare.find("Original Message") != std::string_view::npos ||
         bare.find("Original-Nachricht") != std::string_view::npos ||
         bare.find("Ursprüngliche Nachricht") != std::string_view::npos ||
         bare.find("Message d'origine") != std::string_view::npos)) {
      break;
    }
    kept.push_back(i);
  }
  for (const size_t i : kept) {
    out += lines[i];
    out += '\n';
  }
  if (!out.empty() && !text.ends_with('\n')) out.pop_back();
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace persea::read
