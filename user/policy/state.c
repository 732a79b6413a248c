// SPDX-License-Identifier: GPL-2.0-only
#include "state.h"

#include "../message.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct policy_state *policy_state_map(int file)
{
	struct policy_state *state = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE),
					  PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (state != MAP_FAILED)
		return state;
	message_error("cannot map the state of the programs: %s", strerror(errno));
	return NULL;
}

void policy_state_unmap(struct policy_state *state)
{
	munmap(state, (size_t)sysconf(_SC_PAGESIZE));
}
