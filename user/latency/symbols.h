/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of kernel addresses. */
#ifndef VFIOSCOPE_SYMBOLS_H
#define VFIOSCOPE_SYMBOLS_H

struct symbols;

/* From /proc/kallsyms. NULL if the kernel does not tell. */
struct symbols *symbols_load(void);
void symbols_free(struct symbols *symbols);

/* "function+0x12", or the address in hexadecimal; in buffer. symbols may be NULL. */
#define SYMBOL_BYTES 128
const char *symbol_name(const struct symbols *symbols, unsigned long long address,
			char buffer[SYMBOL_BYTES]);

#endif
