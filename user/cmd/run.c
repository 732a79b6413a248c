// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "run.h"

#include "../clock.h"
#include "../kernel_file.h"
#include "../message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ULL

/* New modules are looked for at this pace if there are no reports. */
#define LOOK_NS SECOND_NS

/* In the child: what is on the screen is not to be written over, nor keys to be taken away. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int file = STDIN_FILENO; null >= 0 && file <= STDERR_FILENO; file++)
		if (isatty(file))
			dup2(null, file);
}

/* In the child: waits for the parent's word, then becomes the command. */
static void __attribute__((noreturn)) become(char **command, int wait_for, const sigset_t *mask)
{
	ssize_t got;
	char byte;

	do
		got = read(wait_for, &byte, 1);
	while (got < 0 && errno == EINTR);
	/* The tracer is gone: nobody is to run untraced. */
	if (got != 1)
		_exit(STATUS_FAILURE);
	close(wait_for);
	sigprocmask(SIG_SETMASK, mask, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	message_error("cannot run %s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int start_child(struct run *run, const struct options *options, const sigset_t *mask)
{
	int pipe_ends[2];

	if (pipe2(pipe_ends, O_CLOEXEC)) {
		message_error("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	run->child = fork();
	if (run->child < 0) {
		message_error("cannot start a process: %s", strerror(errno));
		run->child = 0;
		close(pipe_ends[0]);
		close(pipe_ends[1]);
		return -1;
	}
	if (!run->child) {
		close(pipe_ends[1]);
		if (options->takes_terminal)
			leave_terminal();
		become(options->command, pipe_ends[0], mask);
	}
	close(pipe_ends[0]);
	run->release = pipe_ends[1];
	run->had_child = true;
	return 0;
}

/* Those that end a run, but for what nohup or a shell wants ignored. */
static void fill_signals(sigset_t *signals)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };

	sigemptyset(signals);
	sigaddset(signals, SIGCHLD);
	sigaddset(signals, SIGWINCH);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction action;

		if (!sigaction(ends[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(signals, ends[i]);
	}
}

int run_open(struct run *run, const struct options *options)
{
	sigset_t signals, mask;

	memset(run, 0, sizeof(*run));
	run->signals = run->release = -1;
	/* What is attached then may see nothing later either, nor what comes after it (6.12). */
	if (kernel_ftrace_is_off()) {
		message_error("functions cannot be hooked while sysctl kernel.ftrace_enabled is 0: "
			      "set it to 1");
		return -1;
	}
	fill_signals(&signals);
	/* Ignored, the end of the command would not be told. */
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	/* A reader that goes away is an error of writing, not the end without cleaning up. */
	signal(SIGPIPE, SIG_IGN);
	run->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->signals < 0) {
		message_error("cannot wait for signals: %s", strerror(errno));
		return -1;
	}
	return options->command ? start_child(run, options, &mask) : 0;
}

/* NULL: all that programs are attached to is hooked. */
static const char *why_hooks_are_off(void)
{
	if (kernel_ftrace_is_off())
		return "sysctl kernel.ftrace_enabled is 0: functions are not hooked, and what is "
		       "done is not seen";
	if (kernel_kprobes_are_off())
		return "/sys/kernel/debug/kprobes/enabled is 0: what kprobes hook is not seen";
	return NULL;
}

/* What programs are attached to may be switched off for all, at any time. */
static void check_hooks(struct run *run)
{
	const char *why = why_hooks_are_off();

	if (why && !run->hooks_are_off)
		message_warning("%s", why);
	else if (!why && run->hooks_are_off)
		message_warning("functions are hooked again");
	run->hooks_are_off = why;
	run->hooks_were_off |= run->hooks_are_off;
}

void run_start(struct run *run, const struct options *options)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	check_hooks(run);
	run->interval_ns = options->interval_ns ?: LOOK_NS;
	run->next_ns = now + run->interval_ns;
	run->end_ns = options->duration_ns ? now + options->duration_ns : 0;
	run->count = options->count;
	if (run->release >= 0) {
		/* If it is gone, SIGCHLD says so. */
		if (write(run->release, "", 1) != 1)
			message_debug("the command is gone already");
		close(run->release);
	}
	run->release = -1;
}

/* Takes over how the command ended, as a shell would; true if it did now. */
static bool reap(struct run *run)
{
	pid_t child = run->child;
	int status;

	while (run->child && waitpid(run->child, &status, WNOHANG) == run->child) {
		if (WIFSTOPPED(status))
			continue;
		run->child_status = WIFEXITED(status) ? WEXITSTATUS(status) :
							128 + WTERMSIG(status);
		run->child = 0;
	}
	return run->child != child;
}

/* RUN_READY: a signal that changes nothing. */
static enum run_event take_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signals, &info, sizeof(info)) != sizeof(info))
		return RUN_READY;
	switch (info.ssi_signo) {
	case SIGCHLD:
		return reap(run) ? RUN_END : RUN_READY;
	case SIGWINCH:
		return RUN_RESIZE;
	case SIGINT:
		/* A terminal sends it to the command too, whose end is the one to wait for. */
		if (run->child && run->release < 0 && isatty(STDIN_FILENO))
			return RUN_READY;
		__attribute__((fallthrough));
	default:
		run->signalled = true;
		return RUN_END;
	}
}

