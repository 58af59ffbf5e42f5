#include "http/reply.h"

#include <stdexcept>
#include <utility>

#include "http/exchange.h"

namespace persea::http {

// The last copy to go tells the exchange that nobody is left who could finish it.
struct Stream::Claim {
  explicit Claim(std::shared_ptr<Exchange> e) : exchange(std::move(e)) {}
  ~Claim() {
    if (exchange) exchange->give_up();
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  const std::shared_ptr<Exchange> exchange;
};

Stream::Sent Stream::try_write(std::string_view bytes) const { return claim_->exchange->try_write(bytes); }
bool Stream::write(std::string_view bytes) const { return claim_->exchange->write(bytes); }
void Stream::end(std::string rest) const { claim_->exchange->end(std::move(rest)); }
void Stream::abort() const { claim_->exchange->abort(); }
bool Stream::gone() const { return claim_->exchange->gone(); }
void Stream::on_gone(std::function<void()> callback) const { claim_->exchange->on_gone(std::move(callback)); }

Reply::Reply(std::shared_ptr<Exchange> exchange) : claim_(std::make_shared<Stream::Claim>(std::move(exchange))) {}

void Reply::send(Response response) const { claim_->exchange->send(std::move(response)); }

Stream Reply::stream(const Response& head) const {
  if (!head.body.empty() || !head.fixed_body.empty()) throw std::logic_error("a stream's head has no body");
  claim_->exchange->begin(head);
  return Stream(claim_);
}

Stream Reply::events() const {
  // X-Accel-Buffering: proxies that gather a reply before they pass it on would undo the streaming.
  return stream({.content_type = "text/event-stream; charset=utf-8",
                 .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}});
}

bool Reply::gone() const { return claim_->exchange->gone(); }
void Reply::on_gone(std::function<void()> callback) const { claim_->exchange->on_gone(std::move(callback)); }

}  // namespace persea::http
