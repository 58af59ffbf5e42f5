#include "http/connection.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "http/request_id.h"

namespace persea::http {
namespace {

constexpr size_t kReadAhead = 32 << 10;    // bytes of following requests that are taken while one is answered
constexpr size_t kWriteBytes = 128 << 10;  // at most in one write, so that progress shows
constexpr double kLingerSeconds = 2;

}  // namespace

Connection::Connection(Core& core, std::unique_ptr<Transport> transport, bool surplus)
    : core_(core), transport_(std::move(transport)), surplus_(surplus), timer_(core.io) {}

void Connection::start() {
  error_code error;
  const auto remote = transport_->socket().remote_endpoint(error);
  if (!error) remote_ = remote.address().to_string(error);
  transport_->socket().set_option(asio::ip::tcp::no_delay(true), error);
  transport_->socket().set_option(asio::socket_base::keep_alive(true), error);  // a dead machine is found out some day
  arm(core_.options.head_seconds);
  transport_->handshake([self = shared_from_this()](error_code failed) {
    if (self->state_ == State::closed) return;
    if (failed) return self->close();
    self->state_ = State::idle;
    self->arm(self->surplus_ ? self->core_.options.head_seconds : self->core_.options.idle_seconds);
    if (self->core_.stopping) self->end_soon();
    self->read();
  });
}

void Connection::end_soon() {
  if (exchange_) return exchange_->close_after();
  if (state_ != State::idle || !received_.empty()) return;
  error_code error;
  if (transport_->socket().available(error) == 0) close();
}

void Connection::close() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  disarm();
  transport_->close();
  if (exchange_) {
    exchange_->leave(true);
    log(false);
    exchange_.reset();
  }
  release_body();
  core_.connections.erase(self);
  core_.count_connections();
  core_.when_closed();
}

void Connection::read() {
  if (reading_ || input_ended_ || state_ == State::closed || state_ == State::lingering) return;
  if (state_ == State::answering && received_.size() >= kReadAhead) return;
  reading_ = true;
  transport_->read_some(asio::buffer(block_), [self = shared_from_this()](error_code error, size_t bytes) {
    self->reading_ = false;
    self->on_read(error, bytes);
  });
}

void Connection::on_read(error_code error, size_t bytes) {
  if (state_ == State::closed) return;
  if (state_ == State::lingering) return error ? close() : discard();
  if (error) {
    input_ended_ = true;
    // The end of its words is not the end of its ears: what is asked is answered still, but a stream ends.
    if (state_ != State::answering || (error != asio::error::eof && error != asio::ssl::error::stream_truncated)) {
      return close();
    }
    return exchange_->leave(false);
  }
  received_.append(block_.data(), bytes);
  if (state_ == State::answering) return read();
  advance();
}

void Connection::advance() {
  while (state_ == State::idle || state_ == State::head || state_ == State::body) {
    if (state_ == State::idle) {
      if (received_.empty()) break;
      state_ = State::head;
      began_ = wall_seconds();
      reader_ = std::make_unique<RequestReader>(core_.options.header_bytes);
      arm(core_.options.head_seconds);
    }
    const RequestReader::Event event = reader_->feed(received_);
    if (event == RequestReader::Event::refused) return refuse(reader_->refusal());
    if (!hold_body()) {
      return refuse({.status = 503, .message = "the server is busy with other large requests: try again later"},
                    {{"Retry-After", "1"}});
    }
    if (event == RequestReader::Event::more) break;
    if (event == RequestReader::Event::request) return on_request();
    if (!on_head()) return;
  }
  if (input_ended_) return close();
  read();
}

