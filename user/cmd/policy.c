// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope policy: what may be done to devices. */
#include "commands.h"
#include "options.h"
#include "output.h"
#include "run.h"

#include "../clock.h"
#include "../lifecycle/watcher.h"
#include "../message.h"
#include "../model/parse.h"
#include "../model/policy_names.h"
#include "../policy/force.h"
#include "../policy/inform.h"
#include "../render/policy.h"
#include "../version.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: vfioscope policy check FILE\n"
	"       vfioscope policy load [--refuse-open] FILE\n"
	"       vfioscope policy show|stats|watch|unload\n"
	"Say what may be done to devices, and hold everybody to it.\n"
	"\n"
	"  check    whether FILE is a policy, which of its rules meet or never decide, and what\n"
	"           this kernel can do with it; takes no privileges\n"
	"  load     put the policy in force, in place of the one before; it stays when vfioscope\n"
	"           ends, until unload or a reboot\n"
	"  show     which policy is in force\n"
	"  stats    what each of its rules has decided\n"
	"  watch    what is denied or audited, live\n"
	"  unload   take the policy out of force\n"
	"\n"
	"  -j, --json         one JSON object a line\n"
	"  -n, --count=N      watch: end after N decisions\n"
	"      --refuse-open  load: refuse while a device is open or mapped, which a policy\n"
	"                     cannot take back\n"
	"      --hook-type=lsm|fmod_ret|kprobe\n"
	"                     load: in this way, not in the best one\n"
	"  -v, --verbose      say more on standard error\n"
	"  -h, --help         show this help\n"
	"  -V, --version      show the version\n"
	"\n"
	"vfioscope-policy(8) tells what a policy file has.\n";

struct policy_options {
	bool json;
	bool refuse_open;
	enum policy_hooks hooks; /* POLICY_HOOKS: the best that there is */
	__u64 count;
	const char *file;
};

/* A file larger than any policy is not one. */
#define MOST_BYTES (16UL << 20)

/*
 * Reading
 */

static char *read_text(const char *path, size_t *bytes)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text = NULL;

	if (file)
		text = malloc(MOST_BYTES);
	if (text) {
		*bytes = fread(text, 1, MOST_BYTES, file);
		if (ferror(file) || *bytes == MOST_BYTES) {
			errno = ferror(file) ? EIO : EFBIG;
			free(text);
			text = NULL;
		}
	}
	if (!text)
		message_error("%s: %s", path, strerror(errno));
	if (file && file != stdin)
		fclose(file);
	return text;
}

static struct policy *read_policy(const char *path)
{
	struct policy_error error = { 0 };
	struct policy *policy;
	size_t bytes;
	char *text = read_text(path, &bytes);

	if (!text)
		return NULL;
	policy = policy_read(text, bytes, &error);
	free(text);
	if (policy)
		return policy;
	if (error.line)
		message_error("%s:%zu:%zu: %s", path, error.line, error.column, error.text);
	else
		message_error("%s: %s", path, error.text);
	return NULL;
}

/*
 * check
 */

struct check {
	const struct policy_options *options;
	const struct policy *policy;
	int error;
};

static void show_remark(const struct policy_remark *remark, void *argument)
{
	struct check *check = argument;

	check->error |= check->options->json ?
				render_policy_remark_json(stdout, check->policy, remark) :
				render_policy_remark_text(stdout, check->policy, remark);
}

static int check(const struct policy_options *options)
{
	struct policy *policy = read_policy(options->file);
	struct check check = { .options = options, .policy = policy };
	struct policy_checked checked = { .policy = policy };
	enum policy_hooks hooks = policy_hooks_here();
	struct policy_table table;
	struct policy_error error;

	if (!policy)
		return STATUS_FAILURE;
	if (policy_compile(policy, &table, &error)) {
		message_error("%s: %s", options->file, error.text);
		policy_free(policy);
		return STATUS_FAILURE;
	}
	policy_table_free(&table);
	checked.hooks = policy_hooks_name(hooks);
	checked.reason = policy_cannot_enforce(hooks);
	policy_explain(policy, show_remark, &check);
	check.error |= options->json ? render_policy_checked_json(stdout, &checked) :
				       render_policy_checked_text(stdout, &checked);
	policy_free(policy);
	return check.error ? STATUS_FAILURE : STATUS_OK;
}

/*
 * load, unload
 */

struct open_devices {
	const struct policy_options *options;
	size_t count;
	int error;
};

static void show_open(const struct lifecycle_event *event, void *argument)
{
	struct open_devices *open = argument;
	char comm[COMM_BYTES + 1], device[DEVICE_NAME_BYTES + 1];
	const struct policy_user user = { .device = device, .comm = comm, .pid = event->pid };

	snprintf(comm, sizeof(comm), "%.*s", COMM_BYTES, event->comm);
	snprintf(device, sizeof(device), "%.*s", DEVICE_NAME_BYTES, event->device);
	open->count++;
	open->error |= open->options->json ? render_policy_user_json(stdout, &user) :
					     render_policy_user_text(stdout, &user);
}

