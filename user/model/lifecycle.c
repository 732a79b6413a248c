// SPDX-License-Identifier: GPL-2.0-only
#include "lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of configuration space: the command register, and SR-IOV control in its capability. */
#define COMMAND 4
#define COMMAND_MEMORY 2u
#define SRIOV_CONTROL 8
#define SRIOV_ENABLE 1u
#define SRIOV_MEMORY 8u

/* A second for the module to look, and some more for a busy machine. */
#define CAUSE_NS 5000000000ULL

/* A device that is open through VFIO. */
struct open_device {
	struct open_device *next;
	struct lifecycle_user user;
	char pf[DEVICE_NAME_BYTES];
};

/* More would be ends that were missed: the oldest is forgotten, and counted as lost. */
#define MOST_SPANS 1024

/* What has begun and not ended yet, the newest first. */
struct span {
	struct span *next;
	bool told;
	bool in_use; /* it, or a VF of it, was open when it began */
	struct lifecycle_event begin;
};

/* A VF that has a capability of its PF enabled, by zpci-vfio-pci. */
struct cap_user {
	struct cap_user *next;
	__u16 cap;
	bool told; /* that it has lost it */
	char device[DEVICE_NAME_BYTES];
	char pf[DEVICE_NAME_BYTES];
};

/* The last that somebody wrote to a PF or switched off there: perhaps why a VF lost something. */
struct cause {
	struct cause *next;
	struct lifecycle_event event;
};

struct lifecycle {
	lifecycle_report report;
	void *argument;
	struct open_device *open;
	struct span *spans;
	size_t span_count;
	struct cap_user *cap_users;
	struct cause *causes;
	__u64 lost;
};

const char *severity_name(enum severity severity)
{
	static const char *const names[] = { "info", "warning", "critical" };

	return names[severity];
}

static void *new_entry(struct lifecycle *lifecycle, size_t bytes)
{
	void *entry = calloc(1, bytes);

	if (!entry)
		lifecycle->lost++;
	return entry;
}

/*
 * Who has what open
 */

static bool is_same(const char *one, const char *other)
{
	return one[0] && !strncmp(one, other, DEVICE_NAME_BYTES);
}

static bool is_open(const struct lifecycle *lifecycle, const char *device)
{
	for (const struct open_device *open = lifecycle->open; open; open = open->next)
		if (is_same(open->user.device, device))
			return true;
	return false;
}

static bool has_open_vf(const struct lifecycle *lifecycle, const char *pf)
{
	for (const struct open_device *open = lifecycle->open; open; open = open->next)
		if (is_same(open->pf, pf))
			return true;
	return false;
}

/* Whose device goes away, or whose PF does. */
static bool is_affected(const struct lifecycle *lifecycle, const char *device)
{
	return is_open(lifecycle, device) || has_open_vf(lifecycle, device);
}

static void add_open(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct open_device *open;

	/* Several files, or one that was found at the start. */
	if (is_open(lifecycle, event->device))
		return;
	open = new_entry(lifecycle, sizeof(*open));
	if (!open)
		return;
	memcpy(open->user.device, event->device, sizeof(event->device));
	memcpy(open->user.comm, event->comm, sizeof(event->comm));
	memcpy(open->pf, event->pf, sizeof(event->pf));
	open->user.pid = event->pid;
	open->next = lifecycle->open;
	lifecycle->open = open;
}

static void remove_open(struct lifecycle *lifecycle, const char *device)
{
	struct open_device **place = &lifecycle->open, *open;

	while ((open = *place)) {
		if (is_same(open->user.device, device)) {
			*place = open->next;
			free(open);
		} else {
			place = &open->next;
		}
	}
}

/*
 * Findings
 */

static void add_user(struct finding *finding, const struct lifecycle_user *user)
{
	if (finding->users < FINDING_USERS)
		finding->user[finding->users] = *user;
	finding->users++;
}

static struct finding find(const char *name, const struct lifecycle_event *event)
{
	return (struct finding){
		.name = name,
		.event = event,
		.pid = event->pid,
		.tid = event->tid,
		.comm = event->comm,
	};
}

/* The device's users and its VFs'. */
static void find_users(const struct lifecycle *lifecycle, struct finding *finding,
		       const char *device)
{
	for (const struct open_device *open = lifecycle->open; open; open = open->next)
		if (is_same(open->user.device, device) || is_same(open->pf, device))
			add_user(finding, &open->user);
}

static void tell(struct lifecycle *lifecycle, const struct finding *finding)
{
	lifecycle->report(finding, lifecycle->argument);
}

static void tell_info(struct lifecycle *lifecycle, const char *name,
		      const struct lifecycle_event *event, __s64 result)
{
	struct finding finding = find(name, event);

	finding.result = result;
	tell(lifecycle, &finding);
}

