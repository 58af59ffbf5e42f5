#include "http/exchange.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "base/log.h"

namespace persea::http {
namespace {

constexpr size_t kPieceBytes = 16 << 10;  // small writes are gathered up to this

}  // namespace

Exchange::Exchange(Terms terms, std::function<void()> wake) : terms_(std::move(terms)), wake_(std::move(wake)) {}

void Exchange::wake() {
  if (woken_ || closed_) return;
  woken_ = true;
  wake_();
}

void Exchange::enqueue(std::string_view bytes) {
  if (closed_ || bytes.empty()) return;
  if (pieces_.empty() || !pieces_.back().fixed.empty() || pieces_.back().bytes.size() + bytes.size() > kPieceBytes) {
    pieces_.emplace_back();
  }
  pieces_.back().bytes.append(bytes);
  waiting_ += bytes.size();
}

void Exchange::finish() {
  phase_ = Phase::finished;
  when_gone_.clear();
  room_.notify_all();
  wake();
}

// The head, and where the reply is `whole` its body.
void Exchange::start(Response response, bool whole) {
  if (phase_ != Phase::waiting) throw std::logic_error("a reply is sent or begun once");
  const bool bodyless = response.status == 204 || response.status == 304;
  if (!whole && terms_.http10) terms_.keep_alive = false;  // only the connection's end can say where the body ends
  Framing framing;
  framing.close = !terms_.keep_alive;
  framing.announce_keep = terms_.http10;
  framing.chunked = !whole && !terms_.http10 && !bodyless;
  const size_t length = response.fixed_body.empty() ? response.body.size() : response.fixed_body.size();
  if (whole && !bodyless) framing.length = length;
  if (bodyless) response.content_type.clear();
  enqueue(response_head(response, terms_.id, framing));
  status_ = response.status;
  chunked_ = framing.chunked;
  const bool says_nothing = terms_.head_only || bodyless;
  if (whole && !says_nothing && !closed_ && length > 0) {
    pieces_.push_back({std::move(response.body), response.fixed_body});
    waiting_ += length;
  }
  if (whole || says_nothing) {
    if (!whole) left_ = true;  // nobody reads what the handler would stream
    finish();
  } else {
    phase_ = Phase::streaming;
    wake();
  }
}

void Exchange::send(Response response) {
  const std::lock_guard lock(mutex_);
  start(std::move(response), true);
}

void Exchange::begin(const Response& head) {
  const std::lock_guard lock(mutex_);
  start(head, false);
}

Stream::Sent Exchange::try_write(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::streaming || left_) return Stream::Sent::gone;
  if (bytes.empty()) return Stream::Sent::ok;  // a chunk of no bytes would be the last
  if (!has_room(bytes.size())) return Stream::Sent::full;
  if (chunked_) enqueue(fmt::format("{:x}\r\n", bytes.size()));
  enqueue(bytes);
  if (chunked_) enqueue("\r\n");
  wake();
  return Stream::Sent::ok;
}

bool Exchange::write(std::string_view bytes) {
  do {
    const std::string_view part = bytes.substr(0, terms_.stream_bytes);
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return phase_ != Phase::streaming || left_ || has_room(part.size()); });
    }
    // Another thread may have taken the room in between: then it is waited for again.
    const Stream::Sent sent = try_write(part);
    if (sent == Stream::Sent::gone) return false;
    if (sent == Stream::Sent::ok) bytes.remove_prefix(part.size());
  } while (!bytes.empty());
  return true;
}

void Exchange::end(std::string rest) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::waiting) throw std::logic_error("a stream that was not begun cannot end");
  if (phase_ == Phase::finished) return;
  if (!rest.empty() && !left_) {
    const size_t size = rest.size();
    if (chunked_) enqueue(fmt::format("{:x}\r\n", size));
    pieces_.push_back({std::move(rest), {}});  // as it is: it may be large
    waiting_ += size;
    if (chunked_) enqueue("\r\n");
  }
  if (chunked_) enqueue("0\r\n\r\n");
  finish();
}

void Exchange::abort() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::finished) return;
  cut_ = true;
  finish();
}

void Exchange::give_up() { break_off("the server has no answer to this request"); }

void Exchange::fail(std::string_view what) {
  log_warning("request {}: {}", terms_.id, what);
  break_off("an error of the server's, logged with request " + terms_.id);
}

void Exchange::break_off(std::string message) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::waiting) {
    start(error_response({.status = 500, .message = std::move(message)}), true);
  } else if (phase_ == Phase::streaming) {
    cut_ = true;
    finish();
  }
}

bool Exchange::gone() const {
  const std::lock_guard lock(mutex_);
  return left_;
}

void Exchange::on_gone(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!left_) {
      if (phase_ != Phase::finished) when_gone_.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

Exchange::Output Exchange::take() {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  return {std::exchange(pieces_, {}), phase_ == Phase::finished, cut_};
}

void Exchange::wrote(size_t bytes) {
  const std::lock_guard lock(mutex_);
  waiting_ -= std::min(bytes, waiting_);
  room_.notify_all();
}

void Exchange::close_after() {
  const std::lock_guard lock(mutex_);
  terms_.keep_alive = false;
}

void Exchange::leave(bool closed) {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    left_ = true;
    if (closed) {
      closed_ = true;
      pieces_.clear();
      waiting_ = 0;
    }
    callbacks.swap(when_gone_);
    room_.notify_all();
  }
  for (const auto& callback : callbacks) {
    try {
      callback();
    } catch (const std::exception& error) {
      log_warning("request {}: told that the client has gone, the handler threw: {}", terms_.id, error.what());
    }
  }
}

bool Exchange::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

bool Exchange::keep_alive() const {
  const std::lock_guard lock(mutex_);
  return terms_.keep_alive && !cut_;
}

int Exchange::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace persea::http
