// SPDX-License-Identifier: GPL-2.0-only
#include "programs.h"

#include "table.h"

#include "../bpf_object.h"
#include "../kernel_file.h"
#include "../message.h"
#include "policy_fmod_ret.skel.h"
#include "policy_kprobe.skel.h"
#include "policy_lsm.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_LINKS 16

struct policy_programs {
	struct bpf_object *object;
	struct bpf_link *links[MOST_LINKS];
	const char *names[MOST_LINKS]; /* of their programs */
	size_t link_count;
};

static const char *const map_names[] = { "policy_in_force", "policy_events", ".bss",
					 ".rodata.settings" };
static const char *const map_pins[] = { "in_force", "events", "state", "settings" };
#define SHARED_MAPS 3 /* the settings are each one's own */
#define MAPS 4

enum policy_hooks policy_hooks_here(void)
{
	if (!kernel_has_jit())
		return POLICY_HOOKS_KPROBE;
	return kernel_file_has("/sys/kernel/security/lsm", "bpf") ? POLICY_HOOKS_LSM :
								    POLICY_HOOKS_FMOD_RET;
}

const char *policy_hooks_name(enum policy_hooks hooks)
{
	static const char *const names[POLICY_HOOKS] = { "lsm", "fmod_ret", "kprobe" };

	return (unsigned int)hooks < POLICY_HOOKS ? names[hooks] : NULL;
}

static bool has_module(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	return !access(path, F_OK);
}

/* The address of a symbol of the kernel itself, 0: it is a module's, or there is none. */
static __u64 address_in_kernel(const char *wanted)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char line[512], name[128], rest[2];
	unsigned long long address, found = 0;

	while (symbols && !found && fgets(line, sizeof(line), symbols))
		if (sscanf(line, "%llx %*c %127s %1s", &address, name, rest) == 2 &&
		    !strcmp(name, wanted))
			found = address;
	if (symbols)
		fclose(symbols);
	return found;
}

static bool vfio_is_there(void)
{
	return (has_module("vfio") || address_in_kernel("vfio_device_fops")) &&
	       (has_module("vfio_pci_core") || address_in_kernel("vfio_pci_core_enable"));
}

const char *policy_cannot_enforce(enum policy_hooks hooks)
{
	if (hooks == POLICY_HOOKS_KPROBE)
		return "this kernel has no BPF JIT, without which programs can deny nothing: only "
		       "mode audit works here";
	if (!vfio_is_there())
		return "vfio-pci is not loaded, and its types are not known without it: "
		       "modprobe vfio-pci, then load the policy";
	return NULL;
}

/*
 * Loading
 */

static const void *programs_elf(enum policy_hooks hooks, size_t *bytes)
{
	switch (hooks) {
	case POLICY_HOOKS_LSM:
		return policy_lsm__elf_bytes(bytes);
	case POLICY_HOOKS_FMOD_RET:
		return policy_fmod_ret__elf_bytes(bytes);
	default:
		return policy_kprobe__elf_bytes(bytes);
	}
}

/* FNV-1a: programs of another build are others. */
static __u64 hash_of(const unsigned char *bytes, size_t count)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	while (count--)
		hash = (hash ^ *bytes++) * 0x100000001b3ULL;
	return hash;
}

struct policy_settings policy_settings_wanted(enum policy_hooks hooks)
{
	struct policy_settings settings = {
		.judges_requests = has_module("zpci_vfio_pci"),
		.hooks = hooks,
	};
	const void *elf;
	size_t bytes;

	if (!has_module("vfio")) {
		settings.device_operations = address_in_kernel("vfio_device_fops");
		settings.group_operations = address_in_kernel("vfio_group_fops");
	}
	elf = programs_elf(hooks, &bytes);
	settings.build = hash_of(elf, bytes);
	return settings;
}

static bool is_needed(const char *program, const struct policy_settings *settings,
		      const struct btf *kernel)
{
	if (!strcmp(program, "security_zpci_io"))
		return settings->judges_requests;
	/* Since 6.8, and in stable kernels of before; without it file_ioctl has them too. */
	if (!strcmp(program, "file_ioctl_compat"))
		return btf__find_by_name_kind(kernel, "security_file_ioctl_compat", BTF_KIND_FUNC) >
		       0;
	return true;
}

/* Returns 0 or -errno. */
static int choose_programs(struct bpf_object *object, const struct policy_settings *settings)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct bpf_program *program;

	if (!kernel)
		return -ENODATA;
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program,
					  is_needed(bpf_program__name(program), settings, kernel));
	btf__free(kernel);
	return 0;
}

