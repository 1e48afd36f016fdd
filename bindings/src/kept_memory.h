// Memory of tensors, kept from one forward to the next. The C library gives large blocks back to the system
// and fetches them anew, and every page is then faulted in and zeroed again: a fifth of a forward on a quiet
// machine, two fifths on a busy one. Here blocks wait for the next tensor of their size; after the first
// forwards no more are made.
#pragma once

#include <cstddef>
#include <memory>

namespace landbc {

class KeptMemory {
 public:
  // One for all emulators of the process, which run one after another; it ends with its last user.
  static std::shared_ptr<KeptMemory> of_process();

  // Makes libtorch's CPU allocator one that knows of scopes; outside of them it is the one that was there.
  KeptMemory();

  // While one lives, large CPU tensors that this thread makes take blocks of the memory. Tensors may outlive
  // the scope, and the memory itself.
  class Scope {
   public:
    explicit Scope(KeptMemory &memory);
    ~Scope();
    Scope(const Scope &) = delete;
    Scope &operator=(const Scope &) = delete;

   private:
    KeptMemory *before_;
  };

  // Bytes of all blocks, in use or not, and how many blocks were ever made.
  size_t bytes() const;
  size_t made() const;

  struct Blocks;
  const std::shared_ptr<Blocks> &blocks() const { return blocks_; }

 private:
  std::shared_ptr<Blocks> blocks_;
};

}  // namespace landbc
