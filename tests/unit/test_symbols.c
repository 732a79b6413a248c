// SPDX-License-Identifier: GPL-2.0-only
/* Names of addresses, of a text as /proc/kallsyms has it. */
#include "unit.h"

#include "symbols.h"

#include <string.h>

static const char text[] = "ffffffff81000000 T _text\n"
			   "ffffffff81000100 t lock\n"
			   "ffffffff82000000 d lock\n"
			   "ffffffff82000100 d lock_of_none\n"
			   "ffffffff82000200 b lock\n"
			   "ffffffff82000300 D lock\n"
			   "0000000000000000 D hidden\n"
			   "not a line of this file\n"
			   "ffffffffc0001000 d lock\t[vfio]\n"
			   "ffffffffc0000000 t open\t[vfio]\n"
			   "ffffffffc0002000 d lock\t[vfio_pci_core]\n"
			   "ffffffffc0002000 d __start_alloc_tags\t[vfio_pci_core]\n"
			   "ffffffffc0003000 b lock\t[vfio_pci_core]\n"
			   "ffffffffc0003000 b __key.59\t[vfio_pci_core]\n"
			   "ffffffffc0003000 b __key\t[vfio_pci_core]\n"
			   /* ftrace keeps these: vfio and BPF are there now, or nobody. */
			   "ffffffffc0000000 T init_same\t[vfio]\n"
			   "ffffffffc0000008 T init_after\t[vfio]\n"
			   "ffffffffc0005010 T init_alone\t[vfio]\n"
			   "ffffffffc0005000 t bpf_trampoline_6442\t[bpf]\n";

static struct symbols *parse(bool variables)
{
	struct symbols *symbols = symbols_parse(strdup(text), variables);

	assert_non_null(symbols);
	return symbols;
}

static void each_variable_has_a_name_of_its_own(void **state)
{
	static const struct {
		unsigned long long address;
		const char *name;
	} variables[] = {
		{ 0xffffffff82000000, "lock" },
		{ 0xffffffff82000008, "lock+0x8" },
		{ 0xffffffff82000100, "lock_of_none" },
		{ 0xffffffff82000200, "lock#2" },
		{ 0xffffffff82000310, "lock#3+0x10" },
		{ 0xffffffffc0001000, "lock [vfio]" },
		{ 0xffffffffc0002fff, "lock+0xfff [vfio_pci_core]" },
		{ 0xffffffffc0003000, "lock#2 [vfio_pci_core]" },
		{ 0xffffffffc0004000, "0xffffffffc0004000" },
		{ 0xffffffff81ffffff, "0xffffffff81ffffff" },
		{ 8, "0x8" },
	};
	struct symbols *symbols = parse(true);
	char name[SYMBOL_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		assert_string_equal(symbol_variable_name(symbols, variables[i].address, name,
							 sizeof(name)),
				    variables[i].name);
	symbols_free(symbols);
}

static void functions_have_theirs(void **state)
{
	struct symbols *symbols = parse(false);
	char name[SYMBOL_BYTES];

	(void)state;
	assert_string_equal(symbol_name(symbols, 0xffffffff81000101, name), "lock+0x1");
	assert_string_equal(symbol_name(symbols, 0xffffffffc0000010, name), "open+0x10 [vfio]");
	assert_string_equal(symbol_name(symbols, 0xffffffffc0005012, name),
			    "bpf_trampoline_6442+0x12 [bpf]");
	assert_string_equal(symbol_name(symbols, 0xffffffffc0105010, name), "0xffffffffc0105010");
	/* Variables were not asked for. */
	assert_string_equal(symbol_variable_name(symbols, 0xffffffff82000000, name, sizeof(name)),
			    "0xffffffff82000000");
	symbols_free(symbols);
}

static void frames_of_bpf_are_told_from_functions(void **state)
{
	static const char *const of_bpf[] = { "bpf_trampoline_6442+0x12 [bpf]",
					      "bpf_prog_8e698c6f76c2dfb4_lock_files+0x3 [bpf]",
					      "bpf_prog_8e698c6f76c2dfb4" };
	static const char *const others[] = { "bpf_trampoline_link_prog+0x12", "bpf_prog_load+0x3",
					      "bpf_prog_add", "bpf_prog_", "mutex_lock" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of_bpf); i++)
		assert_true(symbol_is_of_bpf(of_bpf[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(symbol_is_of_bpf(others[i]));
}

static void stacks_have_each_hooked_function_once(void **state)
{
	static const struct {
		const char *name;
		bool shown;
	} frames[] = {
		{ "bpf_prog_8e698c6f76c2dfb4_lock+0x3 [bpf]", false },
		{ "bpf_trampoline_6442+0x12 [bpf]", false },
		{ "mutex_lock+0x9", true },
		{ "write+0x9a [vfio]", true },
		{ "bpf_trampoline_6443+0x12 [bpf]", false },
		{ "write+0x9 [vfio]", false },
		{ "write+0x30 [vfio]", true }, /* calls itself */
		{ "bpf_trampoline_6442+0x12 [bpf]", false },
		{ "write_all+0x9 [vfio]", true },
		{ "bpf_trampoline_6442+0x12 [bpf]", false },
		{ "write_all+0x9", true },
	};
	struct symbol_stack stack = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(frames); i++)
		assert_int_equal(symbol_stack_shows(&stack, frames[i].name), frames[i].shown);
}

static void no_kallsyms_has_no_names(void **state)
{
	char name[SYMBOL_BYTES];

	(void)state;
	assert_null(symbols_parse(NULL, true));
	assert_string_equal(symbol_name(NULL, 0x10, name), "0x10");
	assert_string_equal(symbol_variable_name(NULL, 0x10, name, sizeof(name)), "0x10");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_variable_has_a_name_of_its_own),
	cmocka_unit_test(functions_have_theirs),
	cmocka_unit_test(frames_of_bpf_are_told_from_functions),
	cmocka_unit_test(stacks_have_each_hooked_function_once),
	cmocka_unit_test(no_kallsyms_has_no_names),
};
RUN_TESTS(tests)
