// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "names.h"
#include "parse.h"
#include "policy_names.h"
#include "policy_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is being read, and where: the first error ends it. */
struct reader {
	const struct yaml_file *file;
	struct policy_error *error;
	unsigned int rule; /* of the file, from 0 on */
	bool failed;
};

__attribute__((format(printf, 3, 4))) static void fail(struct reader *reader, const char *path,
						       const char *format, ...)
{
	va_list arguments;

	if (reader->failed)
		return;
	reader->failed = true;
	yaml_file_find(reader->file, path, reader->error);
	va_start(arguments, format);
	vsnprintf(reader->error->text, sizeof(reader->error->text), format, arguments);
	va_end(arguments);
}

/* Of a member of a rule's list, or of the list, or of a single value. */
__attribute__((format(printf, 4, 5))) static void
fail_in_rule(struct reader *reader, const char *key, int member, const char *format, ...)
{
	char path[128], text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (member < 0)
		snprintf(path, sizeof(path), "rules/%u/%s", reader->rule, key);
	else
		snprintf(path, sizeof(path), "rules/%u/%s/%d", reader->rule, key, member);
	fail(reader, path, "%s", text);
}

/* "one, another or a third" of a table of names, some of which may be missing. */
static const char *all_names(const char *(*name_of)(unsigned int), unsigned int count,
			     char text[200])
{
	int length = 0;

	for (unsigned int i = 0; i < count; i++)
		if (name_of(i) && length < 200)
			length += snprintf(text + length, 200 - (size_t)length, "%s%s",
					   length ? ", " : "", name_of(i));
	return text;
}

/* The number of a name, or -1. */
static int number_of(const char *(*name_of)(unsigned int), unsigned int count, const char *name)
{
	for (unsigned int i = 0; i < count; i++)
		if (name_of(i) && !strcmp(name_of(i), name))
			return (int)i;
	return -1;
}

static bool has_room(struct reader *reader, const char *key, const struct yaml_list *list,
		     size_t most)
{
	if (list->count > most)
		fail_in_rule(reader, key, (int)most,
			     "more than %zu; expected another rule for them", most);
	return list->count <= most;
}

/* A list of names into bits. */
static __u64 read_bits(struct reader *reader, const char *key, const struct yaml_list *list,
		       const char *(*name_of)(unsigned int), unsigned int count)
{
	char expected[200];
	__u64 bits = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		int number = number_of(name_of, count, list->text[i]);

		if (number < 0)
			fail_in_rule(reader, key, (int)i, "unknown: \"%.60s\"; expected %s",
				     list->text[i], all_names(name_of, count, expected));
		else
			bits |= 1ULL << number;
	}
	return bits;
}

/* A list of texts of which each is copied as it is, if it fits. */
static size_t read_texts(struct reader *reader, const char *key, const struct yaml_list *list,
			 char *texts, size_t bytes, const char *what)
{
	if (!has_room(reader, key, list, POLICY_MOST_VALUES))
		return 0;
	for (unsigned int i = 0; i < list->count; i++) {
		if (strlen(list->text[i]) >= bytes)
			fail_in_rule(reader, key, (int)i, "too long; expected %s of less than %zu",
				     what, bytes);
		else
			strcpy(texts + i * bytes, list->text[i]);
	}
	return list->count;
}

static size_t read_numbers(struct reader *reader, const char *key, const struct yaml_list *list,
			   __u32 *numbers, size_t most, __u64 least_number)
{
	__u64 number = 0;

	if (!has_room(reader, key, list, most))
		return 0;
	for (unsigned int i = 0; i < list->count; i++) {
		if (parse_number(list->text[i], least_number, 0xffffffff, &number))
			fail_in_rule(reader, key, (int)i, "\"%.60s\" is no number from %llu on",
				     list->text[i], (unsigned long long)least_number);
		numbers[i] = (__u32)number;
	}
	return list->count;
}

/*
 * Which device
 */

static void read_addresses(struct reader *reader, const struct yaml_list *list,
			   struct policy_statement *rule)
{
	bool is_pattern;

	if (!has_room(reader, "device/address", list, POLICY_MOST_ADDRESSES))
		return;
	for (unsigned int i = 0; i < list->count; i++) {
		const char *text = list->text[i];

		if (parse_device(text, rule->address[i], &is_pattern) || strchr(text, '-') ||
		    strlen(rule->address[i]) >= POLICY_ADDRESS_BYTES ||
		    (is_pattern ? strspn(text, "0123456789abcdef:.*?") != strlen(text) :
				  !strchr(text, '.')))
			fail_in_rule(reader, "device/address", (int)i,
				     "\"%.60s\" is no PCI address; expected 0000:01:10.0 or a "
				     "pattern such as 0000:01:1*",
				     text);
	}
	rule->addresses = list->count;
}

