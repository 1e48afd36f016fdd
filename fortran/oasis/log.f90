!> The log of landbc in a file of its own.
module landbc_oasis_log
  use landbc, only: landbc_log_warning, landbc_set_log
  implicit none
  private
  public :: open_log

  integer :: unit

contains

  !> From here on every line of the log goes to `path`; `problem` is empty when all is well.
  subroutine open_log(path, problem)
    character(len=*), intent(in) :: path
    character(len=:), allocatable, intent(out) :: problem
    integer :: status
    character(len=512) :: message

    problem = ""
    open (newunit=unit, file=path, action="write", status="replace", iostat=status, iomsg=message)
    if (status /= 0) then
      problem = "the log '"//path//"' cannot be written: "//trim(message)
      return
    end if
    call landbc_set_log(write_line)
  end subroutine open_log

  subroutine write_line(level, message)
    integer, intent(in) :: level
    character(len=*), intent(in) :: message

    if (level >= landbc_log_warning) then
      write (unit, "(2a)") "warning: ", message
    else
      write (unit, "(a)") message
    end if
    flush (unit)
  end subroutine write_line

end module landbc_oasis_log
