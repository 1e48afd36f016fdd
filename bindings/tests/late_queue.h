// What the late device is made of: memory out of the host's reach, and a queue of work that runs when it
// must.
#pragma once

#include <c10/core/Allocator.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "late_device.h"

namespace late {

// Device memory. Only a task of the queue may touch it; what is new holds NaN.
class Memory : public c10::Allocator {
 public:
  Memory();
  c10::DataPtr allocate(size_t bytes) override;
  void copy_data(void *to, const void *from, size_t count) const override;
  // Within the host's reach, or not.
  void open(bool reachable) const;

 private:
  static void give_back(void *block);

  char *begin_, *next_, *end_;
  std::map<size_t, std::vector<void *>> free_;  // by size
  std::map<void *, size_t> size_;
};
Memory &memory();

// Host memory that the device may read and write by itself.
class Pinned : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override;
  void copy_data(void *to, const void *from, size_t count) const override;
  bool holds(const void *pointer) const;

 private:
  static void give_back(void *block);

  std::map<const char *, size_t> size_;
};
Pinned &pinned();

class Queue {
 public:
  using Task = std::function<void()>;

  int64_t begun() const { return begun_; }
  int64_t done() const { return done_; }
  void begin(Task task);
  // From `capture` on tasks are not begun but kept, until `captured` gives them. Nobody may wait meanwhile.
  void capture();
  std::vector<Task> captured();
  // The first `count` tasks ever begun. The first error that one of them threw comes out here.
  void finish(int64_t count);
  // Waits that the host asked for.
  void wait_for_all();
  void wait_for_event(int64_t count);
  const Waits &waits() const { return waits_; }

 private:
  std::deque<Task> tasks_;
  std::optional<std::vector<Task>> capture_;
  int64_t begun_ = 0, done_ = 0;
  Waits waits_;
};
Queue &queue();

}  // namespace late
