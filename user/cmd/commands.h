/* SPDX-License-Identifier: GPL-2.0-only */
/* The subcommands: each takes its own part of the command line and gives the exit status. */
#ifndef VFIOSCOPE_COMMANDS_H
#define VFIOSCOPE_COMMANDS_H

struct options;

int command_latency(int argc, char **argv);
int command_top(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_events(int argc, char **argv);
int command_policy(int argc, char **argv);
int command_locks(int argc, char **argv);
int command_doctor(int argc, char **argv);

/* What latency does once its command line has been taken apart; top does it for --json. */
int latency_run(const struct options *options);

#endif
