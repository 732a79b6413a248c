// SPDX-License-Identifier: GPL-2.0-only
#include "deadlock_names.h"
#include "order.h"

const char *order_label_name(unsigned int label)
{
	static const char *const names[ORDER_LABELS] = {
		[ORDER_NONE] = "none",		 [ORDER_LOW] = "low",
		[ORDER_GUARDED] = "guarded",	 [ORDER_SUSPECTED] = "suspected",
		[ORDER_PREDICTED] = "predicted",
	};

	return label < ORDER_LABELS ? names[label] : "?";
}

const char *order_mode_name(unsigned int mode)
{
	static const char *const names[ORDER_MODES] = {
		[ORDER_EXCLUSIVE] = "exclusive",
		[ORDER_SHARED] = "shared",
	};

	return mode < ORDER_MODES ? names[mode] : "?";
}

const char *order_scope_name(unsigned int scope)
{
	static const char *const names[ORDER_SCOPES - LOCK_USES] = {
		[ORDER_SCOPE_FAULT - LOCK_USES] = "fault",
		[ORDER_SCOPE_GROUP - LOCK_USES] = "group",
		[ORDER_SCOPE_CONTAINER - LOCK_USES] = "container",
		[ORDER_SCOPE_SYSFS - LOCK_USES] = "sysfs",
		[ORDER_SCOPE_FUNCTION - LOCK_USES] = "function",
	};

	if (scope < LOCK_USES)
		return lock_use_name(scope);
	return scope < ORDER_SCOPES ? names[scope - LOCK_USES] : "?";
}
