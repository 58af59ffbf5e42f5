#include "read/html_labels.h"

#include <array>
#include <string>

namespace persea::read {
namespace {

// Whole lines, in lower case, without marks around them.
// clang-format off
constexpr auto kLines = std::to_array<std::string_view>({
    "about the author", "ad", "add comment", "add to cart", "advertisement", "advertising", "anzeige", "back", "back to top", "click here",
    "comment", "comments", "comments are closed", "continue reading", "copy link", "copied", "cookies", "diesen artikel teilen",
    "download", "drucken", "edit", "email", "embed", "expand", "facebook", "follow us", "home", "instagram", "kommentare",
    "kommentare geschlossen", "leave a comment", "leave a reply", "linkedin", "link copied", "listen", "load more", "loading",
    "log in", "mehr", "mehr lesen", "mehr zum thema", "menu", "more", "next", "no comments", "partager", "permalink", "pin it",
    "pinterest", "play", "previous", "print", "print this page", "publicidad", "publicidade", "publicité", "read more", "reklama", "related",
    "related articles", "related posts", "reply", "report", "retweet", "save", "scroll to top", "search", "share", "share this",
    "share this article", "share this post", "show more", "sign in", "sign up", "skip to content", "sponsored", "submit", "subscribe",
    "tags", "teilen", "top", "tweet", "twitter", "über den autor", "view comments", "vorlesen", "watch", "werbung", "whatsapp", "zurück",
});

// Beginnings of lines.
constexpr auto kBeginnings = std::to_array<std::string_view>({
    "(foto:", "(photo:", "a lire aussi", "advertisement:", "also read:", "bild:", "bildquelle", "by subscribing", "categories:", "click to share",
    "comments off", "copyright ©", "credit:", "fecha de", "filed under", "foto:", "follow us on", "fotos:", "getty images", "image credit", "image source", "image:", "joined:", "junior member", "posts:", "senior member", "users browsing this",
    "last modified", "last updated", "leer también", "lesen sie auch", "lesen sie mehr", "lies auch", "photo by", "photo credit", "photo:",
    "photograph:", "picture:", "posted by", "posted in", "posted on", "published on", "published:", "quelle:", "read also", "read more:", "read next", "see also:",
    "share this:", "share on", "sign up for", "source:", "subscribe to", "tagged with", "tags:", "this entry was posted", "topics:", "updated:",
    "veröffentlicht am", "voir aussi", "lire aussi", "à lire aussi", "you are visitor", "zuletzt aktualisiert", "©",
});
// clang-format on

}  // namespace

bool is_label(std::string_view line) {
  if (line.size() > 160) return false;
  std::string small;
  for (const char c : line) small += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 32 : c);
  for (const std::string_view beginning : kBeginnings) {
    if (small.starts_with(beginning)) return true;
  }
  const auto is_mark = [](char c) { return c >= 0 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'); };
  while (!small.empty() && is_mark(small.back())) small.pop_back();
  size_t begin = 0;
  while (begin < small.size() && is_mark(small[begin])) ++begin;
  for (const std::string_view whole : kLines) {
    if (std::string_view(small).substr(begin) == whole) return true;
  }
  return false;
}

}  // namespace persea::read
