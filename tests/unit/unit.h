/* SPDX-License-Identifier: GPL-2.0-only */
/* What the unit tests share: cmocka with TAP output, and numbers at random. */
#ifndef VFIOSCOPE_UNIT_H
#define VFIOSCOPE_UNIT_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/types.h>
#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The same numbers in every run: what fails once fails again. (splitmix64) */
static inline __u64 random_number(__u64 *state)
{
	__u64 mixed = *state += 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
	return mixed ^ mixed >> 31;
}

/* As likely of any order of magnitude as of any other, up to `bits` bits. */
static inline __u64 random_magnitude(__u64 *state, unsigned int bits)
{
	__u64 shift = random_number(state) % bits;

	return random_number(state) >> (64 - bits + shift);
}

static inline int compare_samples(const void *first, const void *second)
{
	const __u64 *one = first, *other = second;

	return (*one > *other) - (*one < *other);
}

#define RUN_TESTS(tests)                                                                           \
	int main(void)                                                                             \
	{                                                                                          \
		cmocka_set_message_output(CM_OUTPUT_TAP);                                          \
		return cmocka_run_group_tests(tests, NULL, NULL);                                  \
	}

#endif
