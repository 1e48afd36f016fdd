!> The calendars of climate models: lengths of months and years, and the day after a day.
!!
!! `standard` is Gregorian here: the host refuses to start before 1583, so that the Julian part never occurs.
module calendar
  implicit none
  private
  public :: calendar_is_known, month_length, year_length, next_day, mid_month

  character(len=*), parameter :: known(4) = [character(len=19) :: "standard", "proleptic_gregorian", "noleap", "360_day"]
  integer, parameter :: common_year(12) = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

contains

  pure logical function calendar_is_known(name)
    character(len=*), intent(in) :: name

    calendar_is_known = any(known == name)
  end function calendar_is_known

  pure integer function month_length(name, year, month)
    character(len=*), intent(in) :: name
    integer, intent(in) :: year, month
    logical :: leap

    if (name == "360_day") then
      month_length = 30
      return
    end if
    leap = name /= "noleap" .and. modulo(year, 4) == 0 .and. (modulo(year, 100) /= 0 .or. modulo(year, 400) == 0)
    month_length = common_year(month)
    if (month == 2 .and. leap) month_length = 29
  end function month_length

  pure integer function year_length(name, year)
    character(len=*), intent(in) :: name
    integer, intent(in) :: year
    integer :: month

    year_length = 0
    do month = 1, 12
      year_length = year_length + month_length(name, year, month)
    end do
  end function year_length

  !> Days from the beginning of `year` to the middle of month 0 (December before) ... 13 (January after).
  pure function mid_month(name, year) result(days)
    character(len=*), intent(in) :: name
    integer, intent(in) :: year
    double precision :: days(0:13)
    integer :: month, begin

    begin = 0
    days(0) = -0.5d0*month_length(name, year - 1, 12)
    do month = 1, 12
      days(month) = begin + 0.5d0*month_length(name, year, month)
      begin = begin + month_length(name, year, month)
    end do
    days(13) = begin + 0.5d0*month_length(name, year + 1, 1)
  end function mid_month

  pure subroutine next_day(name, year, month, day)
    character(len=*), intent(in) :: name
    integer, intent(inout) :: year, month, day

    day = day + 1
    if (day > month_length(name, year, month)) then
      day = 1
      month = month + 1
    end if
    if (month > 12) then
      month = 1
      year = year + 1
    end if
  end subroutine next_day

end module calendar
