// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include "../message.h"
#include "../model/names.h"
#include "../model/parse.h"
#include "../version.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND_NS 1000000000ULL
#define MOST_KEYS 65536

/* Long options without a letter. */
enum {
	KEY_DRIVER = 0x100,
	KEY_CGROUP,
	KEY_NO_HOST,
	KEY_HOOK_TYPE,
	KEY_HISTOGRAM,
	KEY_MAX_KEYS,
	KEY_SLOWER,
	KEY_BUFFER,
	KEY_THRESHOLD,
	KEY_DOT,
	KEY_PREDICT,
	KEY_SCOPE,
	KEY_ALL,
	KEY_SAVE,
	KEY_FROM,
	KEY_COMPARE,
	KEY_ACROSS,
};

/* clang-format off */
#define GROUP_TITLE(text) { NULL, 0, NULL, 0, text, 0 }
#define OPTION(name, key, argument, text) { name, key, argument, 0, text, 0 }
#define OPTIONS_END { 0 }

static const struct argp_option common_options[] = {
	GROUP_TITLE("Output:"),
	OPTION("json", 'j', NULL, "One JSON object a line"),
	OPTION("verbose", 'v', NULL, "Say more on standard error, what the kernel says too"),
	OPTION("help", 'h', NULL, "Show this help"),
	OPTION("version", 'V', NULL, "Show the version"),
	OPTIONS_END,
};

static const struct argp_option filter_options[] = {
	GROUP_TITLE("What to measure:"),
	OPTION("device", 'd', "PATTERN", "Devices by name: a BDF or a shell pattern (repeatable)"),
	OPTION("driver", KEY_DRIVER, "PATTERN", "Devices by driver (repeatable)"),
	OPTION("region", 'r', "LIST", "Regions: bar0..bar5, rom, config, vga, region9..., zpci-io"),
	OPTION("op", 'o', "LIST", "Operations: read, write, ioctl, mmap, fault, open, ..."),
	OPTION("width", 'w', "LIST", "Widths that user space asked for, in bytes"),
	OPTION("pid", 'p', "PID", "One process"),
	OPTION("comm", 'c', "NAME", "Threads of this name"),
	OPTION("cgroup", KEY_CGROUP, "PATH", "One cgroup (v2), by its folder"),
	OPTION("no-host", KEY_NO_HOST, NULL, "Only what goes through VFIO"),
	OPTION("hook-type", KEY_HOOK_TYPE, "TYPE",
	       "Attach by fsession, fentry or kprobe, or else the next of these that works (the "
	       "cheapest that is exact on this kernel)"),
	OPTION("device-widths", 'W', NULL,
	       "Also count the widths that reach the device, and accesses from elsewhere in the "
	       "kernel: a second hook on each access"),
	OPTIONS_END,
};

static const struct argp_option key_options[] = {
	GROUP_TITLE("What to keep apart:"),
	OPTION("by", 'b', "LIST",
	       "Of device, region, op, width, pid, comm and cgroup (device,region,op,width)"),
	OPTION("max-keys", KEY_MAX_KEYS, "N", "Histograms at most (1024), 9 KiB each"),
	OPTIONS_END,
};

static const struct argp_option time_options[] = {
	GROUP_TITLE("When to report:"),
	OPTION("interval", 'i', "SEC", "Every SEC seconds"),
	OPTION("count", 'n', "N", "End after N reports (trace: operations; events: events; locks: "
	       "deadlocks, hazards; locks --from: the gravest, all are counted)"),
	OPTION("duration", 't', "SEC", "End after SEC seconds"),
	OPTIONS_END,
};

static const struct argp_option sort_options[] = {
	OPTION("sort", 's', "ORDER", "By time, count, errors, mean, p50, p99, max or name (time)"),
	OPTIONS_END,
};

static const struct argp_option latency_options[] = {
	OPTION("histogram", KEY_HISTOGRAM, NULL, "Draw the histogram of each key"),
	OPTIONS_END,
};

