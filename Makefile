# SPDX-License-Identifier: GPL-2.0-only
#
# make                 build/vfioscope
# make ARCH=s390x      build/s390x/vfioscope, one static file
# make kmod KDIR=DIR   the kernel module, for the kernel of that build directory
# make help            everything else
#
# V=1 shows the commands.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# bpftool is there; an ordinary user's PATH may be without it.
export PATH := $(PATH):/usr/sbin:/sbin

# --- what to build for ------------------------------------------------------------

# Who builds kernels may have ARCH in the environment, by the kernel's names.
normal_arch = $(patsubst arm64,aarch64,$(patsubst x86,x86_64,$(patsubst amd64,x86_64,$1)))
machine := $(call normal_arch,$(shell uname -m))
arch := $(call normal_arch,$(or $(ARCH),$(machine)))

ifeq ($(arch),$(machine))
BUILD := build
else ifeq ($(arch),s390x)
cross := s390x-linux-gnu-
BUILD := build/s390x
else
$(error ARCH=$(ARCH): this machine builds for itself ($(machine)) and for s390x)
endif

# --- tools and flags ----------------------------------------------------------------

ifeq ($(origin CC),default)
CC := $(cross)gcc
endif
ifeq ($(origin AR),default)
AR := $(cross)ar
endif
CLANG ?= clang
# Without the package llvm there may still be one with a version in its name.
LLVM_STRIP ?= $(or $(shell command -v llvm-strip),$(lastword $(wildcard /usr/bin/llvm-strip-*)))
BPFTOOL ?= bpftool
PREFIX ?= /usr/local

