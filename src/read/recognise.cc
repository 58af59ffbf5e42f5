#include "read/recognise.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "read/book_reader.h"
#include "read/chat_lines.h"
#include "read/json_span.h"
#include "read/mail_reader.h"
#include "read/text_normalizer.h"
#include "text/unicode.h"

namespace persea::read {
namespace {

using namespace std::string_view_literals;

struct Magic {
  size_t at;
  std::string_view bytes, what;
  std::string_view first = {};  // what must stand at the beginning too
};

constexpr std::array kMagics{
    Magic{0, "\x89PNG\r\n\x1a\n"sv, "a PNG image"},
    Magic{0, "\xff\xd8\xff"sv, "a JPEG image"},
    Magic{0, "GIF87a"sv, "a GIF image"},
    Magic{0, "GIF89a"sv, "a GIF image"},
    Magic{8, "WEBP"sv, "a WebP image", "RIFF"sv},
    Magic{8, "WAVE"sv, "a WAV recording", "RIFF"sv},
    Magic{8, "AVI "sv, "an AVI film", "RIFF"sv},
    Magic{0, "BM\0"sv, "a bitmap"},
    Magic{0, "II*\0"sv, "a TIFF image"},
    Magic{0, "MM\0*"sv, "a TIFF image"},
    Magic{0, "\0\0\1\0"sv, "an icon"},
    Magic{4, "ftypheic"sv, "a HEIC image", "\0"sv},
    Magic{4, "ftypavif"sv, "an AVIF image", "\0"sv},
    Magic{4, "ftyp"sv, "an MP4 recording", "\0"sv},
    Magic{0, "\x1a\x45\xdf\xa3"sv, "a Matroska film"},
    Magic{0, "ID3\2"sv, "an MP3 recording"},
    Magic{0, "ID3\3"sv, "an MP3 recording"},
    Magic{0, "ID3\4"sv, "an MP3 recording"},
    Magic{0, "OggS\0"sv, "an Ogg recording"},
    Magic{0, "fLaC\0"sv, "a FLAC recording"},
    Magic{0,
          "\x7f"
          "ELF"sv,
          "a program"},
    Magic{0, "MZ\x90\0"sv, "a program"},
    Magic{0, "\xca\xfe\xba\xbe"sv, "a program"},
    Magic{0, "\xcf\xfa\xed\xfe"sv, "a program"},
    Magic{0, "\0asm"sv, "a WebAssembly module"},
    Magic{0, "!<arch>\n"sv, "a library of objects"},
    Magic{0, "SQLite format 3\0"sv, "an SQLite database: export its tables as CSV"},
    Magic{0, "PAR1\x15"sv,
          "a Parquet file: convert it to .jsonl (in Python: pandas.read_parquet(\"x.parquet\").to_json("
          "\"x.jsonl\", orient=\"records\", lines=True))"},
    Magic{0, "ARROW1\0"sv, "an Arrow file: convert it to .jsonl"},
    Magic{0, "Obj\1"sv, "an Avro file: convert it to .jsonl"},
    Magic{0, "\x89HDF\r\n"sv, "an HDF5 file"},
    Magic{0, "\x93NUMPY"sv, "a NumPy array"},
    Magic{0, "GGUF\3\0"sv, "a model (GGUF)"},
    Magic{0, "GGUF\2\0"sv, "a model (GGUF)"},
    Magic{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Office document: save it as .docx, .odt or .txt"},
    Magic{0, "{\\rtf"sv, "an RTF document: save it as .docx, .odt or .txt"},
    Magic{60, "BOOKMOBI"sv, "a Kindle book: convert it to EPUB"},
    Magic{0, "%!PS"sv, "PostScript: convert it to PDF"},
    Magic{0, "AT&TFORM"sv, "a DjVu document: convert it to PDF"},
    Magic{0, "wOFF"sv, "a font"},
    Magic{0, "wOF2"sv, "a font"},
    Magic{0, "\0\1\0\0\0"sv, "a font"},
    Magic{0, "OTTO\0"sv, "a font"},
    Magic{0, "Rar!\x1a\x07"sv, "a RAR archive: pack it as .zip or .tar"},
    Magic{0, "\x80\2"sv, "a Python pickle, which can run code"},
    Magic{0, "\x80\3"sv, "a Python pickle, which can run code"},
    Magic{0, "\x80\4\x95"sv, "a Python pickle, which can run code"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_like(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

std::string_view without_space(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// Whether a line ends within `text` with a whole JSON object, and another begins behind it.
bool is_lines_of_json(std::string_view text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with('{')) return false;
  const std::string_view line = text.substr(0, text.find_last_not_of(" \t\r", end - 1) + 1);
  return JsonSpan().length(line, true) == line.size() && without_space(text.substr(end)).starts_with('{');
}

// Whether `head` begins with the headers of a message: some that every one has, and nothing else before them.
bool is_mail(std::string_view head) {
  head = head.substr(0, 1 << 15);
  int known = 0;
  bool from = false;
  for (size_t at = 0; at < head.size();) {
    const size_t end = std::min(head.find('\n', at), head.size());
    const std::string_view line = head.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line == "\r") break;
    if (line[0] == ' ' || line[0] == '\t') continue;
    const size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || line.substr(0, colon).find(' ') != std::string_view::npos)
      return false;
    from = from || begins_like(line, "from:");
    for (const std::string_view name :
         {"date:", "subject:", "to:", "message-id:", "received:", "return-path:", "mime-version:"}) {
      known += begins_like(line, name) ? 1 : 0;
    }
  }
  return from && known >= 2;
}

// A tar header names its kind at byte 257; older ones have only a checksum, of the header with its own place blank.
bool is_tar(std::string_view head) {
  if (head.size() < 512) return false;
  if (head.substr(257).starts_with("ustar")) return true;
  if (head[0] == '\0') return false;
  unsigned sum = 0, said = 0;
  for (size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(head[i]);
  for (const char c : head.substr(148, 8)) {
    if (c >= '0' && c <= '7') said = said * 8 + static_cast<unsigned>(c - '0');
  }
  return said == sum;
}

// Why the beginning of a file, which is no known format, looks like no text; "" where it does not.
std::string no_text(std::string_view head) {
  if (head.find('\0') != std::string_view::npos) return "is binary";
  head.remove_suffix(unicode::incomplete_suffix(head));
  const auto controls = static_cast<size_t>(std::count_if(head.begin(), head.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && "\t\n\r\f\v\x1b"sv.find(c) == std::string_view::npos;
  }));
  // A hundredth where it is not UTF-8 either: packed and encrypted bytes have a tenth.
  const bool utf8 = simdjson::validate_utf8(head.data(), head.size());
  return controls * (utf8 ? 10 : 100) > head.size() ? "is binary" : "";
}

}  // namespace

std::string plain_name(std::string_view name) {
  if (const size_t slash = name.find_last_of("/\\"); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(), lower);
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view packed : {".gz", ".zst", ".xz", ".bz2"}) {
      if (plain.size() > packed.size() && plain.ends_with(packed)) {
        plain.erase(plain.size() - packed.size());
        again = true;
      }
    }
  }
  return plain;
}

Recognised recognise(std::string_view head, std::string_view name) {
  const std::string plain = plain_name(name);
  const auto named = [&](std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return plain.ends_with(e); });
  };
  if (head.empty()) return {Kind::none, "is empty"};
  for (const Magic& magic : kMagics) {
    if (head.size() >= magic.at && head.substr(magic.at).starts_with(magic.bytes) && head.starts_with(magic.first)) {
      return {Kind::none, "is " + std::string(magic.what)};
    }
  }
  if (head.starts_with("PK\3\4") || head.starts_with("PK\5\6")) {
    return {is_book(head, plain) ? Kind::book : Kind::indexed};
  }
  if (head.starts_with("7z\xbc\xaf\x27\x1c")) return {Kind::indexed};
  if (is_tar(head)) return {Kind::archive};
  if (head.substr(0, 1024).find("%PDF-") != std::string_view::npos) return {Kind::pdf};
  if (head.starts_with("WARC/")) return {Kind::warc};
  if (head.starts_with("From ") && is_from_line(head.substr(0, head.find_first_of("\r\n")))) return {Kind::mbox};
  if (is_mail(head)) return {Kind::message};
  if (std::string reason = no_text(head); !reason.empty()) return {Kind::none, std::move(reason)};
  const std::string_view text = without_space(head);
  if (begins_like(text, "<mediawiki")) return {Kind::wiki_dump};
  const bool source = named({".md", ".markdown", ".rst", ".tex", ".xml", ".svg", ".py", ".js", ".php", ".vue"});
  if (named({".html", ".htm", ".xhtml"}) ||
      (!source && (begins_like(text, "<!doctype html") || begins_like(text, "<html")))) {
    return {Kind::html};
  }
  if (text.starts_with("<?xml") && !source && text.substr(0, 1000).find("<html") != std::string_view::npos)
    return {Kind::html};
  if (text.starts_with("window.YTD.")) return {Kind::json};
  if (named({".jsonl", ".ndjson"}) && !text.starts_with('[')) return {Kind::json_lines};
  if (named({".json", ".jsonl", ".ndjson", ".ipynb"})) return {is_lines_of_json(text) ? Kind::json_lines : Kind::json};
  if (named({".csv", ".tsv", ".tab"})) return {Kind::table};
  if ((plain.ends_with(".txt") || plain.find('.') == std::string::npos) && is_chat(head)) return {Kind::chat};
  if (plain.find('.') == std::string::npos && is_lines_of_json(text)) return {Kind::json_lines};
  return {Kind::text};
}

}  // namespace persea::read