static const struct argp_option trace_options[] = {
	GROUP_TITLE("Which operations to show:"),
	OPTION("slower", KEY_SLOWER, "TIME", "Those that take longer: 100us, 2ms (all)"),
	OPTION("stack", 'k', NULL, "With the kernel stack at their end"),
	OPTION("buffer", KEY_BUFFER, "SIZE", "Of the buffer for events (4M)"),
	OPTIONS_END,
};

static const struct argp_option events_options[] = {
	GROUP_TITLE("Which events to show:"),
	OPTION("hazards", 'H', NULL, "Only those that endanger a device in use"),
	OPTION("stack", 'k', NULL, "With the kernel stack that they happened in"),
	OPTIONS_END,
};

static const struct argp_option locks_options[] = {
	GROUP_TITLE("Which waits to look at:"),
	OPTION("threshold", KEY_THRESHOLD, "TIME", "Those that last for so long: 500ms, 10s (1s)"),
	OPTION("dot", KEY_DOT, "FILE", "Write what is found as graphs for Graphviz, too"),
	GROUP_TITLE("Deadlocks that nobody has run into yet:"),
	OPTION("predict", KEY_PREDICT, NULL,
	       "Learn in which order locks are taken within operations on VFIO devices, unplugs, "
	       "unbinds, resets and changes of numvfs, and report orders that can meet in a "
	       "deadlock"),
	OPTION("scope", KEY_SCOPE, "FUNCTION",
	       "Learn from this function of the kernel, too (again for more)"),
	OPTION("all", KEY_ALL, NULL,
	       "Also report what cannot happen: guarded by another lock, or one task's alone"),
	OPTION("save", KEY_SAVE, "FILE", "Write the orders to a file at the end"),
	OPTION("from", KEY_FROM, "FILE...",
	       "Do not watch this kernel, but check the orders in these files together"),
	OPTION("across", KEY_ACROSS, NULL,
	       "With --from: what is seen of one device holds for all (so it does with more files "
	       "than one)"),
	OPTION("compare", KEY_COMPARE, "FILE",
	       "With --from: tell which orders this file lacks, or has more"),
	OPTIONS_END,
};

/* clang-format on */

/* Calls `take` for each member of a comma-separated list; 0, or -1 after an error message. */
static int for_each_member(const char *what, const char *list, struct options *options,
			   int (*take)(struct options *options, const char *member))
{
	char *copy = strdup(list), *rest = copy, *member;
	int error = 0;

	if (!copy) {
		message_error("out of memory");
		return -1;
	}
	while (!error && (member = strsep(&rest, ",")))
		if (take(options, member)) {
			message_error("%s '%s' is not known (see vfioscope latency --help)", what,
				      member);
			error = -1;
		}
	free(copy);
	return error;
}

static int take_region(struct options *options, const char *member)
{
	int region = region_number(member);

	if (region < 0 || region > REGION_ZPCI_IO)
		return -1;
	options->tracer.config.filter_region = 1;
	options->tracer.config.regions |= 1ULL << region;
	return 0;
}

static int take_operation(struct options *options, const char *member)
{
	int operation = operation_number(member);

	if (operation < 0)
		return -1;
	options->tracer.config.operations |= 1u << operation;
	return 0;
}

static int take_width(struct options *options, const char *member)
{
	struct latency_config *config = &options->tracer.config;
	__u64 width;

	if (parse_number(member, 1, INT_MAX, &width))
		return -1;
	for (size_t i = 0; i < FILTER_WIDTHS; i++) {
		if (config->widths[i])
			continue;
		config->filter_width = 1;
		config->widths[i] = (__u32)width;
		return 0;
	}
	return -1;
}

static int take_part(struct options *options, const char *member)
{
	struct latency_config *config = &options->tracer.config;
	const struct {
		const char *name;
		__u8 *flag;
	} parts[] = {
		{ "device", &config->by_device }, { "region", &config->by_region },
		{ "op", &config->by_operation },  { "width", &config->by_width },
		{ "pid", &config->by_pid },	  { "comm", &config->by_comm },
		{ "cgroup", &config->by_cgroup },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(member, parts[i].name)) {
			*parts[i].flag = 1;
			return 0;
		}
	return -1;
}

