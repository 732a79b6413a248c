// SPDX-License-Identifier: GPL-2.0-only
#include "iterator.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* All that is in a file. Returns bytes, or -1 with errno; @data is to be freed either way. */
static ssize_t read_all(int file, char **data)
{
	size_t bytes = 0, room = 0;
	ssize_t got = 1;

	while (got > 0) {
		if (bytes == room) {
			char *larger = realloc(*data, room + 65536);

			if (!larger)
				return -1;
			*data = larger;
			room += 65536;
		}
		got = read(file, *data + bytes, room - bytes);
		/* The kernel pauses after a million objects that it says nothing of. */
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			got = 1;
		else if (got > 0)
			bytes += (size_t)got;
	}
	return got < 0 ? -1 : (ssize_t)bytes;
}

long iterator_run(const struct bpf_object *object, const char *program, __u32 pid,
		  size_t record_bytes, void **records)
{
	union bpf_iter_link_info info = { .task.pid = pid };
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
		    .link_info_len = sizeof(info));
	const struct bpf_program *iterator = bpf_object__find_program_by_name(object, program);
	struct bpf_link *link = bpf_program__attach_iter(iterator, pid ? &options : NULL);
	ssize_t bytes = -1;
	char *data = NULL;
	int file;

	file = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	if (file >= 0) {
		bytes = read_all(file, &data);
		close(file);
	}
	bpf_link__destroy(link);
	*records = data;
	if (bytes >= 0)
		return bytes / (ssize_t)record_bytes;
	free(data);
	*records = NULL;
	return -1;
}
