// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "pins.h"

#include "../message.h"
#include "../missed.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define BPF_FOLDER "/sys/fs/bpf"
#define OUR_FOLDER BPF_FOLDER "/vfioscope"
#define FOLDER OUR_FOLDER "/policy"
#define SET FOLDER "/set"
#define COMING FOLDER "/coming"
#define GOING FOLDER "/going"

static int say(const char *path)
{
	message_error("%s: %s", path, strerror(errno));
	return -1;
}

static int remove_folder(const char *path)
{
	char file[PATH_MAX];
	struct dirent *entry;
	DIR *folder = opendir(path);

	if (!folder)
		return errno == ENOENT ? 0 : say(path);
	while ((entry = readdir(folder))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(file);
	}
	closedir(folder);
	return rmdir(path) ? say(path) : 0;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST ? say(path) : 0;
}

static bool is_bpf_file_system(void)
{
	struct statfs file_system;

	return !statfs(BPF_FOLDER, &file_system) && file_system.f_type == BPF_FS_MAGIC;
}

/* Without a folder nothing is in force; it is made only to be filled. */
static int open_folder(struct policy_pins *pins, bool change)
{
	if (!is_bpf_file_system()) {
		message_error("%s is no BPF file system: mount -t bpf bpf %s", BPF_FOLDER,
			      BPF_FOLDER);
		return -1;
	}
	if (change && (make_folder(OUR_FOLDER) || make_folder(FOLDER)))
		return -1;
	pins->folder = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pins->folder < 0)
		return errno == ENOENT && !change ? 0 : say(FOLDER);
	if (flock(pins->folder, change ? LOCK_EX : LOCK_SH))
		return say(FOLDER);
	return 0;
}

static int open_map(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SET "/%s", name);
	return bpf_obj_get(path);
}

static int open_set(struct policy_pins *pins)
{
	const __u32 first = 0;

	if (access(SET, F_OK))
		return errno == ENOENT ? 0 : say(SET);
	pins->maps = (struct policy_maps){
		open_map("in_force"),
		open_map("events"),
		open_map("state"),
		open_map("settings"),
	};
	if (pins->maps.in_force < 0 || pins->maps.events < 0 || pins->maps.state < 0 ||
	    bpf_map_lookup_elem(pins->maps.settings, &first, &pins->settings)) {
		message_error("cannot open what is pinned in %s: %s", SET, strerror(errno));
		return -1;
	}
	pins->has_set = true;
	return 0;
}

int policy_pins_open(struct policy_pins *pins, bool change)
{
	*pins = (struct policy_pins){ .folder = -1, .maps = { -1, -1, -1, -1 } };
	if (open_folder(pins, change) ||
	    (change && (remove_folder(COMING) || remove_folder(GOING))) || open_set(pins)) {
		policy_pins_close(pins);
		return -1;
	}
	return 0;
}

static void close_file(int *file)
{
	if (*file >= 0)
		close(*file);
	*file = -1;
}

static void close_maps(struct policy_maps *maps)
{
	close_file(&maps->in_force);
	close_file(&maps->events);
	close_file(&maps->state);
	close_file(&maps->settings);
}

void policy_pins_unlock(struct policy_pins *pins)
{
	close_file(&pins->folder);
}

void policy_pins_close(struct policy_pins *pins)
{
	close_maps(&pins->maps);
	policy_pins_unlock(pins);
}

/* Of two sets with the same maps it does not matter which decides: for a moment both do. */
int policy_pins_replace(struct policy_pins *pins, struct policy_programs *programs)
{
	unsigned int exchange = pins->has_set ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	if (make_folder(COMING) || policy_programs_pin(programs, COMING))
		return -1;
	if (renameat2(AT_FDCWD, COMING, AT_FDCWD, SET, exchange))
		return say(SET);
	close_maps(&pins->maps);
	return remove_folder(COMING) || open_set(pins) ? -1 : 0;
}

int policy_pins_remove(struct policy_pins *pins)
{
	close_maps(&pins->maps);
	if (pins->has_set && rename(SET, GOING))
		return say(SET);
	pins->has_set = false;
	if (remove_folder(COMING) || remove_folder(GOING) || (rmdir(FOLDER) && errno != ENOENT))
		return say(FOLDER);
	rmdir(OUR_FOLDER); /* others may have something there */
	return 0;
}

/*
 * Missed runs
 */

static __u64 missed_by_pinned_link(const char *path)
{
	struct bpf_link_info link = { 0 };
	__u32 bytes = sizeof(link);
	int file = bpf_obj_get(path), program = -1;
	__u64 missed;

	if (file >= 0 && !bpf_obj_get_info_by_fd(file, &link, &bytes))
		program = bpf_prog_get_fd_by_id(link.prog_id);
	missed = missed_by_program(program);
	close_file(&program);
	close_file(&file);
	return missed;
}

__u64 policy_pins_missed(const struct policy_pins *pins)
{
	DIR *folder = pins->has_set ? opendir(SET) : NULL;
	char path[PATH_MAX];
	struct dirent *entry;
	__u64 missed = 0;

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), SET "/%s", entry->d_name);
		if (!strncmp(entry->d_name, "link_", 5))
			missed += missed_by_pinned_link(path);
	}
	if (folder)
		closedir(folder);
	return missed;
}
