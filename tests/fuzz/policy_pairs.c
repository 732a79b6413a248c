// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random policies and accesses, as many as are asked for, through the BPF programs' own evaluator:
 * each decision has to be the reference's, and each has to be counted.
 *     policy-pairs OBJECT [PAIRS [SEED]]
 */
#include "../unit/policy_random.h"
#include "../unit/policy_reference.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCESSES 50 /* for each policy */

struct question {
	struct policy_access access;
	struct policy_decision decision;
};

struct evaluator {
	int program, in_force, question;
};

static int open_evaluator(const char *path, struct evaluator *evaluator)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *program;
	int inner;

	if (!object)
		return -1;
	inner = bpf_map_create(BPF_MAP_TYPE_HASH, NULL, sizeof(struct policy_key),
			       sizeof(struct policy_value), 1, &options);
	if (inner < 0 || bpf_map__set_inner_map_fd(
				 bpf_object__find_map_by_name(object, "policy_in_force"), inner))
		return -1;
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program,
					  !strcmp(bpf_program__name(program), "policy_evaluate"));
	if (bpf_object__load(object))
		return -1;
	close(inner);
	evaluator->program =
		bpf_program__fd(bpf_object__find_program_by_name(object, "policy_evaluate"));
	evaluator->in_force = bpf_object__find_map_fd_by_name(object, "policy_in_force");
	evaluator->question = bpf_object__find_map_fd_by_name(object, "question");
	return 0;
}

/* Room for what the programs find out about devices, too. */
static int put_in_force(const struct evaluator *evaluator, const struct policy_table *table)
{
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "policy", sizeof(struct policy_key),
				 sizeof(struct policy_value), (__u32)table->count + 16, NULL);
	__u32 first = 0;
	int error = map < 0;

	for (size_t i = 0; !error && i < table->count; i++)
		error = bpf_map_update_elem(map, &table->records[i].key, &table->records[i].value,
					    BPF_NOEXIST);
	error = error || bpf_map_update_elem(evaluator->in_force, &first, &map, BPF_ANY);
	if (map >= 0)
		close(map);
	return error ? -1 : 0;
}

static int ask(const struct evaluator *evaluator, const struct policy_access *access,
	       struct policy_decision *decision)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet));
	struct question question = { .access = *access };
	__u32 first = 0;

	if (bpf_map_update_elem(evaluator->question, &first, &question, BPF_ANY) ||
	    bpf_prog_test_run_opts(evaluator->program, &options) || options.retval ||
	    bpf_map_lookup_elem(evaluator->question, &first, &question))
		return -1;
	*decision = question.decision;
	return 0;
}

/* Returns how many of its accesses were decided otherwise, or -1. */
static int try_policy(const struct evaluator *evaluator, const struct policy *policy, __u64 *random)
{
	struct policy_table table;
	struct policy_error error;
	int different = 0;

	if (policy_compile(policy, &table, &error) || put_in_force(evaluator, &table))
		return -1;
	for (unsigned int i = 0; i < ACCESSES; i++) {
		struct policy_access access = policy_random_access(random);
		struct policy_decision wanted = policy_reference(policy, &access), got;

		if (ask(evaluator, &access, &got)) {
			different = -1;
			break;
		}
		different += memcmp(&wanted, &got, sizeof(got)) != 0;
	}
	policy_table_free(&table);
	return different;
}

int main(int argc, char **argv)
{
	unsigned long pairs = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000, done = 0,
		      different = 0;
	__u64 random = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	struct evaluator evaluator;

	if (argc < 2 || open_evaluator(argv[1], &evaluator)) {
		fprintf(stderr, "policy-pairs: cannot load the evaluator\n");
		return 1;
	}
	for (; done < pairs; done += ACCESSES) {
		struct policy *policy = policy_random(&random);
		int result = policy ? try_policy(&evaluator, policy, &random) : -1;

		policy_free(policy);
		if (result < 0) {
			perror("policy-pairs");
			return 1;
		}
		different += (unsigned int)result;
	}
	printf("{\"type\":\"policy-pairs\",\"schema\":1,\"pairs\":%lu,\"different\":%lu}\n", done,
	       different);
	return different != 0;
}
