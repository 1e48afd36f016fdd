#include "late_queue.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace late {
namespace {

constexpr size_t kArena = size_t{1} << 33;
constexpr size_t kPage = 4096;

}  // namespace

// None of them ends: tensors may outlive what main leaves behind.
Memory &memory() {
  static auto *const one = new Memory;
  return *one;
}
Pinned &pinned() {
  static auto *const one = new Pinned;
  return *one;
}
Queue &queue() {
  static auto *const one = new Queue;
  return *one;
}

Memory::Memory() {
  void *const arena = mmap(nullptr, kArena, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  TORCH_CHECK(arena != MAP_FAILED, "no address space for the late device");
  // Reach is given and taken page by page: hundreds of times faster by large ones.
  madvise(arena, kArena, MADV_HUGEPAGE);
  begin_ = next_ = static_cast<char *>(arena);
  end_ = begin_ + kArena;
}

void Memory::open(bool reachable) const {
  mprotect(begin_, kArena, reachable ? PROT_READ | PROT_WRITE : PROT_NONE);
}

c10::DataPtr Memory::allocate(size_t bytes) {
  const size_t size = (bytes + kPage - 1) / kPage * kPage;
  void *block = nullptr;
  if (size > 0) {
    std::vector<void *> &free = free_[size];
    if (free.empty()) {
      TORCH_CHECK(next_ + size <= end_, "the late device is full");
      block = next_;
      next_ += size;
      size_[block] = size;
    } else {
      block = free.back();
      free.pop_back();
    }
    queue().begin([block, size] { std::memset(block, 0xff, size); });
  }
  return {block, block, give_back, device()};
}

// No task refers to it any more: tasks keep the tensors that they work on.
void Memory::give_back(void *block) {
  if (block != nullptr) memory().free_[memory().size_.at(block)].push_back(block);
}

void Memory::copy_data(void *, const void *, size_t) const {
  TORCH_CHECK(false, "the late device copies by its queue alone");
}

c10::DataPtr Pinned::allocate(size_t bytes) {
  void *const block = std::malloc(bytes == 0 ? 1 : bytes);
  TORCH_CHECK(block != nullptr, "no memory");
  size_[static_cast<const char *>(block)] = bytes;
  return {block, block, give_back, c10::Device(c10::kCPU)};
}

void Pinned::give_back(void *block) {
  pinned().size_.erase(static_cast<const char *>(block));
  std::free(block);
}

void Pinned::copy_data(void *to, const void *from, size_t count) const { std::memcpy(to, from, count); }

bool Pinned::holds(const void *pointer) const {
  const auto *const at = static_cast<const char *>(pointer);
  auto after = size_.upper_bound(at);
  if (after == size_.begin()) return false;
  --after;
  return at < after->first + after->second;
}

void Queue::capture() { capture_.emplace(); }

std::vector<Queue::Task> Queue::captured() {
  std::vector<Task> tasks = std::move(capture_.value());
  capture_.reset();
  return tasks;
}

void Queue::begin(Task task) {
  if (capture_) {
    capture_->push_back(std::move(task));
    return;
  }
  tasks_.push_back(std::move(task));
  ++begun_;
}

void Queue::finish(int64_t count) {
  TORCH_CHECK(!capture_, "the host waits while a graph is captured");
  if (done_ >= count) return;
  const c10::InferenceMode inference;
  memory().open(true);
  try {
    while (done_ < count) {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      ++done_;
      task();
    }
  } catch (...) {
    memory().open(false);
    throw;
  }
  memory().open(false);
}

void Queue::wait_for_all() {
  if (done_ < begun_) ++waits_.all;
  finish(begun_);
}

void Queue::wait_for_event(int64_t count) {
  if (done_ < count) ++waits_.event;
  finish(count);
}

}  // namespace late
