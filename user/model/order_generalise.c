// SPDX-License-Identifier: GPL-2.0-only
#include "order.h"

#include <stdio.h>
#include <string.h>

#define OPEN "OPEN("
#define ACTIVE "kn->active of "
#define FILE_MUTEX "of->mutex of "
#define OF " of "
#define ON " on "

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

static bool has_prefix(const char *class, const char *prefix)
{
	return !strncmp(class, prefix, strlen(prefix));
}

/* Of these files those that are in the folder of a device, or of its slot, and not of a driver. */
static bool is_of_device(const char *file)
{
	static const char *const files[] = { "power", "remove", "reset", "recover",
					     "sriov_numvfs" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!strcmp(file, files[i]))
			return true;
	return false;
}

/*
 * "0000:01:00.0/rescan", "0000:01:00.0/link/l1_aspm", "slots/00000011/power". Buses have a file
 * "rescan", too; but their names, and those of drivers, have no colon.
 */
static struct device device_of_file(char *path)
{
	char *file = strrchr(path, '/'), *first = path + strcspn(path, "/");
	struct device device = device_between(path, file ? first : NULL);

	if (file && is_of_device(file + 1))
		return device_between(first == file ? path : first + 1, file);
	if (!memchr(path, ':', device.bytes) && strncmp(path, "*/", 2))
		device.bytes = 0;
	return device;
}

static struct device device_of(char *class)
{
	size_t bytes = strlen(class);
	char *of;

	if (strstr(class, ON))
		return device_between(class, NULL);
	if (has_prefix(class, ACTIVE))
		return device_of_file(class + strlen(ACTIVE));
	if (has_prefix(class, FILE_MUTEX))
		return device_of_file(class + strlen(FILE_MUTEX));
	if (has_prefix(class, OPEN) && class[bytes - 1] == ')')
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

static bool are_two(struct device from, struct device to)
{
	return from.bytes && to.bytes && !is_same(from, to);
}

bool order_edge_is_between_devices(const struct order_edge *edge)
{
	return are_two(device_of((char *)edge->from), device_of((char *)edge->to));
}

void order_edge_generalise(struct order_edge *edge)
{
	struct device from = device_of(edge->from), to = device_of(edge->to);
	struct device device = from.bytes ? from : to;

	if (!device.bytes || are_two(from, to))
		return;
	/* The name is compared with where it stands: it goes from there last. */
	for (size_t i = 0; i < edge->guards; i++) {
		struct device other = device_of(edge->guard[i].class);

		if (is_same(device, other))
			replace(other);
	}
	replace(from);
	replace(to);
}

bool order_class_is_open(const char *class)
{
	return has_prefix(class, OPEN);
}

bool order_class_is_of_any_device(const char *class)
{
	struct device device = device_of((char *)class);

	return device.bytes == 1 && *device.name == '*';
}

static bool put_host(char class[ORDER_CLASS_BYTES], const char *host)
{
	struct device device = device_of(class);
	size_t bytes = strlen(class);

	if (!device.bytes || *device.name == '*')
		return true;
	return snprintf(class + bytes, ORDER_CLASS_BYTES - bytes, ON "%s", host) <
	       (int)(ORDER_CLASS_BYTES - bytes);
}

bool order_edge_put_host(struct order_edge *edge, const char *host)
{
	bool has_room = put_host(edge->from, host) && put_host(edge->to, host);

	for (size_t i = 0; i < edge->guards && has_room; i++)
		has_room = put_host(edge->guard[i].class, host);
	return has_room;
}

/* What the class is without it. False: it has none. */
static bool take_host_away(char to[ORDER_CLASS_BYTES], const char *class)
{
	char *on;

	strcpy(to, class);
	on = strstr(to, ON);
	if (on)
		*on = '\0';
	return on;
}

enum order_place order_edge_place(const struct order_edge *edge)
{
	char from[ORDER_CLASS_BYTES], to[ORDER_CLASS_BYTES];
	bool is_from_host = take_host_away(from, edge->from);

	if (!take_host_away(to, edge->to) && !is_from_host)
		return ORDER_ANYWHERE;
	return are_two(device_of(from), device_of(to)) ? ORDER_BETWEEN : ORDER_COPY;
}

bool order_class_is_address(const char *class)
{
	const char *address = strstr(class, " at 0x"), *number;

	number = address ? strchr(address, '#') : NULL;
	return number && strspn(number + 1, "0123456789") == strlen(number + 1);
}
