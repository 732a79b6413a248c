// SPDX-License-Identifier: GPL-2.0-only
#include "policy_yaml.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define PATH_BYTES 256
#define MOST_KEYS 64 /* more than any mapping of a policy has */

struct yaml_file {
	struct yaml_policy *policy;
	yaml_document_t document; /* where everything is */
};

/*
 * The form: libcyaml refuses what has another. All values are texts here, so that one place tells
 * what was expected of them: policy_read.c.
 */

/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define REQUIRED_TEXT(structure, key, member)                                                      \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, structure, member, 1, CYAML_UNLIMITED)
#define TEXT(structure, key, member)                                                               \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure, member,   \
			       1, CYAML_UNLIMITED)
#define LIST(structure, key, member)                                                               \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure,       \
				   member.text, member.count, &member_value, 1, CYAML_UNLIMITED)
#define MAPPING(structure, key, member, fields)                                                    \
	CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure, member,  \
				fields)

/* NOLINTEND(bugprone-macro-parentheses) */

static const cyaml_schema_value_t member_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t device_fields[] = {
	LIST(struct yaml_device, "address", address), LIST(struct yaml_device, "id", id),
	LIST(struct yaml_device, "driver", driver),   LIST(struct yaml_device, "group", group),
	LIST(struct yaml_device, "class", class),     CYAML_FIELD_END,
};

static const cyaml_schema_field_t subject_fields[] = {
	LIST(struct yaml_subject, "cgroup", cgroup),
	LIST(struct yaml_subject, "uid", uid),
	LIST(struct yaml_subject, "comm", comm),
	LIST(struct yaml_subject, "executable", executable),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t rule_fields[] = {
	REQUIRED_TEXT(struct yaml_rule, "name", name),
	TEXT(struct yaml_rule, "description", description),
	MAPPING(struct yaml_rule, "device", device, device_fields),
	MAPPING(struct yaml_rule, "subject", subject, subject_fields),
	LIST(struct yaml_rule, "operation", operation),
	LIST(struct yaml_rule, "ioctl", ioctl),
	LIST(struct yaml_rule, "region", region),
	LIST(struct yaml_rule, "offset", offset),
	LIST(struct yaml_rule, "width", width),
	LIST(struct yaml_rule, "width-not", width_not),
	TEXT(struct yaml_rule, "alignment", alignment),
	LIST(struct yaml_rule, "access", access),
	LIST(struct yaml_rule, "when", when),
	REQUIRED_TEXT(struct yaml_rule, "action", action),
	TEXT(struct yaml_rule, "errno", error),
	TEXT(struct yaml_rule, "events", events),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t rule_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_rule, rule_fields),
};

static const cyaml_schema_field_t defaults_fields[] = {
	TEXT(struct yaml_defaults, "pf", pf),
	TEXT(struct yaml_defaults, "vf", vf),
	TEXT(struct yaml_defaults, "other", other),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t policy_fields[] = {
	REQUIRED_TEXT(struct yaml_policy, "policy", name),
	TEXT(struct yaml_policy, "description", description),
	REQUIRED_TEXT(struct yaml_policy, "mode", mode),
	TEXT(struct yaml_policy, "on-unknown", on_unknown),
	MAPPING(struct yaml_policy, "defaults", defaults, defaults_fields),
	CYAML_FIELD_SEQUENCE_COUNT("rules", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				   struct yaml_policy, rules, rule_count, &rule_value, 0,
				   POLICY_MOST_RULES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t policy_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_policy, policy_fields),
};

/* By the keys that lead to a mapping; the number of a rule does not matter. */
static const struct {
	const char *path;
	const cyaml_schema_field_t *fields;
} mappings[] = {
	{ "", policy_fields },
	{ "defaults", defaults_fields },
	{ "rules/*", rule_fields },
	{ "rules/*/device", device_fields },
	{ "rules/*/subject", subject_fields },
};

/*
 * Places
 */

static bool is_text(const yaml_node_t *node, const char *text, size_t length)
{
	return node && node->type == YAML_SCALAR_NODE && node->data.scalar.length == length &&
	       !memcmp(node->data.scalar.value, text, length);
}

/* What a key or a number leads to; key: the place of the key itself. */
static yaml_node_t *step(yaml_document_t *document, yaml_node_t *node, const char *name,
			 size_t length, yaml_node_t **key)
{
	*key = NULL;
	if (node->type == YAML_SEQUENCE_NODE) {
		yaml_node_item_t *items = node->data.sequence.items.start;
		size_t count = (size_t)(node->data.sequence.items.top - items);
		size_t number = strtoul(name, NULL, 10);

		return number < count ? yaml_document_get_node(document, items[number]) : NULL;
	}
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		*key = yaml_document_get_node(document, pair->key);
		if (is_text(*key, name, length))
			return yaml_document_get_node(document, pair->value);
	}
	*key = NULL;
	return NULL;
}

