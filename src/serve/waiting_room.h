// Who may come in: the requests of one model that are under way or wait for their turn, up to a bound. A request counts
// once, however many texts it asks for. Where others have filled the room, a client that has less than its share of it
// still gets in, so that nobody keeps the rest out. It gives no turns: those are the scheduler's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "infer/scheduler.h"

namespace persea {

class WaitingRoom {
 public:
  // For `most` requests; up to twice as many where one client has filled it and others come.
  explicit WaitingRoom(size_t most);

  using Place = std::shared_ptr<void>;  // given back when the last copy goes; may outlive the room
  // A place, or a refusal that is `busy`.
  std::variant<Place, Scheduler::Refusal> enter(const std::string& client);

  uint64_t refused() const;  // since the start

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace persea
