// The late device's operators: views at once, everything else as a task for the queue that calls the CPU's.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/NativeFunctions.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <set>
#include <string>

#include "late_queue.h"

namespace late {
namespace {

const c10::DispatchKeySet kKey(c10::DispatchKey::PrivateUse1);

bool there(const at::Tensor &tensor) { return tensor.defined() && tensor.is_privateuseone(); }

at::Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &memory(), kKey, type.value_or(at::kFloat), format);
}

at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<at::ScalarType> type,
                         std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &memory(), kKey, type.value_or(at::kFloat));
}

// A task's view of a device's tensor.
at::Tensor seen(const at::Tensor &tensor) {
  if (!there(tensor)) return tensor;
  auto *const data = static_cast<char *>(tensor.storage().mutable_data()) +
                     tensor.storage_offset() * static_cast<int64_t>(tensor.element_size());
  return at::from_blob(data, tensor.sizes(), tensor.strides(), at::TensorOptions().dtype(tensor.dtype()));
}

// Nothing but extents, on the device `meta`; or zeros, on the CPU.
at::Tensor described(const at::Tensor &tensor, at::DeviceType type) {
  if (!there(tensor)) return tensor;
  const at::Tensor like = at::empty_strided(tensor.sizes(), tensor.strides(),
                                            at::TensorOptions().dtype(tensor.dtype()).device(type));
  return type == at::kMeta ? like : like.zero_();
}

// A host's tensor as it is now.
at::Tensor kept(const at::Tensor &tensor) {
  if (!tensor.defined() || !tensor.is_cpu()) return tensor;
  at::Tensor copy = tensor.clone();
  // A plain number in the operator's call, which does not raise the type of the others.
  copy.unsafeGetTensorImpl()->set_wrapped_number(tensor.unsafeGetTensorImpl()->is_wrapped_number());
  return copy;
}

// An argument with another tensor in the place of each.
template <class Change>
c10::IValue changed(const c10::IValue &value, const Change &change) {
  if (value.isTensor()) return change(value.toTensor());
  if (value.isTensorList()) {
    const c10::List<at::Tensor> from = value.toTensorList();
    c10::List<at::Tensor> list;
    for (size_t i = 0; i < from.size(); ++i) list.push_back(change(from.get(i)));
    return list;
  }
  if (value.isOptionalTensorList()) {
    const c10::List<std::optional<at::Tensor>> from = value.toOptionalTensorList();
    c10::List<std::optional<at::Tensor>> list;
    for (size_t i = 0; i < from.size(); ++i) {
      const std::optional<at::Tensor> tensor = from.get(i);
      list.push_back(tensor ? std::optional<at::Tensor>(change(*tensor)) : std::nullopt);
    }
    return list;
  }
  return value;
}

template <class Change>
torch::jit::Stack changed(const torch::jit::Stack &arguments, const Change &change) {
  torch::jit::Stack result;
  for (const c10::IValue &value : arguments) result.push_back(changed(value, change));
  return result;
}

at::Tensor made_like(const at::Tensor &other) {
  return at::empty_strided(other.sizes(), other.strides(),
                           at::TensorOptions().dtype(other.dtype()).device(device()));
}

// Gives a result that the caller left empty its extents.
void resize(const at::Tensor &result, const at::Tensor &told) {
  if (result.sizes() == told.sizes()) return;
  TORCH_CHECK(result.numel() == 0, "a result of other extents than the late device was given room for");
  result.unsafeGetTensorImpl()->set_storage_keep_dtype(made_like(told).storage());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(told.sizes(), told.strides());
}

// The argument that a result is, if it is one.
std::optional<size_t> written(const c10::FunctionSchema &schema, size_t result) {
  const c10::AliasInfo *const alias = schema.returns()[result].alias_info();
  if (alias == nullptr) return std::nullopt;
  TORCH_CHECK(alias->isWrite(), schema.name(), ": a view that the late device does not know");
  for (size_t i = 0; i < schema.arguments().size(); ++i) {
    const c10::AliasInfo *const other = schema.arguments()[i].alias_info();
    if (other != nullptr && other->beforeSets() == alias->beforeSets()) return i;
  }
  return std::nullopt;
}

