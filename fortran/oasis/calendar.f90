!> Dates of the four calendars of landbc: the moment so many seconds after a moment.
!!
!! `standard` is Julian before 15 October 1582, the day after 4 October; all arithmetic is in whole numbers.
module landbc_oasis_calendar
  use landbc, only: landbc_date
  implicit none
  private
  public :: calendar_is_known, date_is_of, later

  integer, parameter :: seconds_per_day = 86400
  integer, parameter :: common_year(12) = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  character(len=*), parameter :: known(4) = [character(len=19) :: "standard", "proleptic_gregorian", "noleap", "360_day"]

contains

  pure logical function calendar_is_known(calendar)
    character(len=*), intent(in) :: calendar

    calendar_is_known = any(known == calendar)
  end function calendar_is_known

  !> Whether the calendar has that moment.
  pure logical function date_is_of(calendar, date)
    character(len=*), intent(in) :: calendar
    type(landbc_date), intent(in) :: date

    date_is_of = date%month >= 1 .and. date%month <= 12 .and. date%day >= 1
    if (.not. date_is_of) return
    date_is_of = date%day <= last_day(calendar, int(date%year), int(date%month)) &
                 .and. date%second >= 0 .and. date%second < seconds_per_day
    if (calendar == "standard" .and. date%year == 1582 .and. date%month == 10) &
      date_is_of = date_is_of .and. (date%day <= 4 .or. date%day >= 15)
  end function date_is_of

  !> The moment `seconds` (at least 0) after `date`.
  pure function later(calendar, date, seconds) result(moment)
    character(len=*), intent(in) :: calendar
    type(landbc_date), intent(in) :: date
    integer, intent(in) :: seconds
    type(landbc_date) :: moment
    integer :: day, rest

    moment = date
    rest = modulo(seconds, seconds_per_day) + moment%second
    moment%second = modulo(rest, seconds_per_day)
    do day = 1, seconds/seconds_per_day + rest/seconds_per_day
      call next_day(calendar, moment)
    end do
  end function later

  pure subroutine next_day(calendar, date)
    character(len=*), intent(in) :: calendar
    type(landbc_date), intent(inout) :: date

    date%day = date%day + 1
    if (calendar == "standard" .and. date%year == 1582 .and. date%month == 10 .and. date%day == 5) date%day = 15
    if (date%day <= last_day(calendar, int(date%year), int(date%month))) return
    date%day = 1
    date%month = date%month + 1
    if (date%month <= 12) return
    date%month = 1
    date%year = date%year + 1
  end subroutine next_day

  pure integer function last_day(calendar, year, month)
    character(len=*), intent(in) :: calendar
    integer, intent(in) :: year, month
    logical :: leap

    if (calendar == "360_day") then
      last_day = 30
      return
    end if
    leap = calendar /= "noleap" .and. modulo(year, 4) == 0
    if (calendar == "proleptic_gregorian" .or. year > 1582) &
      leap = leap .and. (modulo(year, 100) /= 0 .or. modulo(year, 400) == 0)
    last_day = common_year(month)
    if (month == 2 .and. leap) last_day = 29
  end function last_day

end module landbc_oasis_calendar
