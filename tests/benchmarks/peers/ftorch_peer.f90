!> The usual deployment: a TorchScript archive called through FTorch, its arguments bound once (it has no way to bind
!! them anew without allocating). compare.py compiles this against an installed FTorch and calls it.
module ftorch_peer
  use, intrinsic :: iso_c_binding, only : c_char, c_int, c_int64_t, c_null_char, c_ptr
  use ftorch, only : torch_kCPU, torch_model, torch_model_forward, torch_model_load, torch_tensor, &
                     torch_tensor_from_blob
  implicit none
  private

  integer, parameter :: arguments = 8
  type(torch_model) :: model
  type(torch_tensor) :: inputs(arguments), outputs(1)

contains

  subroutine peer_load(path, length) bind(c, name='peer_load')
    integer(c_int), intent(in), value :: length
    character(kind=c_char), intent(in) :: path(length)
    character(len=length) :: name
    integer :: i

    do i = 1, length
      name(i:i) = path(i)
    end do
    call torch_model_load(model, name, torch_kCPU)
  end subroutine peer_load

  !> Argument `number` (the result is number 0), row-major: extents as torch sees them, `kind` as in FTorch's types.
  subroutine peer_bind(number, data, rank, extents, kind) bind(c, name='peer_bind')
    integer(c_int), intent(in), value :: number, rank, kind
    type(c_ptr), intent(in), value :: data
    integer(c_int64_t), intent(in) :: extents(rank)
    integer(c_int) :: layout(rank)
    integer :: i

    layout = [(rank + 1 - i, i = 1, rank)]
    if (number == 0) then
      call torch_tensor_from_blob(outputs(1), data, rank, extents, layout, kind, torch_kCPU)
    else
      call torch_tensor_from_blob(inputs(number), data, rank, extents, layout, kind, torch_kCPU)
    end if
  end subroutine peer_bind

  subroutine peer_forward() bind(c, name='peer_forward')
    call torch_model_forward(model, inputs, outputs)
  end subroutine peer_forward

end module ftorch_peer
