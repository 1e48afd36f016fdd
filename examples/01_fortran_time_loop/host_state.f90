!> The host's own half of a restart: the water of every class and cell, beside landbc's checkpoint.
module host_state
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use netcdf
  use land_bucket, only: land_classes, land_state
  implicit none
  private
  public :: write_host_state, read_host_state

contains

  !> Writes `path`; `problem` is blank when all is well, here and below.
  subroutine write_host_state(path, cell_id, state, problem)
    character(len=*), intent(in) :: path
    integer(int64), intent(in) :: cell_id(:)
    type(land_state), intent(in) :: state
    character(len=:), allocatable, intent(out) :: problem
    integer :: file, cell, class, id, fraction, soil, snow, land

    problem = ""
    call check(nf90_create(path, ior(nf90_netcdf4, nf90_clobber), file), problem)
    if (problem /= "") return
    call check(nf90_def_dim(file, "cell", size(cell_id), cell), problem)
    call check(nf90_def_dim(file, "land_use_class", land_classes, class), problem)
    call check(nf90_def_var(file, "cell_id", nf90_int64, [cell], id), problem)
    call check(nf90_def_var(file, "fraction", nf90_double, [cell, class], fraction), problem)
    call check(nf90_def_var(file, "soil", nf90_double, [cell, class], soil), problem)
    call check(nf90_def_var(file, "snow", nf90_double, [cell, class], snow), problem)
    call check(nf90_def_var(file, "land", nf90_double, [cell], land), problem)
    call check(nf90_put_var(file, id, cell_id), problem)
    call check(nf90_put_var(file, fraction, state%fraction), problem)
    call check(nf90_put_var(file, soil, state%soil), problem)
    call check(nf90_put_var(file, snow, state%snow), problem)
    call check(nf90_put_var(file, land, state%land), problem)
    call check(nf90_close(file), problem)
  end subroutine write_host_state

  !> Reads what `write_host_state` wrote for the same cells in the same order.
  subroutine read_host_state(path, cell_id, state, problem)
    character(len=*), intent(in) :: path
    integer(int64), intent(in) :: cell_id(:)
    type(land_state), intent(inout) :: state
    character(len=:), allocatable, intent(out) :: problem
    character(len=*), parameter :: names(5) = [character(len=8) :: "cell_id", "fraction", "soil", "snow", "land"]
    integer(int64), allocatable :: found(:)
    integer :: file, dimension, cells, id(size(names)), k, ignored

    problem = ""
    call check(nf90_open(path, nf90_nowrite, file), problem)
    if (problem /= "") return
    cells = 0
    call check(nf90_inq_dimid(file, "cell", dimension), problem)
    if (problem == "") call check(nf90_inquire_dimension(file, dimension, len=cells), problem)
    if (problem == "" .and. cells /= size(cell_id)) problem = "it has another number of cells"
    do k = 1, size(names)
      if (problem == "") call check(nf90_inq_varid(file, trim(names(k)), id(k)), problem)
    end do
    if (problem == "") then
      allocate (found(cells))
      call check(nf90_get_var(file, id(1), found), problem)
      if (any(found /= cell_id)) problem = "its cells are others, or in another order"
      call check(nf90_get_var(file, id(2), state%fraction), problem)
      call check(nf90_get_var(file, id(3), state%soil), problem)
      call check(nf90_get_var(file, id(4), state%snow), problem)
      call check(nf90_get_var(file, id(5), state%land), problem)
    end if
    state%started = problem == ""
    ignored = nf90_close(file)
  end subroutine read_host_state

  !> Keeps the first failure.
  subroutine check(status, problem)
    integer, intent(in) :: status
    character(len=:), allocatable, intent(inout) :: problem

    if (status /= nf90_noerr .and. problem == "") problem = trim(nf90_strerror(status))
  end subroutine check

end module host_state