static int take_parts(struct options *options, const char *list)
{
	struct latency_config *config = &options->tracer.config;

	config->by_device = config->by_region = config->by_operation = config->by_width = 0;
	return for_each_member("--by", list, options, take_part);
}

static bool device_exists(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", name);
	if (!access(path, F_OK))
		return true;
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s", name);
	return !access(path, F_OK);
}

static int take_device(struct options *options, const char *text)
{
	struct latency_config *config = &options->tracer.config;
	char name[DEVICE_NAME_BYTES];
	bool is_pattern;

	if (parse_device(text, name, &is_pattern)) {
		message_error("'%s' is not a device: give a BDF like 0000:01:10.0 or a pattern",
			      text);
		return -1;
	}
	if (!is_pattern && strchr(name, '.') && !device_exists(name)) {
		message_error("there is no device %s (a pattern, as '%s*', also takes devices that "
			      "come later)",
			      name, name);
		options->missing = true;
		return -1;
	}
	if (config->devices == FILTER_DEVICES) {
		message_error("more than %d devices: use a pattern", FILTER_DEVICES);
		return -1;
	}
	memcpy(config->device[config->devices++], name, sizeof(name));
	return 0;
}

static int take_driver(struct options *options, const char *text)
{
	struct latency_config *config = &options->tracer.config;

	if (!*text || strlen(text) >= DRIVER_NAME_BYTES || config->drivers == FILTER_DRIVERS) {
		message_error("--driver %s: up to %d names of less than %d characters", text,
			      FILTER_DRIVERS, DRIVER_NAME_BYTES);
		return -1;
	}
	strcpy(config->driver[config->drivers++], text);
	return 0;
}

static int take_comm(struct options *options, const char *text)
{
	if (!*text) {
		message_error("--comm needs a name");
		return -1;
	}
	/* The kernel has no more of a name than this either. */
	snprintf(options->tracer.config.comm, COMM_BYTES, "%s", text);
	options->tracer.config.filter_comm = 1;
	return 0;
}

static int take_cgroup(struct options *options, const char *path)
{
	struct stat status;

	/* The id of a cgroup is the inode number of its folder. */
	if (stat(path, &status) || !S_ISDIR(status.st_mode)) {
		message_error("%s is not a cgroup: give a folder under /sys/fs/cgroup", path);
		options->missing = true;
		return -1;
	}
	options->tracer.config.cgroup = status.st_ino;
	options->tracer.config.filter_cgroup = 1;
	return 0;
}