static void tell_hazard(struct lifecycle *lifecycle, const char *name, enum severity severity,
			const struct lifecycle_event *event, const char *detail)
{
	struct finding finding = find(name, event);

	finding.severity = severity;
	finding.hazard = true;
	finding.detail = detail;
	find_users(lifecycle, &finding, event->device);
	tell(lifecycle, &finding);
}

/*
 * What takes its time
 */

static void forget_oldest(struct lifecycle *lifecycle)
{
	struct span **place = &lifecycle->spans;

	while (*place && (*place)->next)
		place = &(*place)->next;
	free(*place);
	*place = NULL;
	lifecycle->span_count--;
	lifecycle->lost++;
}

static struct span *begin(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span *span;

	if (lifecycle->span_count == MOST_SPANS)
		forget_oldest(lifecycle);
	span = new_entry(lifecycle, sizeof(*span));
	if (!span)
		return NULL;
	span->begin = *event;
	span->in_use = is_affected(lifecycle, event->device);
	span->next = lifecycle->spans;
	lifecycle->spans = span;
	lifecycle->span_count++;
	return span;
}

/* Takes the one out that ends. NULL: its begin was not seen. */
static struct span *end(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span **place = &lifecycle->spans, *span;

	for (; (span = *place); place = &span->next) {
		if (span->begin.tid != event->tid || span->begin.kind != event->kind)
			continue;
		*place = span->next;
		lifecycle->span_count--;
		return span;
	}
	return NULL;
}

/* What this thread does to a device already. */
static struct span *outer(const struct lifecycle *lifecycle, __u32 tid, __u32 kind,
			  const char *device)
{
	for (struct span *span = lifecycle->spans; span; span = span->next)
		if (span->begin.tid == tid && span->begin.kind == kind &&
		    is_same(span->begin.device, device))
			return span;
	return NULL;
}

/*
 * Removals
 */

/* By what a VF's PF is changed, if that is why the VF goes. */
static struct span *change_of_pf(const struct lifecycle *lifecycle,
				 const struct lifecycle_event *event)
{
	static const __u32 kinds[] = { LIFECYCLE_NUMVFS, LIFECYCLE_REMOVE, LIFECYCLE_UNBIND };

	for (size_t i = 0; event->pf[0] && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct span *span = outer(lifecycle, event->tid, kinds[i], event->pf);

		if (span)
			return span;
	}
	return NULL;
}

static void feed_remove(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span *change = change_of_pf(lifecycle, event);
	/* One function calls another. */
	bool again = outer(lifecycle, event->tid, LIFECYCLE_REMOVE, event->device);
	struct span *span = begin(lifecycle, event);

	if (span)
		span->told = true;
	if (again)
		return;
	if (change && !change->told && has_open_vf(lifecycle, event->pf)) {
		change->told = true;
		tell_hazard(lifecycle,
			    change->begin.kind == LIFECYCLE_UNBIND ? "unbound" : "numvfs",
			    SEVERITY_CRITICAL, &change->begin,
			    "VFs in use are taken away: this waits for their users");
	}
	if (!change && is_affected(lifecycle, event->device))
		tell_hazard(lifecycle, "removed", SEVERITY_CRITICAL, event,
			    "in use: this waits for its users");
	else
		tell_info(lifecycle, event->pf[0] ? "vf-destroyed" : "removed", event, 0);
}

static void feed_unbind(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span *span;
	bool removed = outer(lifecycle, event->tid, LIFECYCLE_REMOVE, event->device);

	span = begin(lifecycle, event);
	if (removed || !is_affected(lifecycle, event->device))
		return;
	if (span)
		span->told = true;
	tell_hazard(lifecycle, "unbound", SEVERITY_CRITICAL, event,
		    "in use: this waits for its users");
}

static void end_numvfs(struct lifecycle *lifecycle, struct span *span, __s64 result)
{
	if (result < 0)
		tell_info(lifecycle, "numvfs-refused", &span->begin, result);
	else if (span->told || span->begin.value == span->begin.vfs)
		return; /* told already, or nothing changed */
	else if (span->in_use)
		tell_hazard(lifecycle, "numvfs", SEVERITY_WARNING, &span->begin, "changed in use");
	else
		tell_info(lifecycle, "numvfs", &span->begin, result);
}

static void end_reset(struct lifecycle *lifecycle, const struct span *span, __s64 result)
{
	const struct lifecycle_event *event = &span->begin;

	/* One calls another. */
	if (result || outer(lifecycle, event->tid, LIFECYCLE_RESET, event->device))
		return;
	if (has_open_vf(lifecycle, event->device))
		tell_hazard(lifecycle, "pf-reset", SEVERITY_CRITICAL, event,
			    "its VFs in use were reset with it");
}

