// SPDX-License-Identifier: GPL-2.0-only
#include "symbols.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct symbol {
	unsigned long long address;
	const char *name;
	const char *module; /* "[vfio]"; NULL: the kernel itself */
};

struct table {
	size_t count, room;
	struct symbol *symbol;
};

struct symbols {
	bool has_variables;
	char *modules; /* that were there, and where; NULL: the kernel has none */
	char *text;    /* of the file; names lie in it */
	struct table functions, variables;
};

/* They are not longer than this: beyond it, an address is nobody's. */
#define LONGEST_FUNCTION (1 << 20)
#define LONGEST_VARIABLE (1 << 12)
#define MOST_READINGS 3
/* As long a module that is loading is waited for, at most. */
#define LOADING_WAITS 20
#define LOADING_WAIT_NS 5000000

static int add_symbol(struct table *table, const struct symbol *symbol)
{
	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 1 << 16;
		struct symbol *larger = realloc(table->symbol, room * sizeof(*larger));

		if (!larger)
			return -1;
		table->symbol = larger;
		table->room = room;
	}
	table->symbol[table->count++] = *symbol;
	return 0;
}

/*
 * "ffffffff81000000 T _text", "ffffffffc0001000 d lock	[vfio]"; sscanf() would take five times as
 * long. False: it is not that.
 */
static bool take_apart(char *line, struct symbol *symbol, char *type)
{
	char *rest;

	symbol->address = strtoull(line, &rest, 16);
	if (rest[0] != ' ' || !rest[1] || rest[2] != ' ')
		return false;
	*type = rest[1];
	rest += 3;
	symbol->name = strsep(&rest, "\t");
	symbol->module = rest;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	return (left->address > right->address) - (left->address < right->address);
}

/* Nearly all of them come in order. */
static void sort(struct table *table)
{
	for (size_t i = 1; i < table->count; i++) {
		if (table->symbol[i - 1].address <= table->symbol[i].address)
			continue;
		qsort(table->symbol, table->count, sizeof(*table->symbol), compare);
		return;
	}
}

static bool is_same_module(const struct symbol *left, const struct symbol *right)
{
	return left->module && right->module ? !strcmp(left->module, right->module) :
					       left->module == right->module;
}

/*
 * While functions are traced, the file has those of modules' init sections once more, behind all
 * modules, though their memory was given back, and may be another one's. @modules: one symbol of
 * each that was met. Returns 1 if the symbol is such a one, -1 if memory is out.
 */
static int is_freed(struct table *modules, const struct symbol *symbol)
{
	size_t last = modules->count - 1;

	if (!symbol->module || (modules->count && is_same_module(&modules->symbol[last], symbol)))
		return 0;
	for (size_t i = 0; i < modules->count; i++)
		if (is_same_module(&modules->symbol[i], symbol))
			return 1;
	return add_symbol(modules, symbol);
}

/* All of a file whose size nobody knows, as a string. */
static char *read_file(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t bytes = 0, room = 0;
	char *text = NULL;
	ssize_t got = file < 0 ? -1 : 1;

	while (got > 0) {
		if (room - bytes < 65536) {
			char *larger = realloc(text, room = room ? 2 * room : 1 << 24);

			if (!larger)
				break;
			text = larger;
		}
		got = read(file, text + bytes, room - bytes - 1);
		bytes += got > 0 ? (size_t)got : 0;
	}
	if (file >= 0)
		close(file);
	if (text)
		text[bytes] = '\0';
	return text;
}

/* "vfio Live 0xffffffffc040" of "vfio 73728 3 vfio_pci, Live 0xffffffffc040": users come and go. */
static char *read_modules(void)
{
	char *text = read_file("/proc/modules"), *rest = text, *end = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		size_t name = strcspn(line, " ");
		char *state = line + name;

		for (int i = 0; i < 3; i++) /* size, uses, users */
			state += *state ? 1 + strcspn(state + 1, " ") : 0;
		memmove(end, line, name);
		end += name;
		memmove(end, state, strlen(state));
		end += strlen(state);
	}
	if (text)
		*end = '\0';
	return text;
}

bool symbols_are_hidden(const struct symbols *symbols)
{
	return !symbols || !symbols->functions.count;
}

bool symbols_are_old(const struct symbols *symbols)
{
	char *modules;
	bool old;

	if (!symbols || !symbols->modules)
		return false;
	modules = read_modules();
	old = modules && strcmp(modules, symbols->modules) != 0;
	free(modules);
	return old;
}

bool symbols_reload(struct symbols **symbols, bool variables)
{
	struct symbols *loaded = symbols_load(variables);

	if (!loaded)
		return false;
	symbols_free(*symbols);
	*symbols = loaded;
	return true;
}

void symbols_renew(struct symbols **symbols)
{
	if (symbols_are_old(*symbols))
		symbols_reload(symbols, (*symbols)->has_variables);
}

/*
 * The linker's names for where a section begins and ends, and lockdep's keys, which are empty
 * without lockdep: where they are a variable may be.
 */
static bool is_no_variable(const char *name)
{
	return !strncmp(name, "__start_", 8) || !strncmp(name, "__stop_", 7) ||
	       !strncmp(name, "__key.", 6) || !strcmp(name, "__key");
}

/* Returns -1 if memory is out. */
static int add_line(struct symbols *symbols, const struct symbol *symbol, char type)
{
	if (strchr("tTwW", type))
		return add_symbol(&symbols->functions, symbol);
	if (symbols->has_variables && strchr("dDbB", type) && !is_no_variable(symbol->name))
		return add_symbol(&symbols->variables, symbol);
	return 0;
}