/* What is in force; @loaded: it has just been put there. */
static int show_policy(const struct policy_options *options, const struct policy_loaded *loaded)
{
	struct policy_inform *inform = policy_inform_open();
	struct policy_shown shown = { .loaded = loaded, .replaced = loaded && loaded->replaced };
	int error;

	if (!inform)
		return STATUS_FAILURE;
	shown.header = policy_inform_header(inform);
	shown.hooks = policy_hooks_name(policy_inform_hooks(inform));
	error = options->json ? render_policy_json(stdout, &shown) :
				render_policy_text(stdout, &shown);
	policy_inform_close(inform);
	return error ? STATUS_FAILURE : STATUS_OK;
}

static int load_policy(const struct policy_options *options, const struct policy *policy)
{
	struct open_devices open = { .options = options };
	struct policy_loaded loaded;

	if (watcher_list_open(show_open, &open) || open.error)
		return STATUS_FAILURE;
	if (open.count && options->refuse_open) {
		message_error("devices are open already: nothing was loaded");
		return STATUS_FAILURE;
	}
	if (policy_force_load(policy, options->hooks, &loaded))
		return STATUS_FAILURE;
	return show_policy(options, &loaded);
}

static int load(const struct policy_options *options)
{
	struct policy *policy = read_policy(options->file);
	int status;

	if (!policy)
		return STATUS_FAILURE;
	status = load_policy(options, policy);
	policy_free(policy);
	return status;
}

static int unload(const struct policy_options *options)
{
	int result = policy_force_unload();

	(void)options;
	if (result > 0)
		message_error("no policy is in force");
	return result ? STATUS_FAILURE : STATUS_OK;
}

/*
 * show, stats
 */

static int show(const struct policy_options *options)
{
	return show_policy(options, NULL);
}

static void add_counts(struct policy_counts *sum, const struct policy_counts *counts)
{
	sum->allowed += counts->allowed;
	sum->denied += counts->denied;
	sum->would_deny += counts->would_deny;
	sum->audited += counts->audited;
	sum->unknown += counts->unknown;
	sum->limited += counts->limited;
}

static int show_counts(const struct policy_options *options, const struct policy_inform *inform,
		       const struct policy_rule_shown *wanted, struct policy_counts *sum)
{
	struct policy_rule_shown rule = *wanted;
	struct policy_counts counts;

	counts = policy_inform_counts(inform, rule.is_default ? POLICY_DEFAULT_RULE(rule.number) :
								rule.number);
	add_counts(sum, &counts);
	rule.header = policy_inform_header(inform);
	rule.counts = &counts;
	return options->json ? render_policy_counts_json(stdout, &rule) :
			       render_policy_counts_text(stdout, &rule);
}

static int show_total(const struct policy_options *options, const struct policy_inform *inform,
		      const struct policy_counts *sum)
{
	const struct policy_state state = policy_inform_state(inform);
	const struct policy_total total = {
		.header = policy_inform_header(inform),
		.sum = *sum,
		.no_memory = state.no_memory,
		.lost = state.lost,
		.missed_runs = policy_inform_missed(inform),
	};

	return options->json ? render_policy_total_json(stdout, &total) :
			       render_policy_total_text(stdout, &total);
}

static int stats(const struct policy_options *options)
{
	struct policy_inform *inform = policy_inform_open();
	struct policy_counts sum = { 0 };
	char text[POLICY_TEXT_BYTES];
	int error;

	if (!inform)
		return STATUS_FAILURE;
	error = options->json ? 0 : render_policy_counts_heading(stdout);
	for (__u32 i = 0; i < policy_inform_header(inform)->rules && !error; i++) {
		const struct policy_rule_shown rule = {
			.number = i,
			.name = policy_inform_rule(inform, i, text) ?: "",
		};

		error = show_counts(options, inform, &rule, &sum);
	}
	for (__u32 class = 0; class < POLICY_CLASSES && !error; class ++) {
		const struct policy_rule_shown rule = {
			.number = class,
			.name = policy_class_name(class),
			.is_default = true,
		};

		error = show_counts(options, inform, &rule, &sum);
	}
	error = error ?: show_total(options, inform, &sum);
	policy_inform_close(inform);
	return error ? STATUS_FAILURE : STATUS_OK;
}

/*
 * watch
 */

struct watch {
	const struct policy_options *options;
	struct policy_inform *inform;
	__u64 realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	__u64 left;		  /* decisions still to show, 0: no limit */
	__u64 lost;		  /* that was told */
	bool done;
	int error;
};

static void show_decision(const struct policy_event *event, void *argument)
{
	struct watch *watch = argument;
	const struct policy_decided decided = {
		.event = event,
		.time_ns = event->time_ns + watch->realtime_offset_ns,
	};

	if (watch->error || watch->done || event->self_test)
		return;
	watch->error = watch->options->json ? render_policy_decision_json(stdout, &decided) :
					      render_policy_decision_text(stdout, &decided);
	if (watch->left && !--watch->left)
		watch->done = true;
}

static void tell_lost(struct watch *watch)
{
	__u64 lost = policy_inform_state(watch->inform).lost;

	if (lost != watch->lost)
		message_warning("%llu decisions were not told of: the buffer was full (they were "
				"counted, see vfioscope policy stats)",
				(unsigned long long)(lost - watch->lost));
	watch->lost = lost;
}

