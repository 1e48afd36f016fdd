// Every kind of exception becomes its status and one line; warnings stay away from standard error.
#include <c10/util/Exception.h>

#include <functional>
#include <new>
#include <stdexcept>
#include <string>

#include "error.h"
#include "expect.h"
#include "guard.h"

namespace {

void expect_outcome(const std::function<void()> &body, landbc_status status, const std::string &sentence,
                    const std::source_location &at = std::source_location::current()) {
  const landbc::Outcome outcome = landbc::guarded(body);
  expect(outcome.status == status, "status " + std::to_string(outcome.status), at);
  expect(outcome.sentence == sentence, "sentence '" + outcome.sentence + "'", at);
}

}  // namespace

int main() {
  expect_outcome([] {}, LANDBC_OK, "");
  expect_outcome([] { landbc::fail(LANDBC_ERROR_TIME, "year ", 2010); }, LANDBC_ERROR_TIME, "year 2010");
  expect_outcome([] { throw std::bad_alloc(); }, LANDBC_ERROR_MEMORY, "the host ran out of memory");
  expect_outcome([] { throw std::logic_error("first\nsecond"); }, LANDBC_ERROR_INTERNAL, "unexpected: first");
  expect_outcome([] { throw 7; }, LANDBC_ERROR_INTERNAL, "unexpected: an exception of unknown type");
  expect_outcome([] { TORCH_CHECK(false, "a\nb"); }, LANDBC_ERROR_INTERNAL, "libtorch reports: a");
  expect_outcome([] { TORCH_CHECK_WITH(OutOfMemoryError, false, "full"); }, LANDBC_ERROR_DEVICE,
                 "the device ran out of memory: full");
  expect_outcome([] { TORCH_CHECK(false, "DefaultCPUAllocator: no"); }, LANDBC_ERROR_MEMORY,
                 "the host ran out of memory: DefaultCPUAllocator: no");
  c10::WarningHandler *const before = c10::WarningUtils::get_warning_handler();
  expect_outcome([] { TORCH_WARN("not to be seen"); }, LANDBC_OK, "");
  expect(c10::WarningUtils::get_warning_handler() == before, "the host's warning handler is not put back");
  return failures;
}
