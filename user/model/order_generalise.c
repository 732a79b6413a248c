// SPDX-License-Identifier: GPL-2.0-only
#include "order.h"

#include <string.h>

#define OPEN "OPEN("
#define ACTIVE "kn->active of "
#define OF " of "

/* A device's name within a class; 0 bytes: the class is of none. */
struct device {
	char *name;
	size_t bytes;
};

static struct device device_between(char *name, char *end)
{
	return (struct device){ name, end ? (size_t)(end - name) : 0 };
}

static char *last_of(char *class)
{
	char *last = NULL;

	for (char *of = strstr(class, OF); of; of = strstr(of + 1, OF))
		last = of;
	return last;
}

static struct device device_of(char *class)
{
	size_t bytes = strlen(class);
	char *of;

	if (!strncmp(class, ACTIVE, strlen(ACTIVE)))
		return device_between(class + strlen(ACTIVE), strrchr(class, '/'));
	if (!strncmp(class, OPEN, strlen(OPEN)) && class[bytes - 1] == ')')
		return device_between(class + strlen(OPEN), class + bytes - 1);
	of = last_of(class);
	return device_between(of ? of + strlen(OF) : class + bytes, class + bytes);
}

static bool is_same(struct device one, struct device other)
{
	return one.bytes == other.bytes && !memcmp(one.name, other.name, one.bytes);
}

static void replace(struct device device)
{
	char *rest = device.name + device.bytes;

	if (!device.bytes)
		return;
	memmove(device.name + 1, rest, strlen(rest) + 1);
	*device.name = '*';
}

void order_edge_generalise(struct order_edge *edge)
{
	struct device from = device_of(edge->from), to = device_of(edge->to);
	struct device device = from.bytes ? from : to;

	if (!device.bytes || (from.bytes && to.bytes && !is_same(from, to)))
		return;
	/* The name is compared with where it stands: it goes from there last. */
	for (size_t i = 0; i < edge->guards; i++) {
		struct device other = device_of(edge->guard[i]);

		if (is_same(device, other))
			replace(other);
	}
	replace(from);
	replace(to);
}

bool order_class_is_address(const char *class)
{
	const char *address = strstr(class, " at 0x"), *number;

	number = address ? strchr(address, '#') : NULL;
	return number && strspn(number + 1, "0123456789") == strlen(number + 1);
}
