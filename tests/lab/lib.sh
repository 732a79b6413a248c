# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the lab's scripts share: where things are, how they speak, and how a
# thing gets into the cache whole or not at all.

# shellcheck disable=SC2034  # used by the scripts that source this file
lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck disable=SC2034
repo_dir=${lab_dir%/tests/lab}
cache=${VFIOSCOPE_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/vfioscope}

# The lab's own failure; a guest command may well end with 1.
lab_failure=125

say() { echo "lab: $*" >&2; }

die() {
	say "$*"
	exit "$lab_failure"
}

# Name and size of every file under a directory, in a fixed order: enough to
# see that one was lost or cut short, and quick enough to do before every boot.
listing() { (cd "$1" && find . \( -type f -o -type l \) -printf '%P %s\n' | LC_ALL=C sort); }

# A cached tree is whole when it still matches the listing made when it was
# put there.
intact() { [[ -d $1 && -f $1.files ]] && listing "$1" | cmp -s - "$1.files"; }

# install_tree TEMP FINAL: make a finished tree visible. A reader sees the old
# tree or the new one; the listing goes last, so an interruption leaves a tree
# that is not intact and is made again.
install_tree() {
	local temp=$1 final=$2
	mkdir -p "$(dirname "$final")"
	listing "$temp" >"$temp.files"
	rm -f "$final.files"
	if [[ -e $final ]]; then
		mv -T "$final" "$temp.old"
	fi
	chmod 755 "$temp"
	mv -T "$temp" "$final"
	mv "$temp.files" "$final.files"
	rm -rf "$temp.old"
}

# finish_kernel DIR: whatever the layout of the package, the cached tree has
# lib/modules, vmlinuz, release and (amd64) vmlinux at its top.
finish_kernel() {
	local dir=$1 image release
	[[ -e $dir/lib ]] || ln -s usr/lib "$dir/lib"
	image=$(cd "$dir" && { compgen -G 'boot/vmlinuz-*' || compgen -G 'lib/modules/*/vmlinuz'; })
	ln -s "$image" "$dir/vmlinuz"
	release=$(basename "$dir"/lib/modules/*)
	echo "$release" >"$dir/release"
	depmod -b "$dir" "$release" || return
	# QEMU boots the unpacked kernel of amd64 as it is.
	[[ $release != *amd64 ]] || "$repo_dir/vmlinux-gen" --elf -o "$dir/vmlinux" "$dir" || return
	rm -rf "${dir:?}/usr/share"
}

# with_lock NAME COMMAND...: one at a time among all processes of this cache.
with_lock() {
	local name=$1
	shift
	mkdir -p "$cache"
	(
		flock -n 9 || {
			say "waiting for another lab process ($name)"
			flock 9
		}
		"$@" 9>&-
	) 9>"$cache/$name.lock"
}

# --- tests that are programs: TAP on standard output ---------------------------------

tests=0 failures=0

# check WHAT COMMAND...: the result of one test, and why it failed.
check() {
	local what=$1 said
	shift
	tests=$((tests + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tests - $what"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $what"
		echo "# ${said//$'\n'/$'\n# '}"
	fi
}
