// SPDX-License-Identifier: GPL-2.0-only
#include "terminal.h"

#include <curses.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* For the rest of an arrow key's bytes, which a slow line may bring late. */
#define ESCAPE_MS 50

struct terminal {
	SCREEN *curses;
	struct termios before;
	bool has_before;
};

const char *terminal_obstacle(void)
{
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "top needs a terminal: use 'vfioscope latency -i 1' or 'vfioscope top -j'";
	if (setupterm(NULL, STDOUT_FILENO, &error) == ERR)
		return "the type of this terminal is not known: set TERM, as in TERM=vt100, or use "
		       "'vfioscope latency -i 1'";
	if (!cursor_address || !clear_screen)
		return "this type of terminal (TERM) cannot show a table: use 'vfioscope latency "
		       "-i 1'";
	return NULL;
}

static void prepare(void)
{
	cbreak();
	noecho();
	nonl();
	set_escdelay(ESCAPE_MS);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
}

struct terminal *terminal_open(void)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));

	if (!terminal)
		return NULL;
	terminal->has_before = !tcgetattr(STDIN_FILENO, &terminal->before);
	/* Not initscr(), which ends the process if it cannot. */
	terminal->curses = newterm(NULL, stdout, stdin);
	if (!terminal->curses) {
		free(terminal);
		return NULL;
	}
	prepare();
	return terminal;
}

void terminal_close(struct terminal *terminal)
{
	endwin();
	delscreen(terminal->curses);
	if (terminal->has_before)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
	free(terminal);
}

bool terminal_has_colors(void)
{
	const char *unwanted = getenv("NO_COLOR");

	if ((unwanted && *unwanted) || !has_colors())
		return false;
	return start_color() != ERR && use_default_colors() != ERR;
}

bool terminal_gone(void)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR | POLLNVAL));
}

void terminal_resize(void)
{
	struct winsize size;

	/* SIGWINCH is read from a descriptor, so that ncurses does not see it. */
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return;
	if (is_term_resized(size.ws_row, size.ws_col))
		resizeterm(size.ws_row, size.ws_col);
}
