#include "late_graph.h"

#include <ATen/core/GraphImplInterface.h>
#include <c10/util/Exception.h>

#include <utility>

#include "late_device.h"
#include "late_queue.h"

namespace late {
namespace {

std::function<bool()> stands_aside;
GraphFault fault = GraphFault::kNone;
int64_t replayed = 0;

// Tasks keep the tensors that they work on, so that a graph's memory is its own.
class Graph final : public at::GraphImplInterface {
 public:
  void capture_begin(c10::MempoolId_t, at::GraphCaptureMode) override {
    TORCH_CHECK(stands_aside(), "a graph cannot be captured in the default stream");
    queue().capture();
  }
  void capture_end() override {
    tasks_ = queue().captured();
    TORCH_CHECK(fault != GraphFault::kRefused, "the late device takes no graph today");
    if (fault == GraphFault::kWrong) tasks_.pop_back();
  }
  void instantiate() override {}
  void replay() override {
    ++replayed;
    for (const Queue::Task &task : tasks_) queue().begin(task);
  }
  void reset() override { tasks_.clear(); }
  c10::MempoolId_t pool() const override { return {0, 0}; }
  void enable_debug_mode() override {}
  void debug_dump(const std::string &) override {}

 private:
  std::vector<Queue::Task> tasks_;
};

}  // namespace

void register_graphs(std::function<bool()> aside) {
  stands_aside = std::move(aside);
  at::GraphImplRegistry()->Register(
      c10::DeviceTypeName(c10::DeviceType::PrivateUse1, false),
      [](at::GraphImplArgs) -> std::unique_ptr<at::GraphImplInterface> { return std::make_unique<Graph>(); });
}

int64_t replays() { return replayed; }
void set_graph_fault(GraphFault next) { fault = next; }

}  // namespace late