bool Connection::on_head() {
  const RequestHead& head = reader_->head();
  if (surplus_) {
    refuse({.status = 503, .message = "the server has all the connections it takes: try again later"},
           {{"Retry-After", "1"}});
    return false;
  }
  if (const std::string refusal = host_refusal(); !refusal.empty()) {
    refuse({.status = 421, .message = refusal});
    return false;
  }
  match_ = core_.router.match(head.method, head.target.segments);
  if (!match_.handler && head.has_body) {  // its body is not worth reading
    on_request();
    return false;
  }
  if (const auto refusal = reader_->limit_body(match_.body_bytes.value_or(core_.options.body_bytes))) {
    refuse(*refusal);
    return false;
  }
  state_ = State::body;
  if (!head.has_body) return true;
  arm(core_.options.body_seconds);
  if (head.expects_continue && received_.empty()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    pieces_.push_back({{}, kContinue});
    write();
  }
  return true;
}

std::string Connection::host_refusal() const {
  const std::string& host = reader_->head().host;
  const auto& more = core_.options.hosts;
  if (!core_.loopback || host.empty() || host == "localhost" || host == "[::1]" || host.ends_with(".localhost"))
    return "";
  error_code error;
  if (const auto address = asio::ip::make_address_v4(host, error); !error && address.is_loopback()) return "";
  const auto fits = [&](const std::string& name) { return name == "*" || same_letters(name, host); };
  if (std::any_of(more.begin(), more.end(), fits)) return "";
  return fmt::format("this server answers to this machine's own names, not to '{}'", host);
}

std::shared_ptr<Exchange> Connection::open_exchange() {
  const RequestHead& head = reader_->head();
  state_ = State::answering;
  sent_ = 0;
  disarm();
  if (writing_) arm(core_.options.stall_seconds);  // "100 Continue" is still on its way
  exchange_ = std::make_shared<Exchange>(Exchange::Terms{.id = request_id(),
                                                         .head_only = head.method == "HEAD",
                                                         .http10 = head.http10,
                                                         .keep_alive = head.keep_alive && !core_.stopping,
                                                         .stream_bytes = core_.options.stream_bytes},
                                         [weak = weak_from_this(), &io = core_.io] {
                                           asio::post(io, [weak] {
                                             if (const auto self = weak.lock()) self->pump();
                                           });
                                         });
  if (input_ended_) exchange_->leave(false);
  return exchange_;
}

void Connection::refuse(const ApiError& error, Fields headers) {
  open_exchange()->close_after();
  Response response = error_response(error);
  response.headers = std::move(headers);
  exchange_->send(std::move(response));
}

void Connection::on_request() {
  const RequestHead& head = reader_->head();
  const auto exchange = open_exchange();
  if (!match_.handler) {
    if (head.has_body) exchange->close_after();  // nobody has read it
    std::string allow;
    for (const std::string& method : match_.allowed) allow.append(allow.empty() ? "" : ", ").append(method);
    if (head.whole_server) allow = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
    if (head.method == "OPTIONS" && !allow.empty()) {
      exchange->send({.status = 204, .headers = {{"Allow", allow}}});
    } else if (allow.empty()) {
      exchange->send(error_response(
          {.status = 404, .message = fmt::format("there is no {} here", head.target.path()), .code = "not_found"}));
    } else {
      Response response =
          error_response({.status = 405,
                          .message = fmt::format("{} takes {}, not {}", head.target.path(), allow, head.method),
                          .code = "method_not_allowed"});
      response.headers = {{"Allow", allow}};
      exchange->send(std::move(response));
    }
    return read();
  }
  Request request{.id = exchange->id(),
                  .method = head.method,
                  .path = head.target.path(),
                  .parameters = std::move(match_.parameters),
                  .query = head.target.query,
                  .headers = head.headers,
                  .body = reader_->take_body(),
                  .remote = remote_,
                  .secure = !core_.options.certificate.empty()};
  core_.workers.post([handler = match_.handler, request = std::move(request), exchange]() mutable {
    if (exchange->closed()) return;  // the client did not wait for its turn
    const Reply reply(exchange);
    try {
      (*handler)(std::move(request), reply);
    } catch (const std::exception& error) {
      exchange->fail(error.what());
    } catch (...) {
      exchange->fail("something was thrown");
    }
  });
  read();
}

bool Connection::hold_body() {
  const size_t size = reader_->body_size();
  core_.held_body_bytes += size - held_;
  held_ = size;
  return size == 0 || core_.held_body_bytes <= core_.options.held_body_bytes;
}

