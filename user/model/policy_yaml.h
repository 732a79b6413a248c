/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy file as YAML: texts in lists and mappings, and where in the file each of them is. */
#ifndef VFIOSCOPE_POLICY_YAML_H
#define VFIOSCOPE_POLICY_YAML_H

#include "policy.h"

/* What the file has under a key that takes a list; NULL and 0: it is not there. */
struct yaml_list {
	char **text;
	unsigned int count;
};

struct yaml_device {
	struct yaml_list address, id, driver, group, class;
};

struct yaml_subject {
	struct yaml_list cgroup, uid, comm, executable;
};

struct yaml_rule {
	char *name;
	char *description;
	struct yaml_device *device;
	struct yaml_subject *subject;
	struct yaml_list operation, ioctl, region, offset, width, width_not, access, when;
	char *alignment, *action, *error, *events;
};

struct yaml_defaults {
	char *pf, *vf, *other;
};

struct yaml_policy {
	char *name;
	char *description;
	char *mode, *on_unknown;
	struct yaml_defaults *defaults;
	struct yaml_rule *rules;
	unsigned int rule_count;
};

struct yaml_file;

/* Returns NULL and tells the first error: a form that no policy has. */
struct yaml_file *yaml_file_open(const char *text, size_t bytes, struct policy_error *error);
void yaml_file_close(struct yaml_file *file);

const struct yaml_policy *yaml_file_policy(const struct yaml_file *file);

/*
 * Where something is: by the keys and the numbers that lead to it, "rules/3/offset/0". What is not
 * there is where the last is that leads to it.
 */
void yaml_file_find(const struct yaml_file *file, const char *path, struct policy_error *error);

#endif
