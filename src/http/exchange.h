// One request's reply between the handler, on any thread, and the connection, on the network's: a queue of bytes with a
// bound, and what each side has to know of the other. It knows no socket; the connection takes the bytes when it can.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/reply.h"

namespace persea::http {

class Exchange {
 public:
  struct Terms {
    std::string id;
    bool head_only = false;  // HEAD: a reply without its body
    bool http10 = false;     // no chunks, and a connection is kept only if that was asked for
    bool keep_alive = true;
    size_t stream_bytes = 256 << 10;
  };
  // `wake` is called when there is something to take; never after leave(true).
  Exchange(Terms terms, std::function<void()> wake);

  // The handler's side: see Reply and Stream.
  void send(Response response);
  void begin(const Response& head);
  Stream::Sent try_write(std::string_view bytes);
  bool write(std::string_view bytes);
  void end(std::string rest = {});
  void abort();
  void give_up();                    // nobody is left to finish it: 500, or cut off where it has begun
  void fail(std::string_view what);  // the handler threw
  bool gone() const;
  void on_gone(std::function<void()> callback);

  // The connection's side.
  struct Piece {
    std::string bytes;
    std::string_view fixed;
    std::string_view view() const { return fixed.empty() ? std::string_view(bytes) : fixed; }
  };
  struct Output {
    std::deque<Piece> pieces;
    bool finished = false;  // nothing will follow
    bool cut = false;       // what went out is not the whole: close without a proper end
  };
  Output take();
  void wrote(size_t bytes);  // of what was taken: makes room
  void close_after();        // announces the end of the connection, if the head was not written yet
  // The client has gone: the handler is told. A reply that was `send`-ed may still be taken (the client may have closed
  // only its own direction), unless the connection is `closed`.
  void leave(bool closed);
  bool closed() const;
  bool keep_alive() const;
  int status() const;  // 0 before there is one
  const std::string& id() const { return terms_.id; }

 private:
  enum class Phase { waiting, streaming, finished };
  void start(Response response, bool whole);
  void enqueue(std::string_view bytes);
  void finish();
  void break_off(std::string message);
  void wake();
  bool has_room(size_t bytes) const { return waiting_ == 0 || waiting_ + bytes <= terms_.stream_bytes; }

  Terms terms_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  Phase phase_ = Phase::waiting;
  bool chunked_ = false;
  bool left_ = false, closed_ = false, cut_ = false, woken_ = false;
  int status_ = 0;
  std::deque<Piece> pieces_;
  size_t waiting_ = 0;  // bytes in pieces_ and those taken but not written
  std::vector<std::function<void()>> when_gone_;
};

}  // namespace persea::http
