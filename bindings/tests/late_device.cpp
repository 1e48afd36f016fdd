#include "late_device.h"

#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/DeviceType.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <chrono>
#include <memory>
#include <utility>

#include "late_graph.h"
#include "late_queue.h"

namespace late {
namespace {

constexpr c10::DeviceType kType = c10::DeviceType::PrivateUse1;
const c10::Device kDevice(kType, 0);
const c10::Stream kDefault(c10::Stream::DEFAULT, kDevice);
c10::Stream stream = kDefault;

struct Mark {
  int64_t count = 0;  // of the tasks before it
  std::shared_ptr<double> milliseconds = std::make_shared<double>(0.0);
};

double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  // One queue whatever the stream.
  c10::Stream getStream(c10::Device) const override { return stream; }
  c10::Stream getDefaultStream(c10::Device) const override { return kDefault; }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override {
    return c10::Stream(c10::Stream::UNSAFE, kDevice, 1);
  }
  c10::Stream exchangeStream(c10::Stream next) const override { return std::exchange(stream, next); }
  void synchronizeStream(const c10::Stream &) const override { queue().wait_for_all(); }
  void synchronizeDevice(c10::DeviceIndex) const override { queue().wait_for_all(); }

  void record(void **event, const c10::Stream &, c10::DeviceIndex, c10::EventFlag) const override {
    if (*event == nullptr) *event = new Mark;
    auto *const mark = static_cast<Mark *>(*event);
    mark->milliseconds = std::make_shared<double>(0.0);
    queue().begin([at = mark->milliseconds] { *at = now(); });
    mark->count = queue().begun();
  }
  void destroyEvent(void *event, c10::DeviceIndex) const noexcept override {
    delete static_cast<Mark *>(event);
  }
  bool queryEvent(void *event) const override { return queue().done() >= static_cast<Mark *>(event)->count; }
  void synchronizeEvent(void *event) const override {
    queue().wait_for_event(static_cast<Mark *>(event)->count);
  }
  double elapsedTime(void *first, void *second, c10::DeviceIndex) const override {
    return *static_cast<Mark *>(second)->milliseconds - *static_cast<Mark *>(first)->milliseconds;
  }
};

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  bool isPinnedPtr(const void *data) const override { return pinned().holds(data); }
  c10::Allocator *getPinnedMemoryAllocator() const override { return &pinned(); }
};

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

}  // namespace

c10::Device device() {
  static const bool known = [] {
    c10::register_privateuse1_backend("late");
    c10::SetAllocator(kType, &memory());
    at::RegisterPrivateUse1HooksInterface(new Hooks);
    register_graphs([] { return stream != kDefault; });
    return true;
  }();
  static_cast<void>(known);
  return kDevice;
}

Waits waits() { return queue().waits(); }
int64_t done() { return queue().done(); }

}  // namespace late
