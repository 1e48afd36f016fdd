// Memory of tensors that is kept: blocks come again, nothing else of the process changes, tensors outlive
// what they came from.
#include <ATen/ATen.h>

#include <thread>

#include "expect.h"
#include "kept_memory.h"

using landbc::KeptMemory;

namespace {

at::Tensor megabytes(int64_t count) { return at::empty({count << 20}, at::kByte); }

void blocks_come_again() {
  KeptMemory memory;
  const void *first = nullptr;
  for (int i = 0; i < 5; ++i) {
    const KeptMemory::Scope scope(memory);
    at::Tensor a = megabytes(3);
    const at::Tensor b = megabytes(1);
    a.fill_(i);
    if (i == 0) first = a.data_ptr();
    expect(a.data_ptr() == first, "a.data_ptr() == first");
    expect(reinterpret_cast<uintptr_t>(b.data_ptr()) % 64 == 0,
           "reinterpret_cast<uintptr_t>(b.data_ptr()) % 64 == 0");
    expect(a.min().item<uint8_t>() == i, "a.min().item<uint8_t>() == i");
  }
  expect(memory.made() == 2, "memory.made() == 2");
  expect(memory.bytes() >= size_t{4} << 20, "memory.bytes() >= size_t{4} << 20");
}

void only_its_scope_its_thread_and_large_tensors() {
  KeptMemory memory;
  const at::Tensor before = megabytes(2);
  {
    const KeptMemory::Scope scope(memory);
    const at::Tensor small = at::empty({100}, at::kFloat);
    std::thread([] { megabytes(2).fill_(1); }).join();
    expect(memory.made() == 0, "memory.made() == 0");
    KeptMemory other;
    {
      const KeptMemory::Scope inner(other);
      megabytes(2).fill_(1);
    }
    megabytes(2).fill_(1);
    expect(other.made() == 1, "other.made() == 1");
  }
  megabytes(2).fill_(1);
  expect(memory.made() == 1, "memory.made() == 1");
}

void a_much_larger_block_is_not_taken() {
  KeptMemory memory;
  const KeptMemory::Scope scope(memory);
  megabytes(8).fill_(1);
  megabytes(1).fill_(1);
  expect(memory.made() == 2, "memory.made() == 2");
  megabytes(7).fill_(1);
  expect(memory.made() == 2, "memory.made() == 2");
}

void tensors_outlive_scope_and_memory() {
  at::Tensor kept;
  {
    KeptMemory memory;
    const KeptMemory::Scope scope(memory);
    kept = megabytes(2).fill_(7);
  }
  expect(kept.max().item<uint8_t>() == 7, "kept.max().item<uint8_t>() == 7");
  kept.reset();
}

void one_memory_serves_the_process_while_it_is_used() {
  const auto first = KeptMemory::of_process();
  expect(KeptMemory::of_process() == first, "two memories");
}

// As oneDNN's scratch memory is asked for: the pointer alone says whose it is.
void bare_pointers_find_their_owner() {
  KeptMemory memory;
  auto *const allocator = c10::GetAllocator(c10::kCPU);
  void *const outside = allocator->raw_allocate(1 << 20);
  void *inside = nullptr;
  {
    const KeptMemory::Scope scope(memory);
    inside = allocator->raw_allocate(1 << 20);
    allocator->raw_deallocate(outside);
  }
  expect(memory.made() == 1, "memory.made() == 1");
  allocator->raw_deallocate(inside);
  const KeptMemory::Scope scope(memory);
  expect(allocator->raw_allocate(1 << 20) == inside, "allocator->raw_allocate(1 << 20) == inside");
  allocator->raw_deallocate(inside);
  expect(memory.made() == 1, "memory.made() == 1");
}

}  // namespace

int main() {
  blocks_come_again();
  only_its_scope_its_thread_and_large_tensors();
  a_much_larger_block_is_not_taken();
  tensors_outlive_scope_and_memory();
  one_memory_serves_the_process_while_it_is_used();
  bare_pointers_find_their_owner();
  return failures;
}
