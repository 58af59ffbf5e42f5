// One client: reads its requests one after the other, has each answered, and writes the reply, all on the network's
// thread. While a handler works it goes on reading a little, to see at once when the client goes. It routes and
// refuses; what a reply says is others' business.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "http/core.h"
#include "http/exchange.h"
#include "http/request_reader.h"
#include "http/transport.h"

namespace persea::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `surplus`: one more than the server takes; it is told so.
  Connection(Core& core, std::unique_ptr<Transport> transport, bool surplus);

  void start();
  void end_soon();  // the server stops: closes if nothing was asked, else after the reply
  void close();     // now

 private:
  // In the order of a request's life. `lingering`: the last reply is out, the client is given time to read it.
  enum class State { handshaking, idle, head, body, answering, lingering, closed };

  void read();
  void on_read(error_code error, size_t bytes);
  void advance();  // reads requests out of received_
  bool on_head();  // false where the request was refused
  void on_request();
  void refuse(const ApiError& error, Fields headers = {});
  std::shared_ptr<Exchange> open_exchange();
  std::string host_refusal() const;  // "" where the request is to a host of this server's
  bool hold_body();                  // false where the server holds too much already
  void release_body();

  void pump();  // writes what the exchange has
  void write();
  void on_wrote(error_code error, size_t bytes);
  void finish_exchange();
  void linger();
  void discard();
  void log(bool whole);

  void arm(double seconds);  // on_deadline() then, unless it is armed again before
  void disarm();
  void on_deadline();

  Core& core_;
  const std::unique_ptr<Transport> transport_;
  const bool surplus_;
  std::string remote_;
  State state_ = State::handshaking;
  boost::asio::steady_timer timer_;
  uint64_t armed_ = 0;  // which of the deadlines counts

  std::array<char, 16 << 10> block_;
  bool reading_ = false, writing_ = false, input_ended_ = false, shut_ = false;
  std::string received_;  // not yet parsed: the rest of this request, or the next ones
  std::unique_ptr<RequestReader> reader_;
  Router::Match match_;
  size_t held_ = 0;  // this one's part of held_body_bytes

  std::shared_ptr<Exchange> exchange_;
  std::deque<Exchange::Piece> pieces_;
  size_t written_ = 0;  // of the first piece
  double began_ = 0;
  uint64_t sent_ = 0;  // in this exchange
};

}  // namespace persea::http
