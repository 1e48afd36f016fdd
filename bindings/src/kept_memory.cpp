#include "kept_memory.h"

#include <c10/core/Allocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <new>
#include <unordered_set>
#include <vector>

namespace landbc {
namespace {

// Smaller blocks are left to the C library, which keeps them itself.
constexpr size_t kSmallest = size_t{1} << 16;
constexpr size_t kHugePage = size_t{1} << 21;
// Room before a tensor's bytes, and their alignment.
constexpr size_t kRoom = 64;

}  // namespace

struct KeptMemory::Blocks {
  struct Block {
    uint8_t *memory;
    size_t size;  // of the tensor's bytes
  };

  std::mutex mutex;
  std::vector<Block> waiting;  // has room for every block
  size_t made = 0, bytes = 0;

  ~Blocks();
};

namespace {

using Blocks = KeptMemory::Blocks;

// What stands before a tensor's bytes; the owner is named while they are in use.
struct Header {
  std::shared_ptr<Blocks> owner;
  size_t size;
};
static_assert(sizeof(Header) <= kRoom);

thread_local KeptMemory *current = nullptr;
c10::Allocator *fallback = nullptr;

// The tensors' bytes of all blocks of the process: whoever frees a bare pointer does not know whose it is.
struct Known {
  std::mutex mutex;
  std::unordered_set<void *> data;
};

Known &known() {
  static auto *const forever = new Known;
  return *forever;
}

Header *header_of(void *data) {
  return static_cast<Header *>(static_cast<void *>(static_cast<uint8_t *>(data) - kRoom));
}

void give_back(void *data) {
  Header *const header = header_of(data);
  const std::shared_ptr<Blocks> owner = std::move(header->owner);
  const std::lock_guard lock(owner->mutex);
  owner->waiting.push_back({static_cast<uint8_t *>(data) - kRoom, header->size});
}

void free_bare(void *data) {
  bool ours = false;
  {
    const std::lock_guard lock(known().mutex);
    ours = known().data.count(data) > 0;
  }
  if (ours) {
    give_back(data);
  } else {
    fallback->raw_deallocate(data);
  }
}

void *take_waiting(Blocks &blocks, size_t size) {
  const std::lock_guard lock(blocks.mutex);
  auto best = blocks.waiting.end();
  for (auto at = blocks.waiting.begin(); at != blocks.waiting.end(); ++at) {
    if (at->size < size || at->size > size + size / 4) continue;
    if (best == blocks.waiting.end() || at->size < best->size) best = at;
  }
  if (best == blocks.waiting.end()) return nullptr;
  void *const data = best->memory + kRoom;
  *best = blocks.waiting.back();
  blocks.waiting.pop_back();
  return data;
}

void *make_block(Blocks &blocks, size_t size) {
  const size_t whole = kRoom + size;
  const bool huge = whole >= kHugePage;
  void *memory = nullptr;
  if (posix_memalign(&memory, huge ? kHugePage : kRoom, whole) != 0) return nullptr;
  // Fewer faults and a smaller page table; no harm where the system knows no huge pages.
  if (huge) madvise(memory, whole, MADV_HUGEPAGE);
  new (memory) Header{nullptr, size};
  void *const data = static_cast<uint8_t *>(memory) + kRoom;
  {
    const std::lock_guard lock(known().mutex);
    known().data.insert(data);
  }
  const std::lock_guard lock(blocks.mutex);
  ++blocks.made;
  blocks.bytes += whole;
  blocks.waiting.reserve(blocks.made);
  return data;
}

class ScopedAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) override {
    if (current == nullptr || size < kSmallest) return fallback->allocate(size);
    const std::shared_ptr<Blocks> &blocks = current->blocks();
    void *data = take_waiting(*blocks, size);
    if (data == nullptr) data = make_block(*blocks, size);
    if (data == nullptr) return fallback->allocate(size);
    header_of(data)->owner = blocks;
    return {data, data, &give_back, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free_bare; }
  void copy_data(void *to, const void *from, size_t count) const override {
    default_copy_data(to, from, count);
  }
};

}  // namespace

KeptMemory::Blocks::~Blocks() {
  const std::lock_guard lock(known().mutex);
  for (const Block &block : waiting) {
    known().data.erase(block.memory + kRoom);
    header_of(block.memory + kRoom)->~Header();
    std::free(block.memory);
  }
}

KeptMemory::KeptMemory() : blocks_(std::make_shared<Blocks>()) {
  static std::once_flag once;
  std::call_once(once, [] {
    fallback = c10::GetAllocator(c10::kCPU);
    static ScopedAllocator scoped;
    c10::SetAllocator(c10::kCPU, &scoped, std::numeric_limits<uint8_t>::max());
  });
}

std::shared_ptr<KeptMemory> KeptMemory::of_process() {
  static std::mutex mutex;
  static std::weak_ptr<KeptMemory> one;
  const std::lock_guard lock(mutex);
  std::shared_ptr<KeptMemory> memory = one.lock();
  if (memory == nullptr) one = memory = std::make_shared<KeptMemory>();
  return memory;
}

KeptMemory::Scope::Scope(KeptMemory &memory) : before_(current) { current = &memory; }
KeptMemory::Scope::~Scope() { current = before_; }

size_t KeptMemory::bytes() const {
  const std::lock_guard lock(blocks_->mutex);
  return blocks_->bytes;
}

size_t KeptMemory::made() const {
  const std::lock_guard lock(blocks_->mutex);
  return blocks_->made;
}

}  // namespace landbc
