#include "read/book_reader.h"

#include <algorithm>
#include <map>
#include <vector>

#include "read/archive_file.h"
#include "read/json_write.h"
#include "read/office_text.h"
#include "read/text_normalizer.h"
#include "read/xml.h"

namespace persea::read {
namespace {

// The members that hold text, by their names.
using Members = std::map<std::string, std::string>;

bool wanted(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const std::string_view ending : {".xhtml", ".html", ".htm", ".xml", ".opf"}) {
    if (lower.ends_with(ending)) return true;
  }
  return false;
}

// "OEBPS/text/" and "../a%20b.xhtml#c" -> "OEBPS/a b.xhtml"
std::string resolve(std::string_view folder, std::string_view reference) {
  std::string path(folder);
  reference = reference.substr(0, reference.find('#'));
  for (size_t i = 0; i < reference.size(); ++i) {
    const auto hex = [](char c) {
      return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    };
    if (reference[i] == '%' && i + 2 < reference.size() && hex(reference[i + 1]) >= 0 && hex(reference[i + 2]) >= 0) {
      path += static_cast<char>(hex(reference[i + 1]) * 16 + hex(reference[i + 2]));
      i += 2;
    } else {
      path += reference[i];
    }
  }
  std::vector<std::string> parts;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (part == ".." && !parts.empty()) {
      parts.pop_back();
    } else if (!part.empty() && part != "." && part != "..") {
      parts.push_back(part);
    }
    at = end + 1;
  }
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "/") + part;
  return out;
}

struct Package {
  std::string title, author, date;
  std::map<std::string, std::string> files;  // id -> reference
  std::vector<std::string> spine;            // ids
};

Package read_package(std::string_view opf) {
  Package package;
  std::string* into = nullptr;
  XmlEvents events;
  events.start = [&](std::string_view name, const XmlEvents::Attributes& attribute) {
    into = nullptr;
    if (name == "title" && package.title.empty()) into = &package.title;
    if (name == "creator") {
      if (!package.author.empty()) package.author += ", ";
      into = &package.author;
    }
    if (name == "date" && package.date.empty()) into = &package.date;
    if (name == "item" && attribute("properties").find("nav") == std::string_view::npos) {
      package.files.emplace(attribute("id"), attribute("href"));
    }
    if (name == "itemref" && attribute("linear") != "no") package.spine.emplace_back(attribute("idref"));
  };
  events.end = [&](std::string_view) { into = nullptr; };
  events.text = [&](std::string_view text) {
    if (into != nullptr && into->size() < 1000) *into += text;
  };
  (void)XmlParser(events).add(opf, true);  // what is broken of it ends there
  return package;
}

std::string package_path(const Members& members) {
  const auto container = members.find("META-INF/container.xml");
  std::string path;
  if (container != members.end()) {
    XmlEvents events;
    events.start = [&](std::string_view name, const XmlEvents::Attributes& attribute) {
      if (name == "rootfile" && path.empty()) path = attribute("full-path");
    };
    (void)XmlParser(events).add(container->second, true);
  }
  if (members.contains(path)) return path;
  for (const auto& [name, bytes] : members) {
    if (name.ends_with(".opf")) return name;
  }
  return "";
}

class BookReader : public FormatReader {
 public:
  BookReader(std::unique_ptr<ArchiveFile> archive, Part part) : archive_(std::move(archive)), part_(std::move(part)) {}

  bool next(Item& item) override {
    if (std::exchange(given_, true)) return false;
    const Members members = collect();
    if (members.contains("word/document.xml")) return office({"word/document.xml"}, members, item);
    if (members.contains("content.xml")) return office({"content.xml"}, members, item);
    if (members.contains("ppt/slides/slide1.xml")) {
      std::vector<std::string> slides;
      for (int i = 1; members.contains(fmt::format("ppt/slides/slide{}.xml", i)); ++i) {
        slides.push_back(fmt::format("ppt/slides/slide{}.xml", i));
      }
      return office(slides, members, item);
    }
    return epub(members, item);
  }

