// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach OBJECT: loads and attaches all programs of a BPF object, says so, and
 * waits for a signal.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* enum bpf_attach_type; new in Linux 7.0, so libbpf may not know it. */
#define TRACE_FSESSION 58
#define FSESSION "fsession/"

static bool is_fsession(const struct bpf_program *program)
{
	return !strncmp(bpf_program__section_name(program), FSESSION, strlen(FSESSION));
}

static int prepare(struct bpf_object *object)
{
	struct bpf_program *program;
	int error = 0;

	bpf_object__for_each_program (program, object) {
		if (error || !is_fsession(program))
			continue;
		bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
		bpf_program__set_expected_attach_type(program,
						      (enum bpf_attach_type)TRACE_FSESSION);
		error = bpf_program__set_attach_target(
			program, 0, bpf_program__section_name(program) + strlen(FSESSION));
	}
	return error;
}

static int attach_all(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object) {
		struct bpf_link *link = is_fsession(program) ? bpf_program__attach_trace(program) :
							       bpf_program__attach(program);

		if (!link)
			return -errno;
	}
	return 0;
}

/* The caller wants one line. */
static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	int error;

	if (argc != 2) {
		fprintf(stderr, "usage: attach OBJECT\n");
		return 2;
	}
	libbpf_set_print(print_nothing);
	object = bpf_object__open_file(argv[1], NULL);
	error = object ? prepare(object) : -errno;
	if (!error)
		error = bpf_object__load(object);
	if (!error)
		error = attach_all(object);
	if (error) {
		fprintf(stderr, "its programs do not load: %s\n", strerror(-error));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
