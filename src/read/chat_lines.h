// A WhatsApp chat as the program exports it, in the forms of Android ("12/31/21, 9:41 PM - Ann: Hello") and iOS
// ("[31.12.21, 21:41:05] Ann: Hello"), dates in the order of any country.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "read/chat_text.h"
#include "read/reading.h"

namespace persea::read {

// Whether a line begins a message, and then its date and what follows it ("Ann: Hello").
bool is_chat_line(std::string_view line, std::string& date, std::string_view& rest);

// Whether a text that begins with `head` is such a chat.
bool is_chat(std::string_view head);

std::vector<ChatMessage> read_chat_lines(std::string_view text);

// Items of whole messages, each of about ReadLimits::document_bytes.
std::unique_ptr<FormatReader> chat_reader(std::unique_ptr<ByteSource> source, Part part);

}  // namespace persea::read
