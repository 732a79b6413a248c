// SPDX-License-Identifier: GPL-2.0-only
/* The types that programs are relocated against: as libbpf reads them in all of vmlinux. */
#include "unit.h"

#include "latency/core_btf.h"

/* The skeleton has the layouts of the programs' variables. */
#include <vfioscope/latency.h>

#include "latency_fentry.skel.h"
#include "latency_fsession.skel.h"
#include "latency_kprobe.skel.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VMLINUX "/sys/kernel/btf/vmlinux"

/* Types that latency.bpf.c reads members of, in every kernel. */
static const char *const roots[] = { "task_struct", "file",   "inode",	 "super_block",
				     "dentry",	    "device", "kobject", "pci_dev" };

static struct btf *small, *whole;

static int collect(void **state)
{
	struct btf_types kernel;
	const void *elf;
	char path[32];
	size_t bytes;
	int file;

	(void)state;
	if (access(VMLINUX, R_OK))
		return 0;
	whole = btf__parse(VMLINUX, NULL);
	if (btf_types_open(&kernel, "vmlinux", NULL) || btf_types_walk(&kernel, NULL, NULL))
		return -1;
	elf = latency_kprobe__elf_bytes(&bytes);
	file = core_btf_create(&kernel, 1, elf, bytes);
	btf_types_close(&kernel);
	if (file < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	small = btf__parse(path, NULL);
	close(file);
	return whole && small ? 0 : -1;
}

static int release(void **state)
{
	(void)state;
	btf__free(small);
	btf__free(whole);
	return 0;
}

/* Behind qualifiers and typedefs, where relocation looks. */
static const struct btf_type *behind(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type) || btf_is_typedef(type))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static unsigned int same_type(const struct btf_type *a, const struct btf_type *b);

static unsigned int same_member(const struct btf_type *a, const struct btf_type *b, __u32 i)
{
	const char *name = btf__name_by_offset(small, btf_members(a)[i].name_off);

	assert_string_equal(name, btf__name_by_offset(whole, btf_members(b)[i].name_off));
	assert_int_equal(btf_member_bit_offset(a, i), btf_member_bit_offset(b, i));
	assert_int_equal(btf_member_bitfield_size(a, i), btf_member_bitfield_size(b, i));
	return 1 + same_type(behind(small, btf_members(a)[i].type),
			     behind(whole, btf_members(b)[i].type));
}

/* Fails where they differ; returns how many members were compared. */
static unsigned int same_type(const struct btf_type *a, const struct btf_type *b)
{
	unsigned int members = 0;

	assert_true(btf_is_any_enum(a) ? btf_is_any_enum(b) : btf_kind(a) == btf_kind(b));
	if (btf_is_array(a)) {
		assert_int_equal(btf_array(a)->nelems, btf_array(b)->nelems);
		return same_type(behind(small, btf_array(a)->type),
				 behind(whole, btf_array(b)->type));
	}
	/* What a pointer points to is another relocation's. */
	if (btf_is_ptr(a))
		return 0;
	assert_int_equal(a->size, b->size);
	if (btf_is_int(a))
		assert_int_equal(btf_int_encoding(a), btf_int_encoding(b));
	if (!btf_is_composite(a))
		return 0;
	assert_int_equal(btf_vlen(a), btf_vlen(b));
	for (__u32 i = 0; i < btf_vlen(a); i++)
		members += same_member(a, b, i);
	return members;
}

static void types_are_the_kernels(void **state)
{
	unsigned int members = 0;

	(void)state;
	if (!small)
		skip();
	for (size_t i = 0; i < COUNT_OF(roots); i++) {
		int a = btf__find_by_name_kind(small, roots[i], BTF_KIND_STRUCT);
		int b = btf__find_by_name_kind(whole, roots[i], BTF_KIND_STRUCT);

		assert_true(a > 0);
		assert_true(b > 0);
		members += same_type(btf__type_by_id(small, (__u32)a),
				     btf__type_by_id(whole, (__u32)b));
	}
	assert_true(members > 500);
}

static unsigned int structs_named(const struct btf *btf, const char *name)
{
	unsigned int count = 0;

	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		count += btf_is_struct(type) &&
			 !strcmp(btf__name_by_offset(btf, type->name_off), name);
	}
	return count;
}

/* A second one of a name is a second candidate. */
static void candidates_are_as_many(void **state)
{
	(void)state;
	if (!small)
		skip();
	for (size_t i = 0; i < COUNT_OF(roots); i++)
		assert_int_equal(structs_named(small, roots[i]), structs_named(whole, roots[i]));
}

/* fsession's programs want the id of a type, which a copy does not have. */
static void objects_that_it_does_for(void **state)
{
	static const struct {
		const void *(*elf_bytes)(size_t *bytes);
		bool does;
	} objects[] = {
		{ latency_fentry__elf_bytes, true },
		{ latency_kprobe__elf_bytes, true },
		{ latency_fsession__elf_bytes, false },
	};
	struct btf_types kernel;

	(void)state;
	if (!small)
		skip();
	assert_int_equal(btf_types_open(&kernel, "vmlinux", NULL), 0);
	assert_int_equal(btf_types_walk(&kernel, NULL, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		size_t bytes;
		const void *elf = objects[i].elf_bytes(&bytes);
		int file = core_btf_create(&kernel, 1, elf, bytes);

		if (objects[i].does)
			assert_true(file >= 0);
		else
			assert_int_equal(file, -ENOTSUP);
		if (file >= 0)
			close(file);
	}
	btf_types_close(&kernel);
}

static void nothing_else_is_there(void **state)
{
	(void)state;
	if (!small)
		skip();
	assert_true(btf__type_cnt(small) * 20 < btf__type_cnt(whole));
	assert_true(btf__find_by_name_kind(small, "net_device", BTF_KIND_STRUCT) < 0);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char text[] = "this is no object file, and has no types";
	struct btf_types none = {};

	(void)state;
	assert_true(core_btf_create(&none, 1, text, sizeof(text)) < 0);
	assert_true(core_btf_create(&none, 0, text, sizeof(text)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_the_kernels),
		cmocka_unit_test(candidates_are_as_many),
		cmocka_unit_test(objects_that_it_does_for),
		cmocka_unit_test(nothing_else_is_there),
		cmocka_unit_test(what_is_no_object_is_refused),
	};

	return cmocka_run_group_tests(tests, collect, release);
}
