// SPDX-License-Identifier: GPL-2.0-only
#include "doctor.h"

#include "json.h"

#include <string.h>

int render_diagnosis_text(FILE *output, const struct diagnosis *diagnosis)
{
	fprintf(output, "Linux %s %s\n", diagnosis->release, diagnosis->machine);
	for (size_t i = 0; i < diagnosis->finding_count; i++) {
		const struct finding *finding = &diagnosis->findings[i];

		fprintf(output, "  %-36s %s\n", finding->name,
			finding->good	? "yes" :
			finding->needed ? "NO" :
					  "no");
		if (finding->remedy)
			fprintf(output, "      %s\n", finding->remedy);
	}
	fputs("Ways to attach, best first\n", output);
	for (size_t i = 0; i < ATTACH_TYPES; i++) {
		const struct attach_type *type = &diagnosis->types[i];

		fprintf(output, "  %-36s %s%s%s\n", type->name, type->error ? "no (" : "works",
			type->error ? strerror(type->error) : "", type->error ? ")" : "");
	}
	fputs("Hooks\n", output);
	for (size_t i = 0; i < diagnosis->hook_count; i++) {
		const struct hook_finding *hook = &diagnosis->hooks[i];

		fprintf(output, "  %-28s %-24s %s\n", hook->function, hook->operations,
			hook->how ? hook->how : "-");
		if (!hook->how)
			fprintf(output, "      %s\n", hook->why_not);
	}
	fprintf(output, "%s\n",
		diagnosis->healthy ? "Tracing works here." :
				     "Tracing does not work here: see NO above.");
	return fflush(output) || ferror(output) ? -1 : 0;
}

static int write_hook(FILE *output, const struct hook_finding *hook)
{
	json_t *object = json_line("hook");

	json_add_string(object, "function", hook->function);
	json_add_string(object, "module", hook->module);
	json_add_string(object, "operations", hook->operations);
	json_add_bool(object, "present", hook->present);
	json_add_bool(object, "attached", hook->how);
	json_add_string(object, "how", hook->how);
	json_add_string(object, "why_not", hook->how ? NULL : hook->why_not);
	return json_write(output, object);
}

static int write_finding(FILE *output, const struct finding *finding)
{
	json_t *object = json_line("check");

	json_add_string(object, "name", finding->name);
	json_add_bool(object, "good", finding->good);
	json_add_bool(object, "needed", finding->needed);
	json_add_string(object, "remedy", finding->remedy);
	return json_write(output, object);
}

static int write_type(FILE *output, const struct attach_type *type)
{
	json_t *object = json_line("hook-type");

	json_add_string(object, "name", type->name);
	json_add_bool(object, "works", !type->error);
	json_add_string(object, "error", type->error ? strerror(type->error) : NULL);
	return json_write(output, object);
}

int render_diagnosis_json(FILE *output, const struct diagnosis *diagnosis)
{
	json_t *object = json_line("kernel");
	int error;

	json_add_string(object, "release", diagnosis->release);
	json_add_string(object, "machine", diagnosis->machine);
	json_add_bool(object, "healthy", diagnosis->healthy);
	error = json_write(output, object);
	for (size_t i = 0; !error && i < diagnosis->finding_count; i++)
		error = write_finding(output, &diagnosis->findings[i]);
	for (size_t i = 0; !error && i < ATTACH_TYPES; i++)
		error = write_type(output, &diagnosis->types[i]);
	for (size_t i = 0; !error && i < diagnosis->hook_count; i++)
		error = write_hook(output, &diagnosis->hooks[i]);
	return error || fflush(output) ? -1 : 0;
}
