// SPDX-License-Identifier: GPL-2.0-only
#include "doctor.h"

#include "json.h"

#include <string.h>

static const char *type_text(const struct kernel *kernel, enum hook_type type, char *text,
			     size_t bytes)
{
	if (kernel->has_type[type])
		snprintf(text, bytes, "works");
	else
		snprintf(text, bytes, "no (%s)", strerror(kernel->type_error[type]));
	return text;
}

/* What became of a hook, and what could be done. */
static const char *hook_text(const struct hook *hook, const struct hook_state *state, char *text,
			     size_t bytes)
{
	if (state->attached)
		snprintf(text, bytes, "%s", hook_type_name(state->type));
	else if (state->error)
		snprintf(text, bytes, "cannot be attached: %s", strerror(state->error));
	else if (state->presence == HOOK_NO_MODULE)
		snprintf(text, bytes, "module %s is not loaded: %s", hook->module, hook->absent);
	else if (state->presence == HOOK_ABSENT)
		snprintf(text, bytes, "not in this kernel: %s", hook->absent);
	else
		snprintf(text, bytes, "there, not tried");
	return text;
}

int render_diagnosis_text(FILE *output, const struct diagnosis *diagnosis)
{
	char text[160];

	fprintf(output, "Linux %s %s\n", diagnosis->release, diagnosis->machine);
	for (size_t i = 0; i < diagnosis->finding_count; i++) {
		const struct finding *finding = &diagnosis->findings[i];

		fprintf(output, "  %-36s %s\n", finding->name,
			finding->good ? "yes" : finding->needed ? "NO" : "no");
		if (finding->remedy)
			fprintf(output, "      %s\n", finding->remedy);
	}
	fputs("Ways to attach, best first\n", output);
	for (enum hook_type type = 0; type < HOOK_TYPES; type++)
		fprintf(output, "  %-36s %s\n", hook_type_name(type),
			type_text(diagnosis->kernel, type, text, sizeof(text)));
	fputs("Hooks\n", output);
	for (size_t i = 0; i < hook_count; i++) {
		fprintf(output, "  %-28s %-24s", hooks[i].function, hooks[i].operations);
		if (strlen(hook_text(&hooks[i], &diagnosis->hooks[i], text, sizeof(text))) > 40)
			fprintf(output, "\n      %s\n", text);
		else
			fprintf(output, " %s\n", text);
	}
	fprintf(output, "%s\n", diagnosis->healthy ? "Tracing works here." :
						     "Tracing does not work here: see NO above.");
	return fflush(output) || ferror(output) ? -1 : 0;
}

static int write_hook(FILE *output, const struct hook *hook, const struct hook_state *state)
{
	json_t *object = json_line("hook");
	char text[160];

	json_add_string(object, "function", hook->function);
	json_add_string(object, "module", hook->module);
	json_add_string(object, "operations", hook->operations);
	json_object_set_new(object, "present", json_boolean(state->presence >= HOOK_IN_VMLINUX));
	json_object_set_new(object, "attached", json_boolean(state->attached));
	json_add_string(object, "how", state->attached ? hook_type_name(state->type) : NULL);
	json_add_string(object, "why_not",
			state->attached ? NULL : hook_text(hook, state, text, sizeof(text)));
	return json_write(output, object);
}

static int write_finding(FILE *output, const struct finding *finding)
{
	json_t *object = json_line("check");

	json_add_string(object, "name", finding->name);
	json_object_set_new(object, "good", json_boolean(finding->good));
	json_object_set_new(object, "needed", json_boolean(finding->needed));
	json_add_string(object, "remedy", finding->remedy);
	return json_write(output, object);
}

static int write_type(FILE *output, const struct kernel *kernel, enum hook_type type)
{
	json_t *object = json_line("hook-type");

	json_add_string(object, "name", hook_type_name(type));
	json_object_set_new(object, "works", json_boolean(kernel->has_type[type]));
	json_add_string(object, "error",
			kernel->has_type[type] ? NULL : strerror(kernel->type_error[type]));
	return json_write(output, object);
}

int render_diagnosis_json(FILE *output, const struct diagnosis *diagnosis)
{
	json_t *object = json_line("kernel");
	int error;

	json_add_string(object, "release", diagnosis->release);
	json_add_string(object, "machine", diagnosis->machine);
	json_object_set_new(object, "healthy", json_boolean(diagnosis->healthy));
	error = json_write(output, object);
	for (size_t i = 0; !error && i < diagnosis->finding_count; i++)
		error = write_finding(output, &diagnosis->findings[i]);
	for (enum hook_type type = 0; !error && type < HOOK_TYPES; type++)
		error = write_type(output, diagnosis->kernel, type);
	for (size_t i = 0; !error && i < hook_count; i++)
		error = write_hook(output, &hooks[i], &diagnosis->hooks[i]);
	return error || fflush(output) ? -1 : 0;
}