static int parse_id(const char *text, struct policy_device_id *id)
{
	unsigned int vendor, device;
	int end = 0;

	*id = (struct policy_device_id){ 0 };
	if (strlen(text) == 9 && sscanf(text, "%4x:%4x%n", &vendor, &device, &end) == 2 &&
	    end == 9) {
		id->device = (__u16)device;
	} else if (strlen(text) == 6 && sscanf(text, "%4x:*%n", &vendor, &end) == 1 && end == 6) {
		id->any_device = true;
	} else {
		return -1;
	}
	id->vendor = (__u16)vendor;
	return vendor ? 0 : -1;
}

static void read_ids(struct reader *reader, const struct yaml_list *list,
		     struct policy_statement *rule)
{
	if (!has_room(reader, "device/id", list, POLICY_MOST_VALUES))
		return;
	for (unsigned int i = 0; i < list->count; i++)
		if (parse_id(list->text[i], &rule->id[i]))
			fail_in_rule(reader, "device/id", (int)i,
				     "\"%.60s\" is no device id; expected 8086:10ca or 8086:*",
				     list->text[i]);
	rule->ids = list->count;
}

static void read_device(struct reader *reader, const struct yaml_device *device,
			struct policy_statement *rule)
{
	if (!device)
		return;
	read_addresses(reader, &device->address, rule);
	read_ids(reader, &device->id, rule);
	rule->drivers = read_texts(reader, "device/driver", &device->driver, rule->driver[0],
				   sizeof(rule->driver[0]), "a driver's name");
	rule->groups = read_numbers(reader, "device/group", &device->group, rule->group,
				    POLICY_MOST_VALUES, 0);
	rule->classes = (__u8)read_bits(reader, "device/class", &device->class, policy_class_name,
					POLICY_CLASSES);
}

/*
 * By whom
 */

static void read_comms(struct reader *reader, const struct yaml_list *list,
		       struct policy_statement *rule)
{
	rule->comms = read_texts(reader, "subject/comm", list, rule->comm[0], sizeof(rule->comm[0]),
				 "a name");
	for (size_t i = 0; i < rule->comms; i++) {
		const char *star = strchr(rule->comm[i], '*');
		size_t length = strlen(rule->comm[i]);

		/* The kernel keeps one less. */
		if ((star && star[1]) || length - (star != NULL) >= COMM_BYTES)
			fail_in_rule(reader, "subject/comm", (int)i,
				     "\"%.60s\": expected a name of up to 15 characters, with at "
				     "most a * at its end",
				     rule->comm[i]);
	}
}

static void read_paths(struct reader *reader, const char *key, const struct yaml_list *list,
		       char (*paths)[POLICY_TEXT_BYTES], size_t *count)
{
	*count = read_texts(reader, key, list, paths[0], POLICY_TEXT_BYTES, "a path");
	for (size_t i = 0; i < *count; i++) {
		size_t length = strlen(paths[i]);

		if (paths[i][0] != '/' || strstr(paths[i], "//") || strstr(paths[i], "/.") ||
		    (length > 1 && paths[i][length - 1] == '/'))
			fail_in_rule(reader, key, (int)i,
				     "\"%.60s\" is no absolute path in its shortest form",
				     paths[i]);
	}
}

static void read_subject(struct reader *reader, const struct yaml_subject *subject,
			 struct policy_statement *rule)
{
	if (!subject)
		return;
	read_paths(reader, "subject/cgroup", &subject->cgroup, rule->cgroup, &rule->cgroups);
	rule->uids = read_numbers(reader, "subject/uid", &subject->uid, rule->uid,
				  POLICY_MOST_VALUES, 0);
	read_comms(reader, &subject->comm, rule);
	read_paths(reader, "subject/executable", &subject->executable, rule->executable,
		   &rule->executables);
}

/*
 * What is done
 */

/* Those that a condition can say something about. */
#define BIT(number) (1U << (number))
#define WITH_CONFIG (BIT(POLICY_SYSFS_CONFIG_READ) | BIT(POLICY_SYSFS_CONFIG_WRITE))
#define WITH_WIDTH (BIT(POLICY_READ) | BIT(POLICY_WRITE) | WITH_CONFIG)
#define WITH_RANGE (WITH_WIDTH | BIT(POLICY_MMAP))
#define WITH_REGION (BIT(POLICY_READ) | BIT(POLICY_WRITE) | BIT(POLICY_MMAP))

static const struct condition {
	const char *key;
	__u32 operations;
} conditions[] = {
	{ "ioctl", BIT(POLICY_IOCTL) },
	{ "region", WITH_REGION },
	{ "offset", WITH_RANGE },
	{ "width", WITH_WIDTH },
	{ "width-not", WITH_WIDTH },
	{ "alignment", WITH_WIDTH },
	{ "access", BIT(POLICY_READ) | BIT(POLICY_WRITE) },
};

