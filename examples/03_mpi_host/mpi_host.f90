!> A host of several ranks: `mpirun -n 4 mpi_host BUNDLE FIRST_YEAR YEARS`.
!!
!! Each rank has a share of the bundle's cells and gives landbc its communicator; every call is then collective.
!! Steps are months of a 360-day calendar. On each first of January rank 0 prints the area of every class, added up
!! in the order of the cells, so that the numbers do not depend on how many ranks there are.
program ranks_host
  use, intrinsic :: iso_fortran_env, only: error_unit, int64, real64
  use mpi
  use netcdf
  use landbc
  implicit none

  integer, parameter :: month_seconds = 30*86400
  real(real64), parameter :: pi = acos(-1.0_real64)
  type(landbc_coupler) :: coupler
  character(len=:), allocatable :: bundle, errmsg
  integer(int64), allocatable, target :: cell_ids(:)
  real(real64), allocatable, target :: temperature(:), rain(:), fraction(:, :), coverage(:)
  real(real64), allocatable :: lat(:), area(:), areas(:, :), everywhere(:)
  integer, allocatable :: counts(:), offsets(:)
  integer :: rank, ranks, first_year, years, cells, mine, classes, step, year, month, class, changed, ierr
  real(real64) :: season

  call mpi_init(ierr)
  call mpi_comm_rank(mpi_comm_world, rank, ierr)
  call mpi_comm_size(mpi_comm_world, ranks, ierr)
  bundle = argument(1)
  first_year = number(argument(2))
  years = number(argument(3))
  call read_share(bundle//"/mesh.nc")
  allocate (temperature(mine), rain(mine), coverage(mine))

  ! (1) each rank gives its own cells, and all give the communicator
  call landbc_init(coupler, bundle, cell_ids, landbc_date(first_year, 1, 1), ierr, errmsg, calendar='360_day', &
                   communicator=mpi_comm_world)
  call check("landbc_init")
  call landbc_class_count(coupler, classes, ierr, errmsg)
  call check("landbc_class_count")
  allocate (fraction(mine, classes), areas(mine, classes), everywhere(cells))

  ! (2) the loop; a fault of one rank comes back as an error on all of them
  do step = 0, 12*years
    year = first_year + step/12
    month = 1 + mod(step, 12)
    season = -cos(2*pi*(month - 0.5_real64)/12)
    temperature = 300 - 35*sin(lat*pi/180)**2 + 10*season*sin(lat*pi/180)
    rain = 3 - 2*sin(lat*pi/180)**2
    call landbc_step(coupler, landbc_date(year, month, 1), month_seconds, &
                     [landbc_field('air_temperature', 'K', temperature), landbc_field('precipitation_flux', 'mm day-1', rain)], &
                     [landbc_field('land_use_fraction', '1', fraction), landbc_field('coverage', '1', coverage)], &
                     ierr, errmsg, changed)
    call check("landbc_step")
    if (iand(changed, landbc_changed_land_use) == 0) cycle
    if (rank == 0) write (*, '(i0)', advance='no') year
    do class = 1, classes
      areas(:, class) = fraction(:, class)*coverage*area/1e6_real64
      call mpi_gatherv(areas(:, class), mine, mpi_double_precision, everywhere, counts, offsets, mpi_double_precision, 0, &
                       mpi_comm_world, ierr)
      if (rank == 0) write (*, '(1x, f0.3)', advance='no') sum(everywhere)
    end do
    if (rank == 0) write (*, '(a)') ' km2'
  end do

  ! (3) after the loop, before MPI ends
  call landbc_finalize(coupler, ierr, errmsg)
  call check("landbc_finalize")
  call mpi_finalize(ierr)

contains

  !> Ends all ranks unless the last call was successful; every rank has the same status.
  subroutine check(what)
    character(len=*), intent(in) :: what

    if (ierr == landbc_ok) return
    if (rank == 0) write (error_unit, '(4a)') "mpi_host: ", what, ": ", errmsg
    call mpi_finalize(ierr)
    stop 1
  end subroutine check

  !> A consecutive share of the mesh's cells: ids, latitudes (degrees) and areas (m2).
  subroutine read_share(path)
    character(len=*), intent(in) :: path
    integer :: file, dimension, begin, r

    call demand(nf90_open(path, nf90_nowrite, file), path)
    call demand(nf90_inq_dimid(file, "cell", dimension), path)
    call demand(nf90_inquire_dimension(file, dimension, len=cells), path)
    counts = [((cells*(r + 1))/ranks - (cells*r)/ranks, r=0, ranks - 1)]
    offsets = [((cells*r)/ranks, r=0, ranks - 1)]
    mine = counts(rank + 1)
    begin = offsets(rank + 1) + 1
    allocate (cell_ids(mine), lat(mine), area(mine))
    call demand(nf90_get_var(file, variable(file, "cell_id"), cell_ids, [begin], [mine]), "cell_id")
    call demand(nf90_get_var(file, variable(file, "cell_lat"), lat, [begin], [mine]), "cell_lat")
    call demand(nf90_get_var(file, variable(file, "cell_area"), area, [begin], [mine]), "cell_area")
    call demand(nf90_close(file), path)
  end subroutine read_share

  !> The number of a variable of the file.
  integer function variable(file, name)
    integer, intent(in) :: file
    character(len=*), intent(in) :: name

    call demand(nf90_inq_varid(file, name, variable), name)
  end function variable

  subroutine demand(status, what)
    integer, intent(in) :: status
    character(len=*), intent(in) :: what

    if (status == nf90_noerr) return
    write (error_unit, '(4a)') "mpi_host: ", what, ": ", trim(nf90_strerror(status))
    call mpi_abort(mpi_comm_world, 1, ierr)
  end subroutine demand

  !> A word of the command line; ends all ranks where there is none.
  function argument(place) result(text)
    integer, intent(in) :: place
    character(len=:), allocatable :: text
    character(len=4096) :: word

    call get_command_argument(place, word)
    text = trim(word)
    if (len(text) > 0) return
    if (rank == 0) write (error_unit, '(a)') "usage: mpi_host BUNDLE FIRST_YEAR YEARS"
    call mpi_abort(mpi_comm_world, 2, ierr)
  end function argument

  integer function number(text)
    character(len=*), intent(in) :: text

    read (text, *) number
  end function number
end program ranks_host
