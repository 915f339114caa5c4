// Package desktop drives the real agent, its tray and its window on a display of their own, as
// a person with a mouse would. It runs on Linux, when WEIR_BIN names a program with a tray that
// has weir-window beside it; `make desktop` sees to that.
package desktop
