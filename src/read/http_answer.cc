#include "read/http_answer.h"

#include <zlib.h>

#include <algorithm>

#include "read/byte_source.h"
#include "read/unpack.h"

namespace persea::read {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Takes the line that `text` begins with, without its end.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// False where the body is not in chunks after all.
bool unchunk(std::string_view bytes, std::string& out) {
  out.clear();
  while (!bytes.empty()) {
    std::string_view line = take_line(bytes);
    line = trim(line.substr(0, line.find(';')));
    uint64_t size = 0;
    if (line.empty() || line.size() > 8) return !out.empty();
    for (const char c : line) {
      const int digit = c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
      if (digit < 0) return !out.empty();
      size = size * 16 + static_cast<uint64_t>(digit);
    }
    if (size == 0) return true;
    out.append(bytes.substr(0, size));
    bytes.remove_prefix(std::min<size_t>(size, bytes.size()));
    take_line(bytes);
  }
  return !out.empty();
}

// zlib's format, or deflate without a frame: servers send both under the name "deflate".
bool inflate_body(std::string_view bytes, int64_t limit, std::string& out) {
  for (const int window : {15, -15}) {
    z_stream stream{};
    if (inflateInit2(&stream, window) != Z_OK) return false;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    out.clear();
    int code = Z_OK;
    while (code == Z_OK && static_cast<int64_t>(out.size()) <= limit) {
      const size_t before = out.size();
      out.resize(before + (1 << 16));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream.avail_out = 1 << 16;
      code = inflate(&stream, Z_NO_FLUSH);
      out.resize(out.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (code == Z_STREAM_END || (code != Z_DATA_ERROR && !out.empty())) return true;
  }
  return false;
}

}  // namespace

std::string HeaderLines::get(std::string_view name) const {
  std::string_view left = lines_;
  while (!left.empty()) {
    const std::string_view line = take_line(left);
    if (line.size() <= name.size() || line[name.size()] != ':' || !same(line.substr(0, name.size()), name)) continue;
    std::string value(trim(line.substr(name.size() + 1)));
    while (left.starts_with(' ') || left.starts_with('\t')) {  // it goes on
      value += ' ';
      value += trim(take_line(left));
    }
    return value;
  }
  return "";
}

size_t end_of_headers(std::string_view bytes) {
  for (size_t at = 0; (at = bytes.find('\n', at)) != std::string_view::npos;) {
    ++at;
    if (bytes.substr(at).starts_with('\n')) return at + 1;
    if (bytes.substr(at).starts_with("\r\n")) return at + 2;
  }
  return std::string_view::npos;
}

std::string media_type(std::string_view content_type) {
  std::string type(trim(content_type.substr(0, content_type.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

std::string media_parameter(std::string_view content_type, std::string_view name) {
  size_t at = content_type.find(';');
  while (at < content_type.size()) {
    std::string_view rest = content_type.substr(at + 1);
    const size_t equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos) return "";
    if (rest[equals] == ';') {
      at += equals + 1;
      continue;
    }
    const std::string_view key = trim(rest.substr(0, equals));
    at += equals + 2;
    rest = content_type.substr(std::min(at, content_type.size()));
    const size_t space = std::min(rest.find_first_not_of(" \t"), rest.size());
    rest.remove_prefix(space);
    at += space;
    std::string value;
    if (rest.starts_with('"')) {
      size_t i = 1;
      for (; i < rest.size() && rest[i] != '"'; ++i) {
        if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
        value += rest[i];
      }
      at = content_type.find(';', std::min(at + i, content_type.size()));
    } else {
      value = trim(rest.substr(0, rest.find(';')));
      at = content_type.find(';', std::min(at, content_type.size()));
    }
    if (same(key, name)) return value;
  }
  return "";
}

Result<HttpAnswer> read_http_answer(std::string_view bytes, int64_t limit) {
  if (!bytes.starts_with("HTTP/")) return fail("is no HTTP answer");
  const size_t end = end_of_headers(bytes);
  if (end == std::string_view::npos) return fail("is an HTTP answer without a body");
  std::string_view head = bytes.substr(0, end), body = bytes.substr(end);
  const std::string_view line = take_line(head);
  HttpAnswer answer;
  if (const size_t space = line.find(' '); space != std::string_view::npos) {
    for (size_t i = space + 1; i < line.size() && i < space + 4 && line[i] >= '0' && line[i] <= '9'; ++i) {
      answer.status = answer.status * 10 + (line[i] - '0');
    }
  }
  const HeaderLines headers(head);
  const std::string type = headers.get("Content-Type");
  answer.type = media_type(type);
  answer.charset = media_parameter(type, "charset");
  std::string whole;
  // What was fetched is often kept with its body unpacked already but its headers as they were.
  if (same(headers.get("Transfer-Encoding"), "chunked") && unchunk(body, whole)) body = whole;
  const std::string encoding = media_type(headers.get("Content-Encoding"));
  if ((encoding == "gzip" || encoding == "x-gzip") && packing_of(body) == Packing::gzip) {
    PERSEA_TRY(auto source, unpack(Packing::gzip, memory_source(std::string(body))));
    PERSEA_TRY(answer.body, read_all(*source, limit));
  } else if (encoding == "zstd" && packing_of(body) == Packing::zstd) {
    PERSEA_TRY(auto source, unpack(Packing::zstd, memory_source(std::string(body))));
    PERSEA_TRY(answer.body, read_all(*source, limit));
  } else if (encoding == "deflate" && inflate_body(body, limit, answer.body)) {
    if (static_cast<int64_t>(answer.body.size()) > limit) return fail("is larger than {} MiB", limit >> 20);
  } else {
    answer.body.reserve(body.size() + 64);
    answer.body = body;
  }
  return answer;
}

}  // namespace persea::read
