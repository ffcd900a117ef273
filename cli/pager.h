// A terminal is shown long output a screen at a time.
#pragma once

namespace blip {

// From now on what is printed is kept until flush_output(), which gives it to $PAGER (less, if not
// set) when stdout is a terminal with fewer lines, and prints it as it is otherwise. For commands
// that print what they know and end; not for those that go on.
void page_output();

}  // namespace blip