static int share_maps(struct bpf_object *object, const struct policy_maps *shared)
{
	const int files[SHARED_MAPS] = { shared->in_force, shared->events, shared->state };
	int error = 0;

	for (size_t i = 0; i < SHARED_MAPS && !error; i++)
		if (files[i] >= 0)
			error = bpf_map__reuse_fd(
				bpf_object__find_map_by_name(object, map_names[i]), files[i]);
	return error;
}

static int load_with_tables(struct bpf_object *object)
{
	int table = policy_table_new(1), error;

	if (table < 0)
		return -errno;
	error = bpf_map__set_inner_map_fd(bpf_object__find_map_by_name(object, map_names[0]),
					  table);
	error = error ?: bpf_object__load(object);
	close(table);
	return error;
}

static struct bpf_object *load_object(const struct policy_settings *settings,
				      const struct policy_maps *shared)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "vfioscope");
	struct bpf_object *object;
	const void *elf;
	size_t bytes;
	int error;

	elf = programs_elf(settings->hooks, &bytes);
	object = bpf_object__open_mem(elf, bytes, &options);
	if (!object)
		return NULL;
	error = bpf_map__set_initial_value(bpf_object__find_map_by_name(object, map_names[3]),
					   settings, sizeof(*settings));
	error = error ?: choose_programs(object, settings);
	error = error ?: share_maps(object, shared);
	return bpf_object_keep(object, error ?: load_with_tables(object));
}

static void explain_load_error(void)
{
	if (errno == EPERM || errno == EACCES)
		message_error("the kernel refuses BPF programs: run as root, or with CAP_BPF, "
			      "CAP_PERFMON and CAP_SYS_ADMIN (-v tells what it says)");
	else if (errno == ENODATA)
		message_error("this kernel has no BTF: boot one built with "
			      "CONFIG_DEBUG_INFO_BTF=y");
	else
		message_error("cannot load the programs that decide: %s (-v tells what the kernel "
			      "says)",
			      strerror(errno));
}

/* Nothing is in force yet: what an attached program lacks others for is not seen. */
static int attach(struct policy_programs *programs, bool enforce)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, programs->object) {
		const char *name = bpf_program__name(program);
		struct bpf_link *link;

		if (!bpf_program__autoload(program) || programs->link_count == MOST_LINKS)
			continue;
		link = bpf_program__attach(program);
		if (link) {
			programs->names[programs->link_count] = name;
			programs->links[programs->link_count++] = link;
		} else if (enforce) {
			message_error("cannot hook %s: %s; a policy that enforces needs it", name,
				      strerror(errno));
			return -1;
		} else {
			message_warning("cannot hook %s: %s; what it would tell is not judged",
					name, strerror(errno));
		}
	}
	return 0;
}

struct policy_programs *policy_programs_load(const struct policy_settings *settings,
					     const struct policy_maps *shared, bool enforce)
{
	struct policy_programs *programs;

	if (kernel_ftrace_is_off()) {
		message_error("a policy does not hold while sysctl kernel.ftrace_enabled is 0: set "
			      "it to 1");
		return NULL;
	}
	programs = calloc(1, sizeof(*programs));
	if (!programs) {
		message_error("out of memory");
		return NULL;
	}
	programs->object = load_object(settings, shared);
	if (!programs->object)
		explain_load_error();
	if (!programs->object || attach(programs, enforce)) {
		policy_programs_close(programs);
		return NULL;
	}
	return programs;
}

struct policy_maps policy_programs_maps(const struct policy_programs *programs)
{
	int files[MAPS];

	for (size_t i = 0; i < MAPS; i++)
		files[i] = bpf_object__find_map_fd_by_name(programs->object, map_names[i]);
	return (struct policy_maps){ files[0], files[1], files[2], files[3] };
}

/*
 * Pinning
 */

int policy_programs_pin(struct policy_programs *programs, const char *folder)
{
	char path[PATH_MAX];
	int error = 0;

	for (size_t i = 0; i < MAPS && !error; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, map_pins[i]);
		error = bpf_obj_pin(bpf_object__find_map_fd_by_name(programs->object, map_names[i]),
				    path);
	}
	for (size_t i = 0; i < programs->link_count && !error; i++) {
		snprintf(path, sizeof(path), "%s/link_%s", folder, programs->names[i]);
		error = bpf_link__pin(programs->links[i], path);
	}
	if (error)
		message_error("cannot pin to %s: %s", path, strerror(errno));
	return error ? -1 : 0;
}

void policy_programs_close(struct policy_programs *programs)
{
	if (!programs)
		return;
	while (programs->link_count)
		bpf_link__destroy(programs->links[--programs->link_count]);
	bpf_object__close(programs->object);
	free(programs);
}