static __u64 nearest(__u64 a, __u64 b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static enum run_event time_passed(struct run *run, __u64 now)
{
	check_hooks(run);
	if (run->end_ns && now >= run->end_ns)
		return RUN_END;
	/* Intervals stay where they are, even if one was late. */
	while (run->next_ns && run->next_ns <= now)
		run->next_ns += run->interval_ns;
	if (run->count && !--run->count)
		return RUN_END;
	return RUN_TICK;
}

enum run_event run_wait(struct run *run, int extra)
{
	while (!run->over) {
		struct pollfd files[] = {
			{ .fd = run->signals, .events = POLLIN },
			{ .fd = extra, .events = POLLIN },
		};
		__u64 now = clock_ns(CLOCK_MONOTONIC), until = nearest(run->next_ns, run->end_ns);
		struct timespec timeout = { 0 };
		int ready;

		if (until > now) {
			timeout.tv_sec = (time_t)((until - now) / SECOND_NS);
			timeout.tv_nsec = (long)((until - now) % SECOND_NS);
		}
		ready = ppoll(files, 2, until ? &timeout : NULL, NULL);
		if (ready < 0 && errno != EINTR) {
			message_error("cannot wait: %s", strerror(errno));
			return RUN_FAILED;
		}
		if (files[0].revents) {
			enum run_event event = take_signal(run);

			if (event != RUN_READY)
				return event;
		}
		/* Behind signals: reports that take longer than an interval must not hide them. */
		if (until && now >= until)
			return time_passed(run, now);
		if (files[1].revents)
			return RUN_READY;
	}
	return RUN_END;
}

/* Takes a signal that came while output waits; true if it is time to give up. */
static bool gives_up(struct run *run, bool signalled)
{
	pid_t child = run->child;

	if (take_signal(run) != RUN_END)
		return false;
	run->over = true;
	/* The end of the command is no reason not to report on it. */
	return signalled && run->child == child;
}

int run_wait_for_output(struct run *run, int file)
{
	for (;;) {
		struct pollfd files[] = {
			{ .fd = file, .events = POLLOUT },
			{ .fd = run->signals, .events = POLLIN },
		};
		bool signalled = run->signalled, give_up;
		int ready = poll(files, 2, signalled ? OUTPUT_GRACE_MS : -1);

		if (ready < 0 && errno != EINTR)
			return -1;
		give_up = !ready || (files[1].revents && gives_up(run, signalled));
		/* Errors too: writing says which. */
		if (files[0].revents)
			return 0;
		if (give_up) {
			errno = EINTR;
			return -1;
		}
	}
}

int run_pause(struct run *run, int pause_ms)
{
	struct pollfd file = { .fd = run->signals, .events = POLLIN };

	if (poll(&file, 1, pause_ms) <= 0 || !gives_up(run, run->signalled))
		return 0;
	errno = EINTR;
	return -1;
}

/* Another signal meanwhile is for a command that does not end by the first. */
static void wait_for_child(struct run *run)
{
	for (reap(run); run->child; reap(run)) {
		struct pollfd file = { .fd = run->signals, .events = POLLIN };
		struct signalfd_siginfo info;

		if (poll(&file, 1, -1) < 0 && errno != EINTR)
			return;
		if (read(run->signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGWINCH)
			kill(run->child, SIGKILL);
	}
}

int run_close(struct run *run)
{
	if (run->release >= 0) {
		/* It was never let go: nobody is to see it begin. */
		kill(run->child, SIGKILL);
		close(run->release);
	} else if (run->child) {
		kill(run->child, SIGTERM);
	}
	wait_for_child(run);
	if (run->signals >= 0)
		close(run->signals);
	return run->had_child ? run->child_status : STATUS_OK;
}
