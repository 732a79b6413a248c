// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope: picks the subcommand. */
#include "cmd/commands.h"
#include "message.h"
#include "version.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "latency", command_latency, "histograms of how long operations take" },
	{ "top", command_top, "the same, live on the terminal" },
	{ "trace", command_trace, "a line for each operation, or each slow one" },
	{ "events", command_events, "what happens to PFs and VFs, and when it is dangerous" },
	{ "policy", command_policy, "what may be done to devices, and holding everybody to it" },
	{ "locks", command_locks, "which tasks wait for each other, and will for ever" },
	{ "doctor", command_doctor, "what this kernel offers, and what is missing" },
};

#define NAMES "latency, top, trace, events, policy, locks or doctor"
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void show_help(void)
{
	puts("Usage: vfioscope SUBCOMMAND [OPTIONS] [-- COMMAND [ARGUMENTS...]]\n"
	     "Measure what happens to PCI devices that are handed to virtual machines.\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	puts("\nvfioscope SUBCOMMAND --help tells the options; vfioscope(8) is the manual.");
}

/* What is opened next must not take the place of a closed standard output. */
static void occupy_standard_files(void)
{
	int file;

	do
		file = open("/dev/null", O_RDONLY);
	while (file >= 0 && file <= STDERR_FILENO);
	if (file >= 0)
		close(file);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	occupy_standard_files();
	if (!name) {
		message_error("which subcommand: " NAMES "? (see --help)");
		return STATUS_USAGE;
	}
	if (!strcmp(name, "-h") || !strcmp(name, "--help") || !strcmp(name, "help")) {
		show_help();
		return STATUS_OK;
	}
	if (!strcmp(name, "-V") || !strcmp(name, "--version") || !strcmp(name, "version")) {
		puts("vfioscope " VFIOSCOPE_VERSION);
		return STATUS_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	message_error("'%s' is not a subcommand: " NAMES " (see --help)", name);
	return STATUS_USAGE;
}