/*
 * Capabilities that VFs share
 */

static const char *cap_text(__u16 cap, const char *pasid, const char *pri)
{
	return cap == CAP_PASID ? pasid : pri;
}

static void remember_cause(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct cause *cause = lifecycle->causes;

	while (cause && !is_same(cause->event.device, event->device))
		cause = cause->next;
	if (!cause) {
		cause = new_entry(lifecycle, sizeof(*cause));
		if (!cause)
			return;
		cause->next = lifecycle->causes;
		lifecycle->causes = cause;
	}
	cause->event = *event;
}

static const struct lifecycle_event *find_cause(const struct lifecycle *lifecycle,
						const struct lifecycle_event *event)
{
	for (const struct cause *cause = lifecycle->causes; cause; cause = cause->next)
		if (is_same(cause->event.device, event->pf) &&
		    event->time_ns - cause->event.time_ns < CAUSE_NS)
			return &cause->event;
	return NULL;
}

static struct cap_user **find_cap_user(struct lifecycle *lifecycle,
				       const struct lifecycle_event *event)
{
	struct cap_user **place = &lifecycle->cap_users;

	while (*place && ((*place)->cap != event->cap || !is_same((*place)->device, event->device)))
		place = &(*place)->next;
	return place;
}

static bool has_cap_users(const struct lifecycle *lifecycle, const char *pf, __u16 cap)
{
	for (const struct cap_user *user = lifecycle->cap_users; user; user = user->next)
		if (user->cap == cap && is_same(user->pf, pf))
			return true;
	return false;
}

static void add_cap_user(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct cap_user **place = find_cap_user(lifecycle, event);

	if (!*place) {
		*place = new_entry(lifecycle, sizeof(**place));
		if (!*place)
			return;
		(*place)->cap = event->cap;
		memcpy((*place)->device, event->device, sizeof(event->device));
		memcpy((*place)->pf, event->pf, sizeof(event->pf));
	}
	(*place)->told = false;
}

static void remove_cap_user(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct cap_user **place = find_cap_user(lifecycle, event), *user = *place;

	if (!user)
		return;
	*place = user->next;
	free(user);
}

/* Each VF tells of its loss; the PF has been switched off once. */
static void feed_lost(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	const struct lifecycle_event *cause = find_cause(lifecycle, event);
	struct finding finding = find(cap_text(event->cap, "pasid-lost", "pri-lost"), event);
	struct cap_user *mine = *find_cap_user(lifecycle, event);
	bool told = mine && mine->told;

	remove_cap_user(lifecycle, event);
	if (told)
		return;
	finding.severity = SEVERITY_CRITICAL;
	finding.hazard = true;
	finding.detail = "its PF's went off in use";
	/* The one who looks is not the one who did it. */
	finding.pid = cause ? cause->pid : 0;
	finding.tid = cause ? cause->tid : 0;
	finding.comm = cause ? cause->comm : "";
	find_users(lifecycle, &finding, event->device);
	for (struct cap_user *user = lifecycle->cap_users; user; user = user->next) {
		if (user->cap != event->cap || !is_same(user->pf, event->pf))
			continue;
		user->told = true;
		find_users(lifecycle, &finding, user->device);
	}
	tell(lifecycle, &finding);
}

static void feed_virtual_cap(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	switch (event->action) {
	case VIRTUAL_CAP_ENABLED:
		add_cap_user(lifecycle, event);
		break;
	case VIRTUAL_CAP_DISABLED:
		remove_cap_user(lifecycle, event);
		break;
	case VIRTUAL_CAP_REFUSED:
		tell_hazard(lifecycle, cap_text(event->cap, "pasid-refused", "pri-refused"),
			    SEVERITY_WARNING, event, "its PF's is off");
		break;
	case VIRTUAL_CAP_LOST:
		feed_lost(lifecycle, event);
		break;
	}
}

/* If zpci-vfio-pci knows of users, it will tell of their loss. */
static void feed_cap_off(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	remember_cause(lifecycle, event);
	if (!has_cap_users(lifecycle, event->device, event->cap) &&
	    has_open_vf(lifecycle, event->device))
		tell_hazard(lifecycle, cap_text(event->cap, "pasid-off", "pri-off"),
			    SEVERITY_WARNING, event, "VFs in use share it");
}

/*
 * Configuration space
 */

/* The bits of a byte of a register that are written as 0, as far as they are known. */
static __u32 cleared(const struct lifecycle_event *event, __u32 offset, __u32 bits)
{
	__u32 at = offset - event->offset;

	if (offset < event->offset || at >= event->bytes || at >= sizeof(event->value))
		return 0;
	return bits & ~(event->value >> (8 * at));
}