static void set_place(struct policy_error *error, yaml_mark_t mark)
{
	error->line = mark.line + 1;
	error->column = mark.column + 1;
}

static void find(yaml_document_t *document, const char *path, bool key_itself,
		 struct policy_error *error)
{
	yaml_node_t *node = yaml_document_get_root_node(document);

	if (!node)
		return;
	set_place(error, node->start_mark);
	while (*path) {
		size_t length = strcspn(path, "/");
		yaml_node_t *key;

		node = step(document, node, path, length, &key);
		if (!node)
			return;
		path += length + (path[length] == '/');
		set_place(error, key_itself && key && !*path ? key->start_mark : node->start_mark);
	}
}

void yaml_file_find(const struct yaml_file *file, const char *path, struct policy_error *error)
{
	find((yaml_document_t *)&file->document, path, false, error);
}

/*
 * What libcyaml says, in our words
 */

struct complaint {
	char text[160];	       /* the first line */
	char path[PATH_BYTES]; /* where it was: it tells from the inside to the outside */
};

static void put_before(char path[PATH_BYTES], const char *name)
{
	char longer[PATH_BYTES + 64];

	snprintf(longer, sizeof(longer), "%s%s%s", name, *path ? "/" : "", path);
	snprintf(path, PATH_BYTES, "%.*s", PATH_BYTES - 1, longer);
}

static void take_line(struct complaint *complaint, const char *line)
{
	char name[64];
	unsigned int number;

	if (!strncmp(line, "Backtrace:", 10))
		return;
	if (line[0] != ' ') {
		snprintf(complaint->text, sizeof(complaint->text), "%.*s", (int)strcspn(line, "\n"),
			 line);
	} else if (sscanf(line, " in mapping field '%63[^']'", name) == 1) {
		put_before(complaint->path, name);
	} else if (sscanf(line, " in sequence entry '%u'", &number) == 1) {
		snprintf(name, sizeof(name), "%u", number ? number - 1 : 0);
		put_before(complaint->path, name);
	}
}

static void log_line(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
	static const char prefix[] = "Load: ";
	char line[PATH_BYTES];
	const char *text = line;

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof(line), format, arguments);
	if (!strncmp(text, prefix, sizeof(prefix) - 1))
		text += sizeof(prefix) - 1;
	take_line(context, text);
}

static const cyaml_schema_field_t *fields_of(const char *path)
{
	char general[PATH_BYTES];
	unsigned int number;
	int end = 0;

	/* rules/3/device: rules/STAR/device */
	if (sscanf(path, "rules/%u%n", &number, &end) == 1)
		snprintf(general, sizeof(general), "rules/*%s", path + end);
	else
		snprintf(general, sizeof(general), "%s", path);
	for (size_t i = 0; i < sizeof(mappings) / sizeof(mappings[0]); i++)
		if (!strcmp(mappings[i].path, general))
			return mappings[i].fields;
	return NULL;
}

static void tell_unknown_key(yaml_document_t *document, struct complaint *complaint,
			     const char *key, struct policy_error *error)
{
	const cyaml_schema_field_t *field = fields_of(complaint->path);
	char path[PATH_BYTES + 160];
	int length;

	snprintf(path, sizeof(path), "%s%s%s", complaint->path, *complaint->path ? "/" : "", key);
	find(document, path, true, error);
	length = snprintf(error->text, sizeof(error->text), "unknown key \"%.60s\"; expected", key);
	for (; field && field->key && (size_t)length < sizeof(error->text); field++)
		length += snprintf(error->text + length, sizeof(error->text) - (size_t)length,
				   "%s %s", field == fields_of(complaint->path) ? "" : ",",
				   field->key);
}

static void tell(yaml_document_t *document, struct complaint *complaint, struct policy_error *error)
{
	static const char unknown[] = "Unexpected key: ";
	static const char missing[] = "Missing required mapping field: ";
	char *slash = strrchr(complaint->path, '/');
	const char *text = complaint->text;

	if (!strncmp(text, unknown, sizeof(unknown) - 1)) {
		tell_unknown_key(document, complaint, text + sizeof(unknown) - 1, error);
		return;
	}
	if (!strncmp(text, missing, sizeof(missing) - 1)) {
		/* It names the key before. */
		*(slash ?: complaint->path) = '\0';
		find(document, complaint->path, false, error);
		snprintf(error->text, sizeof(error->text), "%s is missing",
			 text + sizeof(missing) - 1);
		return;
	}
	find(document, complaint->path, false, error);
	if (strstr(text, "Expecting SEQUENCE"))
		text = "expected a list, as in [one, another]";
	else if (strstr(text, "Expecting MAPPING"))
		text = "expected keys and their values";
	else if (strstr(text, "Expecting SCALAR") || strstr(text, "String length too short"))
		text = "expected a text";
	else if (strstr(text, "excessive"))
		text = "more rules than a policy can have (4096)";
	snprintf(error->text, sizeof(error->text), "%s", text);
}

/*
 * Reading
 */

