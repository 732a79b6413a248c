// SPDX-License-Identifier: GPL-2.0-only
#include "symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	unsigned long long address;
	char *name;
};

struct symbols {
	size_t count, room;
	struct symbol *symbol;
};

/* Functions are not longer than this: beyond it, an address is nobody's. */
#define LONGEST_FUNCTION (1 << 20)

static int add_symbol(struct symbols *symbols, unsigned long long address, const char *name)
{
	if (symbols->count == symbols->room) {
		size_t room = symbols->room ? 2 * symbols->room : 1 << 16;
		struct symbol *larger = realloc(symbols->symbol, room * sizeof(*larger));

		if (!larger)
			return -1;
		symbols->symbol = larger;
		symbols->room = room;
	}
	name = strdup(name);
	if (!name)
		return -1;
	symbols->symbol[symbols->count++] = (struct symbol){ address, (char *)name };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	return (left->address > right->address) - (left->address < right->address);
}

struct symbols *symbols_load(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct symbols *symbols = file ? calloc(1, sizeof(*symbols)) : NULL;
	char line[512], name[256], type;
	unsigned long long address;

	while (symbols && fgets(line, sizeof(line), file)) {
		/* Addresses are 0 for who may not see them. */
		if (sscanf(line, "%llx %c %255s", &address, &type, name) != 3 || !address ||
		    !strchr("tTwW", type))
			continue;
		if (add_symbol(symbols, address, name))
			break;
	}
	if (file)
		fclose(file);
	if (symbols && symbols->count)
		qsort(symbols->symbol, symbols->count, sizeof(*symbols->symbol), compare);
	return symbols;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->count; i++)
		free(symbols->symbol[i].name);
	free(symbols->symbol);
	free(symbols);
}

const char *symbol_name(const struct symbols *symbols, unsigned long long address,
			char buffer[SYMBOL_BYTES])
{
	size_t low = 0, high = symbols ? symbols->count : 0;

	/* The last symbol that is not above the address is symbol[low - 1]. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->symbol[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && address - symbols->symbol[low - 1].address < LONGEST_FUNCTION)
		snprintf(buffer, SYMBOL_BYTES, "%s+0x%llx", symbols->symbol[low - 1].name,
			 address - symbols->symbol[low - 1].address);
	else
		snprintf(buffer, SYMBOL_BYTES, "0x%llx", address);
	return buffer;
}
