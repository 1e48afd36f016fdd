#include "registry.h"

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "engine.h"

namespace landbc {
namespace {

// The upper bits ("LB") lie outside every user-space address of 64-bit machines.
constexpr std::uintptr_t kMark = static_cast<std::uintptr_t>(0x4C42) << 48;

struct Registry {
  std::mutex mutex;
  std::unordered_map<std::uintptr_t, std::shared_ptr<Entry>> entries;
  std::uintptr_t issued = 0;
};

// Lives as long as the process: hosts may finalize handles while static objects are being destroyed.
Registry &registry() {
  static auto *const instance = std::make_unique<Registry>().release();
  return *instance;
}

std::uintptr_t token(const landbc_handle *handle) { return reinterpret_cast<std::uintptr_t>(handle); }

}  // namespace

Entry::Entry(std::unique_ptr<Engine> made) : engine(std::move(made)) {}
Entry::~Entry() = default;

landbc_handle *add_handle(std::unique_ptr<Engine> engine) {
  auto entry = std::make_shared<Entry>(std::move(engine));
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  const std::uintptr_t value = kMark | ++all.issued;
  all.entries.emplace(value, std::move(entry));
  return reinterpret_cast<landbc_handle *>(value);
}

std::shared_ptr<Entry> find_handle(const landbc_handle *handle) noexcept {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.entries.find(token(handle));
  return found == all.entries.end() ? nullptr : found->second;
}

std::shared_ptr<Entry> remove_handle(const landbc_handle *handle) noexcept {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.entries.find(token(handle));
  if (found == all.entries.end()) return nullptr;
  auto entry = std::move(found->second);
  all.entries.erase(found);
  return entry;
}

}  // namespace landbc
