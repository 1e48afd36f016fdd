!> A bucket of soil water and a snow pack for every land-use class of every cell, with a daily step.
!!
!! Equations (T air temperature in degC, W soil water, C its capacity, all water in kg m-2 of the class's area):
!!   snow         precipitation falls as snow below 0 degC; melt = d max(T, 0), d the degree-day factor
!!                (Hock 2003, J. Hydrol. 282, 104)
!!   runoff       (rain + melt) (W/C)^b (Bergstrom 1992, SMHI RH 4, the HBV model), and what exceeds C
!!   evaporation  k E min(1, W/(0.75 C)) (Manabe 1969, Mon. Wea. Rev. 97, 739), with the potential E from
!!                E = Re/lambda (T + 5)/100 for T > -5 degC (Oudin et al. 2005, J. Hydrol. 303, 290) and the
!!                extraterrestrial radiation Re and crop coefficient k of FAO-56 (Allen et al. 1998)
!! The parameters are round numbers within the ranges of these papers: the model is an example.
!!
!! Water is conserved. When fractions change, the area that a class loses takes its water along into a pool,
!! which the gaining classes of the same cell share by area gained.
module land_bucket
  use, intrinsic :: iso_fortran_env, only: real64
  implicit none
  private
  public :: land_state, new_land, set_fractions, land_step, storage, soil_water, snow_amount, radiation

  integer, parameter, public :: land_classes = 8 !< ocean, urban, cropland, pasture, forest, grass_shrub, other_land, water

  real(real64), parameter :: capacity(land_classes) = &
                             [0.0_real64, 50.0_real64, 150.0_real64, 150.0_real64, 250.0_real64, 120.0_real64, 75.0_real64, &
                              1000.0_real64] !< kg m-2
  real(real64), parameter :: degree_day(land_classes) = &
                             [0.0_real64, 4.0_real64, 4.0_real64, 4.0_real64, 2.5_real64, 4.0_real64, 4.5_real64, &
                              4.0_real64] !< kg m-2 K-1 day-1
  real(real64), parameter :: exponent_b(land_classes) = &
                             [1.0_real64, 1.0_real64, 2.0_real64, 2.0_real64, 3.0_real64, 2.0_real64, 1.0_real64, 4.0_real64]
  real(real64), parameter :: crop_coefficient(land_classes) = &
                             [0.0_real64, 0.4_real64, 0.9_real64, 0.95_real64, 1.0_real64, 0.9_real64, 0.4_real64, 1.05_real64]
  real(real64), parameter :: freezing = 273.15_real64
  real(real64), parameter :: seconds_per_day = 86400.0_real64
  real(real64), parameter :: vaporisation = 2.45_real64 !< MJ kg-1, FAO-56

  type :: land_state
    real(real64), allocatable :: fraction(:, :) !< (cell, class), of the cell's known area
    real(real64), allocatable :: soil(:, :)     !< soil water (cell, class), kg m-2 of the class's area
    real(real64), allocatable :: snow(:, :)     !< snow (cell, class), kg m-2 of the class's area
    real(real64), allocatable :: land(:)        !< land part of the cell's known area
    logical :: started = .false.
  end type land_state

contains

  subroutine new_land(cells, state)
    integer, intent(in) :: cells
    type(land_state), intent(out) :: state

    allocate (state%fraction(cells, land_classes), state%soil(cells, land_classes), &
              state%snow(cells, land_classes), state%land(cells))
    state%fraction = 0.0_real64
    state%soil = 0.0_real64
    state%snow = 0.0_real64
    state%land = 0.0_real64
  end subroutine new_land

  !> Takes new fractions (cell, class) over. The first time buckets start half full; later water moves with the
  !! area. `shed` (cell) is water that no gaining class could take, kg m-2 of the cell's known area.
  subroutine set_fractions(state, fraction, shed)
    type(land_state), intent(inout) :: state
    real(real64), intent(in) :: fraction(:, :)
    real(real64), intent(out) :: shed(:)
    integer :: cell, class

    shed = 0.0_real64
    if (.not. state%started) then
      do class = 2, land_classes
        where (fraction(:, class) > 0.0_real64) state%soil(:, class) = 0.5_real64*capacity(class)
      end do
      state%started = .true.
    else
      do cell = 1, size(fraction, 1)
        call move_water(state%fraction(cell, 2:), fraction(cell, 2:), state%soil(cell, 2:), shed(cell))
        call move_water(state%fraction(cell, 2:), fraction(cell, 2:), state%snow(cell, 2:), shed(cell))
      end do
    end if
    state%fraction = fraction
    state%fraction(:, 1) = 0.0_real64
    state%land = sum(state%fraction, dim=2)
  end subroutine set_fractions

  !> Moves `water` (class; per area of the class) of one cell from fractions `old` to `new`.
  pure subroutine move_water(old, new, water, shed)
    real(real64), intent(in) :: old(:), new(:)
    real(real64), intent(inout) :: water(:)
    real(real64), intent(inout) :: shed
    real(real64) :: pool, gained
    integer :: class

    pool = sum(max(old - new, 0.0_real64)*water)
    gained = sum(max(new - old, 0.0_real64))
    do class = 1, size(water)
      if (new(class) <= 0.0_real64) then
        water(class) = 0.0_real64
      else if (new(class) > old(class)) then
        water(class) = (old(class)*water(class) + (new(class) - old(class))/gained*pool)/new(class)
      end if
    end do
    if (gained <= 0.0_real64) shed = shed + pool
  end subroutine move_water

  !> One day. Fluxes (cell) in kg m-2 day-1 of the cell's known area.
  subroutine land_step(state, temperature, precipitation, latitude, day_angle, evaporation, runoff)
    type(land_state), intent(inout) :: state
    real(real64), intent(in) :: temperature(:)   !< K
    real(real64), intent(in) :: precipitation(:) !< kg m-2 s-1
    real(real64), intent(in) :: latitude(:)      !< degrees
    real(real64), intent(in) :: day_angle        !< 2 pi times the part of the year that has passed
    real(real64), intent(out) :: evaporation(:), runoff(:)
    real(real64) :: celsius, fallen, potential, liquid, melt, quick, spill, evaporated
    integer :: cell, class

    evaporation = 0.0_real64
    runoff = 0.0_real64
    do cell = 1, size(temperature)
      if (state%land(cell) <= 0.0_real64) cycle
      celsius = temperature(cell) - freezing
      fallen = precipitation(cell)*seconds_per_day
      potential = radiation(latitude(cell), day_angle)/vaporisation*max(celsius + 5.0_real64, 0.0_real64)/100.0_real64
      do class = 2, land_classes
        associate (fraction => state%fraction(cell, class), soil => state%soil(cell, class), snow => state%snow(cell, class))
          if (fraction <= 0.0_real64) cycle
          melt = min(snow, degree_day(class)*max(celsius, 0.0_real64))
          snow = snow - melt
          liquid = melt
          if (celsius < 0.0_real64) then
            snow = snow + fallen
          else
            liquid = liquid + fallen
          end if
          quick = liquid*min(soil/capacity(class), 1.0_real64)**exponent_b(class)
          soil = soil + (liquid - quick)
          spill = max(soil - capacity(class), 0.0_real64)
          soil = soil - spill
          evaporated = crop_coefficient(class)*potential*min(soil/(0.75_real64*capacity(class)), 1.0_real64)
          evaporated = min(evaporated, soil)
          soil = soil - evaporated
          evaporation(cell) = evaporation(cell) + fraction*evaporated
          runoff(cell) = runoff(cell) + fraction*(quick + spill)
        end associate
      end do
    end do
  end subroutine land_step

  !> Water in soil and snow (cell), kg m-2 of the cell's known area.
  pure function storage(state) result(water)
    type(land_state), intent(in) :: state
    real(real64), allocatable :: water(:)

    water = sum(state%fraction*(state%soil + state%snow), dim=2)
  end function storage

  !> Water in the soil (cell), kg m-2 of the cell's known area; open water, the last class, is no soil.
  pure function soil_water(state) result(water)
    type(land_state), intent(in) :: state
    real(real64), allocatable :: water(:)

    water = sum(state%fraction(:, :land_classes - 1)*state%soil(:, :land_classes - 1), dim=2)
  end function soil_water

  !> Snow (cell), kg m-2 of the cell's known area.
  pure function snow_amount(state) result(snow)
    type(land_state), intent(in) :: state
    real(real64), allocatable :: snow(:)

    snow = sum(state%fraction*state%snow, dim=2)
  end function snow_amount

  !> Extraterrestrial radiation, MJ m-2 day-1 (FAO-56 equations 21 to 25).
  pure real(real64) function radiation(latitude, day_angle)
    real(real64), intent(in) :: latitude, day_angle
    real(real64), parameter :: pi = acos(-1.0_real64), solar_constant = 0.0820_real64 ! MJ m-2 min-1
    real(real64) :: phi, declination, distance, sunset

    phi = latitude*pi/180.0_real64
    declination = 0.409_real64*sin(day_angle - 1.39_real64)
    distance = 1.0_real64 + 0.033_real64*cos(day_angle)
    sunset = acos(max(-1.0_real64, min(1.0_real64, -tan(phi)*tan(declination))))
    radiation = 24.0_real64*60.0_real64/pi*solar_constant*distance &
                *(sunset*sin(phi)*sin(declination) + cos(phi)*cos(declination)*sin(sunset))
  end function radiation

end module land_bucket
