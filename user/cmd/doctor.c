// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope doctor: what this kernel offers, found by trying, and what is missing. */
#include "commands.h"
#include "options.h"
#include "output.h"

#include "../latency/tracer.h"
#include "../message.h"
#include "../privileges.h"
#include "../render/doctor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char description[] =
	"Try everything that tracing needs on this kernel, hook by hook, and tell what is missing "
	"and what to do about it.";

static bool file_contains(const char *path, const char *text)
{
	char content[256] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t bytes;

	if (file < 0)
		return false;
	bytes = read(file, content, sizeof(content) - 1);
	close(file);
	return bytes > 0 && strstr(content, text);
}

static void check(struct diagnosis *diagnosis, const char *name, bool good, bool needed,
		  const char *remedy)
{
	struct finding *finding = &diagnosis->findings[diagnosis->finding_count++];

	*finding = (struct finding){ name, good, needed, good ? NULL : remedy };
	if (!good && needed)
		diagnosis->healthy = false;
}

static void check_privileges(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < privilege_count; i++)
		check(diagnosis, privileges[i].name, privilege_held(&privileges[i]),
		      privileges[i].needed, "run as root, or give the program this capability");
}

static void check_kernel(struct diagnosis *diagnosis, const struct kernel *kernel)
{
	check(diagnosis, "BTF of the kernel", kernel->has_btf, true,
	      "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y");
	check(diagnosis, "BPF JIT", file_contains("/proc/sys/net/core/bpf_jit_enable", "1") ||
			 file_contains("/proc/sys/net/core/bpf_jit_enable", "2"),
	      false,
	      "sysctl net.core.bpf_jit_enable=1; without CONFIG_BPF_JIT only kprobes work, "
	      "more slowly");
	check(diagnosis, "no lockdown of confidentiality",
	      !file_contains("/sys/kernel/security/lockdown", "[confidentiality]"), true,
	      "the kernel forbids reading its memory: boot without lockdown=confidentiality");
	check(diagnosis, "vfio module", kernel_has_module("vfio"), false,
	      "modprobe vfio-pci; it is picked up when it comes");
	check(diagnosis, "vfio_pci_core module", kernel_has_module("vfio_pci_core"), false,
	      "modprobe vfio-pci; without it no faults of mapped BARs are seen");
	check(diagnosis, "vfio_iommu_type1 or iommufd module",
	      kernel_has_module("vfio_iommu_type1") || kernel_has_module("iommufd"), false,
	      "modprobe vfio_iommu_type1; without it no DMA mappings are seen");
}

/* A kernel that will not trace still has things to tell. */
static void examine_without_tracer(struct diagnosis *diagnosis, struct kernel *kernel,
				   struct hook_state *states)
{
	if (kernel_open(kernel))
		return;
	for (size_t i = 0; i < hook_count; i++)
		states[i].presence = kernel->functions[i].presence;
	diagnosis->healthy = false;
}

static int examine(const struct options *options)
{
	struct diagnosis diagnosis = { .healthy = true };
	struct hook_state *states = calloc(hook_count, sizeof(*states));
	struct kernel kernel = { 0 };
	struct tracer *tracer;
	struct utsname name;
	int error;

	if (!states) {
		message_error("out of memory");
		return STATUS_FAILURE;
	}
	uname(&name);
	diagnosis.release = name.release;
	diagnosis.machine = name.machine;
	tracer = tracer_open(&options->tracer);
	if (tracer)
		memcpy(states, tracer_hooks(tracer), hook_count * sizeof(*states));
	else
		examine_without_tracer(&diagnosis, &kernel, states);
	diagnosis.hooks = states;
	diagnosis.kernel = tracer ? tracer_kernel(tracer) : &kernel;
	check_privileges(&diagnosis);
	check_kernel(&diagnosis, diagnosis.kernel);
	error = options->json ? render_diagnosis_json(stdout, &diagnosis) :
				render_diagnosis_text(stdout, &diagnosis);
	output_check(error);
	tracer_close(tracer);
	kernel_close(&kernel);
	free(states);
	return error || !diagnosis.healthy ? STATUS_FAILURE : STATUS_OK;
}

int command_doctor(int argc, char **argv)
{
	struct options options;
	int status = options_parse(&options, OPTIONS_COMMON, "doctor", description, argc, argv);

	if (status >= 0)
		return status;
	if (options.command) {
		message_error("doctor runs no command");
		return STATUS_USAGE;
	}
	options.tracer.groups[HOOK_GROUP_DEVICE_ACCESS] = true;
	return examine(&options);
}