static void add_lines(struct symbols *symbols)
{
	char *rest = symbols->text, *line, type;
	struct table modules = { 0 };
	struct symbol symbol;
	int error = 0;

	while (error >= 0 && (line = strsep(&rest, "\n"))) {
		/* Addresses are 0 for who may not see them. */
		if (!take_apart(line, &symbol, &type) || !symbol.address)
			continue;
		error = is_freed(&modules, &symbol);
		if (!error)
			error = add_line(symbols, &symbol, type);
	}
	free(modules.symbol);
}

struct symbols *symbols_parse(char *text, bool variables)
{
	struct symbols *symbols = text ? calloc(1, sizeof(*symbols)) : NULL;

	if (!symbols) {
		free(text);
		return NULL;
	}
	symbols->has_variables = variables;
	symbols->text = text;
	add_lines(symbols);
	sort(&symbols->functions);
	sort(&symbols->variables);
	return symbols;
}

/* Who is told of a module is told before it is live. */
static char *read_loaded_modules(void)
{
	static const struct timespec moment = { .tv_nsec = LOADING_WAIT_NS };
	char *modules = read_modules();

	for (int i = 0; i < LOADING_WAITS && modules && strstr(modules, " Loading "); i++) {
		free(modules);
		nanosleep(&moment, NULL);
		modules = read_modules();
	}
	return modules;
}

static struct symbols *load_once(bool variables)
{
	/* First: what comes in between is new next time. */
	char *modules = read_loaded_modules();
	struct symbols *symbols = symbols_parse(read_file("/proc/kallsyms"), variables);

	if (symbols)
		symbols->modules = modules;
	else
		free(modules);
	return symbols;
}

struct symbols *symbols_load(bool variables)
{
	struct symbols *symbols = load_once(variables);

	/* Where a module comes or goes meanwhile, lines of others are left out. */
	for (int times = 1; times < MOST_READINGS && symbols_are_old(symbols); times++) {
		symbols_free(symbols);
		symbols = load_once(variables);
	}
	return symbols;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->functions.symbol);
	free(symbols->variables.symbol);
	free(symbols->text);
	free(symbols->modules);
	free(symbols);
}

/* The last one that is not above the address and not further away; NULL: there is none. */
static const struct symbol *find(const struct table *table, unsigned long long address,
				 unsigned long long furthest)
{
	size_t low = 0, high = table ? table->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->symbol[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address - table->symbol[low - 1].address < furthest ?
		       &table->symbol[low - 1] :
		       NULL;
}

const char *symbol_name(const struct symbols *symbols, unsigned long long address,
			char buffer[SYMBOL_BYTES])
{
	const struct symbol *symbol =
		find(symbols ? &symbols->functions : NULL, address, LONGEST_FUNCTION);

	if (symbol)
		snprintf(buffer, SYMBOL_BYTES, "%s+0x%llx%s%s", symbol->name,
			 address - symbol->address, symbol->module ? " " : "",
			 symbol->module ?: "");
	else
		snprintf(buffer, SYMBOL_BYTES, "0x%llx", address);
	return buffer;
}

/* How many the kernel, or the module, has by this name up to this one: files have "lock"s each. */
static unsigned int number_of(const struct table *table, const struct symbol *symbol)
{
	unsigned int number = 1;

	for (const struct symbol *other = table->symbol; other < symbol; other++)
		number += is_same_module(other, symbol) && !strcmp(other->name, symbol->name);
	return number;
}

const char *symbol_variable_name(const struct symbols *symbols, unsigned long long address,
				 char *buffer, size_t bytes)
{
	const struct symbol *symbol =
		find(symbols ? &symbols->variables : NULL, address, LONGEST_VARIABLE);
	char number[16] = "", offset[24] = "";
	unsigned int nth;

	if (!symbol) {
		snprintf(buffer, bytes, "0x%llx", address);
		return buffer;
	}
	nth = number_of(&symbols->variables, symbol);
	if (nth > 1)
		snprintf(number, sizeof(number), "#%u", nth);
	if (symbol->address != address)
		snprintf(offset, sizeof(offset), "+0x%llx", address - symbol->address);
	snprintf(buffer, bytes, "%s%s%s%s%s", symbol->name, number, offset,
		 symbol->module ? " " : "", symbol->module ?: "");
	return buffer;
}

bool symbol_is_of_bpf(const char *name)
{
	static const char program[] = "bpf_prog_", trampoline[] = "bpf_trampoline_";

	/* The kernel's own have other words where these have numbers. */
	if (!strncmp(name, trampoline, strlen(trampoline)))
		return name[strlen(trampoline)] >= '0' && name[strlen(trampoline)] <= '9';
	return !strncmp(name, program, strlen(program)) &&
	       strspn(name + strlen(program), "0123456789abcdef") == 16;
}

/* But for the offsets. */
static bool is_same_function(const char *one, const char *other)
{
	size_t length = strcspn(one, "+ ");

	return length == strcspn(other, "+ ") && !strncmp(one, other, length) &&
	       !strcmp(one + strcspn(one, " "), other + strcspn(other, " "));
}

bool symbol_stack_shows(struct symbol_stack *stack, const char *name)
{
	const bool was_hooked = stack->hooked;

	stack->hooked = symbol_is_of_bpf(name);
	if (stack->hooked || (was_hooked && is_same_function(name, stack->above)))
		return false;
	snprintf(stack->above, sizeof(stack->above), "%s", name);
	return true;
}