static bool is_given(const struct yaml_rule *source, const char *key)
{
	const struct {
		const char *key;
		bool given;
	} given[] = {
		{ "ioctl", source->ioctl.count },	  { "region", source->region.count },
		{ "offset", source->offset.count },	  { "width", source->width.count },
		{ "width-not", source->width_not.count }, { "alignment", source->alignment },
		{ "access", source->access.count },
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (!strcmp(given[i].key, key))
			return given[i].given;
	return false;
}

/* Without any named: all those that every condition can say something about. */
static void read_operations(struct reader *reader, const struct yaml_rule *source,
			    struct policy_statement *rule)
{
	__u32 named = (__u32)read_bits(reader, "operation", &source->operation,
				       policy_operation_name, POLICY_OPERATIONS);
	__u32 possible = BIT(POLICY_OPERATIONS) - 1;

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		__u32 nothing = named & ~conditions[i].operations;

		if (!is_given(source, conditions[i].key))
			continue;
		if (nothing)
			fail_in_rule(reader, conditions[i].key, -1, "%s says nothing about %s",
				     conditions[i].key,
				     policy_operation_name((unsigned int)__builtin_ctz(nothing)));
		possible &= conditions[i].operations;
	}
	if (!named && !possible)
		fail_in_rule(reader, "name", -1, "no operation has all that the rule asks for");
	rule->operations = named ? named : possible;
}

static void read_ranges(struct reader *reader, const struct yaml_list *list,
			struct policy_statement *rule)
{
	if (!has_room(reader, "offset", list, POLICY_MOST_VALUES))
		return;
	for (unsigned int i = 0; i < list->count; i++) {
		struct policy_range *range = &rule->range[i];
		const char *dash = strchr(list->text[i], '-');
		char first[32];

		snprintf(first, sizeof(first), "%.*s",
			 dash ? (int)(dash - list->text[i]) : (int)sizeof(first) - 1,
			 list->text[i]);
		if (parse_number(first, 0, ~0ULL, &range->first) ||
		    parse_number(dash ? dash + 1 : first, 0, ~0ULL, &range->last) ||
		    range->last < range->first)
			fail_in_rule(reader, "offset", (int)i,
				     "\"%.60s\" is no range; expected 0x4 or 0x4-0x5",
				     list->text[i]);
	}
	rule->ranges = list->count;
}

static void read_widths(struct reader *reader, const struct yaml_rule *source,
			struct policy_statement *rule)
{
	char expected[200];
	int alignment;

	if (source->width.count && source->width_not.count)
		fail_in_rule(reader, "width-not", -1, "expected width or width-not, not both");
	rule->other_widths = source->width_not.count;
	rule->widths = rule->other_widths ? read_numbers(reader, "width-not", &source->width_not,
							 rule->width, POLICY_WIDTHS, 1) :
					    read_numbers(reader, "width", &source->width,
							 rule->width, POLICY_WIDTHS, 1);
	if (!source->alignment)
		return;
	alignment = number_of(policy_alignment_name, 3, source->alignment);
	if (alignment < 0)
		fail_in_rule(reader, "alignment", -1, "unknown: \"%.60s\"; expected %s",
			     source->alignment, all_names(policy_alignment_name, 3, expected));
	else
		rule->alignment = (enum policy_alignment)alignment;
}

static void read_what(struct reader *reader, const struct yaml_rule *source,
		      struct policy_statement *rule)
{
	read_operations(reader, source, rule);
	for (unsigned int i = 0; i < source->ioctl.count; i++) {
		__u64 bits = policy_ioctl_bits(source->ioctl.text[i]);

		if (!bits)
			fail_in_rule(reader, "ioctl", (int)i,
				     "unknown: \"%.60s\"; expected a command of linux/vfio.h "
				     "without VFIO_, or info, irq, reset, iommufd, other",
				     source->ioctl.text[i]);
		rule->ioctls |= bits;
	}
	rule->regions = read_bits(reader, "region", &source->region, policy_region_name, 64);
	read_ranges(reader, &source->offset, rule);
	read_widths(reader, source, rule);
	rule->ways =
		(__u8)read_bits(reader, "access", &source->access, policy_way_name, POLICY_WAYS);
	rule->when = (__u8)read_bits(reader, "when", &source->when, policy_when_name, 8);
}

/*
 * And what comes of it
 */

static void read_action(struct reader *reader, const struct yaml_rule *source,
			struct policy_statement *rule)
{
	int action = number_of(policy_action_name, 3, source->action);
	__u64 events = 0;

