/* SPDX-License-Identifier: GPL-2.0-only */
/* How a compiled pattern is matched with a PCI address, in BPF programs and in user space. */
#ifndef VFIOSCOPE_POLICY_GLOB_H
#define VFIOSCOPE_POLICY_GLOB_H

#include "policy.h"

/* The number of a character of an address, POLICY_SYMBOLS: it is none. */
static inline __u32 policy_symbol(char character)
{
	if (character >= '0' && character <= '9')
		return (__u32)(character - '0');
	if (character >= 'a' && character <= 'f')
		return (__u32)(character - 'a') + 10;
	if (character == ':')
		return 16;
	return character == '.' ? 17 : POLICY_SYMBOLS;
}

/* A * may stand for nothing: whoever has come to it is behind it, too. */
static inline __u32 policy_glob_pass(const struct policy_glob *glob, __u32 states)
{
	return states | (states & glob->stars) << 1;
}

static inline _Bool policy_glob_matches(const struct policy_glob *glob,
					const char address[POLICY_ADDRESS_BYTES])
{
	__u32 states = policy_glob_pass(glob, 1);

	for (__u32 i = 0; i < POLICY_ADDRESS_BYTES && address[i]; i++) {
		__u32 symbol = policy_symbol(address[i]);

		if (symbol >= POLICY_SYMBOLS)
			return 0;
		states = (states & glob->symbols[symbol]) << 1 | (states & glob->stars);
		states = policy_glob_pass(glob, states);
	}
	return (states & glob->accepted) != 0;
}

#endif