void Connection::release_body() { core_.held_body_bytes -= std::exchange(held_, 0); }

void Connection::pump() {
  if (state_ != State::answering || writing_) return;
  Exchange::Output output = exchange_->take();
  for (Exchange::Piece& piece : output.pieces) pieces_.push_back(std::move(piece));
  if (!pieces_.empty()) return write();
  if (output.cut) return close();
  if (output.finished) finish_exchange();
}

void Connection::write() {
  Transport::Buffers buffers;
  size_t used = 0, bytes = 0;
  for (auto piece = pieces_.begin(); piece != pieces_.end() && used < buffers.size() && bytes < kWriteBytes; ++piece) {
    const std::string_view rest = piece->view().substr(used == 0 ? written_ : 0, kWriteBytes - bytes);
    buffers[used++] = asio::buffer(rest.data(), rest.size());
    bytes += rest.size();
  }
  writing_ = true;
  if (state_ == State::answering) arm(core_.options.stall_seconds);
  transport_->write_some(buffers, [self = shared_from_this()](error_code error, size_t wrote) {
    self->writing_ = false;
    self->on_wrote(error, wrote);
  });
}

void Connection::on_wrote(error_code error, size_t bytes) {
  if (state_ == State::closed) return;
  if (error) return close();
  sent_ += bytes;
  for (size_t left = bytes; left > 0;) {
    const size_t rest = pieces_.front().view().size() - written_;
    if (left < rest) {
      written_ += left;
      break;
    }
    left -= rest;
    written_ = 0;
    pieces_.pop_front();
  }
  if (state_ == State::answering) {
    disarm();
    exchange_->wrote(bytes);
  }
  if (!pieces_.empty()) return write();
  pump();
}

void Connection::finish_exchange() {
  const bool keep = exchange_->keep_alive() && !core_.stopping;
  log(true);
  exchange_.reset();
  release_body();
  reader_.reset();
  match_ = {};
  if (!keep) return linger();
  state_ = State::idle;
  arm(core_.options.idle_seconds);
  advance();
}

// A socket that is closed while bytes lie unread in it takes back what the client has not read yet: so the client is
// told of the end, and what it still sends is thrown away until it closes.
void Connection::linger() {
  state_ = State::lingering;
  if (input_ended_) return close();
  arm(kLingerSeconds);
  transport_->shutdown([self = shared_from_this()](error_code) {
    self->shut_ = true;
    if (self->state_ == State::lingering) self->discard();
  });
}

void Connection::discard() {
  if (reading_ || !shut_) return;
  reading_ = true;
  transport_->discard_some(asio::buffer(block_), [self = shared_from_this()](error_code error, size_t) {
    self->reading_ = false;
    if (self->state_ != State::lingering) return;
    if (error) return self->close();
    self->discard();
  });
}

void Connection::log(bool whole) {
  if (!core_.options.access_log) return;
  Access access{.request_id = exchange_->id(),
                .remote = remote_,
                .method = reader_->head().method,
                .path = reader_->head().raw_path,
                .status = exchange_->status(),
                .bytes = sent_,
                .seconds = wall_seconds() - began_,
                .whole = whole};
  try {
    core_.options.access_log(access);
  } catch (const std::exception& error) {
    log_warning("the access log: {}", error.what());
  }
}

void Connection::arm(double seconds) {
  const uint64_t armed = ++armed_;
  timer_.expires_after(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
  timer_.async_wait([weak = weak_from_this(), armed](error_code) {
    if (const auto self = weak.lock(); self && self->armed_ == armed) self->on_deadline();
  });
}

void Connection::disarm() {
  ++armed_;
  timer_.cancel();
}

void Connection::on_deadline() {
  if (state_ == State::head || state_ == State::body) {
    return refuse(
        {.status = 408,
         .message = fmt::format("the request's {} did not come within {} s", state_ == State::head ? "header" : "body",
                                state_ == State::head ? core_.options.head_seconds : core_.options.body_seconds)});
  }
  close();
}

}  // namespace persea::http
