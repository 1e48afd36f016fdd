// Which of a machine's devices a process takes, for machines that are not at hand: any number of devices, any
// rank.
#include <string>
#include <vector>

#include "device.h"
#include "error.h"
#include "expect.h"

namespace {

using landbc::choose_device;

std::string refusal(const std::string &name, int64_t found) {
  try {
    choose_device(name, 0, found);
  } catch (const landbc::Error &error) {
    expect_equal(error.status(), LANDBC_ERROR_DEVICE);
    return error.what();
  }
  return "nothing was refused";
}

void expect_refused(const std::string &name, int64_t found, const std::string &why) {
  const std::string sentence = refusal(name, found);
  expect(sentence.find(why) != std::string::npos, sentence + " / " + why);
}

void ranks_share_the_devices_of_their_machine() {
  for (int64_t found = 1; found <= 8; ++found) {
    std::vector<int> ranks(static_cast<size_t>(found), 0);
    for (int rank = 0; rank < 2 * found + 1; ++rank) {
      const c10::Device device = choose_device("cuda", rank, found);
      expect(device.is_cuda() && device.index() >= 0 && device.index() < found, "a device that there is");
      ++ranks[static_cast<size_t>(device.index())];
      if (rank < found) expect_equal(static_cast<int>(device.index()), rank);
    }
    // Two each, and the one that is over with the first.
    for (size_t at = 0; at < ranks.size(); ++at) expect_equal(ranks[at], at == 0 ? 3 : 2);
  }
}

void a_numbered_device_is_that_one_on_every_rank() {
  for (const int rank : {0, 1, 7}) {
    expect_equal(static_cast<int>(choose_device("cuda:2", rank, 4).index()), 2);
    expect(choose_device("cpu", rank, 4).is_cpu() && choose_device("cpu", rank, 0).is_cpu(), "the processor");
  }
}

void what_is_not_there_is_refused() {
  expect_refused("cuda", 0, "finds 0 CUDA devices");
  expect_refused("cuda:0", 0, "finds 0 CUDA devices");
  expect_refused("cuda:4", 4, "finds 4 CUDA devices");
  for (const char *name : {"", "gpu", "cuda:", "cuda:-1", "cuda:1x", "cuda:1000", "CUDA"})
    expect_refused(name, 2, "known are cpu, cuda and cuda:N");
}

}  // namespace

int main() {
  ranks_share_the_devices_of_their_machine();
  a_numbered_device_is_that_one_on_every_rank();
  what_is_not_there_is_refused();
  return failures;
}