// What an operator makes of such arguments. Some tell its extents only by making it.
torch::jit::Stack told(const c10::OperatorHandle &operation, const torch::jit::Stack &arguments) {
  static std::set<std::string> made;
  const std::string name = c10::toString(operation.operator_name());
  const auto call = [&](at::DeviceType type) {
    torch::jit::Stack stack =
        changed(arguments, [type](const at::Tensor &tensor) { return described(tensor, type); });
    operation.callBoxed(&stack);
    return stack;
  };
  if (!made.contains(name)) {
    try {
      return call(at::kMeta);
    } catch (const c10::NotImplementedError &) {
      made.insert(name);
    }
  }
  return call(at::kCPU);
}

void operate(const c10::OperatorHandle &computed, const c10::FunctionSchema &schema,
             torch::jit::Stack *stack) {
  const auto count = static_cast<std::ptrdiff_t>(schema.arguments().size());
  const torch::jit::Stack arguments = changed(torch::jit::Stack(stack->end() - count, stack->end()), kept);
  torch::jit::drop(*stack, schema.arguments().size());
  const torch::jit::Stack results = told(computed, arguments);
  std::vector<std::pair<size_t, at::Tensor>> made;
  for (size_t i = 0; i < schema.returns().size(); ++i) {
    if (const std::optional<size_t> argument = written(schema, i)) {
      resize(arguments[*argument].toTensor(), results[i].toTensor());
      stack->push_back(arguments[*argument]);
      continue;
    }
    TORCH_CHECK(results[i].isTensor(), schema.name(), ": a result that the late device cannot make");
    made.emplace_back(i, made_like(results[i].toTensor()));
    stack->push_back(made.back().second);
  }
  queue().begin([computed, arguments, made] {
    torch::jit::Stack here = changed(arguments, seen);
    computed.callBoxed(&here);
    for (const auto &[i, result] : made) seen(result).copy_(here[i].toTensor());
  });
}

void operate_anything(const c10::OperatorHandle &operation, torch::jit::Stack *stack) {
  operate(operation, operation.schema(), stack);
}

at::Tensor copy_from(const at::Tensor &from, const at::Tensor &to, bool non_blocking) {
  const bool direct = non_blocking && (there(from) ? there(to) || to.is_pinned() : from.is_pinned());
  const at::Tensor source = there(from) || direct ? from : from.clone();
  queue().begin([source, to] { seen(to).copy_(seen(source)); });
  // Between the host and the device only pinned memory is copied behind the processor's back.
  if (there(from) != there(to) && !direct && (there(from) || !non_blocking)) queue().wait_for_all();
  return to;
}

at::Scalar local_scalar(const at::Tensor &tensor) {
  const at::Tensor host = at::empty(tensor.sizes(), at::TensorOptions().dtype(tensor.dtype()));
  copy_from(tensor, host, false);
  return host.item();
}

// The key of backends with convolutions of their own.
at::Tensor convolution(const at::Tensor &input, const at::Tensor &weight,
                       const std::optional<at::Tensor> &bias, c10::IntArrayRef stride,
                       c10::IntArrayRef padding, c10::IntArrayRef dilation, bool transposed,
                       c10::IntArrayRef output_padding, int64_t groups) {
  static const c10::OperatorHandle plain =
      c10::Dispatcher::singleton().findSchemaOrThrow("aten::convolution", "");
  torch::jit::Stack stack{input, weight, bias, stride, padding, dilation, transposed, output_padding, groups};
  operate(plain, plain.schema(), &stack);
  return stack.back().toTensor();
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&operate_anything>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", TORCH_FN(empty));
  library.impl("empty_strided", TORCH_FN(empty_strided));
  library.impl("as_strided", TORCH_FN(at::native::as_strided_tensorimpl));
  library.impl("view", TORCH_FN(at::native::view));
  library.impl("_reshape_alias", TORCH_FN(at::native::_reshape_alias));
  library.impl("_copy_from", TORCH_FN(copy_from));
  library.impl("_local_scalar_dense", TORCH_FN(local_scalar));
  library.impl("convolution_overrideable", TORCH_FN(convolution));
}

}  // namespace
}  // namespace late
