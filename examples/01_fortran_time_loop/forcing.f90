!> Daily air temperature and precipitation on the native cells, from a monthly climatology.
!!
!! Values are interpolated linearly between the middles of the months (this keeps the monthly means only
!! nearly: Sheng and Zwiers 1998, Clim. Dyn. 14, 609). Every month of every year gets an anomaly that
!! depends on nothing but year and month, the same for all cells: a run can be repeated to the last bit.
module forcing
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use netcdf
  use calendar, only: mid_month
  implicit none
  private
  public :: climatology, read_climatology, daily_forcing

  real(real64), parameter :: temperature_spread = 1.5_real64   !< largest anomaly, K
  real(real64), parameter :: precipitation_spread = 0.3_real64 !< largest anomaly, as a part of the climatology

  type :: climatology
    integer(int64), allocatable :: cell_id(:)
    real(real64), allocatable :: lon(:), lat(:)             !< cell centres, degrees
    real(real64), allocatable :: lon_bnds(:, :), lat_bnds(:, :) !< corners (corner, cell), degrees; may be absent
    real(real64), allocatable :: cell_area(:)               !< m2
    real(real64), allocatable :: air_temperature(:, :)      !< (cell, month), K
    real(real64), allocatable :: precipitation_flux(:, :)   !< (cell, month), kg m-2 s-1
  end type climatology

contains

  !> Reads `path`; `problem` is blank when all is well.
  subroutine read_climatology(path, fields, problem)
    character(len=*), intent(in) :: path
    type(climatology), intent(out) :: fields
    character(len=:), allocatable, intent(out) :: problem
    integer :: file, dimension, variable, cells, months, corners
    character(len=:), allocatable :: place

    place = "opening it"
    problem = ""
    if (failed(nf90_open(path, nf90_nowrite, file))) return
    place = "dimension 'cell'"
    if (failed(nf90_inq_dimid(file, "cell", dimension))) return
    if (failed(nf90_inquire_dimension(file, dimension, len=cells))) return
    place = "dimension 'month'"
    if (failed(nf90_inq_dimid(file, "month", dimension))) return
    if (failed(nf90_inquire_dimension(file, dimension, len=months))) return
    if (months /= 12) then
      problem = "forcing file '"//path//"' does not hold 12 months"
      return
    end if

    allocate (fields%cell_id(cells), fields%lon(cells), fields%lat(cells), fields%cell_area(cells))
    allocate (fields%air_temperature(cells, 12), fields%precipitation_flux(cells, 12))
    place = "variable 'cell_id'"
    if (failed(nf90_inq_varid(file, "cell_id", variable))) return
    if (failed(nf90_get_var(file, variable, fields%cell_id))) return
    place = "variable 'lon'"
    if (failed(nf90_inq_varid(file, "lon", variable))) return
    if (failed(nf90_get_var(file, variable, fields%lon))) return
    place = "variable 'lat'"
    if (failed(nf90_inq_varid(file, "lat", variable))) return
    if (failed(nf90_get_var(file, variable, fields%lat))) return
    place = "variable 'air_temperature'"
    if (failed(nf90_inq_varid(file, "air_temperature", variable))) return
    if (failed(nf90_get_var(file, variable, fields%air_temperature))) return
    place = "variable 'precipitation_flux'"
    if (failed(nf90_inq_varid(file, "precipitation_flux", variable))) return
    if (failed(nf90_get_var(file, variable, fields%precipitation_flux))) return

    place = "variable 'cell_area'"
    if (failed(nf90_inq_varid(file, "cell_area", variable))) return
    if (failed(nf90_get_var(file, variable, fields%cell_area))) return
    place = "cell corners"
    if (nf90_inq_dimid(file, "corner", dimension) == nf90_noerr) then
      if (failed(nf90_inquire_dimension(file, dimension, len=corners))) return
      allocate (fields%lon_bnds(corners, cells), fields%lat_bnds(corners, cells))
      if (failed(nf90_inq_varid(file, "lon_vertices", variable))) return
      if (failed(nf90_get_var(file, variable, fields%lon_bnds))) return
      if (failed(nf90_inq_varid(file, "lat_vertices", variable))) return
      if (failed(nf90_get_var(file, variable, fields%lat_bnds))) return
    end if
    place = "closing it"
    if (failed(nf90_close(file))) return

  contains

    logical function failed(status)
      integer, intent(in) :: status

      failed = status /= nf90_noerr
      if (failed) problem = "forcing file '"//path//"', "//place//": "//trim(nf90_strerror(status))
    end function failed

  end subroutine read_climatology

  !> Means over day `day_of_year` (1 on 1 January): `temperature` (cell), K; `precipitation` (cell), kg m-2 s-1.
  subroutine daily_forcing(fields, calendar_name, year, day_of_year, temperature, precipitation)
    type(climatology), intent(in) :: fields
    character(len=*), intent(in) :: calendar_name
    integer, intent(in) :: year, day_of_year
    real(real64), intent(out) :: temperature(:), precipitation(:)
    real(real64) :: middle(0:13), noon, later
    integer :: before, month_before, month_after

    middle = mid_month(calendar_name, year)
    noon = day_of_year - 0.5_real64
    before = count(middle <= noon) - 1
    later = (noon - middle(before))/(middle(before + 1) - middle(before))
    month_before = modulo(before - 1, 12) + 1
    month_after = modulo(before, 12) + 1

    temperature = (1 - later)*fields%air_temperature(:, month_before) + later*fields%air_temperature(:, month_after) &
                  + temperature_spread*((1 - later)*anomaly(year, before, 1) + later*anomaly(year, before + 1, 1))
    precipitation = ((1 - later)*fields%precipitation_flux(:, month_before) &
                     + later*fields%precipitation_flux(:, month_after)) &
                    *(1 + precipitation_spread*((1 - later)*anomaly(year, before, 2) + later*anomaly(year, before + 1, 2)))
  end subroutine daily_forcing

  !> A number in -1 ... 1 that depends on the month and `stream` only: the fourth draw of the minimal standard
  !! generator (Park and Miller 1988, Commun. ACM 31, 1192), seeded with them.
  pure real(real64) function anomaly(year, month, stream)
    integer, intent(in) :: year, month, stream
    integer(int64), parameter :: multiplier = 16807_int64, modulus = 2147483647_int64
    integer(int64) :: state
    integer :: draw

    state = modulo(2*(12*int(year, int64) + month) + stream, modulus - 1) + 1
    do draw = 1, 4
      state = modulo(multiplier*state, modulus)
    end do
    anomaly = 2*real(state, real64)/real(modulus, real64) - 1
  end function anomaly

end module forcing
