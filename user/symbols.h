/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of kernel addresses. */
#ifndef VFIOSCOPE_SYMBOLS_H
#define VFIOSCOPE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

struct symbols;

/* Functions from /proc/kallsyms, and @variables. NULL: the kernel does not tell. */
struct symbols *symbols_load(bool variables);
/* The same of a file's @text, which is taken. */
struct symbols *symbols_parse(char *text, bool variables);
void symbols_free(struct symbols *symbols);

/* The kernel does not tell this process where its functions are. */
bool symbols_are_hidden(const struct symbols *symbols);

/*
 * Modules have come, begun or gone since: what was an address of none, or of one that was there,
 * has another name now. False without @symbols.
 */
bool symbols_are_old(const struct symbols *symbols);

/* Reads them again; @symbols may point to NULL. False: it has the old ones, better than none. */
bool symbols_reload(struct symbols **symbols, bool variables);

/* Reads them again if they are old; @symbols may point to NULL. */
void symbols_renew(struct symbols **symbols);

/* "function+0x12 [module]", or the address in hexadecimal; in buffer. symbols may be NULL. */
#define SYMBOL_BYTES 128
const char *symbol_name(const struct symbols *symbols, unsigned long long address,
			char buffer[SYMBOL_BYTES]);

/*
 * "bpf_prog_8e698c6f76c2dfb4_lock_files+0x12", "bpf_trampoline_6442": what hooks a function for
 * programs of ours, or of others. On a stack it is a trampoline, though a program is named:
 * /proc/kallsyms leaves out some of BPF's functions where others go while it is read, and the one
 * before them has the name then.
 */
bool symbol_is_of_bpf(const char *name);

/* A stack, whose frames are told one after the other from its top: a zeroed one is at that. */
struct symbol_stack {
	char above[SYMBOL_BYTES]; /* the last one that is shown */
	bool hooked;		  /* what came last is of BPF */
};

/*
 * Whether the frame that comes next, @name, is to be shown: it is not of BPF, nor the place that
 * a hooked function calls that from, which is on the stack besides where the function is.
 */
bool symbol_stack_shows(struct symbol_stack *stack, const char *name);

/*
 * "variable" or "variable+0x10", or the address; how long it is nobody knows. "variable [module]"
 * of a module; "variable#2" of the second by that name in the kernel, or in that module, as lockdep
 * counts them: each name is one variable's.
 */
const char *symbol_variable_name(const struct symbols *symbols, unsigned long long address,
				 char *buffer, size_t bytes);

#endif