# CFLAGS, CPPFLAGS, LDFLAGS are the caller's: optimisation, sanitizers.
CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Werror -Wno-missing-field-initializers
all_cflags = -std=gnu11 $(warnings) -fstack-protector-strong $(pie) $(CFLAGS)
all_cppflags = $(fortify) $(sysroot_headers) $(CPPFLAGS)
all_ldflags = -Wl,-z,relro,-z,now $(link) $(LDFLAGS)
user_cppflags = -Iinclude -Iuser -isystem $(BUILD)/bpf $(all_cppflags)
# It warns where nothing is optimised, and hides what a sanitizer would see.
fortify = $(if $(filter -O0 -fsanitize=%,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)

bpf_libs := -lbpf -lelf -lz
user_libs := $(bpf_libs) -ljansson -lcyaml -lyaml -lncursesw -ltinfo -lcap

ifdef cross
# A machine elsewhere: nothing is assumed about its libraries.
sysroot := $(BUILD)/sysroot
sysroot_headers := -isystem $(sysroot)/usr/include -isystem $(sysroot)/usr/include/s390x-linux-gnu
link := -static -L$(sysroot)/usr/lib/s390x-linux-gnu
else
pie := -fPIE
link := -pie -Wl,--as-needed
endif

bpf_target := $(if $(filter s390x,$(arch)),bpfeb,bpfel)
bpf_arch := $(patsubst x86_64,x86,$(patsubst s390x,s390,$(patsubst aarch64,arm64,$(arch))))
bpf_flags = -target $(bpf_target) -D__TARGET_ARCH_$(bpf_arch) -mcpu=v3 -O2 -g \
	    -Wall -Wextra -Werror -Wno-unused-parameter -Iinclude -Ibpf -isystem $(BUILD)/vmlinux

# The kernel types come from: the running kernel, or else the lab's 6.12 (CO-RE
# adapts them to the kernel that they meet). VMLINUX_BTF: any SOURCE that
# vmlinux-gen takes.
ifdef VMLINUX_BTF
vmlinux_source := $(VMLINUX_BTF)
else ifdef cross
vmlinux_source := $$(tests/lab/fetch 6.12-$(arch))
else ifeq ($(wildcard /sys/kernel/btf/vmlinux),)
vmlinux_source := $$(tests/lab/fetch 6.12)
endif

# --- what there is --------------------------------------------------------------------

# A domain is compiled once, or once for each of its ways to hook a function.
domains := $(patsubst bpf/%.bpf.c,%,$(wildcard bpf/*.bpf.c))
variants_latency := fsession fentry kprobe
variants_lifecycle := fentry kprobe
variants_locks := fentry kprobe
variants_lockorder := fentry kprobe
variants_policy := lsm fmod_ret kprobe
define_fsession := -DHOOK_FSESSION
define_fentry := -DHOOK_FENTRY
define_kprobe := -DHOOK_KPROBE
define_lsm := -DHOOK_LSM
define_fmod_ret := -DHOOK_FMOD_RET

programs_of = $(if $(variants_$1),$(addprefix $1_,$(variants_$1)),$1)
skeletons_of = $(patsubst %,$(BUILD)/bpf/%.skel.h,$(call programs_of,$1))
bpf_programs := $(foreach domain,$(domains),$(call programs_of,$(domain)))
bpf_objects := $(bpf_programs:%=$(BUILD)/bpf/%.bpf.o)
test_bpf_objects := $(patsubst tests/%.bpf.c,$(BUILD)/bpf/%.bpf.o,$(wildcard tests/*/*.bpf.c))

object = $(1:%.c=$(BUILD)/obj/%.o)
user_sources := $(wildcard user/*.c user/*/*.c)
user_objects := $(call object,$(user_sources))
client_sources := $(wildcard tests/client/*.c)
client_objects := $(call object,$(client_sources))
fuzz_sources := $(filter-out %.bpf.c tests/fuzz/fuzz_% tests/fuzz/policy_%,$(wildcard tests/fuzz/*.c))
fuzz_objects := $(call object,$(fuzz_sources) $(addprefix tests/client/,device.c message.c zpci.c))
unit_sources := $(wildcard tests/unit/*.c)
unit_tests := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(filter tests/unit/test_%,$(unit_sources)))
c_objects := $(user_objects) $(client_objects) \
	     $(call object,$(unit_sources) $(fuzz_sources) tests/bench/attach.c tests/fuzz/policy_pairs.c \
	     tests/policy/map_file.c)

# --- targets ----------------------------------------------------------------------------

.PHONY: all client unit kmod modules_install setup run check check-debug bench bench-tools fuzz-policy fuzz-orders \
	 install uninstall clean lint help FORCE

all: $(BUILD)/vfioscope
client: $(addprefix $(BUILD)/tests/,vfio-client zpci-fuzz policy-pairs map-file)
unit: $(unit_tests)
bench-tools: $(BUILD)/tests/attach $(test_bpf_objects)

help:
	printf '%s\n' \
	'make                build/vfioscope; ARCH=s390x: build/s390x/vfioscope' \
	'make kmod           the module zpci-vfio-pci, in build/kmod/RELEASE; KDIR=DIR: for' \
	'                    the kernel of that build directory (default: the running one)' \
	'make modules_install the module, to where modprobe finds it; KDIR=DIR' \
	'make run            see it work: boots a kernel with devices and shows their latency' \
	'make check          all tests; FILTER=NAME: those in files with NAME in their path' \
	'make check-debug    under KASAN, lockdep and kmemleak; builds that kernel once' \
	'make bench          what tracing, the zPCI region and policies cost, in instructions' \
	'make setup          install the packages that all this needs; run, check do it too' \
	'make client         the test client and the fuzzer; make unit: the unit tests' \
	'make fuzz-policy    FUZZ_SECONDS of any texts as policy files; make fuzz-orders: of orders' \
	'make install        to PREFIX=/usr/local under DESTDIR=; make uninstall' \
	'make lint           formatting, static analysis, shell scripts, licences' \
	'make clean' \
	'' \
	'V=1                 show commands' \
	'VMLINUX_BTF=SOURCE  kernel types of another kernel: see vmlinux-gen --help' \
	'CC CFLAGS CPPFLAGS LDFLAGS CLANG LLVM_STRIP BPFTOOL as usual'

ifneq ($(V),1)
.SILENT:
say = printf '  %-5s %s\n' $1 $2
MAKEFLAGS += --no-print-directory
endif

# --- kernel module ---------------------------------------------------------------------------

# It has the architecture of KDIR, and puts itself into build/kmod/RELEASE. Paths are from here.
kmod_paths = $(foreach path,KDIR O BTF,$(if $($(path)),$(path)=$(abspath $($(path)))))
kmod:
	+$(MAKE) -C kmod $(kmod_paths)
modules_install:
	+$(MAKE) -C kmod $(kmod_paths) modules_install

# --- kernel types -------------------------------------------------------------------------

$(BUILD)/vmlinux/vmlinux.h: vmlinux-gen $(BUILD)/stamp/vmlinux
	$(call say,BTF,$@)
	mkdir -p $(@D)
	source=$(vmlinux_source) && ./vmlinux-gen -o $@ $${source:+"$$source"}

# --- BPF programs -----------------------------------------------------------------------------

# $1: program, $2: domain, $3: variant or nothing
define bpf_program
$(BUILD)/bpf/$1.bpf.o: bpf/$2.bpf.c
$(BUILD)/bpf/$1.bpf.o: private variant_flags := $(define_$3)
endef
$(foreach domain,$(domains),$(if $(variants_$(domain)),\
	$(foreach variant,$(variants_$(domain)),\
		$(eval $(call bpf_program,$(domain)_$(variant),$(domain),$(variant)))),\
	$(eval $(call bpf_program,$(domain),$(domain),))))
$(test_bpf_objects): $(BUILD)/bpf/%.bpf.o: tests/%.bpf.c

$(bpf_objects) $(test_bpf_objects): $(BUILD)/vmlinux/vmlinux.h $(BUILD)/stamp/flags Makefile
	$(call say,BPF,$(patsubst $(BUILD)/bpf/%.bpf.o,%,$@))
	mkdir -p $(@D)
	$(CLANG) $(bpf_flags) $(variant_flags) -MMD -MP -MF $(@:.o=.d) -MT $@ \
		-c $(filter %.bpf.c,$^) -o $@
	$(LLVM_STRIP) -g $@

# bpftool reads objects of its own byte order only. For the other order, what
# user space needs of a skeleton: the object's bytes.
$(bpf_objects:.bpf.o=.skel.h): %.skel.h: %.bpf.o
ifdef cross
	{ echo 'static inline const void *$(*F)__elf_bytes(size_t *size)'; \
	  echo '{ static const unsigned char bytes[] __attribute__((aligned(8))) = {'; \
	  od -An -v -tu1 -w16 $< | sed 's/ *\([0-9][0-9]*\)/\1,/g'; \
	  echo '}; *size = sizeof(bytes); return bytes; }'; } >$@
else
	$(BPFTOOL) gen skeleton $< name $(*F) >$@
endif

# --- C ------------------------------------------------------------------------------------------

# user/<domain> is the only code that includes the domain's skeletons.
$(foreach domain,$(domains),\
	$(eval $(filter $(BUILD)/obj/user/$(domain)/%,$(user_objects)): \
		$(call skeletons_of,$(domain))))
$(call object,tests/unit/test_core_btf.c): $(call skeletons_of,latency)

$(user_objects) $(call object,$(unit_sources) tests/fuzz/policy_pairs.c): private cppflags = $(user_cppflags)
$(client_objects) $(call object,$(fuzz_sources) tests/bench/attach.c tests/policy/map_file.c): \
	private cppflags = $(all_cppflags)

$(c_objects): $(BUILD)/obj/%.o: %.c $(BUILD)/stamp/flags Makefile | $(sysroot)
	$(call say,CC,$<)
	mkdir -p $(@D)
	$(CC) $(cppflags) $(all_cflags) -MMD -MP -c $< -o $@

$(BUILD)/vfioscope: $(user_objects) $(BUILD)/stamp/user
$(BUILD)/vfioscope: private libs = $(user_libs)
$(BUILD)/tests/vfio-client: $(client_objects) $(BUILD)/stamp/client
$(BUILD)/tests/vfio-client: private libs = -lpthread
$(BUILD)/tests/zpci-fuzz: $(fuzz_objects)
$(BUILD)/tests/zpci-fuzz: private libs = -lpthread
policy_evaluators := $(call object,$(addprefix tests/unit/policy_,random.c reference.c))
$(BUILD)/tests/policy-pairs: $(call object,tests/fuzz/policy_pairs.c) $(policy_evaluators) \
			     $(BUILD)/obj/user.a | $(BUILD)/bpf/fuzz/policy_evaluate.bpf.o
$(BUILD)/tests/policy-pairs: private libs = $(user_libs)
$(BUILD)/tests/map-file: $(call object,tests/policy/map_file.c)
$(BUILD)/tests/attach: $(call object,tests/bench/attach.c)
$(BUILD)/tests/attach: private libs = $(bpf_libs)

# Whatever a text does to the reading of policies, or of orders: libFuzzer, with sanitizers.
FUZZ_SECONDS ?= 60
fuzz_policy_sources := tests/fuzz/fuzz_policy.c $(wildcard user/model/policy_*.c) \
		       $(addprefix user/model/,names.c parse.c)
fuzz_order_sources := tests/fuzz/fuzz_order_file.c user/lockorder/file.c user/message.c \
		      $(wildcard user/model/order*.c user/render/order_*.c) \
		      $(addprefix user/model/,cycles.c deadlock_names.c) \
		      $(addprefix user/render/,dot.c json.c plain.c)

$(BUILD)/tests/fuzz-policy: $(fuzz_policy_sources)
$(BUILD)/tests/fuzz-policy: private libs = -lcyaml -lyaml
$(BUILD)/tests/fuzz-orders: $(fuzz_order_sources)
$(BUILD)/tests/fuzz-orders: private libs = -ljansson -lbpf
$(addprefix $(BUILD)/tests/,fuzz-policy fuzz-orders): \
	$(wildcard user/*.h user/*/*.h include/vfioscope/*.h)
	$(call say,FUZZ,$@)
	mkdir -p $(@D)
	$(CLANG) -g -O1 -std=gnu11 -Iinclude -Iuser -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $(filter %.c,$^) $(libs) -o $@

fuzz-policy: private texts := policies
fuzz-orders: private texts := orders
fuzz-policy fuzz-orders: %: $(BUILD)/tests/%
	mkdir -p $(BUILD)/fuzz/$(texts)
	$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/$(texts) tests/fuzz/$(texts)

# A unit test brings a main() of its own, and links what it calls.
$(BUILD)/obj/user.a: $(filter-out %/main.o,$(user_objects)) $(BUILD)/stamp/user
	rm -f $@
	$(AR) rc $@ $(filter %.o,$^)
$(unit_tests): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/obj/user.a
$(unit_tests): private libs = -lcmocka -lm $(user_libs)
$(BUILD)/unit/test_policy: $(policy_evaluators)
$(addprefix $(BUILD)/unit/,test_order test_order_hosts test_order_reference): $(call object,tests/unit/order_edges.c)

$(BUILD)/vfioscope $(addprefix $(BUILD)/tests/,vfio-client zpci-fuzz policy-pairs map-file attach) $(unit_tests): | \
	$(sysroot)
	$(call say,LD,$@)
	mkdir -p $(@D)
	$(CC) $(all_cflags) $(all_ldflags) $(filter %.o %.a,$^) $(libs) -o $@

ifdef cross
$(sysroot):
	mkdir -p $(@D)
	ln -sfn "$$(tests/lab/fetch sysroot-$(arch))" $@
endif

# Stamps are written when what they say has changed, so what depends on them is
# made again with other flags, and linked again without a file that has gone.
stamps := $(addprefix $(BUILD)/stamp/,flags vmlinux user client)
$(BUILD)/stamp/flags: private text = $(CC) $(user_cppflags) $(all_cflags) $(all_ldflags) \
	$(CLANG) $(bpf_flags) $(LLVM_STRIP) $(BPFTOOL)
$(BUILD)/stamp/vmlinux: private text = $(vmlinux_source)
$(BUILD)/stamp/user: private text = $(user_sources)
$(BUILD)/stamp/client: private text = $(client_sources)
$(stamps): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(text))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

-include $(c_objects:.o=.d) $(bpf_objects:.o=.d) $(test_bpf_objects:.o=.d)

# --- to see it, to test it ---------------------------------------------------------------------

setup:
	tests/lab/setup

# A make of its own after setup: it looks for tools when it starts.
run: setup
	$(MAKE) all client
	tests/lab/demo

check: setup
	$(MAKE) all client unit bench-tools
	$(MAKE) ARCH=s390x all client
	tests/check $(FILTER)

# Minutes each; the debug kernel is built first, once.
check-debug: setup
	$(MAKE) all client bench-tools
	tests/lab/debug-kernel
	tests/lab/check-debug
	tests/lab/check-zpci --seconds 60 --rounds 20 6.12-debug
	tests/lab/check-vf --cycles 20 6.12-debug
	tests/lab/check-lockdep

bench: setup
	$(MAKE) all client bench-tools
	$(MAKE) ARCH=s390x client
	tests/bench/run
	tests/bench/region
	tests/bench/policy
	tests/bench/locks

# --- lint ---------------------------------------------------------------------------------------

# cppcheck does not read libbpf's headers.
cppcheck_defines := -DHOOK_FENTRY '-DSEC(name)=' \
	'-DLIBBPF_OPTS(type,name,...)=struct type name={__VA_ARGS__}' \
	'-Dbpf_object__for_each_program(program,object)=while((program=next(object)))'

# One file at a time: from the second on, clang-tidy 14 calls every va_list
# uninitialised. On standard error it says only how many warnings it left out.
tidy = printf '%s\n' $1 | xargs -P "$$(nproc)" -I FILE clang-tidy --quiet FILE -- $2 2>/dev/null

lint: setup
	$(MAKE) all
	status=0; \
	tests/lint || status=1; \
	echo '  LINT  clang-tidy'; \
	$(call tidy,$(user_sources),$(user_cppflags) -std=gnu11) || status=1; \
	$(call tidy,$(client_sources) $(fuzz_sources) tests/bench/attach.c,-std=gnu11) || status=1; \
	$(call tidy,$(domains:%=bpf/%.bpf.c),$(bpf_flags) -DHOOK_FENTRY) || status=1; \
	echo '  LINT  cppcheck'; \
	cppcheck --std=c11 --quiet --enable=warning,performance --inline-suppr \
		--error-exitcode=1 $(cppcheck_defines) -Iinclude -Iuser -Ibpf \
		user bpf tests/client tests/fuzz tests/bench || status=1; \
	exit $$status

# --- installing ---------------------------------------------------------------------------------

sbindir = $(DESTDIR)$(PREFIX)/sbin
mandir = $(DESTDIR)$(PREFIX)/share/man/man8
completiondir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
policydir = $(DESTDIR)$(PREFIX)/share/vfioscope/policies
unitdir = $(DESTDIR)$(PREFIX)/lib/systemd/system

install: all
	install -D -m 755 $(BUILD)/vfioscope $(sbindir)/vfioscope
	install -D -m 644 -t $(mandir) user/vfioscope.8 user/vfioscope-policy.8
	install -D -m 644 user/vfioscope.bash-completion $(completiondir)/vfioscope
	install -d $(policydir) $(unitdir)
	install -m 644 user/policies/*.yaml $(policydir)
	sed 's,@sbindir@,$(PREFIX)/sbin,' user/vfioscope-policy.service >$(unitdir)/vfioscope-policy.service

uninstall:
	rm -f $(sbindir)/vfioscope $(mandir)/vfioscope.8 $(mandir)/vfioscope-policy.8 $(completiondir)/vfioscope
	rm -f $(unitdir)/vfioscope-policy.service
	rm -rf $(policydir)

clean:
	rm -rf $(BUILD)
