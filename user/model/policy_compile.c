// SPDX-License-Identifier: GPL-2.0-only
/*
 * A rule of the file whose lists have several members becomes several entries, one for each choice
 * of members: the BPF programs compare single values. An entry is in one list, by the most special
 * thing that it says of a device, so that rules for other devices are not looked at; the programs
 * take the earliest match of the few lists that a device can be in.
 */
#include "policy.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vfioscope/policy_glob.h>

#define MOST_ENTRIES 65536

/* What an entry takes one member of. */
enum dimension {
	ADDRESSES,
	IDS,
	DRIVERS,
	GROUPS,
	CGROUPS,
	UIDS,
	COMMS,
	EXECUTABLES,
	RANGES,
	DIMENSIONS
};

/* A list of entries while it is made. */
struct list {
	struct policy_key key;
	size_t first, last; /* records of entries */
};

struct compiler {
	const struct policy *policy;
	struct policy_table *table;
	struct policy_error *error;
	void *lists; /* of struct list, a tree by key */
	struct policy_header header;
	__u32 texts;
	const char *glob_text[MOST_ENTRIES];
};

static int fail(struct compiler *compiler, const char *text)
{
	*compiler->error = (struct policy_error){ 0 };
	snprintf(compiler->error->text, sizeof(compiler->error->text), "%s", text);
	return -1;
}

/* The record's number, or -1. What is in it is 0. */
static ssize_t add_record(struct compiler *compiler, const struct policy_key *key)
{
	struct policy_table *table = compiler->table;

	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 256;
		struct policy_record *records =
			reallocarray(table->records, room, sizeof(*records));

		if (!records)
			return fail(compiler, "out of memory");
		table->records = records;
		table->room = room;
	}
	table->records[table->count] = (struct policy_record){ .key = *key };
	return (ssize_t)table->count++;
}

static struct policy_key make_key(enum policy_record_kind kind, __u32 number, const char *name)
{
	struct policy_key key = { .kind = kind, .number = number };

	if (name)
		snprintf(key.name, sizeof(key.name), "%s", name);
	return key;
}

/* The number of a new text, or 0. */
static __u32 add_text(struct compiler *compiler, const char *text)
{
	const struct policy_key key = make_key(POLICY_TEXT, compiler->texts + 1, NULL);
	ssize_t record = add_record(compiler, &key);

	if (record < 0)
		return 0;
	snprintf(compiler->table->records[record].value.text, POLICY_TEXT_BYTES, "%s", text);
	return ++compiler->texts;
}

/*
 * Patterns
 */

static void make_glob(const char *text, struct policy_glob *glob)
{
	static const char symbols[] = "0123456789abcdef:.";
	__u32 state = 0;

	for (; *text; text++) {
		const char *symbol = strchr(symbols, *text);

		if (*text == '*') {
			/* Two are one. */
			if (state && glob->stars & 1U << (state - 1))
				continue;
			glob->stars |= 1U << state;
		} else if (*text == '?') {
			for (size_t i = 0; i < POLICY_SYMBOLS; i++)
				glob->symbols[i] |= 1U << state;
		} else if (symbol) {
			glob->symbols[symbol - symbols] |= 1U << state;
		}
		state++;
	}
	glob->accepted = 1U << state;
}

/* The number + 1 of a pattern, or 0. */
static __u32 add_glob(struct compiler *compiler, const char *text)
{
	__u32 number = 0;
	struct policy_key key;
	ssize_t record;

	while (number < compiler->header.globs && strcmp(compiler->glob_text[number], text) != 0)
		number++;
	if (number < compiler->header.globs)
		return number + 1;
	key = make_key(POLICY_GLOB, number, NULL);
	record = add_record(compiler, &key);
	if (record < 0)
		return 0;
	make_glob(text, &compiler->table->records[record].value.glob);
	compiler->glob_text[compiler->header.globs++] = text;
	return number + 1;
}

/*
 * Lists
 */

static int compare_lists(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct policy_key));
}

static struct list *new_list(const struct policy_key *key, size_t record)
{
	struct list *list = malloc(sizeof(*list));

	if (list)
		*list = (struct list){ .key = *key, .first = record, .last = record };
	return list;
}

/* Entries come in the order of the file. */
static int append(struct compiler *compiler, const struct policy_key *key, size_t record)
{
	struct policy_record *records = compiler->table->records;
	struct list **found = tsearch(key, &compiler->lists, compare_lists);
	struct list *list;

	if (!found)
		return fail(compiler, "out of memory");
	if ((const void *)*found != key) {
		records[(*found)->last].value.rule.next = records[record].key.number;
		(*found)->last = record;
		return 0;
	}
	list = new_list(key, record);
	if (!list) {
		tdelete(key, &compiler->lists, compare_lists);
		return fail(compiler, "out of memory");
	}
	*found = list;
	return 0;
}

