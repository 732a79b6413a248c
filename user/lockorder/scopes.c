// SPDX-License-Identifier: GPL-2.0-only
#include "scopes.h"

#include "../message.h"
#include "../missed.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scope {
	const char *function, *program; /* of the entry */
	bool of_module;			/* its probes go with that, and come again with it */
	struct bpf_link *entry, *exit;
};

struct scopes {
	const struct bpf_object *object;
	__u64 missed_before; /* by probes that are gone */
	size_t count;
	struct scope all[];
};

/* Not each kernel has all of them. */
static const struct scope usual[] = {
	{ "pci_stop_and_remove_bus_device", "scope_of_pci_entry" },
	{ "pci_reset_function", "scope_of_pci_entry" },
	{ "pci_reset_function_locked", "scope_of_pci_entry" },
	{ "pci_try_reset_function", "scope_of_pci_entry" },
	{ "pci_reset_bus", "scope_of_pci_entry" },
	{ "pci_enable_sriov", "scope_of_pci_entry" },
	{ "pci_disable_sriov", "scope_of_pci_entry" },
	{ "device_driver_detach", "scope_of_device_entry" },
	{ "device_release_driver", "scope_of_device_entry" },
	{ "driver_detach", "scope_entry" },
	{ "pciehp_ist", "scope_entry" },
	{ "zpci_event_availability", "scope_entry" },
	{ "zpci_event_error", "scope_entry" },
};

#define USUAL (sizeof(usual) / sizeof(usual[0]))

static void detach(struct scopes *scopes, struct scope *scope)
{
	scopes->missed_before += missed_by_link(scope->entry) + missed_by_link(scope->exit);
	bpf_link__destroy(scope->entry);
	bpf_link__destroy(scope->exit);
	scope->entry = scope->exit = NULL;
}

static struct bpf_link *attach_program(const struct scopes *scopes, const char *program,
				       const struct scope *scope, bool at_exit)
{
	return bpf_program__attach_kprobe(bpf_object__find_program_by_name(scopes->object, program),
					  at_exit, scope->function);
}

/* Returns -1 with errno: the kernel has no such function, or none that can be hooked. */
static int attach(struct scopes *scopes, struct scope *scope)
{
	/* What has begun has to end. */
	scope->exit = attach_program(scopes, "scope_exit", scope, true);
	if (scope->exit)
		scope->entry = attach_program(scopes, scope->program, scope, false);
	if (scope->entry)
		return 0;
	message_debug("%s: %s", scope->function, strerror(errno));
	detach(scopes, scope);
	return -1;
}

static int attach_all(struct scopes *scopes)
{
	for (size_t i = 0; i < scopes->count; i++) {
		if (!attach(scopes, &scopes->all[i]) || i < USUAL)
			continue;
		message_error(
			"--scope %s: this kernel has no such function that can be hooked (see "
			"available_filter_functions in /sys/kernel/tracing)",
			scopes->all[i].function);
		return -1;
	}
	return 0;
}

/* Functions of the kernel itself stay where they are; the usual ones are all of it. */
static void find_modules(struct scopes *scopes)
{
	struct btf *kernel;

	if (scopes->count == USUAL)
		return;
	kernel = btf__load_vmlinux_btf();
	for (size_t i = USUAL; i < scopes->count; i++)
		scopes->all[i].of_module =
			btf__find_by_name_kind(kernel, scopes->all[i].function, BTF_KIND_FUNC) < 0;
	btf__free(kernel);
}

struct scopes *scopes_open(const struct bpf_object *object, char *const *wanted)
{
	struct scopes *scopes;
	size_t count = 0;

	while (wanted && wanted[count])
		count++;
	scopes = calloc(1, sizeof(*scopes) + (USUAL + count) * sizeof(scopes->all[0]));
	if (!scopes) {
		message_error("out of memory");
		return NULL;
	}
	scopes->object = object;
	scopes->count = USUAL + count;
	memcpy(scopes->all, usual, sizeof(usual));
	for (size_t i = 0; i < count; i++)
		scopes->all[USUAL + i] =
			(struct scope){ .function = wanted[i], .program = "scope_entry" };
	if (attach_all(scopes)) {
		scopes_close(scopes);
		return NULL;
	}
	find_modules(scopes);
	return scopes;
}

void scopes_close(struct scopes *scopes)
{
	for (size_t i = 0; scopes && i < scopes->count; i++)
		detach(scopes, &scopes->all[i]);
	free(scopes);
}

/* Takes its time: not for each that comes, if none has gone. */
void scopes_attach_again(struct scopes *scopes, bool gone)
{
	for (size_t i = 0; i < scopes->count; i++) {
		struct scope *scope = &scopes->all[i];

		if (!scope->of_module || (scope->entry && !gone))
			continue;
		detach(scopes, scope);
		attach(scopes, scope);
	}
}

__u64 scopes_missed(const struct scopes *scopes)
{
	__u64 missed = scopes ? scopes->missed_before : 0;

	for (size_t i = 0; scopes && i < scopes->count; i++)
		missed +=
			missed_by_link(scopes->all[i].entry) + missed_by_link(scopes->all[i].exit);
	return missed;
}
