// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach OBJECT COMMAND...: loads and attaches all programs of a BPF object,
 * runs a command, and ends with its exit status.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int attach_all(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	int status = 1;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: attach OBJECT COMMAND...\n");
		return 2;
	}
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object) || attach_all(object)) {
		perror(argv[1]);
		return 1;
	}
	child = fork();
	if (!child) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0) {
		perror(argv[2]);
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