static void feed_config_write(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	if (!event->pf[0]) {
		remember_cause(lifecycle, event);
		if (cleared(event, COMMAND, COMMAND_MEMORY) && is_open(lifecycle, event->device))
			tell_hazard(lifecycle, "memory-disabled", SEVERITY_CRITICAL, event,
				    "in use, by the command register");
	}
	if (event->sriov &&
	    cleared(event, event->sriov + SRIOV_CONTROL, SRIOV_ENABLE | SRIOV_MEMORY) &&
	    has_open_vf(lifecycle, event->device))
		tell_hazard(lifecycle, "memory-disabled", SEVERITY_CRITICAL, event,
			    "that of its VFs in use, by SR-IOV control");
}

/*
 * Users
 */

static void feed_close(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	if (event->signal && event->vfs)
		tell_hazard(lifecycle, "pf-owner-killed",
			    has_open_vf(lifecycle, event->device) ? SEVERITY_CRITICAL :
								    SEVERITY_WARNING,
			    event, "its VFs have lost who managed them");
	remove_open(lifecycle, event->device);
}

static void tell_refused(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	tell_hazard(lifecycle, "token-refused", SEVERITY_WARNING, event,
		    "a VF token is missing or wrong");
}

/*
 * Events
 */

static void feed_begin(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	switch (event->kind) {
	case LIFECYCLE_REMOVE:
		feed_remove(lifecycle, event);
		break;
	case LIFECYCLE_UNBIND:
		feed_unbind(lifecycle, event);
		break;
	default:
		begin(lifecycle, event);
	}
}

static void feed_end(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span *span = end(lifecycle, event);
	struct lifecycle_event *first = span ? &span->begin : NULL;

	if (!first)
		return;
	switch (event->kind) {
	case LIFECYCLE_OPEN:
		if (event->result)
			break;
		/* By its first user: whoever had it has closed it, seen or not. */
		remove_open(lifecycle, first->device);
		add_open(lifecycle, first);
		break;
	case LIFECYCLE_NUMVFS:
		end_numvfs(lifecycle, span, event->result);
		break;
	case LIFECYCLE_RESET:
		end_reset(lifecycle, span, event->result);
		break;
	case LIFECYCLE_CAP_ON:
		/* The kernel tries it for VFs that nobody has open, too: at each IOMMU domain. */
		if (event->result < 0 && first->pf[0] && is_open(lifecycle, first->device))
			tell_hazard(lifecycle, cap_text(first->cap, "pasid-refused", "pri-refused"),
				    SEVERITY_WARNING, first, "its PF's is off");
		break;
	case LIFECYCLE_TOKEN_REFUSED:
		if (event->result == -13) /* EACCES of the kernel, whatever machine this is */
			tell_refused(lifecycle, first);
		break;
	}
	free(span);
}

static void feed_moment(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	switch (event->kind) {
	case LIFECYCLE_OPEN:
		add_open(lifecycle, event);
		break;
	case LIFECYCLE_CLOSE:
		feed_close(lifecycle, event);
		break;
	case LIFECYCLE_ADD:
		tell_info(lifecycle, "vf-created", event, 0);
		break;
	case LIFECYCLE_CONFIG_WRITE:
		feed_config_write(lifecycle, event);
		break;
	case LIFECYCLE_CAP_OFF:
		feed_cap_off(lifecycle, event);
		break;
	case LIFECYCLE_VIRTUAL_CAP:
		feed_virtual_cap(lifecycle, event);
		break;
	case LIFECYCLE_TOKEN_REFUSED:
		tell_refused(lifecycle, event);
		break;
	}
}

void lifecycle_feed(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	if (event->phase == LIFECYCLE_BEGIN)
		feed_begin(lifecycle, event);
	else if (event->phase == LIFECYCLE_END)
		feed_end(lifecycle, event);
	else
		feed_moment(lifecycle, event);
}

struct lifecycle *lifecycle_new(lifecycle_report report, void *argument)
{
	struct lifecycle *lifecycle = calloc(1, sizeof(*lifecycle));

	if (!lifecycle)
		return NULL;
	lifecycle->report = report;
	lifecycle->argument = argument;
	return lifecycle;
}

/* Of any kind: an entry begins with where the next one is. */
static void free_all(void *list)
{
	while (list) {
		void *next = *(void **)list;

		free(list);
		list = next;
	}
}

void lifecycle_free(struct lifecycle *lifecycle)
{
	if (!lifecycle)
		return;
	free_all(lifecycle->open);
	free_all(lifecycle->spans);
	free_all(lifecycle->cap_users);
	free_all(lifecycle->causes);
	free(lifecycle);
}

__u64 lifecycle_lost(const struct lifecycle *lifecycle)
{
	return lifecycle->lost;
}
