// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope doctor: what this kernel offers, found by trying, and what is missing. */
#include "commands.h"
#include "options.h"
#include "output.h"

#include "../kernel_file.h"
#include "../latency/tracer.h"
#include "../message.h"
#include "../privileges.h"
#include "../render/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char description[] =
	"Try everything that tracing needs on this kernel, hook by hook, and tell what is missing "
	"and what to do about it.";

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
	check(diagnosis, "BPF JIT", kernel_has_jit(), false,
	      "sysctl net.core.bpf_jit_enable=1; without CONFIG_BPF_JIT only kprobes work, "
	      "more slowly");
	check(diagnosis, "kernel code is not preempted", !kernel->preempts, false,
	      "kprobes are used: exact, at over twice the cost of the best way (see --hook-type)");
	check(diagnosis, "no lockdown of confidentiality", !kernel_is_confidential(), true,
	      "the kernel forbids reading its memory: boot without lockdown=confidentiality");
	check(diagnosis, "functions can be hooked", !kernel_ftrace_is_off(), true,
	      "sysctl kernel.ftrace_enabled=1: what is attached sees nothing else");
	check(diagnosis, "kprobes are on", !kernel_kprobes_are_off(), false,
	      "echo 1 >/sys/kernel/debug/kprobes/enabled: what they hook is not seen else");
	check(diagnosis, "vfio module", kernel_has_module("vfio"), false,
	      "modprobe vfio-pci; it is picked up when it comes");
	check(diagnosis, "vfio_pci_core module", kernel_has_module("vfio_pci_core"), false,
	      "modprobe vfio-pci; without it no faults of mapped BARs are seen");
	check(diagnosis, "vfio_iommu_type1 or iommufd module",
	      kernel_has_module("vfio_iommu_type1") || kernel_has_module("iommufd"), false,
	      "modprobe vfio_iommu_type1; without it no DMA mappings are seen");
}

static void check_types(struct diagnosis *diagnosis, struct kernel *kernel)
{
	_Static_assert(ATTACH_TYPES == HOOK_TYPES, "a way to attach is not shown");
	for (enum hook_type type = 0; type < HOOK_TYPES; type++)
		diagnosis->types[type] = (struct attach_type){
			hook_type_name(type), kernel_try_type(kernel, type, !kernel_ftrace_is_off())
		};
}

/* What became of a hook, and what could be done. */
static void explain(struct hook_finding *finding, const struct hook *hook,
		    const struct hook_state *state)
{
	if (state->error)
		snprintf(finding->why_not, sizeof(finding->why_not), "cannot be attached: %s",
			 strerror(state->error));
	else if (state->presence == HOOK_NO_MODULE)
		snprintf(finding->why_not, sizeof(finding->why_not), "module %s is not loaded: %s",
			 hook->module, hook->absent);
	else if (state->presence == HOOK_ABSENT)
		snprintf(finding->why_not, sizeof(finding->why_not), "not in this kernel: %s",
			 hook->absent);
	else
		snprintf(finding->why_not, sizeof(finding->why_not), "there, not tried");
}

/* states: of the tracer, NULL if it could not be opened. */
static void check_hooks(struct diagnosis *diagnosis, const struct kernel *kernel,
			const struct hook_state *states)
{
	for (size_t i = 0; i < hook_count; i++) {
		struct hook_state state = { .presence = kernel->functions[i].presence };
		struct hook_finding *finding = &diagnosis->hooks[i];

		if (states)
			state = states[i];
		finding->function = hooks[i].function;
		finding->operations = hooks[i].operations;
		finding->module = hooks[i].module;
		finding->present = state.presence >= HOOK_IN_VMLINUX;
		finding->how = state.attached ? hook_type_name(state.type) : NULL;
		if (!state.attached)
			explain(finding, &hooks[i], &state);
	}
}

static int examine(const struct options *options, struct hook_finding *findings)
{
	struct diagnosis diagnosis = { .hooks = findings, .hook_count = hook_count };
	struct kernel untraced = { 0 };
	struct kernel *kernel = &untraced;
	struct tracer *tracer;
	struct utsname name;
	int error;

	uname(&name);
	diagnosis.release = name.release;
	diagnosis.machine = name.machine;
	tracer = kernel_ftrace_is_off() ? NULL : tracer_open(&options->tracer);
	diagnosis.healthy = tracer != NULL;
	/* A kernel that does not let us trace still has things to tell. */
	if (tracer)
		kernel = tracer_kernel(tracer);
	else if (kernel_open(&untraced))
		return STATUS_FAILURE;
	check_types(&diagnosis, kernel);
	check_hooks(&diagnosis, kernel, tracer ? tracer_hooks(tracer) : NULL);
	check_privileges(&diagnosis);
	check_kernel(&diagnosis, kernel);
	error = options->json ? render_diagnosis_json(stdout, &diagnosis) :
				render_diagnosis_text(stdout, &diagnosis);
	output_check(error);
	tracer_close(tracer);
	kernel_close(&untraced);
	return error || !diagnosis.healthy ? STATUS_FAILURE : STATUS_OK;
}

int command_doctor(int argc, char **argv)
{
	struct options options;
	struct hook_finding *findings;
	int status = options_parse(&options, OPTIONS_COMMON, "doctor", description, argc, argv);

	if (status >= 0)
		return status;
	if (options.command) {
		message_error("doctor runs no command");
		return STATUS_USAGE;
	}
	options.tracer.groups[HOOK_GROUP_DEVICE_ACCESS] = true;
	findings = calloc(hook_count, sizeof(*findings));
	if (!findings) {
		message_error("out of memory");
		return STATUS_FAILURE;
	}
	status = examine(&options, findings);
	free(findings);
	return status;
}