	if (action < 0)
		fail_in_rule(reader, "action", -1,
			     "unknown: \"%.60s\"; expected allow, deny or audit", source->action);
	rule->action = action < 0 ? POLICY_DENY : (enum policy_action)action;
	if (source->error && rule->action != POLICY_DENY)
		fail_in_rule(reader, "errno", -1, "only a rule that denies has one");
	rule->error = policy_errno(source->error ?: "EPERM");
	if (!rule->error)
		fail_in_rule(reader, "errno", -1,
			     "unknown: \"%.60s\"; expected the name of an error, such as EPERM",
			     source->error);
	if (source->events && parse_number(source->events, 1, 1000000, &events))
		fail_in_rule(reader, "events", -1,
			     "\"%.60s\" is no number of events a second, from 1 on",
			     source->events);
	rule->events = (__u32)events;
	if (rule->action == POLICY_ALLOW && rule->regions & 1ULL << POLICY_REGION_MSIX)
		fail_in_rule(reader, "region", -1,
			     "msix-table is for rules that deny or audit: part of an access is "
			     "enough for it");
}

static void copy_name(struct reader *reader, const char *path, const char *text,
		      char name[POLICY_NAME_BYTES])
{
	if (strlen(text) >= POLICY_NAME_BYTES ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
		    strlen(text))
		fail(reader, path,
		     "\"%.60s\" is no name; expected letters, digits, -, _ and . up to 63", text);
	else
		strcpy(name, text);
}

static void read_rule(struct reader *reader, const struct yaml_rule *source, struct policy *policy)
{
	struct policy_statement *rule = &policy->rules[reader->rule];
	char path[32];

	snprintf(path, sizeof(path), "rules/%u/name", reader->rule);
	copy_name(reader, path, source->name, rule->name);
	for (unsigned int before = 0; before < reader->rule; before++)
		if (!strcmp(policy->rules[before].name, rule->name))
			fail(reader, path, "\"%s\" is the name of rule %u already", rule->name,
			     before + 1);
	read_device(reader, source->device, rule);
	read_subject(reader, source->subject, rule);
	read_what(reader, source, rule);
	read_action(reader, source, rule);
}

/* Of the policy itself: one of a few names. */
static int read_choice(struct reader *reader, const char *path, const char *text,
		       const char *const *names, int count, int otherwise)
{
	if (!text)
		return otherwise;
	for (int i = 0; i < count; i++)
		if (!strcmp(text, names[i]))
			return i;
	fail(reader, path, "unknown: \"%.60s\"; expected %s or %s", text, names[0], names[1]);
	return otherwise;
}

static void read_head(struct reader *reader, const struct yaml_policy *source,
		      struct policy *policy)
{
	static const char *const modes[] = { "audit", "enforce" };
	static const char *const actions[] = { "allow", "deny" };
	const struct yaml_defaults none = { 0 };
	const struct yaml_defaults *defaults = source->defaults ?: &none;
	const struct {
		const char *path, *text;
	} classes[POLICY_CLASSES] = {
		[POLICY_PF] = { "defaults/pf", defaults->pf },
		[POLICY_VF] = { "defaults/vf", defaults->vf },
		[POLICY_OTHER] = { "defaults/other", defaults->other },
	};

	copy_name(reader, "policy", source->name, policy->name);
	policy->enforce = read_choice(reader, "mode", source->mode, modes, 2, 0);
	policy->on_unknown = (enum policy_action)read_choice(reader, "on-unknown",
							     source->on_unknown, actions, 2, 1);
	for (size_t class = 0; class < POLICY_CLASSES; class ++)
		policy->defaults[class] = (enum policy_action)read_choice(
			reader, classes[class].path, classes[class].text, actions, 2, 0);
}

static struct policy *read_file(const struct yaml_file *file, struct policy_error *error)
{
	const struct yaml_policy *source = yaml_file_policy(file);
	struct reader reader = { .file = file, .error = error };
	struct policy *policy = calloc(1, sizeof(*policy));

	if (policy)
		policy->rules = calloc(source->rule_count ?: 1, sizeof(*policy->rules));
	if (!policy || !policy->rules) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		policy_free(policy);
		return NULL;
	}
	policy->rule_count = source->rule_count;
	read_head(&reader, source, policy);
	for (; reader.rule < source->rule_count && !reader.failed; reader.rule++)
		read_rule(&reader, &source->rules[reader.rule], policy);
	if (!reader.failed)
		return policy;
	policy_free(policy);
	return NULL;
}

struct policy *policy_read(const char *text, size_t bytes, struct policy_error *error)
{
	struct yaml_file *file = yaml_file_open(text, bytes, error);
	struct policy *policy;

	if (!file)
		return NULL;
	policy = read_file(file, error);
	yaml_file_close(file);
	return policy;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	free(policy->rules);
	free(policy);
}
