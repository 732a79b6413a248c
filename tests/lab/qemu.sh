# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2054,SC2154  # QEMU's commas; the options are tests/lab/vm's
# How QEMU is called.

# LAB_IGB_VFS=2 and so on, from the --devices option.
vf_counts() {
	local item
	for item in ${devices//,/ }; do
		case $item in
		igb=* | nvme=*) echo "LAB_${item%%=*}_VFS=${item#*=}" | tr '[:lower:]' '[:upper:]' ;;
		esac
	done
}

# What QEMU's nvme needs for 4 VFs with queues and interrupts of their own.
nvme_sriov=sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4
# 1 MiB of a device's own memory in BAR 2, which keeps what is written to it.
nvme_memory=cmb_size_mb=1,legacy-cmb=on

# One root port each, so that VFs have bus numbers to live on.
device_amd64() { # NAME NUMBER
	qemu_line+=(-device "pcie-root-port,id=rp$2,chassis=$2,slot=$2")
	case $1 in
	igb | e1000e)
		qemu_line+=(-netdev "user,id=net$2,restrict=on" -device "$1,bus=rp$2,netdev=net$2,romfile=")
		;;
	nvme)
		qemu_line+=(-device "nvme-subsys,id=subsys$2"
			-device "nvme,bus=rp$2,serial=lab$2,subsys=subsys$2,$nvme_sriov")
		;;
	nvme-cmb) qemu_line+=(-device "nvme,bus=rp$2,serial=lab$2,$nvme_memory") ;;
	esac
}

device_s390x() { # NAME NUMBER
	qemu_line+=(-device "zpci,uid=$2,fid=$2,target=dev$2")
	case $1 in
	igb | e1000e)
		qemu_line+=(-netdev "user,id=net$2,restrict=on" -device "$1,id=dev$2,netdev=net$2,romfile=")
		;;
	nvme) qemu_line+=(-device "nvme,id=dev$2,serial=lab$2") ;;
	nvme-cmb) qemu_line+=(-device "nvme,id=dev$2,serial=lab$2,$nvme_memory") ;;
	esac
}

add_devices() {
	local item number=0
	for item in ${devices//,/ }; do
		number=$((number + 1))
		case ${item%%=*} in
		igb | e1000e | nvme | nvme-cmb) "device_$arch" "${item%%=*}" "$number" ;;
		*) die "unknown device '$item': igb[=VFS], nvme[=VFS], nvme-cmb or e1000e" ;;
		esac
	done
}

# $2: what the processor is to be without where QEMU emulates it, unless instructions are counted.
add_accelerator() { # PROCESSOR [WITHOUT]
	if [[ $icount ]]; then
		qemu_line+=(-accel tcg,thread=single -icount shift=0,sleep=off -cpu "$1")
	elif [[ $accel == kvm ]]; then
		qemu_line+=(-accel kvm -cpu host)
	elif [[ $accel == tcg-multi ]]; then
		qemu_line+=(-accel tcg,thread=multi -cpu "$1${2-}")
	else
		qemu_line+=(-accel tcg,thread=single -cpu "$1${2-}")
	fi
}

add_share() { # TAG PATH READONLY
	local bus=pci
	[[ $arch == amd64 ]] || bus=ccw
	qemu_line+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap,readonly=$3"
		-device "virtio-9p-$bus,fsdev=$1,mount_tag=$1")
}

# Fills qemu_line.
qemu_command() {
	# What a kernel complains of, it may say in warnings.
	local image=vmlinuz parameters="quiet loglevel=5 panic=-1 no_timer_check cryptomgr.notests"
	parameters+=" $append"
	case $arch in
	amd64)
		qemu_line=(qemu-system-x86_64 -machine "q35,kernel-irqchip=split"
			-device "intel-iommu,intremap=on,caching-mode=on,device-iotlb=on"
			-serial "file:$run/console")
		parameters="console=ttyS0 intel_iommu=on $parameters"
		# Unpacked beforehand: the guest would need seconds for that.
		image=vmlinux
		# Emulated, its string instructions go byte by byte where the kernel takes them for fast.
		add_accelerator max ,erms=off,fsrm=off
		;;
	s390x)
		qemu_line=(qemu-system-s390x -machine s390-ccw-virtio
			-chardev "file,id=console,path=$run/console" -device sclpconsole,chardev=console)
		parameters="console=ttysclp0 $parameters"
		add_accelerator "max,zpci=on"
		;;
	esac
	qemu_line+=(-nodefaults -no-user-config -display none -no-reboot -smp "$smp" -m "$mem"
		-kernel "$kernel_dir/$image" -initrd "$initramfs" -append "$parameters")
	add_share host / on
	add_share live / on
	add_share lab "$run/share" off
	[[ ! $out ]] || add_share out "$out" off
	if [[ $tty ]]; then
		qemu_line+=(-chardev stdio,id=tty,signal=off -device virtio-serial -device virtconsole,chardev=tty)
	fi
	add_devices
	qemu_line+=("${qemu_args[@]}")
}
