// The one place where C++ exceptions become a status and a sentence, and where libtorch's warnings are kept
// from the host's standard error. Every function of the C interface that can fail runs its body through
// `guarded`.
#pragma once

#include <c10/util/FunctionRef.h>

#include <string>

#include "landbc.h"

namespace landbc {

struct Outcome {
  landbc_status status = LANDBC_OK;
  std::string sentence;
};

// Runs `body`; whatever it throws becomes the outcome. Never throws.
Outcome guarded(c10::function_ref<void()> body) noexcept;

// First line of a text, without libtorch's trailing notes on where it was thrown.
std::string first_line(const std::string &text);

}  // namespace landbc