static struct policy_key list_of(const struct policy_rule *entry, const char *address,
				 const char *driver)
{
	if (entry->glob)
		return make_key(POLICY_GLOB, entry->glob - 1, NULL);
	if (address)
		return make_key(POLICY_BY_ADDRESS, 0, address);
	if (entry->has_device)
		return make_key(POLICY_BY_ID, (__u32)entry->vendor << 16 | entry->device, NULL);
	if (entry->vendor)
		return make_key(POLICY_BY_VENDOR, entry->vendor, NULL);
	if (driver)
		return make_key(POLICY_BY_DRIVER, 0, driver);
	if (entry->has_group)
		return make_key(POLICY_BY_GROUP, entry->group, NULL);
	return make_key(POLICY_HEADER, 0, NULL);
}

/* Where a list begins is a record of its own, or part of one that is there. */
static int finish_list(struct compiler *compiler, const struct list *list)
{
	struct policy_table *table = compiler->table;
	__u32 first = table->records[list->first].key.number;
	ssize_t record;

	if (list->key.kind == POLICY_HEADER) {
		compiler->header.any_device = first;
		return 0;
	}
	for (size_t i = 0; list->key.kind == POLICY_GLOB && i < table->count; i++)
		if (!compare_lists(&table->records[i].key, &list->key)) {
			table->records[i].value.glob.list = first;
			return 0;
		}
	record = add_record(compiler, &list->key);
	if (record < 0)
		return -1;
	table->records[record].value.list = first;
	return 0;
}

static int finish_lists(struct compiler *compiler)
{
	int error = 0;

	while (compiler->lists) {
		struct list *list = *(struct list **)compiler->lists;

		error = error ?: finish_list(compiler, list);
		tdelete(list, &compiler->lists, compare_lists);
		free(list);
	}
	return error;
}

/*
 * Rules
 */

static bool is_pattern(const char *address)
{
	return strpbrk(address, "*?");
}

/* What all entries of a rule have in common. */
static struct policy_rule common_of(const struct policy_statement *rule, __u32 number)
{
	struct policy_rule entry = {
		.regions = rule->regions,
		.last_offset = ~0ULL,
		.ioctls = rule->ioctls,
		.operations = rule->operations,
		.number = number,
		.events = rule->events,
		.error = rule->error,
		.width_count = (__u8)rule->widths,
		.other_widths = rule->other_widths,
		.alignment = (__u8)rule->alignment,
		.ways = rule->ways,
		.classes = rule->classes,
		.when = rule->when,
		.action = (__u8)rule->action,
	};

	memcpy(entry.widths, rule->width, sizeof(entry.widths));
	return entry;
}

static void set_comm(struct policy_rule *entry, const char *comm)
{
	size_t length = strlen(comm);

	memcpy(entry->comm, comm, length);
	if (length && comm[length - 1] == '*')
		entry->comm[--length] = '\0';
	else
		length = COMM_BYTES;
	/* A * alone is any name. */
	entry->comm_bytes = (__u8)length;
}

/* The member of each list, by its number there; texts have got numbers of their own. */
static int set_members(struct compiler *compiler, const struct policy_statement *rule,
		       const size_t member[DIMENSIONS], __u32 texts[DIMENSIONS][POLICY_MOST_VALUES],
		       struct policy_rule *entry)
{
	if (rule->addresses && is_pattern(rule->address[member[ADDRESSES]])) {
		entry->glob = add_glob(compiler, rule->address[member[ADDRESSES]]);
		if (!entry->glob)
			return -1;
	}
	if (rule->ids) {
		entry->vendor = rule->id[member[IDS]].vendor;
		entry->device = rule->id[member[IDS]].device;
		entry->has_device = !rule->id[member[IDS]].any_device;
	}
	entry->has_group = rule->groups != 0;
	entry->group = rule->group[member[GROUPS]];
	entry->has_uid = rule->uids != 0;
	entry->uid = rule->uid[member[UIDS]];
	if (rule->comms)
		set_comm(entry, rule->comm[member[COMMS]]);
	entry->driver = texts[DRIVERS][member[DRIVERS]];
	entry->cgroup = texts[CGROUPS][member[CGROUPS]];
	entry->executable = texts[EXECUTABLES][member[EXECUTABLES]];
	entry->has_range = rule->ranges != 0;
	if (rule->ranges) {
		entry->first_offset = rule->range[member[RANGES]].first;
		entry->last_offset = rule->range[member[RANGES]].last;
	}
	return 0;
}

static int add_entry(struct compiler *compiler, const struct policy_statement *rule,
		     const size_t member[DIMENSIONS], const struct policy_rule *entry)
{
	const char *address = rule->addresses ? rule->address[member[ADDRESSES]] : NULL;
	const char *driver = rule->drivers ? rule->driver[member[DRIVERS]] : NULL;
	struct policy_key key = make_key(POLICY_RULE, compiler->header.entries + 1, NULL);
	ssize_t record;

	if (compiler->header.entries == MOST_ENTRIES)
		return fail(compiler, "more than 65536 combinations of all the rules' lists; "
				      "expected shorter lists");
	record = add_record(compiler, &key);
	if (record < 0)
		return -1;
	compiler->table->records[record].value.rule = *entry;
	compiler->header.entries++;
	key = list_of(entry, address, driver);
	return append(compiler, &key, (size_t)record);
}

