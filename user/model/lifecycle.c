// SPDX-License-Identifier: GPL-2.0-only
#include "lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	struct open_device *open; /* whom it concerned when it began: they may go by its end */
	struct lifecycle_event begin;
};

/* A VF that has a capability of its PF enabled, by zpci-vfio-pci. */
struct cap_user {
	struct cap_user *next;
	__u16 cap;
	char device[DEVICE_NAME_BYTES];
	char pf[DEVICE_NAME_BYTES];
};

/* PASID and PRI, as VFs share them. */
enum shared_cap {
	SHARED_PASID,
	SHARED_PRI,
	SHARED_CAPS,
};

/* Of a function that is no VF. */
struct pf {
	struct pf *next;
	char device[DEVICE_NAME_BYTES];
	/* SWITCH_... that somebody switched off, and nobody on again as far as was seen. */
	__u8 off;
	/* What last may have switched it off, and whether it was told that it is off. */
	struct lifecycle_event cause[SHARED_CAPS];
	bool told[SHARED_CAPS];
	/* The reset that was told last, by the outermost begin of its thread. */
	__u64 reset_ns;
	__u32 reset_tid;
};

struct lifecycle {
	lifecycle_report report;
	void *argument;
	struct open_device *open;
	struct span *spans;
	size_t span_count;
	struct cap_user *cap_users;
	struct pf *pfs;
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

/* Whether a device, by its name "DDDD:BB:DD.F", is behind the event's bridge. */
static bool is_behind(const char *device, const struct lifecycle_event *event)
{
	unsigned int domain, bridge_domain, bus;

	return event->first_bus && sscanf(device, "%x:%x:", &domain, &bus) == 2 &&
	       sscanf(event->device, "%x:", &bridge_domain) == 1 && domain == bridge_domain &&
	       bus >= event->first_bus && bus <= event->last_bus;
}

/* An event of a device is one of its VFs' too, and of all that is behind it. */
static bool concerns(const struct lifecycle_event *event, const char *device, const char *pf)
{
	return is_same(event->device, device) || is_same(event->device, pf) ||
	       is_behind(device, event) || is_behind(pf, event);
}

static bool concerns_open(const struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	for (const struct open_device *open = lifecycle->open; open; open = open->next)
		if (concerns(event, open->user.device, open->pf))
			return true;
	return false;
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

static void find_users(struct finding *finding, const struct open_device *open,
		       const struct lifecycle_event *event)
{
	for (; open; open = open->next)
		if (concerns(event, open->user.device, open->pf))
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

/* Of those who have devices open. */
static void tell_users(struct lifecycle *lifecycle, const char *name, enum severity severity,
		       const struct lifecycle_event *event, const char *detail,
		       const struct open_device *open)
{
	struct finding finding = find(name, event);

	finding.severity = severity;
	finding.hazard = true;
	finding.detail = detail;
	find_users(&finding, open, event);
	tell(lifecycle, &finding);
}

static void tell_hazard(struct lifecycle *lifecycle, const char *name, enum severity severity,
			const struct lifecycle_event *event, const char *detail)
{
	tell_users(lifecycle, name, severity, event, detail, lifecycle->open);
}

/*
 * What takes its time
 */

/* Of any kind: an entry begins with where the next one is. */
static void free_all(void *list)
{
	while (list) {
		void *next = *(void **)list;

		free(list);
		list = next;
	}
}

static void free_span(struct span *span)
{
	free_all(span->open);
	free(span);
}

static struct span *take_out(struct lifecycle *lifecycle, struct span **place)
{
	struct span *span = *place;

	*place = span->next;
	lifecycle->span_count--;
	return span;
}

static void forget_oldest(struct lifecycle *lifecycle)
{
	struct span **place = &lifecycle->spans;

	if (!*place)
		return;
	while ((*place)->next)
		place = &(*place)->next;
	free_span(take_out(lifecycle, place));
	lifecycle->lost++;
}

/* A function is not called for a device within itself: the end of the one before was missed. */
static void forget_stale(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span **place = &lifecycle->spans, *span;

	while ((span = *place)) {
		if (span->begin.tid == event->tid && span->begin.kind == event->kind &&
		    span->begin.function == event->function &&
		    is_same(span->begin.device, event->device)) {
			free_span(take_out(lifecycle, place));
			lifecycle->lost++;
		} else {
			place = &span->next;
		}
	}
}

static void remember_open(struct lifecycle *lifecycle, struct span *span)
{
	for (const struct open_device *open = lifecycle->open; open; open = open->next) {
		struct open_device *copy;

		if (!concerns(&span->begin, open->user.device, open->pf))
			continue;
		copy = new_entry(lifecycle, sizeof(*copy));
		if (!copy)
			return;
		*copy = *open;
		copy->next = span->open;
		span->open = copy;
	}
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
	remember_open(lifecycle, span);
	span->next = lifecycle->spans;
	lifecycle->spans = span;
	lifecycle->span_count++;
	return span;
}

/* Takes the one out that ends. NULL: its begin was not seen. */
static struct span *end(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span **place = &lifecycle->spans;

	for (; *place; place = &(*place)->next)
		if ((*place)->begin.tid == event->tid && (*place)->begin.kind == event->kind &&
		    (*place)->begin.function == event->function)
			return take_out(lifecycle, place);
	return NULL;
}

/* What this thread has begun of a kind, the outermost. */
static struct span *outermost(const struct lifecycle *lifecycle, __u32 tid, __u32 kind)
{
	struct span *found = NULL;

	for (struct span *span = lifecycle->spans; span; span = span->next)
		if (span->begin.tid == tid && span->begin.kind == kind)
			found = span;
	return found;
}

/*
 * Removals
 */

static bool is_change(__u32 kind)
{
	return kind == LIFECYCLE_NUMVFS || kind == LIFECYCLE_REMOVE || kind == LIFECYCLE_UNBIND;
}

/* What this thread does to the device, its PF or a bridge above, event's own too: the outermost. */
static struct span *change_of(const struct lifecycle *lifecycle,
			      const struct lifecycle_event *event)
{
	struct span *found = NULL;

	for (struct span *span = lifecycle->spans; span; span = span->next)
		if (span->begin.tid == event->tid && is_change(span->begin.kind) &&
		    concerns(&span->begin, event->device, event->pf))
			found = span;
	return found;
}

static void tell_change(struct lifecycle *lifecycle, struct span *change)
{
	static const struct {
		const char *name, *detail;
	} texts[LIFECYCLE_KINDS] = {
		[LIFECYCLE_NUMVFS] = { "numvfs",
				       "VFs in use are taken away: this waits for their users" },
		[LIFECYCLE_REMOVE] = { "removed", "in use: this waits for its users" },
		[LIFECYCLE_UNBIND] = { "unbound", "in use: this waits for its users" },
	};
	const char *detail = texts[change->begin.kind].detail;

	/* Some drivers leave the VFs as they are. */
	if (change->begin.kind == LIFECYCLE_UNBIND && !is_open(lifecycle, change->begin.device))
		detail = "VFs of it are in use, and lose who manages them";
	change->told = true;
	tell_hazard(lifecycle, texts[change->begin.kind].name, SEVERITY_CRITICAL, &change->begin,
		    detail);
}

static void feed_taking(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span *span = begin(lifecycle, event), *change = change_of(lifecycle, event);
	bool again = change && change != span && is_same(change->begin.device, event->device);
	bool told = false;

	if (change && !change->told && concerns_open(lifecycle, event)) {
		tell_change(lifecycle, change);
		told = change == span;
	}
	if (event->kind == LIFECYCLE_REMOVE && !again && !told)
		tell_info(lifecycle, event->pf[0] ? "vf-destroyed" : "removed", event, 0);
}

static void end_numvfs(struct lifecycle *lifecycle, struct span *span, __s64 result)
{
	/* One calls another, and a PF's driver takes its VFs with it. */
	if (change_of(lifecycle, &span->begin))
		return;
	if (result < 0)
		tell_info(lifecycle, "numvfs-refused", &span->begin, result);
	else if (span->told || span->begin.value == span->begin.vfs)
		return; /* told already, or nothing changed */
	else if (span->open)
		tell_users(lifecycle, "numvfs", SEVERITY_WARNING, &span->begin, "changed in use",
			   span->open);
	else
		tell_info(lifecycle, "numvfs", &span->begin, result);
}

/*
 * PFs, and the capabilities that VFs share
 */

static const char *cap_text(__u16 cap, const char *pasid, const char *pri)
{
	return cap == CAP_PASID ? pasid : pri;
}

static const __u8 switch_of[SHARED_CAPS] = { SWITCH_PASID, SWITCH_PRI };

static enum shared_cap shared_cap(__u16 cap)
{
	return cap == CAP_PASID ? SHARED_PASID : SHARED_PRI;
}

/* NULL: no memory. */
static struct pf *find_pf(struct lifecycle *lifecycle, const char *device)
{
	struct pf *pf = lifecycle->pfs;

	while (pf && !is_same(pf->device, device))
		pf = pf->next;
	if (pf)
		return pf;
	pf = new_entry(lifecycle, sizeof(*pf));
	if (!pf)
		return NULL;
	memcpy(pf->device, device, sizeof(pf->device));
	pf->next = lifecycle->pfs;
	lifecycle->pfs = pf;
	return pf;
}

static void switch_on(struct pf *pf, __u8 what)
{
	pf->off &= ~what;
	for (enum shared_cap cap = 0; cap < SHARED_CAPS; cap++)
		if (what & switch_of[cap])
			pf->told[cap] = false;
}

/* A PF has been reset, alone or with all behind a bridge: told once, whoever calls whom. */
static void tell_reset(struct lifecycle *lifecycle, const struct span *span, struct pf *pf)
{
	const struct span *first = outermost(lifecycle, span->begin.tid, LIFECYCLE_RESET) ?: span;
	struct lifecycle_event event = span->begin;

	for (enum shared_cap cap = 0; cap < SHARED_CAPS; cap++)
		if (!(pf->off & switch_of[cap]))
			pf->cause[cap] = span->begin;
	if (pf->reset_ns == first->begin.time_ns && pf->reset_tid == first->begin.tid)
		return;
	pf->reset_ns = first->begin.time_ns;
	pf->reset_tid = first->begin.tid;
	event.first_bus = 0;
	memcpy(event.device, pf->device, sizeof(event.device));
	tell_users(lifecycle, "pf-reset", SEVERITY_CRITICAL, &event,
		   "its VFs in use were reset with it", span->open);
}

static void end_reset(struct lifecycle *lifecycle, const struct span *span, __s64 result)
{
	if (result)
		return;
	for (const struct open_device *open = span->open; open; open = open->next) {
		struct pf *pf;

		/* A VF's own is its user's business. */
		if (!open->pf[0] ||
		    (!is_same(span->begin.device, open->pf) && !is_behind(open->pf, &span->begin)))
			continue;
		pf = find_pf(lifecycle, open->pf);
		if (pf)
			tell_reset(lifecycle, span, pf);
	}
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
	struct pf *pf = find_pf(lifecycle, event->pf);

	/* The PF has it on again. */
	if (pf)
		switch_on(pf, switch_of[shared_cap(event->cap)]);
	if (*place)
		return;
	*place = new_entry(lifecycle, sizeof(**place));
	if (!*place)
		return;
	(*place)->cap = event->cap;
	memcpy((*place)->device, event->device, sizeof(event->device));
	memcpy((*place)->pf, event->pf, sizeof(event->pf));
}

static void remove_cap_user(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct cap_user **place = find_cap_user(lifecycle, event), *user = *place;

	if (!user)
		return;
	*place = user->next;
	free(user);
}

static void find_vf_users(const struct lifecycle *lifecycle, const char *pf,
			  struct finding *finding)
{
	for (const struct open_device *open = lifecycle->open; open; open = open->next)
		if (is_same(open->pf, pf))
			add_user(finding, &open->user);
}

/* All VFs that are open share it, whatever each does with it. */
static void tell_lost(struct lifecycle *lifecycle, const struct lifecycle_event *event, __u16 cap,
		      const char *pf, const struct lifecycle_event *cause)
{
	struct finding finding = find(cap_text(cap, "pasid-lost", "pri-lost"), event);

	finding.severity = SEVERITY_CRITICAL;
	finding.hazard = true;
	finding.detail = "VFs have it enabled, and the PF's went off";
	/* The one who looks is not the one who did it. */
	finding.pid = cause ? cause->pid : 0;
	finding.tid = cause ? cause->tid : 0;
	finding.comm = cause ? cause->comm : "";
	find_vf_users(lifecycle, pf, &finding);
	tell(lifecycle, &finding);
}

/* Each VF tells of its loss; the PF has been switched off once, and that may have been seen. */
static void feed_lost(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	enum shared_cap cap = shared_cap(event->cap);
	struct pf *pf = find_pf(lifecycle, event->pf);
	const struct lifecycle_event *cause = pf ? &pf->cause[cap] : NULL;

	if (cause && (!cause->time_ns || event->time_ns - cause->time_ns >= CAUSE_NS))
		cause = NULL;
	if (!pf || !pf->told[cap])
		tell_lost(lifecycle, event, event->cap, event->pf, cause);
	if (pf)
		pf->told[cap] = true;
	remove_cap_user(lifecycle, event);
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

static void feed_cap_off(struct lifecycle *lifecycle, const struct lifecycle_event *event,
			 __u16 number)
{
	enum shared_cap cap = shared_cap(number);
	struct pf *pf = find_pf(lifecycle, event->device);

	/* The kernel itself knows that it was on. */
	if (!pf || (event->kind == LIFECYCLE_CONFIG_WRITE && pf->off & switch_of[cap]))
		return;
	pf->off |= switch_of[cap];
	pf->cause[cap] = *event;
	if (!has_open_vf(lifecycle, event->device))
		return;
	pf->told[cap] = true;
	if (has_cap_users(lifecycle, event->device, number))
		tell_lost(lifecycle, event, number, event->device, event);
	else
		tell_hazard(lifecycle, cap_text(number, "pasid-off", "pri-off"), SEVERITY_WARNING,
			    event, "VFs in use share it");
}

static void feed_memory_off(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct pf *pf = find_pf(lifecycle, event->device);
	__u8 off = event->off & (SWITCH_MEMORY | SWITCH_VF_MEMORY);

	if (!pf)
		return;
	off &= ~pf->off;
	pf->off |= off;
	if (off & SWITCH_MEMORY && is_open(lifecycle, event->device))
		tell_hazard(lifecycle, "memory-disabled", SEVERITY_CRITICAL, event,
			    "in use, by the command register");
	if (off & SWITCH_VF_MEMORY && has_open_vf(lifecycle, event->device))
		tell_hazard(lifecycle, "memory-disabled", SEVERITY_CRITICAL, event,
			    "that of its VFs in use, by SR-IOV control");
}

/* Around the kernel, which would keep what the device loses. */
static void feed_reset_by_hand(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct span *span = begin(lifecycle, event);

	if (!span)
		return;
	take_out(lifecycle, &lifecycle->spans);
	end_reset(lifecycle, span, 0);
	free_span(span);
}

static void feed_config_write(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	struct pf *pf = event->on ? find_pf(lifecycle, event->device) : NULL;

	if (pf)
		switch_on(pf, event->on);
	feed_memory_off(lifecycle, event);
	if (event->off & SWITCH_PASID)
		feed_cap_off(lifecycle, event, CAP_PASID);
	if (event->off & SWITCH_PRI)
		feed_cap_off(lifecycle, event, CAP_PRI);
	if (event->on & SWITCH_RESET)
		feed_reset_by_hand(lifecycle, event);
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

static void tell_refused(struct lifecycle *lifecycle, const struct lifecycle_event *event,
			 __s64 result)
{
	struct finding finding = find("token-refused", event);

	finding.severity = SEVERITY_WARNING;
	finding.hazard = true;
	finding.result = result;
	finding.detail = "a VF token is missing, wrong, or not to be there";
	find_users(&finding, lifecycle->open, event);
	tell(lifecycle, &finding);
}

/*
 * Events
 */

static void feed_begin(struct lifecycle *lifecycle, const struct lifecycle_event *event)
{
	forget_stale(lifecycle, event);
	if (event->kind == LIFECYCLE_REMOVE || event->kind == LIFECYCLE_UNBIND)
		feed_taking(lifecycle, event);
	else
		begin(lifecycle, event);
}

static void end_token_check(struct lifecycle *lifecycle, const struct span *span, __s64 result)
{
	/* One function calls another. */
	if (result < 0 && !outermost(lifecycle, span->begin.tid, LIFECYCLE_TOKEN_REFUSED))
		tell_refused(lifecycle, &span->begin, result);
}

/* Whoever opens a device has its memory switched on. */
static void switch_on_memory(struct lifecycle *lifecycle, const char *device)
{
	struct pf *pf = find_pf(lifecycle, device);

	if (pf)
		switch_on(pf, SWITCH_MEMORY);
}

/*
 * A VF's by the kernel, if its PF's is off: the kernel tries it for VFs that nobody has open, too,
 * at each IOMMU domain. Or a PF's.
 */
static void end_cap_on(struct lifecycle *lifecycle, const struct lifecycle_event *event,
		       __s64 result)
{
	struct pf *pf = event->pf[0] || result ? NULL : find_pf(lifecycle, event->device);

	if (pf)
		switch_on(pf, switch_of[shared_cap(event->cap)]);
	if (result < 0 && event->pf[0] && is_open(lifecycle, event->device))
		tell_hazard(lifecycle, cap_text(event->cap, "pasid-refused", "pri-refused"),
			    SEVERITY_WARNING, event, "its PF's is off");
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
		switch_on_memory(lifecycle, first->device);
		break;
	case LIFECYCLE_NUMVFS:
		end_numvfs(lifecycle, span, event->result);
		break;
	case LIFECYCLE_RESET:
		end_reset(lifecycle, span, event->result);
		break;
	case LIFECYCLE_CAP_ON:
		end_cap_on(lifecycle, first, event->result);
		break;
	case LIFECYCLE_TOKEN_REFUSED:
		end_token_check(lifecycle, span, event->result);
		break;
	}
	free_span(span);
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
		feed_cap_off(lifecycle, event, event->cap);
		break;
	case LIFECYCLE_VIRTUAL_CAP:
		feed_virtual_cap(lifecycle, event);
		break;
	case LIFECYCLE_TOKEN_REFUSED:
		tell_refused(lifecycle, event, event->result);
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

void lifecycle_free(struct lifecycle *lifecycle)
{
	if (!lifecycle)
		return;
	while (lifecycle->spans)
		free_span(take_out(lifecycle, &lifecycle->spans));
	free_all(lifecycle->open);
	free_all(lifecycle->cap_users);
	free_all(lifecycle->pfs);
	free(lifecycle);
}

__u64 lifecycle_lost(const struct lifecycle *lifecycle)
{
	return lifecycle->lost;
}