static int take_pid(struct options *options, const char *text)
{
	char path[64];
	__u64 pid;

	if (parse_number(text, 1, INT_MAX, &pid)) {
		message_error("'%s' is not a pid", text);
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/%llu", (unsigned long long)pid);
	if (access(path, F_OK)) {
		message_error("there is no process %llu", (unsigned long long)pid);
		options->missing = true;
		return -1;
	}
	options->tracer.config.pid = (__u32)pid;
	return 0;
}

static int take_hook_type(struct options *options, const char *text)
{
	for (enum hook_type type = 0; type < HOOK_TYPES; type++)
		if (!strcmp(text, hook_type_name(type))) {
			options->tracer.cheapest_type = type;
			return 0;
		}
	message_error("--hook-type %s: one of fsession, fentry and kprobe", text);
	return -1;
}

/* A number or a time in seconds for an option; more than nothing. */
static int take_seconds(const char *option, const char *text, __u64 *ns)
{
	if (!parse_time(text, SECOND_NS, ns) && *ns)
		return 0;
	message_error("%s %s: give a time in seconds, more than 0", option, text);
	return -1;
}

/* Below this reports would be all that the tracer does. */
#define INTERVAL_LEAST_NS 1000000

static int take_interval(const char *text, __u64 *ns)
{
	if (take_seconds("--interval", text, ns))
		return -1;
	if (*ns >= INTERVAL_LEAST_NS)
		return 0;
	message_error("--interval %s: give a time in seconds, at least 0.001", text);
	return -1;
}

static int take_number(const char *option, const char *text, __u64 most, __u64 *number)
{
	if (!parse_number(text, 1, most, number))
		return 0;
	message_error("%s %s: give a number from 1 to %llu", option, text,
		      (unsigned long long)most);
	return -1;
}

static int take_order(struct options *options, const char *text)
{
	for (enum report_order order = 0; order < ORDERS; order++)
		if (!strcmp(text, report_order_name(order))) {
			options->order = order;
			return 0;
		}
	message_error("--sort %s: one of time, count, errors, mean, p50, p99, max and name", text);
	return -1;
}

static int take_buffer(struct options *options, const char *text)
{
	__u64 page = (__u64)sysconf(_SC_PAGESIZE), bytes;

	if (!parse_size(text, &bytes) && bytes >= page && bytes <= 1ULL << 30 &&
	    !(bytes & (bytes - 1))) {
		options->event_bytes = bytes;
		return 0;
	}
	message_error("--buffer %s: give a power of two from %llu to 1G", text,
		      (unsigned long long)page);
	return -1;
}

static int take_max_keys(struct options *options, const char *text)
{
	__u64 keys;

	if (take_number("--max-keys", text, MOST_KEYS, &keys))
		return -1;
	options->tracer.config.max_keys = (__u32)keys;
	return 0;
}

static int take_slower(struct options *options, const char *text)
{
	if (!parse_time(text, 1, &options->slower_ns))
		return 0;
	message_error("--slower %s: give a time, as 100us or 2ms", text);
	return -1;
}

/* What takes its turn for a lock is no wait yet. */
#define THRESHOLD_LEAST_NS 10000000

static int take_threshold(const char *text, __u64 *ns)
{
	__u64 given;

	if (!parse_time(text, 1, &given) && given >= THRESHOLD_LEAST_NS) {
		*ns = given;
		return 0;
	}
	message_error("--threshold %s: give a time of at least 10ms, as 500ms or 10s", text);
	return -1;
}

/* Values that can be given again and again. */
#define MOST_VALUES 1024

struct values {
	size_t count;
	char *value[MOST_VALUES + 1]; /* NULL at the end */
};

static int take_value(const char *option, char *argument, struct values *values, char ***list)
{
	if (values->count == MOST_VALUES) {
		message_error("%s: %d are the most there can be", option, MOST_VALUES);
		return -1;
	}
	values->value[values->count++] = argument;
	*list = values->value;
	return 0;
}

static int take_path(const char *option, const char *argument, const char **path)
{
	if (!argument[0]) {
		message_error("%s '': give the name of a file", option);
		return -1;
	}
	*path = argument;
	return 0;
}

static struct values scopes, files;

static int take_file(struct options *options, char *argument)
{
	const char *path;

	if (take_path("--from", argument, &path))
		return -1;
	return take_value("--from", argument, &files, &options->from);
}

/* What is no option: files behind --from. */
static int take_argument(struct options *options, char *argument)
{
	if (options->from)
		return take_file(options, argument);
	message_error("'%s' is not an option (a command goes behind --)", argument);
	return -1;
}

/* Of one group of options. ARGP_ERR_UNKNOWN: it is of another. */
static error_t parse_order_option(int key, char *argument, struct options *options)
{
	int error = 0;

	switch (key) {
	case KEY_PREDICT:
		options->predict = true;
		break;
	case KEY_SCOPE:
		error = take_value("--scope", argument, &scopes, &options->scopes);
		break;
	case KEY_ALL:
		options->all = true;
		break;
	case KEY_SAVE:
		error = take_path("--save", argument, &options->save);
		break;
	case KEY_FROM:
		error = take_file(options, argument);
		break;
	case KEY_ACROSS:
		options->across = true;
		break;
	case KEY_COMPARE:
		error = take_path("--compare", argument, &options->compare);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return error ? EINVAL : 0;
}

/* One option. Errors have been said; argp only has to end. */
static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;
	int error = 0;

	switch (key) {
	case 'j':
		options->json = true;
		break;
	case 'v':
		options->verbose = true;
		break;
	case 'd':
		error = take_device(options, argument);
		break;
	case KEY_DRIVER:
		error = take_driver(options, argument);
		break;
	case 'r':
		error = for_each_member("region", argument, options, take_region);
		break;
	case 'o':
		error = for_each_member("operation", argument, options, take_operation);
		break;
	case 'w':
		error = for_each_member("width", argument, options, take_width);
		break;
	case 'p':
		error = take_pid(options, argument);
		break;
	case 'c':
		error = take_comm(options, argument);
		break;
	case KEY_CGROUP:
		error = take_cgroup(options, argument);
		break;
	case KEY_NO_HOST:
		options->tracer.groups[HOOK_GROUP_HOST] = false;
		break;
	case KEY_HOOK_TYPE:
		error = take_hook_type(options, argument);
		break;
	case 'W':
		options->tracer.groups[HOOK_GROUP_DEVICE_ACCESS] = true;
		break;
	case 'b':
		error = take_parts(options, argument);
		break;
	case KEY_MAX_KEYS:
		error = take_max_keys(options, argument);
		break;
	case 'i':
		error = take_interval(argument, &options->interval_ns);
		break;
	case 't':
		error = take_seconds("--duration", argument, &options->duration_ns);
		break;
	case 'n':
		error = take_number("--count", argument, UINT_MAX, &options->count);
		break;
	case 's':
		error = take_order(options, argument);
		break;
	case KEY_HISTOGRAM:
		options->histogram = true;
		break;
	case KEY_SLOWER:
		error = take_slower(options, argument);
		break;
	case 'k':
		options->stack = true;
		break;
	case 'H':
		options->hazards = true;
		break;
	case KEY_THRESHOLD:
		error = take_threshold(argument, &options->threshold_ns);
		break;
	case KEY_DOT:
		error = take_path("--dot", argument, &options->graph);
		break;
	case KEY_BUFFER:
		error = take_buffer(options, argument);
		break;
	case ARGP_KEY_ARG:
		error = take_argument(options, argument);
		break;
	default:
		return parse_order_option(key, argument, options);
	}
	return error ? EINVAL : 0;
}

/* The parsers of the groups that a subcommand takes. */
#define GROUPS 9

static size_t add_groups(unsigned int groups, struct argp *parsers, struct argp_child *children)
{
	static const struct argp_option *const tables[GROUPS] = {
		filter_options, key_options,	time_options,  sort_options,   latency_options,
		trace_options,	events_options, locks_options, common_options,
	};
	static const unsigned int flags[GROUPS] = {
		OPTIONS_FILTER, OPTIONS_KEYS,	OPTIONS_TIME,  OPTIONS_SORT,   OPTIONS_LATENCY,
		OPTIONS_TRACE,	OPTIONS_EVENTS, OPTIONS_LOCKS, OPTIONS_COMMON,
	};
	size_t count = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		if (!(groups & flags[i]))
			continue;
		parsers[count] = (struct argp){ .options = tables[i], .parser = parse_option };
		children[count] =
			(struct argp_child){ .argp = &parsers[count], .group = (int)count };
		count++;
	}
	children[count] = (struct argp_child){ 0 };
	return count;
}

