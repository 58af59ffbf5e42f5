// What a handler holds of the client that waits for it: the reply, sent whole or as a stream, from any thread, now or
// later. Copies are the same reply. It never touches a socket and never makes anybody wait but by Stream::write.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace persea::http {

class Exchange;

// A reply in pieces. One that is dropped before end() is cut off, so that the client does not take it for whole.
class Stream {
 public:
  enum class Sent { ok, full, gone };

  // Never waits: `full`, and nothing is taken, where more than ServerOptions::stream_bytes would wait for the reader.
  Sent try_write(std::string_view bytes) const;
  // Waits until the reader has made room; false once the client is gone.
  bool write(std::string_view bytes) const;
  // All was said, but for `rest`. That goes out however far behind the reader is, beyond the bound if need be: a writer
  // that is done has nothing to wait for.
  void end(std::string rest = {}) const;
  void abort() const;  // cuts the connection off

  bool gone() const;
  // Calls `callback` once, on the network's thread, as soon as the client has gone (here and now, if it has). It must
  // not wait, and should not own the stream. After end() nobody is called.
  void on_gone(std::function<void()> callback) const;

 private:
  friend class Reply;
  struct Claim;
  explicit Stream(std::shared_ptr<Claim> claim) : claim_(std::move(claim)) {}
  std::shared_ptr<Claim> claim_;
};

class Reply {
 public:
  explicit Reply(std::shared_ptr<Exchange> exchange);  // the server's to make

  // The first of send and stream decides; another call throws.
  void send(Response response) const;
  Stream stream(const Response& head) const;  // its body must be empty
  Stream events() const;                      // a text/event-stream: write(server_sent_event(...))

  bool gone() const;
  void on_gone(std::function<void()> callback) const;  // as Stream's; send() ends it too

 private:
  std::shared_ptr<Stream::Claim> claim_;
};

}  // namespace persea::http
