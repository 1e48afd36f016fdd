!> Named checks for the tests of module landbc: one line for each, a count of those that failed.
module checks
  use, intrinsic :: iso_fortran_env, only: output_unit
  use landbc, only: landbc_ok, landbc_status_name
  implicit none
  private
  public :: check, check_status, failures

  integer, protected :: failures = 0

contains

  !> Prints `ok NAME` or `FAILED NAME: DETAIL`.
  subroutine check(name, passed, detail)
    character(len=*), intent(in) :: name
    logical, intent(in) :: passed
    character(len=*), intent(in), optional :: detail

    if (passed) then
      write (output_unit, "(2a)") "ok ", name
    else
      failures = failures + 1
      if (present(detail)) then
        write (output_unit, "(4a)") "FAILED ", name, ": ", detail
      else
        write (output_unit, "(2a)") "FAILED ", name
      end if
    end if
    flush (output_unit)
  end subroutine check

  !> A call must have given the status `expected`, and a sentence that holds `words`: none where it is landbc_ok.
  subroutine check_status(name, status, expected, sentence, words)
    character(len=*), intent(in) :: name
    integer, intent(in) :: status, expected
    character(len=:), allocatable, intent(in) :: sentence
    character(len=*), intent(in), optional :: words
    logical :: said

    if (.not. allocated(sentence)) then
      call check(name, .false., "errmsg is not allocated")
      return
    end if
    if (expected == landbc_ok) then
      said = len(sentence) == 0
    else
      said = len(sentence) > 10
      if (present(words)) said = said .and. index(sentence, words) > 0
    end if
    call check(name, status == expected .and. said, landbc_status_name(status)//": '"//sentence//"'")
  end subroutine check_status

end module checks