static error_t parse_root(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	for (size_t i = 0; state->root_argp->children[i].argp; i++)
		state->child_inputs[i] = state->input;
	return 0;
}

/* Options that only show something; found before the rest, which may be wrong. */
static bool shown(const struct argp *parser, char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			argp_help(parser, stdout, ARGP_HELP_LONG | ARGP_HELP_USAGE | ARGP_HELP_DOC,
				  name);
			return true;
		}
		if (!strcmp(argv[i], "-V") || !strcmp(argv[i], "--version")) {
			puts("vfioscope " VFIOSCOPE_VERSION);
			return true;
		}
	}
	return false;
}

/* getopt speaks of what it does not know in lines of its own: they become one of ours. */
static error_t parse_quietly(const struct argp *parser, char *name, int argc, char **argv,
			     struct options *options)
{
	FILE *real = stderr, *memory;
	char *text = NULL, *line;
	size_t bytes = 0;
	error_t error;

	memory = open_memstream(&text, &bytes);
	if (!memory)
		return ENOMEM;
	message_stream(real);
	stderr = memory;
	error = argp_parse(parser, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, options);
	stderr = real;
	fclose(memory);
	line = strstr(text, ": ");
	if (error && line) {
		line[strcspn(line, "\n")] = '\0';
		message_error("%s (see %s --help)", line + 2, name);
	}
	free(text);
	return error;
}