 private:
  Members collect() {
    Members members;
    ArchiveFile::Member member;
    int64_t left = part_.reading->limits.item_bytes;
    while (archive_->next(member)) {
      if (part_.reading->bomb()) break;
      if (!wanted(member.name)) continue;
      if (!member.refused.empty()) {
        part_.reading->skip(part_.within(member.name), member.refused);
        continue;
      }
      const auto source = archive_->bytes();
      auto bytes = read_all(*source, left);
      if (!bytes) {
        part_.reading->skip(part_.within(member.name), bytes.error().message);
        continue;
      }
      left -= static_cast<int64_t>(bytes->size());
      part_.reading->unpacked += static_cast<int64_t>(bytes->size());
      members.emplace(member.name, std::move(*bytes));
    }
    if (!archive_->problem().empty()) part_.skip(archive_->problem());
    return members;
  }

  bool give(std::string_view title, std::string_view author, std::string_view date,
            const std::vector<std::string_view>& chapters, std::string_view key, Item& item) {
    item.bytes = "{\"title\":";
    append_json_string(title, item.bytes);
    item.bytes += ",\"author\":";
    append_json_string(author, item.bytes);
    item.bytes += ",\"date\":";
    append_json_string(date, item.bytes);
    item.bytes += fmt::format(",\"{}\":[", key);
    for (size_t i = 0; i < chapters.size(); ++i) {
      if (i > 0) item.bytes += ',';
      std::string text;
      normalize(chapters[i], text);
      append_json_string(text, item.bytes);
    }
    item.bytes += "]}";
    item.bytes.reserve(item.bytes.size() + kPadding);
    item.form = Form::book;
    item.place = part_.place;
    item.address = part_.address;
    item.charset.clear();
    return true;
  }

  bool office(const std::vector<std::string>& names, const Members& members, Item& item) {
    std::vector<std::string> texts;
    for (const std::string& name : names) texts.push_back(office_text(members.at(name)));
    Package facts;
    for (const char* name : {"docProps/core.xml", "meta.xml"}) {
      if (const auto found = members.find(name); found != members.end()) facts = read_package(found->second);
    }
    return give(facts.title, facts.author, facts.date, {texts.begin(), texts.end()}, "texts", item);
  }

  bool epub(const Members& members, Item& item) {
    const std::string opf = package_path(members);
    if (members.contains("META-INF/encryption.xml") && members.contains("META-INF/rights.xml")) {
      part_.skip("is encrypted");
      return false;
    }
    if (opf.empty()) {
      part_.skip("is a book without a table of its parts");
      return false;
    }
    const Package package = read_package(members.at(opf));
    const std::string_view folder =
        std::string_view(opf).substr(0, opf.find_last_of('/') == std::string::npos ? 0 : opf.find_last_of('/') + 1);
    std::vector<std::string_view> chapters;
    for (const std::string& id : package.spine) {
      const auto file = package.files.find(id);
      if (file == package.files.end()) continue;
      const auto chapter = members.find(resolve(folder, file->second));
      if (chapter != members.end()) chapters.push_back(chapter->second);
    }
    if (chapters.empty()) {
      part_.skip("is a book without chapters that can be read");
      return false;
    }
    return give(package.title, package.author, package.date, chapters, "pages", item);
  }

  std::unique_ptr<ArchiveFile> archive_;
  Part part_;
  bool given_ = false;
};

}  // namespace

bool is_book(std::string_view head, std::string_view plain_name) {
  for (const std::string_view ending : {".epub", ".docx", ".pptx", ".odt", ".odp"}) {
    if (plain_name.ends_with(ending)) return true;
  }
  const std::string_view first = head.substr(0, 200);
  return first.find("mimetypeapplication/epub+zip") != std::string_view::npos ||
         first.find("mimetypeapplication/vnd.oasis.opendocument.text") != std::string_view::npos;
}

std::unique_ptr<FormatReader> book_reader(std::unique_ptr<ByteSource> source, Part part) {
  auto archive = ArchiveFile::open(std::move(source));
  if (!archive) {
    part.skip(archive.error().message);
    return nullptr;
  }
  return std::make_unique<BookReader>(std::move(*archive), std::move(part));
}

}  // namespace persea::read