static int add_texts(struct compiler *compiler, const char *first, size_t bytes, size_t count,
		     __u32 numbers[POLICY_MOST_VALUES])
{
	for (size_t i = 0; i < count; i++) {
		numbers[i] = add_text(compiler, first + i * bytes);
		if (!numbers[i])
			return -1;
	}
	return 0;
}

static int add_rule(struct compiler *compiler, const struct policy_statement *rule, __u32 number)
{
	const size_t counts[DIMENSIONS] = {
		[ADDRESSES] = rule->addresses, [IDS] = rule->ids,
		[DRIVERS] = rule->drivers,     [GROUPS] = rule->groups,
		[CGROUPS] = rule->cgroups,     [UIDS] = rule->uids,
		[COMMS] = rule->comms,	       [EXECUTABLES] = rule->executables,
		[RANGES] = rule->ranges,
	};
	__u32 texts[DIMENSIONS][POLICY_MOST_VALUES] = { 0 };
	size_t member[DIMENSIONS] = { 0 };
	int dimension;

	if (add_texts(compiler, rule->driver[0], sizeof(rule->driver[0]), rule->drivers,
		      texts[DRIVERS]) ||
	    add_texts(compiler, rule->cgroup[0], sizeof(rule->cgroup[0]), rule->cgroups,
		      texts[CGROUPS]) ||
	    add_texts(compiler, rule->executable[0], sizeof(rule->executable[0]), rule->executables,
		      texts[EXECUTABLES]))
		return -1;
	do {
		struct policy_rule entry = common_of(rule, number);

		if (set_members(compiler, rule, member, texts, &entry) ||
		    add_entry(compiler, rule, member, &entry))
			return -1;
		/* The next choice of members, as numbers are counted. */
		for (dimension = 0; dimension < DIMENSIONS; dimension++) {
			if (++member[dimension] < counts[dimension])
				break;
			member[dimension] = 0;
		}
	} while (dimension < DIMENSIONS);
	return 0;
}

/*
 * The policy
 */

static void describe(struct compiler *compiler)
{
	const struct policy *policy = compiler->policy;
	struct policy_header *header = &compiler->header;

	header->enforce = policy->enforce;
	header->on_unknown = policy->on_unknown;
	header->rules = (__u32)policy->rule_count;
	snprintf(header->name, sizeof(header->name), "%s", policy->name);
	for (size_t class = 0; class < POLICY_CLASSES; class ++)
		header->denied_by_default[class] = policy->defaults[class] == POLICY_DENY;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_statement *rule = &policy->rules[i];

		header->operations |= rule->operations;
		header->reads_cgroup |= rule->cgroups != 0;
		header->reads_executable |= rule->executables != 0;
		header->reads_state |= rule->when;
	}
}

/* What is for people: counts and names. */
static int add_counts(struct compiler *compiler)
{
	const struct policy *policy = compiler->policy;
	struct policy_key key;
	ssize_t record;

	for (__u32 i = 0; i < policy->rule_count; i++) {
		key = make_key(POLICY_COUNTS, i, NULL);
		if (add_record(compiler, &key) < 0)
			return -1;
		key = make_key(POLICY_NAME, i, NULL);
		record = add_record(compiler, &key);
		if (record < 0)
			return -1;
		snprintf(compiler->table->records[record].value.text, POLICY_TEXT_BYTES, "%s",
			 policy->rules[i].name);
	}
	for (__u32 class = 0; class < POLICY_CLASSES; class ++) {
		key = make_key(POLICY_COUNTS, POLICY_DEFAULT_RULE(class), NULL);
		if (add_record(compiler, &key) < 0)
			return -1;
	}
	return 0;
}

static int compile(struct compiler *compiler)
{
	const struct policy *policy = compiler->policy;
	const struct policy_key key = make_key(POLICY_HEADER, 0, NULL);
	ssize_t record = add_record(compiler, &key);
	int error = record < 0 ? -1 : add_counts(compiler);

	for (size_t i = 0; !error && i < policy->rule_count; i++)
		error = add_rule(compiler, &policy->rules[i], (__u32)i);
	if (finish_lists(compiler) || error)
		return -1;
	describe(compiler);
	compiler->table->records[record].value.header = compiler->header;
	return 0;
}

int policy_compile(const struct policy *policy, struct policy_table *table,
		   struct policy_error *error)
{
	struct compiler *compiler = calloc(1, sizeof(*compiler));
	int result = -1;

	*table = (struct policy_table){ 0 };
	*error = (struct policy_error){ .text = "out of memory" };
	if (compiler) {
		compiler->policy = policy;
		compiler->table = table;
		compiler->error = error;
		result = compile(compiler);
	}
	free(compiler);
	if (result)
		policy_table_free(table);
	return result;
}

void policy_table_free(struct policy_table *table)
{
	free(table->records);
	*table = (struct policy_table){ 0 };
}