static void set_defaults(struct options *options)
{
	struct latency_config *config = &options->tracer.config;

	memset(options, 0, sizeof(*options));
	config->by_device = config->by_region = config->by_operation = config->by_width = 1;
	config->max_keys = DEFAULT_KEYS;
	config->page_shift = (__u8)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	options->tracer.groups[HOOK_GROUP_VFIO] = true;
	options->tracer.groups[HOOK_GROUP_HOST] = true;
	options->tracer.cheapest_type = HOOK_TYPES;
	options->event_bytes = 4 << 20;
}

static bool watches(const struct options *options)
{
	return options->predict || options->scopes || options->command || options->threshold_ns ||
	       options->interval_ns || options->duration_ns;
}

/* What is about orders goes with watching for them, or with having some. */
static int check_orders(const struct options *options)
{
	const char *wrong = NULL;

	if (options->from && watches(options))
		wrong = "--from watches nothing: it takes no --predict, --scope, times or command";
	else if (!options->from && options->compare)
		wrong = "--compare needs --from";
	else if (!options->from && options->across)
		wrong = "--across needs --from";
	else if (!options->from && !options->predict && (options->all || options->save))
		wrong = "--all and --save need --predict or --from";
	else if (options->scopes && !options->predict)
		wrong = "--scope needs --predict";
	if (!wrong)
		return 0;
	message_error("%s", wrong);
	return -1;
}

/* What follows from several options. */
static int complete(struct options *options, unsigned int groups)
{
	struct latency_config *config = &options->tracer.config;

	if (options->command && !options->command[0]) {
		message_error("there is no command behind --");
		return -1;
	}
	if (options->count && !options->interval_ns &&
	    !(groups & (OPTIONS_TRACE | OPTIONS_EVENTS | OPTIONS_LOCKS))) {
		message_error("--count needs --interval");
		return -1;
	}
	if (check_orders(options))
		return -1;
	if (!options->threshold_ns)
		options->threshold_ns = SECOND_NS;
	config->follow = options->command != NULL;
	config->forget_tasks = config->by_pid || config->pid || config->follow;
	config->by_moment = config->by_comm || config->by_cgroup || config->filter_comm ||
			    config->filter_cgroup;
	/* Asking for an operation is asking for its hooks. */
	if (config->operations & (1u << OPERATION_PCI_READ | 1u << OPERATION_PCI_WRITE))
		options->tracer.groups[HOOK_GROUP_DEVICE_ACCESS] = true;
	return 0;
}

int options_parse(struct options *options, unsigned int groups, const char *name,
		  const char *description, int argc, char **argv)
{
	struct argp parsers[GROUPS];
	struct argp_child children[GROUPS + 1];
	struct argp root = { .parser = parse_root, .doc = description, .children = children };
	char full_name[64];

	snprintf(full_name, sizeof(full_name), "vfioscope %s", name);
	root.args_doc = groups & OPTIONS_TIME ? "\n[-- COMMAND [ARGUMENTS...]]" : NULL;
	set_defaults(options);
	if (groups & OPTIONS_LIVE)
		options->interval_ns = SECOND_NS;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			options->command = &argv[i + 1];
			argc = i;
			break;
		}
	}
	/* An error in any option is to be said the way that is asked for. */
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "-j") || !strcmp(argv[i], "--json"))
			message_as_json(true);
	add_groups(groups, parsers, children);
	if (shown(&root, full_name, argc, argv))
		return STATUS_OK;
	argv[0] = full_name;
	if (parse_quietly(&root, full_name, argc, argv, options) || complete(options, groups))
		return options->missing ? STATUS_FAILURE : STATUS_USAGE;
	message_as_json(options->json);
	message_verbose(options->verbose);
	return -1;
}