static int watch_with(struct watch *watch, struct run *run, const struct options *options)
{
	int file = policy_inform_event_fd(watch->inform, show_decision, watch);
	enum run_event event = RUN_TICK;

	if (file < 0) {
		message_error("cannot read decisions: %s", strerror(errno));
		return -1;
	}
	run_start(run, options);
	while (!watch->error && !watch->done && event != RUN_END && event != RUN_FAILED) {
		event = run_wait(run, file);
		policy_inform_poll(watch->inform);
		if (!watch->error && fflush(stdout))
			watch->error = -1;
		if (event != RUN_TICK)
			continue;
		tell_lost(watch);
		if (policy_inform_renew(watch->inform) < 0) {
			message_warning("the policy was unloaded");
			break;
		}
	}
	return output_check(watch->error) || event == RUN_FAILED ? -1 : 0;
}

static int watch(const struct policy_options *options)
{
	const struct options common = { .json = options->json };
	struct watch watch = {
		.options = options,
		.left = options->count,
		.realtime_offset_ns = clock_realtime_offset_ns(),
	};
	struct run run;
	int status, error = -1;

	if (run_open(&run, &common))
		return STATUS_FAILURE;
	if (output_open(&run)) {
		run_close(&run);
		return STATUS_FAILURE;
	}
	watch.inform = policy_inform_open();
	if (watch.inform)
		error = watch_with(&watch, &run, &common);
	policy_inform_close(watch.inform);
	output_close();
	status = run_close(&run);
	return error ? STATUS_FAILURE : status;
}

/*
 * The command line
 */

static const struct verb {
	const char *name;
	int (*run)(const struct policy_options *options);
	bool takes_file;
} verbs[] = {
	{ "check", check, true },  { "load", load, true },    { "show", show, false },
	{ "stats", stats, false }, { "watch", watch, false }, { "unload", unload, false },
};

enum {
	KEY_REFUSE_OPEN = 0x100,
	KEY_HOOK_TYPE
};

static int parse_hooks(const char *name, enum policy_hooks *hooks)
{
	for (*hooks = 0; *hooks < POLICY_HOOKS; (*hooks)++)
		if (!strcmp(policy_hooks_name(*hooks), name))
			return 0;
	message_error("--hook-type=%s: lsm, fmod_ret or kprobe", name);
	return -1;
}

static int parse_count(const char *text, __u64 *count)
{
	if (!parse_number(text, 1, UINT64_MAX, count))
		return 0;
	message_error("--count=%s: a number from 1 on", text);
	return -1;
}

/* Returns -1 if the command line is to be heeded, else the status to exit with. */
static int take_option(struct policy_options *options, int key, char **argv)
{
	switch (key) {
	case 'j':
		options->json = true;
		message_as_json(true);
		return -1;
	case 'v':
		message_verbose(true);
		return -1;
	case 'n':
		return parse_count(optarg, &options->count) ? STATUS_USAGE : -1;
	case KEY_REFUSE_OPEN:
		options->refuse_open = true;
		return -1;
	case KEY_HOOK_TYPE:
		return parse_hooks(optarg, &options->hooks) ? STATUS_USAGE : -1;
	case 'h':
		fputs(help, stdout);
		return STATUS_OK;
	case 'V':
		puts("vfioscope " VFIOSCOPE_VERSION);
		return STATUS_OK;
	case ':':
		message_error("%s wants an argument (see vfioscope policy --help)",
			      argv[optind - 1]);
		return STATUS_USAGE;
	default:
		message_error("%s is not an option (see vfioscope policy --help)",
			      argv[optind - 1]);
		return STATUS_USAGE;
	}
}

static int parse(struct policy_options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "count", required_argument, NULL, 'n' },
		{ "refuse-open", no_argument, NULL, KEY_REFUSE_OPEN },
		{ "hook-type", required_argument, NULL, KEY_HOOK_TYPE },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int key, status = -1;

	opterr = 0;
	while (status < 0 && (key = getopt_long(argc, argv, ":jvn:hV", longs, NULL)) != -1)
		status = take_option(options, key, argv);
	return status;
}

int command_policy(int argc, char **argv)
{
	struct policy_options options = { .hooks = POLICY_HOOKS };
	int status = parse(&options, argc, argv);
	const char *name = optind < argc ? argv[optind] : NULL;

	if (status >= 0)
		return status;
	for (size_t i = 0; name && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *verb = &verbs[i];

		if (strcmp(verb->name, name))
			continue;
		if (argc - optind != 1 + verb->takes_file) {
			message_error(verb->takes_file ? "policy %s takes one FILE" :
							 "policy %s takes no argument",
				      name);
			return STATUS_USAGE;
		}
		options.file = argv[optind + 1];
		status = verb->run(&options);
		return fflush(stdout) && output_check(-1) ? STATUS_FAILURE : status;
	}
	message_error("policy %s: check, load, show, stats, watch or unload (see --help)",
		      name ?: "what");
	return STATUS_USAGE;
}
