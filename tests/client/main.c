// SPDX-License-Identifier: GPL-2.0-only
/* vfio-client: named VFIO operations with exact counts. Reads the command line, joins the rest. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "message.h"
#include "report.h"
#include "run.h"

#define MAX_THREADS 4096
#define MAX_SAMPLES (4U << 20)

enum {
	OPT_SPLIT = 0x100,
	OPT_LOOP_FOR,
	OPT_FOREVER,
	OPT_RATE,
	OPT_CDEV,
	OPT_VF_TOKEN,
	OPT_ENABLE_MEMORY,
	OPT_LEAVE_MEMORY,
	OPT_KEEP_GOING,
	OPT_SAMPLES,
	OPT_LIST,
	OPT_USAGE,
};

static const struct argp_option options[] = {
	{ .name = "device",
	  .key = 'd',
	  .arg = "BDF",
	  .group = 1,
	  .doc = "A device bound to vfio-pci or a variant of it (repeatable)" },
	{ .name = "threads",
	  .key = 't',
	  .arg = "N",
	  .group = 1,
	  .doc = "Threads; thread i uses device i modulo the devices [one a device]" },
	{ .name = "split",
	  .key = OPT_SPLIT,
	  .group = 1,
	  .doc = "COUNT is for all threads together, split as evenly as can be, not for each" },
	{ .name = "loop-for",
	  .key = OPT_LOOP_FOR,
	  .arg = "SEC",
	  .group = 1,
	  .doc = "Do the list again and again for SEC seconds (1.5) or until SIGINT, SIGTERM" },
	{ .name = "forever",
	  .key = OPT_FOREVER,
	  .group = 1,
	  .doc = "Do the list again and again until SIGINT or SIGTERM" },
	{ .name = "rate",
	  .key = OPT_RATE,
	  .arg = "N",
	  .group = 1,
	  .doc = "Do N operations a second in each thread" },
	{ .name = "keep-going",
	  .key = OPT_KEEP_GOING,
	  .group = 1,
	  .doc = "Count failures by errno, do not stop at the first" },
	{ .name = "cdev",
	  .key = OPT_CDEV,
	  .group = 2,
	  .doc = "Use /dev/vfio/devices/vfioN and iommufd, not the group and a container" },
	{ .name = "vf-token",
	  .key = OPT_VF_TOKEN,
	  .arg = "UUID",
	  .group = 2,
	  .doc = "The token of a VF whose PF is used through VFIO too" },
	{ .name = "enable-memory",
	  .key = OPT_ENABLE_MEMORY,
	  .group = 2,
	  .doc = "Set the memory bit of the command register even if no operation needs a BAR" },
	{ .name = "leave-memory",
	  .key = OPT_LEAVE_MEMORY,
	  .group = 2,
	  .doc = "Do not look at the memory bit even if an operation needs a BAR" },
	{ .name = "json", .key = 'j', .group = 3, .doc = "Report in JSON Lines" },
	{ .name = "samples",
	  .key = OPT_SAMPLES,
	  .arg = "FILE",
	  .group = 3,
	  .doc = "Write every latency to FILE: nanoseconds, operation, device" },
	{ .name = "quiet", .key = 'q', .group = 3, .doc = "No text report, only errors" },
	{ .name = "list", .key = OPT_LIST, .group = -1, .doc = "List operations and their keys" },
	{ .name = "help", .key = 'h', .group = -1, .doc = "Print this" },
	{ .name = "usage", .key = OPT_USAGE, .group = -1, .doc = "Print the options, briefly" },
	{ .name = "version", .key = 'V', .group = -1, .doc = "Print the version" },
	{ 0 }
};

static const char doc[] =
	"Does named operations on VFIO PCI devices, counted exactly, and reports their latencies."
	"\v"
	"An OPERATION is NAME[,key=value...][*COUNT]. The list is done in order, each operation "
	"COUNT times, by every thread. Numbers may be hexadecimal (0x10) and end in K, M or G.\n"
	"\n"
	"A report has one row for each device and operation; its count is of all calls, its "
	"errors of those that failed, and failed calls are in the latencies. 'setup' counts the "
	"VFIO calls that were made beside the operations, by kind, so that they can be subtracted: "
	"opening the device, asking for each used region once, and, for operations on BARs, "
	"reading the command register and if need be writing it.\n"
	"\n"
	"Exit status: 0 if every operation ended as it should (or with --keep-going), 1 if not or "
	"if a signal ended a list that was to be done once, 2 for wrong usage.\n"
	"\n"
	"Example: " CLIENT_NAME " -d 0000:01:10.0 -d 0000:01:10.2 -t 3 --split -j \\\n"
	"  config-read,width=2*4099 bar-write,offset=0x3000,value=0*2053 \\\n"
	"  ioctl,cmd=DEVICE_GET_INFO*1009 config-read,offset=8K,expect=EFAULT\n";

struct arguments {
	struct run run;
	const char **bdfs;
	unsigned int nr_bdfs;
	bool json, quiet, enable_memory;
	const char *samples;
};

static void __attribute__((noreturn))
usage_error(const char *what, const char *text, const char *remedy)
{
	if (text)
		message_error("%s '%s': %s", what, text, remedy);
	else
		message_error("no %s: %s", what, remedy);
	exit(EXIT_USAGE);
}

static void __attribute__((noreturn)) exit_printed(void)
{
	if (fflush(stdout)) {
		message_error("standard output: %s", strerror(errno));
		exit(EXIT_FAILED);
	}
	exit(0);
}

static double parse_decimal(const char *what, const char *text, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0) || value > most)
		usage_error(what, text, "a number over 0");
	return value;
}

static void add_device(struct arguments *args, const char *bdf)
{
	args->bdfs = realloc(args->bdfs, (args->nr_bdfs + 1) * sizeof(*args->bdfs));
	if (!args->bdfs)
		abort();
	args->bdfs[args->nr_bdfs++] = bdf;
}

static void add_step(struct arguments *args, const char *text)
{
	struct run *run = &args->run;

	run->steps = realloc(run->steps, (run->nr_steps + 1) * sizeof(*run->steps));
	if (!run->steps)
		abort();
	if (!step_parse(text, &run->steps[run->nr_steps++]))
		exit(EXIT_USAGE);
}

static void check_arguments(const struct arguments *args)
{
	const struct run *run = &args->run;

	if (!args->nr_bdfs)
		usage_error("--device", NULL, "name a device bound to vfio-pci, see --help");
	if (!run->nr_steps)
		usage_error("OPERATION", NULL, "name one, see --list");
	if (run->nr_threads && run->nr_threads < args->nr_bdfs)
		usage_error("--device", args->bdfs[run->nr_threads],
			    "would not be used: take as many --threads as devices");
	if (args->enable_memory && run->session.leave_memory)
		usage_error("--enable-memory", "--leave-memory", "take one of them");
	if (run->session.vf_token && run->session.use_cdev)
		usage_error("--vf-token", run->session.vf_token, "works with groups only");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	struct run *run = &args->run;
	uint64_t number;

	switch (key) {
	case 'd':
		add_device(args, arg);
		break;
	case 't':
		if (!parse_number(arg, MAX_THREADS, &number) || !number)
			usage_error("--threads", arg, "a number from 1 to 4096");
		run->nr_threads = number;
		break;
	case OPT_SPLIT:
		run->split = true;
		break;
	case OPT_LOOP_FOR:
		run->duration_ns = parse_decimal("--loop-for", arg, 1e9) * NS_PER_SEC;
		run->forever = true;
		break;
	case OPT_FOREVER:
		run->forever = true;
		break;
	case OPT_RATE:
		run->rate = parse_decimal("--rate", arg, 1e9);
		break;
	case OPT_KEEP_GOING:
		run->keep_going = true;
		break;
	case OPT_CDEV:
		run->session.use_cdev = true;
		break;
	case OPT_VF_TOKEN:
		run->session.vf_token = arg;
		if (strlen(arg) != 36)
			usage_error("--vf-token", arg, "a UUID has 36 characters");
		break;
	case OPT_ENABLE_MEMORY:
		args->enable_memory = true;
		break;
	case OPT_LEAVE_MEMORY:
		run->session.leave_memory = true;
		break;
	case OPT_SAMPLES:
		args->samples = arg;
		break;
	case 'j':
		args->json = true;
		message_json(true);
		break;
	case 'q':
		args->quiet = true;
		message_quiet(true);
		break;
	case OPT_LIST:
		ops_describe(stdout);
		exit_printed();
	case OPT_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE);
		exit_printed();
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		putchar('\n');
		ops_describe(stdout);
		exit_printed();
	case 'V':
		puts(CLIENT_NAME " 1");
		exit_printed();
	case ARGP_KEY_ARG:
		add_step(args, arg);
		break;
	case ARGP_KEY_END:
		check_arguments(args);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "OPERATION...",
	.doc = doc,
};

static void note_lost_samples(const struct run *run)
{
	for (unsigned int i = 0; i < run->nr_threads; i++) {
		if (!run->threads[i].worker.budget) {
			message_note("over %u latencies in a thread: percentiles are of the first",
				     MAX_SAMPLES);
			return;
		}
	}
}

static bool do_and_report(struct arguments *args)
{
	struct run *run = &args->run;
	bool good;

	if (!session_open(&run->session, args->bdfs, args->nr_bdfs))
		return false;
	for (unsigned int i = 0; i < args->nr_bdfs; i++)
		run->session.devices[i].enable_memory = args->enable_memory;
	if (!run_do(run))
		return false;
	/* Before the report, which counts these calls too. */
	session_close(&run->session);
	good = !run->failed && !run->interrupted;
	note_lost_samples(run);
	if (args->samples && !report_samples(run, args->samples))
		good = false;
	if (args->json)
		report_json(run);
	else if (!args->quiet)
		report_text(run);
	if (run->interrupted)
		message_note("interrupted before all was done");
	return good;
}

int main(int argc, char **argv)
{
	struct arguments args = { .run.max_samples = MAX_SAMPLES };
	bool good;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &args);
	if (!args.run.nr_threads)
		args.run.nr_threads = args.nr_bdfs;

	run_block_signals();
	good = do_and_report(&args);
	session_close(&args.run.session);
	run_free(&args.run);
	free(args.bdfs);
	if (fflush(stdout) || ferror(stdout)) {
		message_error("standard output: cannot write the report: %s", strerror(errno));
		good = false;
	}
	return good ? 0 : EXIT_FAILED;
}
