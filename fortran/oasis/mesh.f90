!> The native cells of a bundle as an OASIS grid: in the order of the bundle's mesh.nc, one dimension, in equal blocks
!! over the ranks.
module landbc_oasis_mesh
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mod_oasis, only: oasis_start_grids_writing, oasis_terminate_grids_writing, oasis_write_area, oasis_write_corner, &
                       oasis_write_grid, oasis_write_mask
  use netcdf, only: nf90_close, nf90_get_var, nf90_inq_dimid, nf90_inq_varid, nf90_inquire_dimension, nf90_noerr, &
                    nf90_nowrite, nf90_open, nf90_strerror
  implicit none
  private
  public :: block, read_block, write_grid

  !> The part of the cells that a rank has.
  type :: block
    integer :: cells = 0  !< of the whole bundle
    integer :: first = 0  !< cells before this rank's
    integer(int64), allocatable :: id(:)
  end type block

contains

  !> Reads the global ids of this rank's cells; `problem` is empty when all is well.
  subroutine read_block(bundle, rank, ranks, mine, problem)
    character(len=*), intent(in) :: bundle
    integer, intent(in) :: rank, ranks
    type(block), intent(out) :: mine
    character(len=:), allocatable, intent(out) :: problem
    integer :: file, next

    call open_mesh(bundle, file, mine%cells, problem)
    if (problem /= "") return
    mine%first = int(int(mine%cells, int64)*rank/ranks)
    next = int(int(mine%cells, int64)*(rank + 1)/ranks)
    allocate (mine%id(next - mine%first))
    call check(nf90_get_var(file, variable(file, "cell_id"), mine%id, [mine%first + 1], [size(mine%id)]), &
               bundle, problem)
    call check(nf90_close(file), bundle, problem)
  end subroutine read_block

  !> Gives OASIS centres, corners, areas and an empty mask of all cells under the name `grid`: for its remapping to
  !! other models' grids. One rank does this.
  subroutine write_grid(bundle, grid, problem)
    character(len=*), intent(in) :: bundle, grid
    character(len=:), allocatable, intent(out) :: problem
    real(real64), allocatable :: lon(:, :), lat(:, :), area(:, :), corners(:, :), corner_lon(:, :, :), corner_lat(:, :, :)
    integer, allocatable :: mask(:, :)
    integer :: file, cells, count, dimension, wanted

    call open_mesh(bundle, file, cells, problem)
    if (problem /= "") return
    count = 0
    call check(nf90_inq_dimid(file, "corner", dimension), bundle, problem)
    if (problem == "") call check(nf90_inquire_dimension(file, dimension, len=count), bundle, problem)
    allocate (lon(cells, 1), lat(cells, 1), area(cells, 1), mask(cells, 1), corners(count, cells))
    allocate (corner_lon(cells, 1, count), corner_lat(cells, 1, count))
    call check(nf90_get_var(file, variable(file, "cell_lon"), lon(:, 1)), bundle, problem)
    call check(nf90_get_var(file, variable(file, "cell_lat"), lat(:, 1)), bundle, problem)
    call check(nf90_get_var(file, variable(file, "cell_area"), area(:, 1)), bundle, problem)
    call check(nf90_get_var(file, variable(file, "lon_vertices"), corners), bundle, problem)
    corner_lon(:, 1, :) = transpose(corners)
    call check(nf90_get_var(file, variable(file, "lat_vertices"), corners), bundle, problem)
    corner_lat(:, 1, :) = transpose(corners)
    call check(nf90_close(file), bundle, problem)
    if (problem /= "") return

    mask = 0  ! OASIS: 0 is a cell that counts
    call oasis_start_grids_writing(wanted)
    if (wanted == 0) return
    call oasis_write_grid(grid, cells, 1, lon, lat)
    call oasis_write_corner(grid, cells, 1, count, corner_lon, corner_lat)
    call oasis_write_area(grid, cells, 1, area)
    call oasis_write_mask(grid, cells, 1, mask)
    call oasis_terminate_grids_writing()
  end subroutine write_grid

  subroutine open_mesh(bundle, file, cells, problem)
    character(len=*), intent(in) :: bundle
    integer, intent(out) :: file, cells
    character(len=:), allocatable, intent(out) :: problem
    integer :: dimension

    problem = ""
    cells = 0
    call check(nf90_open(bundle//"/mesh.nc", nf90_nowrite, file), bundle, problem)
    if (problem == "") call check(nf90_inq_dimid(file, "cell", dimension), bundle, problem)
    if (problem == "") call check(nf90_inquire_dimension(file, dimension, len=cells), bundle, problem)
  end subroutine open_mesh

  !> Number of a variable; one that no file has where it is missing, so that reading it fails.
  integer function variable(file, name)
    integer, intent(in) :: file
    character(len=*), intent(in) :: name

    if (nf90_inq_varid(file, name, variable) /= nf90_noerr) variable = -1
  end function variable

  !> Keeps the first problem.
  subroutine check(status, bundle, problem)
    integer, intent(in) :: status
    character(len=*), intent(in) :: bundle
    character(len=:), allocatable, intent(inout) :: problem

    if (status /= nf90_noerr .and. problem == "") &
      problem = bundle//"/mesh.nc cannot be read: "//trim(nf90_strerror(status))//"; is it the directory of a bundle?"
  end subroutine check

end module landbc_oasis_mesh
