// What a file is, by its first bytes, and by its name where these do not tell. It reads nothing itself.
#pragma once

#include <string>
#include <string_view>

namespace persea::read {

enum class Kind {
  text,
  json_lines,
  json,
  table,
  html,
  pdf,
  warc,
  mbox,
  message,
  wiki_dump,
  chat,
  archive,  // tar
  indexed,  // an archive that wants to be read from any place: zip, 7z
  book,     // a zip archive that is one text
  none
};

struct Recognised {
  Kind kind = Kind::text;
  std::string reason = {};  // none: why nothing of it is read, "is a PNG image"
};

// `head`: the first bytes (256 KiB, or all); neither packed nor UTF-16 or UTF-32.
Recognised recognise(std::string_view head, std::string_view name);

// "a/B.Txt.GZ" -> "b.txt": what is left of a name without its folders and the endings that only speak of packing.
std::string plain_name(std::string_view name);

}  // namespace persea::read