static int tell_syntax(const yaml_parser_t *parser, struct policy_error *error)
{
	set_place(error, parser->problem_mark);
	snprintf(error->text, sizeof(error->text), "no YAML: %s",
		 parser->problem ?: "out of memory");
	return -1;
}

/* One that stands for many others would grow beyond all memory. */
static int find_alias(const char *text, size_t bytes, struct policy_error *error)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_parser_t parser;
	yaml_event_t event;

	if (!yaml_parser_initialize(&parser)) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -1;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
	while (type != YAML_STREAM_END_EVENT && type != YAML_ALIAS_EVENT &&
	       yaml_parser_parse(&parser, &event)) {
		type = event.type;
		if (type == YAML_ALIAS_EVENT) {
			set_place(error, event.start_mark);
			snprintf(error->text, sizeof(error->text),
				 "aliases are not taken; expected what it stands for");
		}
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return type == YAML_ALIAS_EVENT ? -1 : 0;
}

static int read_document(const char *text, size_t bytes, yaml_document_t *document,
			 struct policy_error *error)
{
	yaml_document_t second;
	yaml_parser_t parser;
	int result = 0;

	if (!yaml_parser_initialize(&parser)) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -1;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
	if (!yaml_parser_load(&parser, document)) {
		result = tell_syntax(&parser, error);
		yaml_parser_delete(&parser);
		return result;
	}
	if (!yaml_document_get_root_node(document)) {
		snprintf(error->text, sizeof(error->text),
			 "there is nothing in it; expected a policy");
		result = -1;
	} else if (!yaml_parser_load(&parser, &second)) {
		result = tell_syntax(&parser, error);
	} else {
		if (yaml_document_get_root_node(&second)) {
			set_place(error, second.start_mark);
			snprintf(error->text, sizeof(error->text), "expected one document");
			result = -1;
		}
		yaml_document_delete(&second);
	}
	if (result)
		yaml_document_delete(document);
	yaml_parser_delete(&parser);
	return result;
}

/* libcyaml takes the last of several: what the others said would be lost. */
static int find_repeated(yaml_document_t *document, const yaml_node_t *mapping,
			 struct policy_error *error)
{
	yaml_node_pair_t *first = mapping->data.mapping.pairs.start;
	yaml_node_pair_t *end = mapping->data.mapping.pairs.top;

	/* Of more keys than there are, the first have an unknown one or one twice. */
	if (end - first > MOST_KEYS)
		end = first + MOST_KEYS;
	for (yaml_node_pair_t *pair = first; pair < end; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);

		for (yaml_node_pair_t *other = first; other < pair; other++) {
			const yaml_node_t *before = yaml_document_get_node(document, other->key);

			if (key->type != YAML_SCALAR_NODE ||
			    !is_text(before, (const char *)key->data.scalar.value,
				     key->data.scalar.length))
				continue;
			set_place(error, key->start_mark);
			snprintf(error->text, sizeof(error->text), "%.60s is there twice",
				 (const char *)key->data.scalar.value);
			return -1;
		}
	}
	return 0;
}

static int check_document(yaml_document_t *document, struct policy_error *error)
{
	for (yaml_node_t *node = document->nodes.start; node < document->nodes.top; node++)
		if (node->type == YAML_MAPPING_NODE && find_repeated(document, node, error))
			return -1;
	return 0;
}

static cyaml_config_t config_for(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = log_line,
		.log_ctx = complaint,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static int read_values(const char *text, size_t bytes, struct yaml_file *file,
		       struct policy_error *error)
{
	struct complaint complaint = { "", "" };
	const cyaml_config_t config = config_for(&complaint);
	cyaml_err_t result = cyaml_load_data((const uint8_t *)text, bytes, &config, &policy_value,
					     (cyaml_data_t **)&file->policy, NULL);

	if (result == CYAML_OK)
		return 0;
	if (!complaint.text[0])
		snprintf(complaint.text, sizeof(complaint.text), "%s", cyaml_strerror(result));
	tell(&file->document, &complaint, error);
	return -1;
}

struct yaml_file *yaml_file_open(const char *text, size_t bytes, struct policy_error *error)
{
	struct yaml_file *file = calloc(1, sizeof(*file));

	*error = (struct policy_error){ 0 };
	if (!file) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return NULL;
	}
	if (find_alias(text, bytes, error) || read_document(text, bytes, &file->document, error)) {
		free(file);
		return NULL;
	}
	if (check_document(&file->document, error) || read_values(text, bytes, file, error)) {
		yaml_file_close(file);
		return NULL;
	}
	return file;
}

void yaml_file_close(struct yaml_file *file)
{
	struct complaint nothing = { "", "" };
	const cyaml_config_t config = config_for(&nothing);

	if (!file)
		return;
	if (file->policy)
		cyaml_free(&config, &policy_value, file->policy, 0);
	yaml_document_delete(&file->document);
	free(file);
}

const struct yaml_policy *yaml_file_policy(const struct yaml_file *file)
{
	return file->policy;
}
