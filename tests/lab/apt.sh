# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private apt: its own sources, index and configuration inside the cache, so
# that an ordinary user can download packages of other suites and another
# architecture while the machine's own apt stays as it is.

# shellcheck source=tests/lab/lib.sh
apt_dir=${cache:?lib.sh comes first}/apt

# The archive this machine already uses; a mirror stays a mirror.
archive_uri() {
	local suite=$1 uri
	# shellcheck disable=SC2016  # apt's variables
	uri=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk -v suite="$suite" '$1 == suite { print $2; exit }')
	[[ $uri ]] || die "this machine's apt has no source for $suite: add one to /etc/apt/sources.list.d"
	echo "$uri"
}

apt_setup() {
	local uri key=/usr/share/keyrings/debian-archive-keyring.gpg
	uri=$(archive_uri bookworm) || exit
	mkdir -p "$apt_dir"/{state/lists/partial,cache/archives/partial,etc}
	: >"$apt_dir/state/status"
	# Into place whole: another process may be reading, or share the file.
	cat >"$apt_dir/sources.list.$$" <<-END
		deb [arch=amd64,s390x signed-by=$key] $uri bookworm main
		deb [arch=amd64,s390x signed-by=$key] $uri bookworm-backports main
		deb [arch=amd64 signed-by=$key] $uri trixie-backports main
	END
	# Read after the machine's own configuration, so its proxies hold; its
	# hooks are dropped, they are about the machine's packages.
	cat >"$apt_dir/apt.conf.$$" <<-END
		#clear APT::Architectures;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; "s390x"; };
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Dir::State "$apt_dir/state";
		Dir::State::status "$apt_dir/state/status";
		Dir::State::lists "$apt_dir/state/lists";
		Dir::Cache "$apt_dir/cache";
		Dir::Cache::pkgcache "pkgcache.bin";
		Dir::Etc::sourcelist "$apt_dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
	END
	mv "$apt_dir/sources.list.$$" "$apt_dir/sources.list"
	mv "$apt_dir/apt.conf.$$" "$apt_dir/apt.conf"
	compgen -G "$apt_dir/state/lists/*_Packages*" >/dev/null || apt_refresh
}

apt_refresh() {
	say "reading the package index"
	apt-get -c "$apt_dir/apt.conf" -q update >&2 ||
		die "cannot read the package index: is the Debian archive reachable?"
}

# apt_newest PREFIX REGEX: the newest package name in the index that starts
# with PREFIX and goes on as REGEX.
apt_newest() {
	apt-cache -c "$apt_dir/apt.conf" pkgnames "$1" | grep -xE "${1//./\\.}$2" | sort -V | tail -n 1
}

# apt_download PACKAGE...: fetch into debs/ what is not there with the right
# checksum, and print the file names.
apt_download() {
	local uri name size sum uris
	uris=$(apt-get -c "$apt_dir/apt.conf" download --print-uris "$@" 2>/dev/null) || return
	mkdir -p "$cache/debs"
	while read -r uri name size sum; do
		if ! echo "${sum#SHA256:} $cache/debs/$name" | sha256sum --quiet -c >/dev/null 2>&1; then
			say "downloading $name ($((size / 1000000)) MB)"
			rm -f "$cache/debs/$name"
		fi
	done <<<"$uris"
	(cd "$cache/debs" && apt-get -c "$apt_dir/apt.conf" -qq download "$@") >&2 || return
	while read -r uri name size sum; do
		echo "${sum#SHA256:} $cache/debs/$name" | sha256sum --quiet -c >&2 || return
		echo "$name"
	done <<<"$uris"
}
